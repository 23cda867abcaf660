"""What the rules read: a tree of files at one moment. The git store's snapshots are such trees; so is a dict."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING, NamedTuple, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

Edits: TypeAlias = "Mapping[str, bytes | None]"
"""Path to its new content; None removes it."""


class Entry(NamedTuple):
    """One name in a folder. `object_id` is equal exactly when content (of a folder: everything below) is equal."""

    name: str
    is_folder: bool
    object_id: str


class Tree(Protocol):
    """An immutable tree of files. Paths are relative, with `/`; a path that is not there reads as None."""

    def read(self, path: str) -> bytes | None:
        """The content of a file, None where there is no file."""
        ...

    def entries(self, folder: str = "") -> tuple[Entry, ...]:
        """The names in a folder, sorted; none where there is no such folder."""
        ...

    def walk(self, folder: str = "") -> Iterator[tuple[str, str]]:
        """Every file below a folder as (path, object id), sorted by path."""
        ...

    def object_id(self, path: str) -> str | None:
        """An id that is equal exactly when the content of the file or folder is equal."""
        ...


class MemoryTree:
    """A tree in a dict: for rules that ask "what if", and for tests."""

    def __init__(self, files: Mapping[str, bytes] | None = None) -> None:
        """Hold a copy of `files`."""
        self._files = dict(sorted((files or {}).items()))

    def read(self, path: str) -> bytes | None:
        """See `Tree`."""
        return self._files.get(path)

    def entries(self, folder: str = "") -> tuple[Entry, ...]:
        """See `Tree`."""
        prefix = f"{folder}/" if folder else ""
        names = {path[len(prefix) :].partition("/")[0] for path in self._files if path.startswith(prefix)}
        return tuple(
            Entry(name, prefix + name not in self._files, self.object_id(prefix + name) or "") for name in sorted(names)
        )

    def walk(self, folder: str = "") -> Iterator[tuple[str, str]]:
        """See `Tree`."""
        prefix = f"{folder}/" if folder else ""
        return ((path, _sha256(data)) for path, data in self._files.items() if path.startswith(prefix))

    def object_id(self, path: str) -> str | None:
        """See `Tree`."""
        if path in self._files:
            return _sha256(self._files[path])
        start = len(path) + 1 if path else 0
        below = "".join(f"{name[start:]}\0{identity}\0" for name, identity in self.walk(path))
        return _sha256(below.encode()) if below else None

    def with_edits(self, edits: Edits) -> MemoryTree:
        """A new tree in which `edits` are made."""
        files = {**self._files, **{path: data for path, data in edits.items() if data is not None}}
        return MemoryTree({path: data for path, data in files.items() if edits.get(path, b"") is not None})


def _sha256(data: bytes) -> str:
    return hashlib.sha256(data).hexdigest()
