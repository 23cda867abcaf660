"""Locks, and file systems that know none: some NFS, Lustre and FUSE mounts refuse them."""

from __future__ import annotations

import errno
import fcntl
from typing import Final, Literal

_NO_FLOCK_HERE: Final = frozenset({errno.ENOLCK, errno.ENOSYS, errno.EOPNOTSUPP, errno.EINVAL})

Lock = Literal["held", "busy", "unknown here"]


def flock(fd: int, *, wait: bool) -> Lock:
    """Take the lock of an open file: `held` until it is closed, or `busy`, which it never is with `wait`.

    `unknown here` is said by a file system without flock: whoever asked has to do without. Raises `OSError` else.
    """
    try:
        fcntl.flock(fd, fcntl.LOCK_EX if wait else fcntl.LOCK_EX | fcntl.LOCK_NB)
    except BlockingIOError:
        return "busy"
    except OSError as error:
        if error.errno not in _NO_FLOCK_HERE:
            raise
        return "unknown here"
    return "held"


def knows_record_locks(fd: int) -> bool:
    """Whether the file system of a file that is open for reading takes the other kind, fcntl's, which SQLite needs.

    Where it does not, SQLite waits as for somebody who holds one, until its patience ends.
    """
    try:
        fcntl.lockf(fd, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except OSError as error:
        return error.errno not in _NO_FLOCK_HERE
    return True
