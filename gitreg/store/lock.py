"""The one lock of a repository: an flock that every gitreg writer takes before it reads a tip."""

from __future__ import annotations

import os
import random
import threading
import time
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gitreg.errors import Locked, StorageError
from gitreg.locking import flock

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_LONGEST_PAUSE_S = 0.005


class RepositoryLock:
    """An flock on `<git dir>/gitreg/lock`: dies with its process, re-entrant within a thread.

    `is_real` tells whether the file system knows flock at all (some network file systems do not). Without it the
    compare-and-swap inside git's own ref locks still decides every race, but no stale lock may be broken.
    """

    def __init__(self, path: Path, *, patience_s: float = 60.0) -> None:
        """A lock at `path`, whose folder is made when it is first taken."""
        self.path = path
        self.is_real = False
        self._patience_s = patience_s
        self._threads = threading.RLock()
        self._depth = 0

    @contextmanager
    def held(self) -> Iterator[None]:
        """Hold it for the block. Raises `Locked` when another process keeps it longer than our patience."""
        with self._threads:
            if self._depth:
                yield
                return
            descriptor = self._take()
            self._depth = 1
            try:
                yield
            finally:
                self._depth = 0
                os.close(descriptor)

    def _take(self) -> int:
        descriptor = self._open()
        try:
            self._wait_for(descriptor)
        except BaseException:
            os.close(descriptor)
            raise
        return descriptor

    def _open(self) -> int:
        flags = os.O_RDWR | os.O_CREAT | os.O_CLOEXEC | os.O_NOFOLLOW
        try:
            self.path.parent.mkdir(exist_ok=True)
            return os.open(self.path, flags, 0o666)
        except OSError as error:
            message = f"{self.path} cannot be opened for writing: {error.strerror}."
            raise StorageError(message, subject=str(self.path)) from error

    def _wait_for(self, descriptor: int) -> None:
        deadline = time.monotonic() + self._patience_s
        while (lock := flock(descriptor, wait=False)) == "busy":
            if time.monotonic() > deadline:
                message = f"Another gitreg process holds {self.path} for more than {self._patience_s:.0f} s."
                raise Locked(message, subject=str(self.path), hint="Look for it with: gitreg doctor")
            time.sleep(random.uniform(0, _LONGEST_PAUSE_S))  # noqa: S311 - jitter, not a secret
        self.is_real = lock == "held"
