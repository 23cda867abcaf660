"""A command's output on its way to ours: handed on byte by byte, and taken.

Where ours is a terminal the command gets one, too (a pseudo-terminal of the same size), so that it colours, counts and
buffers as it would alone; else a pipe.
"""

from __future__ import annotations

import errno
import os
import select
import termios
import threading
import tty
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from gitreg.tracking.console.scroll import STREAMS, Stream

if TYPE_CHECKING:
    from collections.abc import Callable

_CHUNK: Final = 64 * 1024
_POLL_S: Final = 0.05


class Passing:
    """The way from a command's two streams to ours."""

    def __init__(self, take: Callable[[Stream, bytes], None]) -> None:
        """`take` is called with all that passes, from two threads."""
        self._take = take
        self._ends: dict[Stream, tuple[int, int]] = {stream: _pair(_fd_of(stream)) for stream in STREAMS}
        self._has_ended = threading.Event()
        self._threads = [
            threading.Thread(target=self._pass_on, args=(stream,), name=f"gitreg-{stream}", daemon=True)
            for stream in STREAMS
        ]

    @property
    def stdout(self) -> int:
        """What the command gets as its standard output."""
        return self._ends["stdout"][1]

    @property
    def stderr(self) -> int:
        """The same for errors."""
        return self._ends["stderr"][1]

    def start(self) -> None:
        """The command was started: it alone holds its ends now."""
        for _, theirs in self._ends.values():
            os.close(theirs)
        for thread in self._threads:
            thread.start()

    def join(self) -> None:
        """The command has ended: return when all that it wrote has passed. Who stayed behind in the background may
        write on, to nobody.
        """
        self._has_ended.set()
        for thread in self._threads:
            thread.join()

    def resize(self) -> None:
        """Our terminal has another size now."""
        for stream, (ours, _) in self._ends.items():
            _copy_size(_fd_of(stream), ours)

    def discard(self) -> None:
        """The command could not be started."""
        for ends in self._ends.values():
            for fd in ends:
                os.close(fd)

    def _pass_on(self, stream: Stream) -> None:
        ours, target = self._ends[stream][0], _fd_of(stream)
        try:
            while data := self._next(ours):
                self._take(stream, data)
                _write_whole(target, data)
        except OSError:
            pass  # nobody reads our output: neither will the command's be, which tells it so
        finally:
            os.close(ours)

    def _next(self, fd: int) -> bytes:
        """What comes next; nothing at the end."""
        while not select.select([fd], [], [], _POLL_S)[0]:
            if self._has_ended.is_set():
                return b""
        try:
            return os.read(fd, _CHUNK)
        except OSError as error:
            if error.errno == errno.EIO:  # how Linux says that the other end of a pseudo-terminal is closed
                return b""
            raise


def _fd_of(stream: Stream) -> int:
    return {"stdout": 1, "stderr": 2}[stream]


def _pair(target: int) -> tuple[int, int]:
    """Our end and the command's."""
    if not os.isatty(target):
        return os.pipe()
    ours, theirs = os.openpty()
    tty.setraw(theirs)  # the terminal behind ours does what a terminal does to lines
    _copy_size(target, theirs)
    return ours, theirs


def _copy_size(terminal: int, other: int) -> None:
    with suppress(termios.error, OSError):  # no terminal, or closed by now
        termios.tcsetwinsize(other, termios.tcgetwinsize(terminal))


def _write_whole(fd: int, data: bytes) -> None:
    while data:
        data = data[os.write(fd, data) :]
