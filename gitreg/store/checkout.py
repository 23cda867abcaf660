"""Single files of a work tree: look at one, write one, remove one. Nothing is ever written through a link."""

from __future__ import annotations

import errno
import os
import re
import stat
from contextlib import suppress
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitreg.errors import UnsafePath
from gitreg.store.objects import BLOB, object_id
from gitreg.store.packing import sync_folder
from gitreg.store.values import EXECUTABLE_MODE, FILE_MODE, SUBMODULE_MODE, SYMLINK_MODE, ObjectId

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path


@dataclass(frozen=True)
class Item:
    """A file as a tree names it."""

    mode: int
    object_id: ObjectId

    @property
    def is_submodule(self) -> bool:
        """A commit of another repository: nothing of it is checked out here."""
        return self.mode == SUBMODULE_MODE


# What HFS+ leaves out when it compares names (git's utf8.c, `next_hfs_char`).
_UNSEEN_BY_HFS = re.compile("[\u200c-\u200f\u202a-\u202e\u206a-\u206f\ufeff]")
_GIT_FOLDER = re.compile(r"(?:\.git|git~[1-9])(?:[. ]*|:.*)", re.IGNORECASE)


def check_path(path: str) -> None:
    """Raises `UnsafePath` for a path some part of which is `.git` to HFS+ or NTFS: its configuration starts programs.

    A tree may hold such names, and git reads them; a work tree must not, wherever its folder is mounted from.
    """
    for part in path.split("/"):
        if _GIT_FOLDER.fullmatch(_UNSEEN_BY_HFS.sub("", part)):
            raise UnsafePath(f"{path!r:.200} means git's own folder to some file systems.", subject=path[:200])


def look(root: Path, path: str, hash_name: str) -> Item | None:
    """The file that stands at `path` now, as a tree would name it; None when there is none, or only a folder."""
    target = root / path
    if _is_behind_link(root, path):
        return None
    try:
        found = target.lstat()
        if stat.S_ISLNK(found.st_mode):
            return Item(SYMLINK_MODE, object_id(BLOB, os.fsencode(target.readlink()), hash_name))
        if not stat.S_ISREG(found.st_mode):
            return None
        mode = EXECUTABLE_MODE if found.st_mode & stat.S_IXUSR else FILE_MODE
        return Item(mode, object_id(BLOB, target.read_bytes(), hash_name))
    except (FileNotFoundError, NotADirectoryError):
        return None


def write(root: Path, path: str, item: Item, content: tuple[bytes, Path]) -> None:
    """Put a file there, synced, by a rename from the temporary path where the file system allows it."""
    data, temporary = content
    target = root / path
    _make_folders(root, path)
    if item.is_submodule:
        target.mkdir(exist_ok=True)
        return
    with suppress(FileNotFoundError):
        temporary.unlink()
    if item.mode == SYMLINK_MODE:
        temporary.symlink_to(os.fsdecode(data))
    else:
        _fill(temporary, data, 0o777 if item.mode == EXECUTABLE_MODE else 0o666)
    try:
        temporary.replace(target)
    except OSError as error:
        if error.errno != errno.EXDEV:
            raise
        _replace_across(temporary, target)


def _replace_across(temporary: Path, target: Path) -> None:
    """The git folder lies on another file system (a linked work tree): make the file beside its target."""
    beside = target.with_name(f".{target.name}.gitreg-tmp")
    with suppress(FileNotFoundError):
        beside.unlink()
    if temporary.is_symlink():
        beside.symlink_to(temporary.readlink())
    else:
        _fill(beside, temporary.read_bytes(), temporary.stat().st_mode & 0o777)
    beside.replace(target)
    temporary.unlink()


def _fill(path: Path, data: bytes, mode: int) -> None:
    with os.fdopen(os.open(path, os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC, mode), "wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())


def _make_folders(root: Path, path: str) -> None:
    folder = root
    for name in path.split("/")[:-1]:
        folder = folder / name
        if folder.is_symlink():
            raise UnsafePath(f"{folder} is a link; nothing is written through it.", subject=path)
        folder.mkdir(exist_ok=True)


def _is_behind_link(root: Path, path: str) -> bool:
    parents = path.split("/")[:-1]
    return any((root / "/".join(parents[: depth + 1])).is_symlink() for depth in range(len(parents)))


def remove(root: Path, path: str) -> None:
    """Take a file away, and the folders that it leaves empty."""
    target = root / path
    if _is_behind_link(root, path):
        return
    with suppress(FileNotFoundError, NotADirectoryError, IsADirectoryError):
        target.unlink()
    folder = target.parent
    while folder != root:
        try:
            folder.rmdir()
        except FileNotFoundError:
            pass
        except OSError:
            return
        folder = folder.parent


def sync(root: Path, paths: Iterable[str]) -> None:
    """Make the names of these files durable."""
    folders: set[Path] = set()
    for path in paths:
        folder = (root / path).parent
        while folder != root.parent and folder not in folders:
            folders.add(folder)
            folder = folder.parent
    for folder in folders:
        if folder.is_dir():
            sync_folder(folder)
