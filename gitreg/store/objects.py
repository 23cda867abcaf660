"""Reading git objects: whole, bounded, and checked against the id they were asked for by."""

from __future__ import annotations

import hashlib
import threading
import weakref
import zlib
from collections import OrderedDict
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

from dulwich.errors import ChecksumMismatch, FileFormatException, ObjectFormatException
from dulwich.pack import PackFileDisappeared, UnresolvedDeltas

from gitreg.errors import CorruptRepository, UnsafeRepository
from gitreg.store.packs import FencedObjectStore, ObjectTooLarge
from gitreg.store.values import FOLDER_MODE, ObjectId

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from dulwich.object_format import ObjectFormat

COMMIT, TREE, BLOB, TAG = 1, 2, 3, 4
KINDS = {COMMIT: "commit", TREE: "tree", BLOB: "blob", TAG: "tag"}

MAX_TREE_BYTES = 16 * 2**20
"""Of one folder: some 200,000 of our names."""
_CACHED_TREES = 4096
_CACHED_TREE_ENTRIES = 200_000
_CACHED_BLOBS = 512
_CACHED_BLOB_BYTES = 64 * 1024
_ATTEMPTS = 5
_UNREADABLE = (
    ChecksumMismatch,
    FileFormatException,
    ObjectFormatException,
    UnresolvedDeltas,
    AssertionError,
    IndexError,
    ValueError,
    zlib.error,
)
"""What dulwich raises for bytes that are not what they should be."""

TreeItems = dict[str, tuple[int, ObjectId]]
"""Name to (mode, id), in no promised order."""


@dataclass(frozen=True)
class NewObject:
    """A tree, blob or commit that is not stored yet."""

    id: ObjectId
    kind: int
    data: bytes


class ObjectReader(Protocol):
    """Where objects come from: a repository, or new ones in memory over it."""

    hash_name: str

    def raw(self, object_id: str, kind: int) -> bytes:
        """An object's content. Raises `CorruptRepository` when it is missing or not of that kind."""
        ...

    def tree(self, tree_id: str) -> TreeItems:
        """A folder's names. The caller must not change the dict: it is shared."""
        ...

    def pending(self) -> tuple[NewObject, ...]:
        """What must be stored before a commit may refer to what was read here."""
        ...


def make(kind: int, data: bytes, hash_name: str) -> NewObject:
    """An object with its id."""
    return NewObject(object_id(kind, data, hash_name), kind, data)


def object_id(kind: int, data: bytes, hash_name: str) -> ObjectId:
    """The id git gives to these bytes."""
    header = b"%s %d\0" % (KINDS[kind].encode(), len(data))
    return ObjectId(hashlib.new(hash_name, header + data, usedforsecurity=False).hexdigest())


