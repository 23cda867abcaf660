"""What a verdict stands on: a branch's first-parent line, and the tree at each of its commits."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING, Protocol

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

    def changes(self, path: str) -> Sequence[PathChange]:
        """Every position at which a file or folder became another than at the position before, ascending."""
        ...


class VerdictCache(Protocol):
    """Verdicts that never change, by the commit they were given for. May forget anything at any time."""

    def verdict(self, commit: str, key: str) -> str | None:
        """What was put, or None."""
        ...

    def put_verdict(self, commit: str, key: str, value: str) -> None:
        """Keep it, if possible."""
        ...


PathHistory = Callable[[str], Sequence[PathChange] | None]
"""An index's answer to `changes`; None where it does not know."""


class Line:
    """A `History` over loaded commits. Without an index it looks at every tree of the line, once a path."""

    def __init__(
        self,
        commits: Sequence[str],
        load: Callable[[str], Tree],
        *,
        is_whole: bool = True,
        path_history: PathHistory | None = None,
    ) -> None:
        """`commits` is oldest first; `load` reads the tree of any of them."""
        self.commits = commits
        self.is_whole = is_whole
        self._load = load
        self._path_history = path_history
        self._trees: dict[str, Tree] = {}
        self._changes: dict[str, Sequence[PathChange]] = {}

    def tree(self, commit: str) -> Tree:
        """See `History`."""
        if commit not in self._trees:
            self._trees[commit] = self._load(commit)
        return self._trees[commit]

    def changes(self, path: str) -> Sequence[PathChange]:
        """See `History`."""
        if path not in self._changes:
            known = self._path_history(path) if self._path_history else None
            self._changes[path] = tuple(self._scan(path)) if known is None else known
        return self._changes[path]

    def _scan(self, path: str) -> Iterator[PathChange]:
        last: str | None = None
        for position, commit in enumerate(self.commits):
            found = self.tree(commit).object_id(path)
            if found != last:
                yield PathChange(position, found)
            last = found

    def then(self, commit: str, tree: Tree) -> Line:
        """The line as it would be with one more commit, which need not exist."""
        base = self

        def load(wanted: str) -> Tree:
            return tree if wanted == commit else base.tree(wanted)

        def changes(path: str) -> Sequence[PathChange]:
            before = base.changes(path)
            found = tree.object_id(path)
            is_same = found == (before[-1].object_id if before else None)
            return before if is_same else (*before, PathChange(len(base.commits), found))

        return Line((*self.commits, commit), load, is_whole=self.is_whole, path_history=changes)

    def upto(self, position: int) -> Line:
        """The line as it was when the commit at `position` was its tip."""
        base = self

        def changes(path: str) -> Sequence[PathChange]:
            return tuple(change for change in base.changes(path) if change.position <= position)

        return Line(self.commits[: position + 1], self.tree, is_whole=self.is_whole, path_history=changes)


def differing(before: Tree, after: Tree, folder: str = "") -> Iterator[str]:
    """Every path whose file differs between two trees; folders that are equal are never opened."""
    old = {entry.name: entry for entry in before.entries(folder)}
    new = {entry.name: entry for entry in after.entries(folder)}
    for name in sorted(old.keys() | new.keys()):
        if old.get(name) != new.get(name):
            path = f"{folder}/{name}" if folder else name
            yield from _differing_entry(before, after, path, (old.get(name), new.get(name)))


def _differing_entry(before: Tree, after: Tree, path: str, pair: tuple[Entry | None, Entry | None]) -> Iterator[str]:
    if any(entry is not None and entry.is_folder for entry in pair):
        yield from differing(before, after, path)
    if any(entry is not None and not entry.is_folder for entry in pair):
        yield path
