"""The journal of one process's part in a run: a file that takes whole records and never makes the caller wait for a
disk.

`append` hands a record to the kernel by one `write`, so what it took survives a kill of the process. When the file
system refuses (full, gone), records wait in bounded memory and training goes on; `flush` raises, `trouble` says why.
"""

from __future__ import annotations

import errno
import logging
import os
import threading
import time
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final, Self

from gitreg.errors import Locked, StorageError
from gitreg.locking import flock
from gitreg.tracking.frames import FILE_MAGIC
from gitreg.tracking.records import JournalHeader, encode_record

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

SUFFIX: Final = ".journal"
UNFINISHED: Final = ".new"
BACKLOG_BYTES: Final = 8 * 1024 * 1024
_RETRY_S: Final = 1.0
_CLOSED: Final = -1

log: Final = logging.getLogger("gitreg.tracking")


class Journal:
    """An open journal, locked for as long as it is open. Callers hold `lock` around `append` and `flush`."""

    def __init__(self, path: Path, open_file: Callable[[Path], int], *, backlog_bytes: int = BACKLOG_BYTES) -> None:
        """`open_file` makes or opens the file; it is called now, or again later where the file system refused."""
        self.path = path
        self.lock = threading.RLock()
        self.lost = 0
        """Records that found no place on disk nor in memory."""
        self._open_file = open_file
        self._fd = _CLOSED
        self._backlog: deque[bytes] = deque()
        self._waiting_bytes = 0
        self._backlog_bytes = backlog_bytes
        self._retry_at = 0.0
        self._refusal: str | None = None
        self._is_gone = False
        self._folder_is_synced = False

    @classmethod
    def create(cls, folder: Path, header: JournalHeader, *, locked: bool = True) -> Self:
        """A new journal, its header written; see `later`. Raises `StorageError`."""
        journal = cls.later(folder, header, locked=locked)
        journal.open()
        return journal

    @classmethod
    def later(cls, folder: Path, header: JournalHeader, *, locked: bool = True) -> Self:
        """A journal that makes its file at the first record: a forked child that logs nothing leaves nothing.

        Not `locked` is for folders that several hosts share, where a lock would say nothing, or is not to be had.
        """
        start = FILE_MAGIC + encode_record(header)
        return cls(folder / journal_name(header), lambda path: _make(path, start, locked=locked))

    @classmethod
    def reopen(cls, path: Path, *, wait: bool = False) -> Self | None:
        """The journal at `path`, locked for us; None when another process holds it or it is gone. Raises
        `StorageError`.
        """
        fd = _open_locked(path, wait=wait)
        if fd is None:
            return None
        journal = cls(path, lambda _: fd)
        journal.open()
        return journal

    def open(self) -> None:
        """Open the file if it is not. Raises `StorageError`."""
        if self._fd == _CLOSED:
            try:
                self._fd = self._open_file(self.path)
            except OSError as error:
                message = f"The journal {self.path} cannot be made: {error.strerror}."
                raise StorageError(message, subject=str(self.path)) from error

    @property
    def trouble(self) -> str | None:
        """Why records are not reaching the disk at present; None when they are."""
        return "the file was deleted while the run was writing to it" if self._is_gone else self._refusal

    @property
    def waiting(self) -> int:
        """Records that are only in memory."""
        return len(self._backlog)

    def fileno(self) -> int:
        """The open file's number; -1 when there is none."""
        return self._fd

    def append(self, frame: bytes, *, keep: bool = False) -> None:
        """Take one record, or several that belong together. Never raises, never waits for a disk.

        `keep` is for the few last records, which find a place in memory even when it is full.
        """
        if not self._backlog:
            try:
                written = os.write(self._fd, frame)
            except OSError as error:
                written = self._after(error, frame)
            if written == len(frame):
                return  # all that happens in the hot path
            self._take_back(written)
        self._put_aside(frame, keep=keep)
        if time.monotonic() >= self._retry_at:
            self._drain()

    def _after(self, error: OSError, frame: bytes) -> int:
        """The file system refused, or the file was never opened: the bytes that a second try wrote."""
        if self._fd == _CLOSED:
            try:
                self.open()
                return os.write(self._fd, frame)
            except OSError as second:
                error = second
            except StorageError as second:
                self._complain(second.message)
                return 0
        self._complain(error.strerror or str(error))
        return 0

    def _take_back(self, written: int) -> None:
        """Of a record that was written in part, nothing stays."""
        if written:
            os.ftruncate(self._fd, os.lseek(self._fd, 0, os.SEEK_CUR) - written)
            self._complain("no space is left")

    def _complain(self, why: str) -> None:
        self._retry_at = time.monotonic() + _RETRY_S
        if self._refusal is None:
            log.warning("gitreg cannot record to %s: %s. The run goes on; points wait in memory.", self.path, why)
        self._refusal = why

    def _put_aside(self, frame: bytes, *, keep: bool) -> None:
        if self._waiting_bytes + len(frame) > self._backlog_bytes and not keep:
            self.lost += 1
            return
        self._backlog.append(frame)
        self._waiting_bytes += len(frame)

    def _drain(self) -> None:
        """Write what waits, in order, as far as the file system takes it."""
        waiting, self._backlog, self._waiting_bytes = self._backlog, deque(), 0
        while waiting and not self._backlog:
            self.append(waiting.popleft(), keep=True)
        for frame in waiting:
            self._put_aside(frame, keep=True)
        if not self._backlog and self._refusal:
            log.warning("gitreg records to %s again; %d records were lost.", self.path, self.lost)
            self._refusal = None

    def check(self) -> bool:
        """Whether the file can still be found by others; if not (deleted, folder gone), that is the `trouble`."""
        if self._fd != _CLOSED and not self._is_gone and os.fstat(self._fd).st_nlink == 0:
            self._is_gone = True
            log.warning("gitreg cannot keep this run: %s was deleted. The run goes on.", self.path)
        return not self._is_gone

    def flush(self) -> None:
        """Return when everything appended survives a power cut. Raises `StorageError` when that cannot be promised."""
        self._drain()
        if self._fd == _CLOSED and not self._backlog:
            return
        if self._backlog or not self.check():
            message = f"The journal {self.path} cannot be written: {self.trouble}."
            hint = "Free some space and call flush() again." if self._backlog else "The registry has gone away."
            raise StorageError(message, subject=str(self.path), hint=hint)
        try:
            os.fsync(self._fd)
            self._sync_folder()
        except OSError as error:
            message = f"The journal {self.path} cannot be made durable: {error.strerror}."
            raise StorageError(message, subject=str(self.path)) from error

    def _sync_folder(self) -> None:
        if not self._folder_is_synced:
            sync_folder(self.path.parent)
            self._folder_is_synced = True

    def cut(self, size: int) -> None:
        """Drop what lies behind `size`: a torn end must not stay in front of new records."""
        os.ftruncate(self._fd, size)

    def close(self) -> None:
        """Close the file, which frees its lock. Twice is once."""
        fd, self._fd = self._fd, _CLOSED
        if fd != _CLOSED:
            os.close(fd)

    def remove(self) -> None:
        """Delete the file and close it. Gone already is fine."""
        with suppress(FileNotFoundError):
            self.path.unlink()
            sync_folder(self.path.parent)
        self.close()


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable."""
    fd = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(fd)
    finally:
        os.close(fd)


def journal_name(header: JournalHeader) -> str:
    """The file's name: by the run, and unique by the journal."""
    return f"{header.run_id}.{header.journal}{SUFFIX}"


