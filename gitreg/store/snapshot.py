"""A tree of files at one commit, immutable, read as it is asked for."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.documents import Entry
from gitreg.errors import UnsafeRepository
from gitreg.store import trees
from gitreg.store.objects import BLOB, NewObject, NoObjects, ObjectReader, Overlay
from gitreg.store.packs import ObjectTooLarge
from gitreg.store.values import FOLDER_MODE, REGULAR_MODES, CommitId, ObjectId

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping


class Snapshot:
    """The files of one commit, or of no commit (`Snapshot.empty()`), or of one with edits. A `documents.Tree`.

    Nothing in it ever changes, so it may be kept as long as its store is open. Reading raises `CorruptRepository` for
    objects that are missing or damaged and `UnsafeRepository` for what a repository of ours never holds: links at or
    above a path that is read, and trees or files past our limits.
    """

    def __init__(self, reader: ObjectReader, tree: ObjectId | None, commit: CommitId | None) -> None:
        """`tree` None is the empty tree."""
        self.commit = commit
        self.tree = tree
        self._reader = reader

    @classmethod
    def empty(cls) -> Snapshot:
        """A tree with nothing in it."""
        return cls(NoObjects(), None, None)

    def read(self, path: str) -> bytes | None:
        """The content of the file at `path`; None where there is none."""
        found = trees.lookup(self._reader, self.tree, path)
        if found is None or found[0] == FOLDER_MODE:
            return None
        if found[0] not in REGULAR_MODES:
            raise UnsafeRepository(f"{path} is a symlink or submodule, not a file.", subject=path)
        try:
            return self._reader.raw(found[1], BLOB)
        except ObjectTooLarge as error:
            raise UnsafeRepository(f"{path}: {error.message}", subject=path) from None

    def read_blob(self, object_id: str) -> bytes:
        """The content behind an id that `walk` or `changes` gave."""
        return self._reader.raw(object_id, BLOB)

    def entries(self, folder: str = "") -> tuple[Entry, ...]:
        """The names in a folder, sorted; none where there is no folder."""
        found = trees.lookup(self._reader, self.tree, folder)
        if found is None or found[0] != FOLDER_MODE:
            return ()
        items = self._reader.tree(found[1])
        return tuple(Entry(name, mode == FOLDER_MODE, identity) for name, (mode, identity) in sorted(items.items()))

    def walk(self, folder: str = "") -> Iterator[tuple[str, str]]:
        """Everything below a folder that is no folder, as (path, object id), sorted by path."""
        found = trees.lookup(self._reader, self.tree, folder)
        if found is None or found[0] != FOLDER_MODE:
            return iter(())
        return trees.walk(self._reader, found[1], f"{folder}/" if folder else "")

    def object_id(self, path: str) -> ObjectId | None:
        """The git id of the file or folder at `path`."""
        found = trees.lookup(self._reader, self.tree, path)
        return found[1] if found else None

    def mode(self, path: str) -> int | None:
        """The git mode of what lies at `path`: 0o100644, 0o40000, 0o120000 (a symlink), …"""
        found = trees.lookup(self._reader, self.tree, path)
        return found[0] if found else None

    def with_edits(self, edits: Mapping[str, bytes | None]) -> Snapshot:
        """What it would be with `edits` made; nothing is written. Raises `UnsafePath`."""
        if not edits:
            return Snapshot(self._reader, self.tree, None)
        tree, new = trees.edit(self._reader, self.tree, edits)
        return Snapshot(Overlay(self._reader, new), tree, None)

    def pending(self) -> tuple[NewObject, ...]:
        """The objects that have to be stored before a commit can name this tree."""
        return self._reader.pending()

    def edited(self, edits: Mapping[str, bytes | None]) -> tuple[ObjectId, tuple[NewObject, ...]]:
        """The id of the tree with `edits` made, and everything that has to be stored for it."""
        if not edits and self.tree is not None:
            return self.tree, self._reader.pending()
        tree, new = trees.edit(self._reader, self.tree, edits)
        return tree, (*self._reader.pending(), *new)
