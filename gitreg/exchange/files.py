"""Files of a store that a stranger may have made: bounded, and never one that a link points at."""

from __future__ import annotations

import os
import stat
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Final, Protocol
from urllib.parse import unquote, urlsplit
from uuid import uuid4

from gitreg.blobs import FarFolder
from gitreg.errors import InvalidDocument, StorageError
from gitreg.exchange.values import Left

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable

MAX_SMALL: Final = 1024 * 1024
MAX_FILES: Final = 100_000
"""Of one run or model in a bucket, or at a server."""
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


class Folder(Protocol):
    """A folder of a store's."""

    @property
    def place(self) -> str:
        """Where it is; what lies in it begins so, with a slash behind."""
        ...

    @property
    def names(self) -> Collection[str]:
        """The paths of its plain files."""
        ...

    @property
    def left(self) -> tuple[Left, ...]:
        """What lies there that is none."""
        ...

    def take(self, names: Iterable[str], scratch: Path) -> tuple[dict[str, Path], tuple[Left, ...]]:
        """Some of its files, here, and those that could not be had. What is fetched lies in `scratch`."""
        ...


class _Here:
    """A folder of this machine."""

    def __init__(self, path: Path, where: str) -> None:
        self.place = path.as_posix()
        self._files, self.left = files_below(path, where)
        self.names = self._files.keys()

    def take(self, names: Iterable[str], scratch: Path) -> tuple[dict[str, Path], tuple[Left, ...]]:
        del scratch
        return {name: self._files[name] for name in names}, ()


class _Far:
    """A folder in a bucket. Files are fetched under names of our own: a store's paths never touch this machine."""

    def __init__(self, bucket: FarFolder, below: str, where: str) -> None:
        self.place = f"{bucket.url}/{below}"
        self._bucket, self._below, self._where = bucket, below, where
        self.names = bucket.files(below, MAX_FILES + 1)
        self.left: tuple[Left, ...] = ()
        if len(self.names) > MAX_FILES:
            why = f"it has more than {MAX_FILES:,} files."
            self.names, self.left = (), (Left("file", where, self.place, why),)

    def take(self, names: Iterable[str], scratch: Path) -> tuple[dict[str, Path], tuple[Left, ...]]:
        taken, left = dict[str, Path](), list[Left]()
        for name in names:
            target = scratch / uuid4().hex
            try:
                self._bucket.fetch(f"{self._below}/{name}", target)
                taken[name] = target
            except StorageError as error:
                left.append(Left("file", self._where, name, error.message))
        return taken, tuple(left)


class Shelf:
    """The folders that bytes may be read from: a store says where its bytes are, and may say anything."""

    def __init__(self, roots: Iterable[Path | FarFolder]) -> None:
        """`roots` are the store's own folder and what the user named."""
        self._buckets = tuple(root for root in roots if isinstance(root, FarFolder))
        self._roots = tuple(dict.fromkeys(root.resolve() for root in roots if isinstance(root, Path)))

    def folder(self, uri: str, where: str) -> Folder | None:
        """The folder that a URI means, also where the whole store was moved; None where it is not among them.

        Raises what a bucket raises that cannot be read.
        """
        for bucket in self._buckets:
            below = uri.removeprefix(f"{bucket.url}/").strip("/")
            if uri.startswith(f"{bucket.url}/") and not {"", ".", ".."} & set(below.split("/")):
                return _Far(bucket, below, where)
        path = self._find(uri)
        return None if path is None or not path.is_dir() else _Here(path, where)

    def _find(self, uri: str) -> Path | None:
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
