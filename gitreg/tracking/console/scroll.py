"""One stream of one process as files beside its journal: bounded, with head and tail kept.

The files are `<run>.<journal>.stdout.<n>` (and `.stderr.<n>`), each of `SEGMENT_BYTES` but the last. The first `HEAD`
of them stay, and the last `TAIL`; a number that is missing tells what was left out. Written by plain appends, so what
was printed before a kill is there after it.
"""

from __future__ import annotations

import os
import threading
import time
from contextlib import suppress
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal

from gitreg.errors import StorageError
from gitreg.tracking.console.carriage import Carriage
from gitreg.tracking.journal import log

if TYPE_CHECKING:
    from collections.abc import Callable

Stream = Literal["stdout", "stderr"]
STREAMS: Final[tuple[Stream, ...]] = ("stdout", "stderr")
SEGMENT_BYTES: Final = 256 * 1024
HEAD: Final = 2
TAIL: Final = 6
_CLOSED: Final = -1


def segment(journal: Path, stream: Stream, number: int) -> Path:
    """Where a piece of what a journal's process printed lies."""
    return journal.with_suffix(f".{stream}.{number}")


class Scroll:
    """An open stream. Never raises into whoever prints; threads may share it."""

    def __init__(self, journal: Path, stream: Stream, prepare: Callable[[], None]) -> None:
        """`prepare` makes sure that the journal is there, by which the files are found; called before the first."""
        self._journal = journal
        self._stream: Stream = stream
        self._prepare = prepare
        self._lock = threading.RLock()
        self._carriage = Carriage()
        self._fd = _CLOSED
        self._number = 0
        self._room = 0
        self._is_closed = False

    def write(self, data: bytes) -> None:
        """Take what was printed."""
        with self._lock:
            if not self._is_closed:
                self._keep(self._carriage.take(data, time.monotonic()))

    def _keep(self, data: bytes) -> None:
        try:
            while data:
                if not self._room:
                    self._turn()
                written = os.write(self._fd, data[: self._room])
                self._room -= written
                data = data[written:]
        except (OSError, StorageError) as error:
            self._is_closed = True
            log.warning("gitreg keeps no more of %s: %s. The run goes on.", self._stream, error)

    def _turn(self) -> None:
        """Begin the next piece, and let go of one that is neither head nor tail any more."""
        if self._fd == _CLOSED:
            self._prepare()
        else:
            os.close(self._fd)
            self._fd = _CLOSED
            self._number += 1
        path = segment(self._journal, self._stream, self._number)
        self._fd = os.open(path, os.O_CREAT | os.O_WRONLY | os.O_APPEND | os.O_CLOEXEC, 0o600)
        self._room = SEGMENT_BYTES
        old = self._number - TAIL
        if old >= HEAD:
            with suppress(FileNotFoundError):
                segment(self._journal, self._stream, old).unlink()

    def flush(self) -> None:
        """Make durable what was taken. Raises `StorageError`."""
        with self._lock:
            if self._fd == _CLOSED:
                return
            try:
                os.fsync(self._fd)
            except OSError as error:
                message = f"What the run printed cannot be made durable: {error.strerror}."
                raise StorageError(message, subject=str(self._journal)) from error

    def close(self) -> None:
        """Take no more. Twice is once."""
        with self._lock:
            if not self._is_closed:
                self._keep(self._carriage.close())
                self._is_closed = True

    def release(self) -> None:
        """Close the file, after `close` and `flush`."""
        with self._lock:
            fd, self._fd = self._fd, _CLOSED
            if fd != _CLOSED:
                os.close(fd)
