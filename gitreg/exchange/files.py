"""Files of a store that a stranger may have made: bounded, and never one that a link points at."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import BinaryIO, Final
from urllib.parse import unquote, urlsplit

from gitreg.errors import InvalidDocument
from gitreg.exchange.values import Left

MAX_SMALL: Final = 1024 * 1024
_MAX_TAIL: Final = 6
_LEAST_TAIL: Final = 2
_BESIDE: Final = ("", "mlruns", "mlartifacts")


def open_plain(path: Path) -> BinaryIO:
    """A regular file, not a link to one, and not a pipe that never ends. Raises `InvalidDocument`."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_NOFOLLOW | os.O_NONBLOCK | os.O_CLOEXEC)
    except OSError as error:
        raise InvalidDocument(f"{path} cannot be read: {error.strerror}.", subject=str(path)) from None
    if not stat.S_ISREG(os.fstat(fd).st_mode):
        os.close(fd)
        raise InvalidDocument(f"{path} is not a plain file.", subject=str(path))
    return os.fdopen(fd, "rb")


def read_small(path: Path, limit: int = MAX_SMALL) -> bytes:
    """A file's bytes. Raises `InvalidDocument` for one over `limit` bytes, and as `open_plain` does."""
    with open_plain(path) as file:
        data = file.read(limit + 1)
    if len(data) > limit:
        raise InvalidDocument(f"{path} is larger than {limit:,} bytes.", subject=str(path))
    return data


def read_text(path: Path, limit: int = MAX_SMALL) -> str:
    """The same as UTF-8. Raises `InvalidDocument` for other bytes too."""
    try:
        return read_small(path, limit).decode()
    except UnicodeDecodeError:
        raise InvalidDocument(f"{path} is not UTF-8.", subject=str(path)) from None


def subfolders(folder: Path) -> list[Path]:
    """The folders in a folder, by name; links are none."""
    try:
        with os.scandir(folder) as entries:
            return sorted(Path(entry.path) for entry in entries if entry.is_dir(follow_symlinks=False))
    except OSError:
        return []


def files_below(folder: Path, where: str) -> tuple[dict[str, Path], tuple[Left, ...]]:
    """The plain files below a folder by their paths, and what lies there that is none."""
    found, left = dict[str, Path](), list[Left]()
    for place, folders, names in os.walk(folder):
        links = [name for name in folders if Path(place, name).is_symlink()]
        folders[:] = sorted(set(folders) - set(links))
        for name in sorted([*names, *links]):
            file = Path(place, name)
            path = file.relative_to(folder).as_posix()
            if stat.S_ISREG(file.lstat().st_mode):
                found[path] = file
            else:
                left.append(Left("file", where, path, "it is a link, and not a plain file."))
    return found, tuple(left)


class Shelf:
    """The folders that bytes may be read from: a store says where its bytes are, and may say anything."""

    def __init__(self, roots: tuple[Path, ...]) -> None:
        """`roots` are the store's own folder and those that the user named."""
        self._roots = tuple(dict.fromkeys(root.resolve() for root in roots))

    def find(self, uri: str) -> Path | None:
        """The folder or file that a URI means, also where the whole store was moved; None where it is not here."""
        path = local_path(uri)
        if path is None:
            return None
        written = Path(path)
        parts = [part for part in written.parts if part not in ("/", ".")]
        tails = [parts[-size:] for size in range(min(_MAX_TAIL, len(parts)), _LEAST_TAIL - 1, -1)]
        moved = (Path(root, beside, *tail) for tail in tails for root in self._roots for beside in _BESIDE)
        candidates = [written, *moved] if written.is_absolute() else moved
        return next((each for each in candidates if self._is_here(each)), None)

    def _is_here(self, path: Path) -> bool:
        """Most are not there at all, which one question answers; to resolve a path takes one for each of its parts."""
        try:
            if not path.exists():
                return False
            real = path.resolve(strict=True)
        except (OSError, RuntimeError, ValueError):
            return False
        return any(real.is_relative_to(root) for root in self._roots)


def local_path(uri: str) -> str | None:
    """The path in a `file:` or `mlflow-artifacts:` URI, or of no URI; None for another place."""
    if "\0" in uri:
        return None
    if "://" not in uri and not uri.startswith(("file:", "mlflow-artifacts:")):
        return uri
    try:
        parts = urlsplit(uri)
    except ValueError:
        return None
    if parts.scheme == "file" and parts.netloc in ("", "localhost"):
        return unquote(parts.path)
    return unquote(parts.path).lstrip("/") if parts.scheme == "mlflow-artifacts" else None