class Objects:
    """The objects of one repository on disk, and of one quarantine where a hook was given one (format 32)."""

    def __init__(self, folder: Path, object_format: ObjectFormat, quarantine: Path | None = None) -> None:
        """Nothing is read until something is asked for."""
        self.folder = folder
        self.hash_name = "sha256" if object_format.oid_length == 32 else "sha1"  # noqa: PLR2004 - bytes of a sha256
        self.object_format = object_format
        self._stores = [FencedObjectStore.at(folder, object_format)]
        if quarantine is not None:
            self._stores.insert(0, FencedObjectStore.at(quarantine, object_format))
        # dulwich warns of packs left open; a library's user must not have to close what he only read from.
        weakref.finalize(self, _close, self._stores)
        self._trees: OrderedDict[str, TreeItems] = OrderedDict()
        self._blobs: OrderedDict[str, bytes] = OrderedDict()
        self._threads = threading.RLock()

    @property
    def store(self) -> FencedObjectStore:
        """The repository's own object store (not the quarantine)."""
        return self._stores[-1]

    def close(self) -> None:
        """Close the pack files, and forget what was read from them."""
        with self._threads:
            self._trees.clear()
            self._blobs.clear()
        _close(self._stores)

    def pending(self) -> tuple[NewObject, ...]:
        """See `ObjectReader`: what is on disk is stored."""
        return ()

    def raw(self, object_id: str, kind: int) -> bytes:
        """See `ObjectReader`; small files are kept, since rules ask for them often. Raises `ObjectTooLarge`."""
        if kind != BLOB:
            return self._raw(object_id, kind)
        with self._threads:
            data = self._blobs.pop(object_id, None)
            if data is None:
                data = self._raw(object_id, kind)
            if len(data) <= _CACHED_BLOB_BYTES:
                self._blobs[object_id] = data  # the last that was asked for goes last
            if len(self._blobs) > _CACHED_BLOBS:
                self._blobs.popitem(last=False)
        return data

    def _raw(self, object_id: str, kind: int) -> bytes:
        found = self._find(object_id)
        if found is None:
            message = f"The git object {object_id} is missing."
            raise CorruptRepository(message, subject=object_id, hint="git fsck --full")
        if found[0] != kind:
            message = f"The git object {object_id} is a {KINDS.get(found[0])}, not a {KINDS[kind]}."
            raise CorruptRepository(message, subject=object_id, hint="git fsck --full")
        self._check(object_id, kind, found[1])
        return found[1]

    def kind(self, object_id: str) -> int | None:
        """Which kind of object this is; None when it is not here."""
        found = self._find(object_id)
        return found[0] if found else None

    def __contains__(self, object_id: str) -> bool:
        name = object_id.encode()
        with self._threads:
            return any(name in store for store in self._stores)  # type: ignore[operator]

    def with_prefix(self, prefix: str) -> Iterator[str]:
        """The ids of stored objects that start with these hex digits."""
        with self._threads:
            for store in self._stores:
                for found in store.iter_prefix(prefix.encode()):
                    yield found.decode()

    def tree(self, tree_id: str) -> TreeItems:
        """See `ObjectReader`."""
        with self._threads:
            cached = self._trees.get(tree_id)
            if cached is not None:
                self._trees.move_to_end(tree_id)
                return cached
            items = parse_tree(self.raw(tree_id, TREE), tree_id, self.object_format.oid_length)
            self._keep(tree_id, items)
            return items

    def remember(self, new: Iterable[NewObject]) -> None:
        """Keep the trees that were just stored: the next change is most often made on them."""
        with self._threads:
            for one in new:
                if one.kind == TREE:
                    self._keep(one.id, parse_tree(one.data, one.id, self.object_format.oid_length))

    def _keep(self, tree_id: str, items: TreeItems) -> None:
        if len(items) <= _CACHED_TREE_ENTRIES:
            self._trees[tree_id] = items
        if len(self._trees) > _CACHED_TREES:
            self._trees.popitem(last=False)

    def _find(self, object_id: str) -> tuple[int, bytes] | None:
        name = object_id.encode()
        with self._threads:
            for store in self._stores:
                found = _read(store, name)
                if found is not None:
                    return found
        return None

    def _check(self, wanted: str, kind: int, data: bytes) -> None:
        if object_id(kind, data, self.hash_name) != wanted:
            message = f"The git object {wanted} does not hash to its id."
            raise CorruptRepository(message, subject=wanted, hint="git fsck --full")


def _close(stores: list[FencedObjectStore]) -> None:
    for store in stores:
        store.close()


def _read(store: FencedObjectStore, name: bytes) -> tuple[int, bytes] | None:
    """One object by hex name. A pack that was repacked away under us is looked for again in the new ones."""
    for attempt in range(_ATTEMPTS):
        try:
            kind, data = store.get_raw(name)  # type: ignore[arg-type]
        except KeyError:
            return None
        except (PackFileDisappeared, FileNotFoundError):
            if attempt == _ATTEMPTS - 1:
                raise
            store.close()
        except ObjectTooLarge:
            raise
        except _UNREADABLE as error:
            message = f"The git object {name.decode()} cannot be read: {error!s:.200}."
            raise CorruptRepository(message, subject=name.decode(), hint="git fsck --full") from error
        else:
            return kind, bytes(data)
    return None


_FORBIDDEN_NAMES = frozenset({"", ".", "..", ".git"})


