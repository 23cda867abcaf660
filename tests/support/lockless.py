"""A program for which the kernel refuses every lock, as an NFS or Lustre mount without a lock service does.

    python -m tests.support.lockless PROGRAM ARGUMENT…

A seccomp filter answers ENOLCK to flock(2) and to the locks of fcntl(2), for the program and all that it starts. No
privilege is needed. The layout of filter and program is that of linux/filter.h and linux/seccomp.h.
"""

from __future__ import annotations

import ctypes
import errno
import os
import platform
import struct
import sys
from typing import Final

_FLOCK_FCNTL: Final = {"x86_64": (73, 72), "aarch64": (32, 25)}
_LOCKS: Final = (5, 6, 7, 36, 37, 38)
"""F_GETLK, F_SETLK, F_SETLKW, and the same of an open file."""
_LOAD, _IF_EQUAL, _ANSWER = 0x20, 0x15, 0x06
_NUMBER_AT, _SECOND_ARGUMENT_AT = 0, 24
_ALLOW, _ERROR = 0x7FFF0000, 0x00050000
_SET_SECCOMP, _FILTER, _NO_NEW_PRIVILEGES = 22, 2, 38


class _Program(ctypes.Structure):
    """`struct sock_fprog`."""

    _fields_ = (("length", ctypes.c_ushort), ("filter", ctypes.c_char_p))


def refuse_locks() -> None:
    """From now on no lock is to be had in this process, nor in those it starts."""
    flock, fcntl = _FLOCK_FCNTL[platform.machine()]
    allow, refuse = 4 + len(_LOCKS), 5 + len(_LOCKS)  # where these answers stand; a jump counts from the next step

    def to(target: int, here: int) -> int:
        return target - here - 1

    steps = [
        (_LOAD, 0, 0, _NUMBER_AT),
        (_IF_EQUAL, to(refuse, 1), 0, flock),
        (_IF_EQUAL, 0, to(allow, 2), fcntl),
        (_LOAD, 0, 0, _SECOND_ARGUMENT_AT),
        *((_IF_EQUAL, to(refuse, place), 0, each) for place, each in enumerate(_LOCKS, start=4)),
        (_ANSWER, 0, 0, _ALLOW),
        (_ANSWER, 0, 0, _ERROR | errno.ENOLCK),
    ]
    packed = b"".join(struct.pack("HBBI", *step) for step in steps)
    program = _Program(len(steps), packed)
    libc = ctypes.CDLL(None, use_errno=True)
    for wish in ((_NO_NEW_PRIVILEGES, 1, 0, 0, 0), (_SET_SECCOMP, _FILTER, ctypes.byref(program), 0, 0)):
        if libc.prctl(*wish):
            raise OSError(ctypes.get_errno(), "the kernel takes no filter")


if __name__ == "__main__":
    refuse_locks()
    os.execvp(sys.argv[1], sys.argv[1:])  # noqa: S606 - the very program that was asked for
