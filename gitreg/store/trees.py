"""Trees as values: make edits, walk, compare. Every walk is bounded: a few small trees can name billions of paths."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gitreg.errors import UnsafePath, UnsafeRepository
from gitreg.store.objects import BLOB, TREE, NewObject, ObjectReader, TreeItems, in_git_order, make, serialize_tree
from gitreg.store.values import FILE_MODE, FOLDER_MODE, REGULAR_MODES, Change, ObjectId

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

MAX_DEPTH = 100
MAX_WALKED = 5_000_000
"""Names looked at in one walk or comparison."""
MAX_REPEATED = 200_000
"""Names among them in folders that were looked at before. Somebody who wants us to walk for hours names the same few
folders again and again; where folders differ, the repository is as large as the walk is long.
"""


@dataclass
class Budget:
    """Counts what a walk has looked at, and stops it."""

    left: int = field(default_factory=lambda: MAX_WALKED)
    repeated: int = 0
    seen: set[tuple[ObjectId | None, ...]] = field(default_factory=set)

    def spend(self, names: int, depth: int, *folders: ObjectId | None) -> None:
        """Count the names of a folder, or of two that are compared, at a depth.

        Raises `UnsafeRepository` past the limits.
        """
        self.left -= names
        self.repeated += names if folders in self.seen else 0
        self.seen.add(folders)
        if self.left < 0:
            raise UnsafeRepository(f"A git tree names more than {MAX_WALKED} paths.")
        if self.repeated > MAX_REPEATED:
            raise UnsafeRepository(f"A git tree names the same folders under more than {MAX_REPEATED} paths.")
        if depth > MAX_DEPTH:
            raise UnsafeRepository(f"A git tree is deeper than {MAX_DEPTH} folders.")


def lookup(reader: ObjectReader, root: ObjectId | None, path: str) -> tuple[int, ObjectId] | None:
    """Mode and id of what lies at `path`, None where nothing does. A link on the way is refused: `UnsafeRepository`."""
    if not path:
        return None if root is None else (FOLDER_MODE, root)
    found: tuple[int, ObjectId] | None = None if root is None else (FOLDER_MODE, root)
    for name in path.split("/"):
        if found is None or found[0] in REGULAR_MODES:
            return None
        if found[0] != FOLDER_MODE:
            raise UnsafeRepository(f"{path} lies behind a symlink or submodule.", subject=path)
        found = reader.tree(found[1]).get(name)
    return found


def find(reader: ObjectReader, root: ObjectId | None, path: str) -> tuple[int, ObjectId] | None:
    """Mode and id of what is at `path` and is no folder. A link on the way, or a folder at the end, is nothing."""
    found: tuple[int, ObjectId] | None = None if root is None else (FOLDER_MODE, root)
    for name in path.split("/"):
        if found is None or found[0] != FOLDER_MODE:
            return None
        found = reader.tree(found[1]).get(name)
    return None if found is None or found[0] == FOLDER_MODE else found


def walk(reader: ObjectReader, tree: ObjectId | None, prefix: str = "") -> Iterator[tuple[str, ObjectId]]:
    """Everything below a tree that is no folder, as (path, id), sorted by path."""
    budget = Budget()
    stack = [] if tree is None else [iter(_rows(reader, tree, prefix))]
    while stack:
        for path, mode, identity in stack[-1]:
            if mode == FOLDER_MODE:
                rows = _rows(reader, identity, f"{path}/")
                stack.append(iter(rows))
                budget.spend(len(rows), len(stack), identity)
                break
            yield path, identity
        else:
            stack.pop()


def _rows(reader: ObjectReader, tree: ObjectId, prefix: str) -> list[tuple[str, int, ObjectId]]:
    return [(prefix + name, mode, identity) for name, mode, identity in in_git_order(reader.tree(tree))]


def compare(reader: ObjectReader, before: ObjectId | None, after: ObjectId | None) -> Iterator[Change]:
    """The paths that differ between two trees, sorted; folders with equal ids are never opened.

    A path whose mode alone differs (a file made executable or turned into a link) is a change as well.
    """
    budget = Budget()
    pending = [("", before, after, 1)]
    found: list[Change] = []
    while pending:
        prefix, old, new, depth = pending.pop()
        if old == new:
            continue
        olds: TreeItems = {} if old is None else reader.tree(old)
        news: TreeItems = {} if new is None else reader.tree(new)
        names = {name for name, _ in olds.items() ^ news.items()}
        budget.spend(len(names), depth, old, new)
        for name in names:
            path = prefix + name
            old_folder, old_file = _split(olds.get(name))
            new_folder, new_file = _split(news.get(name))
            if old_folder != new_folder:
                pending.append((f"{path}/", old_folder, new_folder, depth + 1))
            if (old_file, new_file) != (None, None):
                found.append(Change(path, old_file, new_file))
    yield from sorted(found, key=lambda change: change.path)


def _split(item: tuple[int, ObjectId] | None) -> tuple[ObjectId | None, ObjectId | None]:
    """An item as (folder id, file id), of which at most one is set."""
    if item is None:
        return None, None
    return (item[1], None) if item[0] == FOLDER_MODE else (None, item[1])


@dataclass
class _Node:
    """Edits below one folder."""

    files: dict[str, bytes | None] = field(default_factory=dict)
    folders: dict[str, _Node] = field(default_factory=dict)


def edit(
    reader: ObjectReader, root: ObjectId | None, edits: Mapping[str, bytes | None]
) -> tuple[ObjectId, tuple[NewObject, ...]]:
    """The tree with `edits` made, and the objects that are new. Raises `UnsafePath` for a path no file may have.

    Removing what is not there changes nothing. A folder left empty goes. A file is never replaced by a folder nor a
    folder by a file unless the edits remove the one first: that raises `UnsafeRepository`.
    """
    new: dict[ObjectId, NewObject] = {}
    tree = _edit_folder(reader, root, _group(edits), new)
    if tree is None:
        empty = make(TREE, b"", reader.hash_name)
        new[empty.id] = empty
        tree = empty.id
    return tree, tuple(new.values())


def _group(edits: Mapping[str, bytes | None]) -> _Node:
    top = _Node()
    for path, data in edits.items():
        *folders, name = check_path(path)
        node = top
        for folder in folders:
            node = node.folders.setdefault(folder, _Node())
        node.files[name] = data
    return top


def check_path(path: str) -> list[str]:
    """A path's parts. Raises `UnsafePath` for what git or a file system would not take."""
    parts = path.split("/")
    if len(parts) > MAX_DEPTH or any(_is_bad(part) for part in parts):
        raise UnsafePath(f"{path!r:.200} is not a path a file in git may have.", subject=path[:200])
    return parts