def parse_tree(data: bytes, tree_id: str, id_bytes: int) -> TreeItems:
    """A tree's items. Raises `CorruptRepository` for bytes that are no tree, `UnsafeRepository` for names no tree may
    hold.
    """
    if len(data) > MAX_TREE_BYTES:
        message = f"The git tree {tree_id} has {len(data)} bytes of names; gitreg reads up to {MAX_TREE_BYTES}."
        raise UnsafeRepository(message, subject=tree_id)
    items: TreeItems = {}
    position, end = 0, len(data)
    while position < end:
        space = data.find(b" ", position, position + 8)
        zero = data.find(b"\0", space)
        after = zero + 1 + id_bytes
        if space < 0 or zero < 0 or after > end:
            raise CorruptRepository(f"The git tree {tree_id} is cut short.", subject=tree_id, hint="git fsck --full")
        name = data[space + 1 : zero].decode("utf-8", "surrogateescape")
        if name in _FORBIDDEN_NAMES or "/" in name or name in items or name.lower() == ".git":
            raise UnsafeRepository(f"The git tree {tree_id} holds the name {name!r:.100}.", subject=tree_id)
        items[name] = (_mode(data[position:space], tree_id), ObjectId(data[zero + 1 : after].hex()))
        position = after
    return items


def _mode(digits: bytes, tree_id: str) -> int:
    try:
        return int(digits, 8)
    except ValueError as error:
        raise CorruptRepository(f"The git tree {tree_id} has a bad mode.", subject=tree_id) from error


def serialize_tree(items: TreeItems) -> bytes:
    """A tree's bytes, in git's order: a folder sorts as if its name ended in a slash."""
    encoded = [(name.encode("utf-8", "surrogateescape"), mode, identity) for name, (mode, identity) in items.items()]
    encoded.sort(key=lambda item: item[0] + b"/" if item[1] == FOLDER_MODE else item[0])
    return b"".join(b"%o %s\0%s" % (mode, name, bytes.fromhex(identity)) for name, mode, identity in encoded)


def in_git_order(items: TreeItems) -> list[tuple[str, int, ObjectId]]:
    """Items so that walking them depth first gives paths in code point order."""
    rows = [(name, mode, identity) for name, (mode, identity) in items.items()]
    rows.sort(key=lambda row: row[0] + "/" if row[1] == FOLDER_MODE else row[0])
    return rows


class Overlay:
    """New objects in memory over a reader: what a snapshot with edits reads from."""

    def __init__(self, below: ObjectReader, objects: tuple[NewObject, ...]) -> None:
        """`objects` shadow nothing: the same id is the same bytes."""
        self.hash_name = below.hash_name
        self._below = below
        self._objects = {new.id: new for new in objects}
        self._new = objects

    def raw(self, object_id: str, kind: int) -> bytes:
        """See `ObjectReader`."""
        new = self._objects.get(ObjectId(object_id))
        return new.data if new is not None and new.kind == kind else self._below.raw(object_id, kind)

    def tree(self, tree_id: str) -> TreeItems:
        """See `ObjectReader`."""
        new = self._objects.get(ObjectId(tree_id))
        return parse_tree(new.data, tree_id, len(tree_id) // 2) if new is not None else self._below.tree(tree_id)

    def pending(self) -> tuple[NewObject, ...]:
        """See `ObjectReader`."""
        return (*self._below.pending(), *self._new)


class NoObjects:
    """The reader of an empty tree."""

    hash_name = "sha1"

    def raw(self, object_id: str, kind: int) -> bytes:
        """See `ObjectReader`: there is nothing."""
        raise CorruptRepository(f"The git object {object_id} ({KINDS[kind]}) is missing.", subject=object_id)

    def tree(self, tree_id: str) -> TreeItems:
        """See `ObjectReader`: there is nothing."""
        raise CorruptRepository(f"The git object {tree_id} (tree) is missing.", subject=tree_id)

    def pending(self) -> tuple[NewObject, ...]:
        """See `ObjectReader`."""
        return ()
