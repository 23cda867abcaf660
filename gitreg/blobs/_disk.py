"""The file system: what it refuses, as our errors, and what makes a name outlive a power cut."""

from __future__ import annotations

import contextlib
import errno
import os
import secrets
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

from gitreg.errors import StorageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

_FULL = {errno.ENOSPC, errno.EDQUOT, errno.EFBIG}
_FORBIDDEN = {errno.EACCES, errno.EPERM, errno.EROFS}
_GONE = {errno.ENOENT, errno.ENOTDIR, errno.ESTALE, errno.ENODEV}
_SYNC_THREADS = 16
_FEW = 4


@contextlib.contextmanager
def refusals(location: Path) -> Iterator[None]:
    """Turns what the file system says about `location` into `StorageError`."""
    try:
        yield
    except OSError as error:
        raise _explain(error, location) from error


def _explain(error: OSError, location: Path) -> StorageError:
    reason = error.strerror or type(error).__name__
    if error.errno in _FULL:
        message, hint = f"No space is left in {location}: {reason}.", "Free some space there and try again."
    elif error.errno in _FORBIDDEN:
        message, hint = f"{location} may not be used: {reason}.", f"Give this user write access to {location}."
    elif error.errno in _GONE:
        message, hint = f"{location} is not there: {reason}.", "Is the disk mounted, and the path still right?"
    else:
        message, hint = f"{location} failed: {reason}.", ""
    return StorageError(message, subject=str(location), hint=hint)


def sync_folder(folder: Path) -> None:
    """Make the names in a folder outlive a power cut."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_file(path: Path) -> None:
    """Make the bytes of a file outlive a power cut."""
    descriptor = os.open(path, os.O_RDONLY)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)


def sync_all(files: Iterable[Path]) -> None:
    """`sync_file` for many: at once, so that the file system's journal commits them together."""
    paths = list(files)
    if len(paths) <= _FEW:
        for path in paths:
            sync_file(path)
        return
    with ThreadPoolExecutor(_SYNC_THREADS, thread_name_prefix="gitreg-sync") as pool:
        for _ in pool.map(sync_file, paths):
            pass


def make_folders(folder: Path, anchor: Path) -> None:
    """Make `folder` and what is missing above it, up to `anchor`, which must be there: a disk that is not mounted must
    not be stood in for by an empty folder.
    """
    missing = [path for path in (folder, *folder.parents) if path.is_relative_to(anchor) and not path.is_dir()]
    for path in reversed(missing):
        with contextlib.suppress(FileExistsError):
            path.mkdir()
        sync_folder(path.parent)


def create(folder: Path, mode: int) -> tuple[int, Path]:
    """A new empty file of a random name, open for writing."""
    path = folder / secrets.token_hex(8)
    return os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode), path


@contextlib.contextmanager
def temporary(folder: Path, mode: int) -> Iterator[tuple[int, Path]]:
    """A file of `create`, closed at the end, and removed unless it was renamed away."""
    descriptor, path = create(folder, mode)
    try:
        yield descriptor, path
    finally:
        os.close(descriptor)
        with contextlib.suppress(FileNotFoundError):
            path.unlink()
