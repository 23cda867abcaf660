"""Which objects another repository lacks: exactly the new ones, found by comparing trees from the tips down."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.errors import RemoteError
from gitreg.store import commits, packing
from gitreg.store.history import reachable
from gitreg.store.objects import BLOB, COMMIT, TREE, NewObject, Objects
from gitreg.store.trees import Budget
from gitreg.store.values import FOLDER_MODE, SUBMODULE_MODE, CommitId, ObjectId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

Listed = dict[str, int]
"""Object id to kind, what refers after what it refers to."""


def missing(
    source: Objects, tips: Iterable[CommitId], has: Callable[[str], bool], shallow: frozenset[CommitId]
) -> Listed:
    """The objects of `source` that reach `tips` and that a repository which `has` certain commits lacks.

    A commit that is there is taken to be there with all it refers to; every writer stores objects in that order.
    Raises `RemoteError` where `source` is a shallow clone and lacks them itself.
    """
    found: Listed = {}
    for commit_id in reversed(_missing_commits(source, tips, has, shallow)):
        commit = commits.parse(commit_id, source.raw(commit_id, COMMIT))
        before = _tree(source, commit.parents[0]) if commit.parents else None
        _collect(source, before, commit.tree, found)
        found[commit_id] = COMMIT
    return found


def _missing_commits(
    source: Objects, tips: Iterable[CommitId], has: Callable[[str], bool], shallow: frozenset[CommitId]
) -> list[CommitId]:
    queue = [tip for tip in dict.fromkeys(tips) if not has(tip)]
    seen: set[str] = set(queue)
    for commit in queue:
        if commit in shallow:
            message = "The history here was cut short by a shallow clone, and the other side lacks what was cut off."
            raise RemoteError(message, subject=commit, hint="git fetch --unshallow")
        for parent in commits.parents_of(source.raw(commit, COMMIT)):
            if parent not in seen and not has(parent):
                seen.add(parent)
                queue.append(CommitId(parent))
    return _parents_last(source, queue, seen)


def _parents_last(source: Objects, queue: list[CommitId], seen: set[str]) -> list[CommitId]:
    """Children before their parents (the walk alone promises it only for lines without merges)."""
    waiting = dict.fromkeys(queue, 0)
    parents = {commit: commits.parents_of(source.raw(commit, COMMIT)) for commit in queue}
    for line in parents.values():
        for parent in line:
            if parent in seen:
                waiting[CommitId(parent)] += 1
    free = [commit for commit, children in waiting.items() if children == 0]
    for commit in free:
        for parent in parents[commit]:
            if parent in seen:
                waiting[CommitId(parent)] -= 1
                if waiting[CommitId(parent)] == 0:
                    free.append(CommitId(parent))
    return free


def _tree(source: Objects, commit: CommitId) -> ObjectId | None:
    """A parent's tree; None where the parent is not here (then everything counts as new)."""
    if commit not in source:
        return None
    return commits.parse(commit, source.raw(commit, COMMIT)).tree


def _collect(source: Objects, before: ObjectId | None, after: ObjectId, found: Listed) -> None:
    """Trees and blobs below `after` that are not at the same place below `before`; blobs first, then their folders."""
    budget = Budget()
    pending: list[tuple[ObjectId | None, ObjectId, int]] = [(before, after, 1)]
    folders: list[ObjectId] = []
    while pending:
        old, new, depth = pending.pop()
        if old == new or new in found:
            continue
        folders.append(new)
        olds = {} if old is None else source.tree(old)
        items = [(name, item) for name, item in source.tree(new).items() if olds.get(name) != item]
        budget.spend(len(items), depth)
        for name, (mode, identity) in items:
            if mode == FOLDER_MODE:
                below = olds.get(name, (None, None))
                pending.append((below[1] if below[0] == FOLDER_MODE else None, identity, depth + 1))
            elif mode != SUBMODULE_MODE:
                found.setdefault(identity, BLOB)
    for folder in reversed(folders):
        found.setdefault(folder, TREE)


def read_all(source: Objects, listed: Listed) -> Iterator[NewObject]:
    """The listed objects, read one at a time."""
    return (NewObject(ObjectId(name), kind, source.raw(name, kind)) for name, kind in listed.items())


def copy(source: Objects, target: Objects, tips: Iterable[CommitId], shallow: frozenset[CommitId]) -> None:
    """Give `target` everything it lacks to have `tips`, durably."""
    if source.hash_name != target.hash_name:
        raise RemoteError(f"One side names objects by {source.hash_name}, the other by {target.hash_name}.")
    listed = missing(source, tips, target.__contains__, shallow)
    if listed:
        packing.copy(target.folder, len(listed), read_all(source, listed), target.hash_name)


def ancestors_of(objects: Objects, tips: Iterable[CommitId], shallow: frozenset[CommitId]) -> set[str]:
    """Every commit below those of `tips` that are here."""
    return set(reachable(objects, [tip for tip in dict.fromkeys(tips) if tip in objects], shallow))
