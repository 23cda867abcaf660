"""The file system: what it refuses, as our errors, and what makes a name outlive a power cut.

Paths are strings here and in `_folder.py`: of a small file's put, pathlib would be a third.
"""
# ruff: noqa: PTH102, PTH105, PTH108, PTH112, PTH116, PTH120, PTH208 - see above

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from typing import TYPE_CHECKING, Self

from gitreg.blobs._threads import Threads
from gitreg.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_GONE = {errno.ENOENT, errno.ENOTDIR, errno.ESTALE, errno.ENODEV}
_SYNC_THREADS = 8
_FEW = 4


@contextlib.contextmanager
def refusals(location: str | Path) -> Iterator[None]:
    """Turns what the file system says about `location` into `StorageError`."""
    try:
        yield
    except OSError as error:
        raise _explain(error, str(location)) from error


def _explain(error: OSError, location: str) -> StorageError:
    reason = error.strerror or type(error).__name__
    if error.errno in _FULL:
        message, hint = f"No space is left in {location}: {reason}.", "Free some space there and try again."
    elif error.errno in _FORBIDDEN:
        message, hint = f"{location} may not be used: {reason}.", f"Give this user write access to {location}."
    elif error.errno in _GONE:
        message, hint = f"{location} is not there: {reason}.", "Is the disk mounted, and the path still right?"
    else:
        message, hint = f"{location} failed: {reason}.", ""
    return StorageError(message, subject=location, hint=hint)


def length_of_file(path: str) -> int | None:
    """In bytes; None where there is no such file."""
    try:
        return os.stat(path).st_size
    except FileNotFoundError:
        return None


def names_in(folder: str) -> list[str]:
    """What is in a folder, sorted; nothing where there is no folder."""
    try:
        return sorted(os.listdir(folder))
    except FileNotFoundError:
        return []


def rename(path: str, target: str) -> None:
    """Put a file in the place of another, or of none, in one step."""
    os.replace(path, target)


def remove(path: str) -> None:
    """Remove a file, if it is there."""
    with contextlib.suppress(FileNotFoundError):
        os.unlink(path)


def sync_folder(folder: str | Path) -> None:
    """Make the names in a folder outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: str | Path) -> None:
    """Make the bytes of a file outlive a power cut."""
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_files(paths: Iterable[str | Path]) -> None:
    """`sync_file` for many.

    First all writes are started and then each is waited for: the file system's journal commits them together, which
    makes ten thousand small files three times as quick. Several threads wait, for a network file system's sake.
    """
    todo = list(paths)
    if len(todo) <= _FEW:
        _sync_each(todo)
        return
    for path in todo:
        _start_writing(path)
    with Threads(_SYNC_THREADS, thread_name_prefix="gitreg-sync") as pool:
        for _ in pool.map(_sync_each, (todo[at::_SYNC_THREADS] for at in range(_SYNC_THREADS))):
            pass


def _sync_each(paths: Iterable[str | Path]) -> None:
    for path in paths:
        sync_file(path)


def _start_writing(path: str | Path) -> None:
    """Linux answers "I will not need this" by writing out what is dirty, without waiting; elsewhere it is a hint."""
    if not hasattr(os, "posix_fadvise"):
        return
    descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    try:
        os.posix_fadvise(descriptor, 0, 0, os.POSIX_FADV_DONTNEED)
    finally:
        os.close(descriptor)


def make_folders(folder: str, anchor: str) -> None:
    """Make `folder` and what is missing between it and `anchor`, and sync their names.

    `anchor` itself is never made: an empty folder must not stand in for a disk that is not mounted.
    """
    if folder == anchor or os.path.isdir(folder):
        return
    parent = os.path.dirname(folder)
    make_folders(parent, anchor)
    with contextlib.suppress(FileExistsError):
        os.mkdir(folder)
    sync_folder(parent)


def make_siblings(folders: Iterable[str], parent: str) -> None:
    """Make folders in `parent`, which is there, and sync all their names at once."""
    for folder in folders:
        with contextlib.suppress(FileExistsError):
            os.mkdir(folder)
    sync_folder(parent)


class Draft:
    """A new file of a random name in a folder, open for writing; it goes away at the end unless it was given its place.

    Raises `OSError` like the calls it is made of.
    """

    def __init__(self, folder: str, mode: int) -> None:
        self.path = f"{folder}/{secrets.token_hex(8)}"
        self.descriptor = os.open(self.path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode)
        self._is_placed = False

    def place(self, target: str) -> None:
        """Rename it to `target`, over what stands there."""
        rename(self.path, target)
        self._is_placed = True

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        os.close(self.descriptor)
        if not self._is_placed:
            remove(self.path)