def _is_bad(part: str) -> bool:
    return part in ("", ".", "..") or part.lower().startswith((".git\0", ".git ", ".git.")) or _is_reserved(part)


def _is_reserved(part: str) -> bool:
    is_git = part.lower().rstrip(". ") in (".git", "git~1")
    return is_git or "\0" in part or "\\" in part


def _edit_folder(
    reader: ObjectReader, tree: ObjectId | None, node: _Node, new: dict[ObjectId, NewObject]
) -> ObjectId | None:
    items = {} if tree is None else dict(reader.tree(tree))
    for name in [name for name, data in node.files.items() if data is None]:
        if items.get(name, (FOLDER_MODE,))[0] != FOLDER_MODE:
            del items[name]
    for name, below in node.folders.items():
        _edit_below(reader, items, name, (below, new))
    for name, data in node.files.items():
        if data is not None:
            _put_file(items, name, data, (new, reader.hash_name))
    if not items:
        return None
    folder = make(TREE, serialize_tree(items), reader.hash_name)
    if folder.id != tree:
        new[folder.id] = folder
    return folder.id


def _edit_below(
    reader: ObjectReader, items: TreeItems, name: str, edits: tuple[_Node, dict[ObjectId, NewObject]]
) -> None:
    below, new = edits
    mode, identity = items.get(name, (FOLDER_MODE, None))
    if mode != FOLDER_MODE:
        if any(_writes(below)):
            raise UnsafeRepository(f"{name} is a file where a folder is needed.", subject=name)
        return
    made = _edit_folder(reader, identity, below, new)
    if made is None:
        items.pop(name, None)
    else:
        items[name] = (FOLDER_MODE, made)


def _put_file(items: TreeItems, name: str, data: bytes, target: tuple[dict[ObjectId, NewObject], str]) -> None:
    new, hash_name = target
    mode, identity = items.get(name, (FILE_MODE, None))
    if mode not in REGULAR_MODES:
        raise UnsafeRepository(f"{name} is a folder, symlink or submodule where a file is needed.", subject=name)
    blob = make(BLOB, data, hash_name)
    if blob.id != identity:
        new[blob.id] = blob
        items[name] = (mode, blob.id)


def _writes(node: _Node) -> Iterator[bool]:
    """True once for each content below."""
    yield from (data is not None for data in node.files.values())
    for below in node.folders.values():
        yield from _writes(below)
