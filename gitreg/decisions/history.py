"""What a verdict stands on: a branch's first-parent line, and the tree at each of its commits."""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol, overload

if TYPE_CHECKING:
    from gitreg.documents import Entry, Tree


@dataclass(frozen=True)
class Place:
    """A commit on the line, by its position from the root (0)."""

    position: int
    commit: str


@dataclass(frozen=True)
class PathChange:
    """`path` is `object_id` from this position on, until the next change; None where it is absent."""

    position: int
    object_id: str | None


class History(Protocol):
    """A first-parent line. No date decides order; position does."""

    @property
    def commits(self) -> Sequence[str]:
        """The line, oldest first."""
        ...

    @property
    def is_whole(self) -> bool:
        """False where the line was cut (a shallow clone) or may be another than the commits say."""
        ...

    def tree(self, commit: str) -> Tree:
        """The files at one commit of the line."""
        ...

    def blob(self, object_id: str) -> bytes | None:
        """A file's content by its object id, None where only trees give it. Whether it stood as a file, trees say."""
        ...

    def position(self, commit: str) -> int | None:
        """Where a commit stands on the line; None when it does not."""
        ...

    def commits_at(self, positions: Iterable[int]) -> Mapping[int, str]:
        """The commits at many positions, by position; those that the line does not have are left out."""
        ...

    def changes(self, path: str) -> Sequence[PathChange]:
        """Every position at which a file became another than at the position before, ascending."""
        ...

    def folder_changes(self, folder: str) -> Sequence[int]:
        """Every position at which anything below a folder changed, ascending."""
        ...


class VerdictCache(Protocol):
    """Verdicts that never change, by the commit they were given for. May forget anything at any time."""

    def verdict(self, commit: str, key: str) -> str | None:
        """What was put, or None."""
        ...

    def put_verdict(self, commit: str, key: str, value: str) -> None:
        """Keep it, if possible."""
        ...


PROPOSED = "proposed"
"""The name of a commit that does not exist: main as it would be."""


class Line:
    """A `History` over loaded commits: it looks at every tree of the line, once a path."""

    def __init__(self, commits: Sequence[str], load: Callable[[str], Tree], *, is_whole: bool = True) -> None:
        """`commits` is oldest first; `load` reads the tree of any of them."""
        self.commits = commits
        self.is_whole = is_whole
        self._load = load
        self._trees: dict[str, Tree] = {}
        self._positions: dict[str, int] = {}
        self._changes: dict[str, Sequence[PathChange]] = {}

    def tree(self, commit: str) -> Tree:
        """See `History`."""
        if commit not in self._trees:
            self._trees[commit] = self._load(commit)
        return self._trees[commit]

    def blob(self, object_id: str) -> bytes | None:
        """See `History`."""
        del object_id
        return None

    def position(self, commit: str) -> int | None:
        """See `History`."""
        if not self._positions:
            self._positions = {name: place for place, name in enumerate(self.commits)}
        return self._positions.get(commit)

    def commits_at(self, positions: Iterable[int]) -> Mapping[int, str]:
        """See `History`."""
        return {each: self.commits[each] for each in positions if 0 <= each < len(self.commits)}

    def changes(self, path: str) -> Sequence[PathChange]:
        """See `History`."""
        if path not in self._changes:
            self._changes[path] = tuple(changes_of(path, map(self.tree, self.commits)))
        return self._changes[path]

    def folder_changes(self, folder: str) -> Sequence[int]:
        """See `History`."""
        return [change.position for change in self.changes(folder)]


def changes_of(path: str, trees: Iterable[Tree], start: int = 0, last: str | None = None) -> Iterator[PathChange]:
    """The changes of a file or folder over consecutive trees, whose first one is at position `start`."""
    for position, tree in enumerate(trees, start):
        found = tree.object_id(path)
        if found != last:
            yield PathChange(position, found)
        last = found


class Continued:
    """A history with more commits at its end, which need not exist: what `base` knows quickly stays quick."""

    def __init__(self, base: History, tail: Mapping[str, Tree]) -> None:
        """`tail` is oldest first."""
        self.base = base
        self.is_whole = base.is_whole
        self.commits: Sequence[str] = Joined(base.commits, tuple(tail))
        self._tail = tail
        self._changes: dict[str, Sequence[PathChange]] = {}

    def tree(self, commit: str) -> Tree:
        """See `History`."""
        return self._tail[commit] if commit in self._tail else self.base.tree(commit)

    def blob(self, object_id: str) -> bytes | None:
        """See `History`."""
        return self.base.blob(object_id)

    def position(self, commit: str) -> int | None:
        """See `History`."""
        if commit in self._tail:
            return len(self.base.commits) + list(self._tail).index(commit)
        return self.base.position(commit)

    def commits_at(self, positions: Iterable[int]) -> Mapping[int, str]:
        """See `History`."""
        wanted, length = set(positions), len(self.base.commits)
        tail = {length + place: commit for place, commit in enumerate(self._tail)}
        return {**self.base.commits_at(wanted), **{each: tail[each] for each in wanted & tail.keys()}}

    def changes(self, path: str) -> Sequence[PathChange]:
        """See `History`."""
        if path not in self._changes:
            before = self.base.changes(path)
            last = before[-1].object_id if before else None
            self._changes[path] = (*before, *changes_of(path, self._tail.values(), len(self.base.commits), last))
        return self._changes[path]

    def folder_changes(self, folder: str) -> Sequence[int]:
        """See `History`."""
        commits = self.base.commits
        last = self.base.tree(commits[-1]).object_id(folder) if commits else None
        tail = changes_of(folder, self._tail.values(), len(commits), last)
        return [*self.base.folder_changes(folder), *(change.position for change in tail)]


class Joined(Sequence[str]):
    """Two sequences, one after the other, without copying the first."""

    def __init__(self, first: Sequence[str], second: Sequence[str]) -> None:
        self._first = first
        self._second = second

    def __len__(self) -> int:
        return len(self._first) + len(self._second)

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(len(self)))]
        place = range(len(self))[index]
        first = len(self._first)
        return self._first[place] if place < first else self._second[place - first]


def differing(before: Tree, after: Tree, folder: str = "") -> Iterator[str]:
    """Every path whose file differs between two trees; folders that are equal are never opened."""
    first, second = set(before.entries(folder)), set(after.entries(folder))
    old = {entry.name: entry for entry in first - second}
    new = {entry.name: entry for entry in second - first}
    for name in sorted(old.keys() | new.keys()):
        path = f"{folder}/{name}" if folder else name
        yield from _differing_entry(before, after, path, (old.get(name), new.get(name)))


def _differing_entry(before: Tree, after: Tree, path: str, pair: tuple[Entry | None, Entry | None]) -> Iterator[str]:
    if any(entry is not None and entry.is_folder for entry in pair):
        yield from differing(before, after, path)
    if any(entry is not None and not entry.is_folder for entry in pair):
        yield path