def _make(path: Path, start: bytes, *, locked: bool) -> int:
    """A new file that is whole (and locked) before anybody can find it by its name. Raises `OSError`."""
    path.parent.mkdir(parents=True, exist_ok=True)
    unfinished = path.with_suffix(UNFINISHED)
    fd = os.open(unfinished, os.O_CREAT | os.O_EXCL | os.O_RDWR | os.O_APPEND | os.O_CLOEXEC, 0o644)
    try:
        if locked:
            _lock(fd, wait=False)
        _write_whole(fd, start)
        unfinished.rename(path)
    except OSError:
        os.close(fd)
        unfinished.unlink(missing_ok=True)
        raise
    return fd


def _write_whole(fd: int, data: bytes) -> None:
    if os.write(fd, data) != len(data):
        raise OSError(errno.ENOSPC, os.strerror(errno.ENOSPC))


def _open_locked(path: Path, *, wait: bool) -> int | None:
    try:
        fd = os.open(path, os.O_RDWR | os.O_APPEND | os.O_CLOEXEC)
    except FileNotFoundError:
        return None
    except OSError as error:
        message = f"The journal {path} cannot be opened: {error.strerror}."
        raise StorageError(message, subject=str(path)) from error
    if _lock(fd, wait=wait) and os.fstat(fd).st_nlink:
        return fd
    os.close(fd)
    return None


def _lock(fd: int, *, wait: bool) -> bool:
    """Whether we hold the file's flock now. Where the file system knows none, the process id has to do (see
    `owner`).
    """
    try:
        return flock(fd, wait=wait) != "busy"
    except OSError as error:
        raise Locked(f"The journal's lock cannot be taken: {error.strerror}.") from error
