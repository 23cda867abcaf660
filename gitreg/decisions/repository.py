"""The line of a branch in a real repository, quick where an index knows it."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from itertools import takewhile
from typing import TYPE_CHECKING, Protocol, overload

from gitreg.decisions.history import Continued, History, Line, PathChange
from gitreg.store import Boundaries, CommitId, FirstParents, Snapshot

if TYPE_CHECKING:
    from gitreg.documents import Tree


class Source(Protocol):
    """The part of a store that lines are read from."""

    def first_parents(self, revision: str) -> FirstParents:
        """A commit and its first parents, newest first."""
        ...

    def snapshot(self, revision: str | None) -> Snapshot:
        """The files of a commit."""
        ...

    def boundaries(self) -> Boundaries:
        """What stands between a repository and its own history."""
        ...


class _Landed(Protocol):
    @property
    def position(self) -> int: ...
    @property
    def commit(self) -> CommitId: ...


class _Changed(_Landed, Protocol):
    @property
    def object_id(self) -> str | None: ...


class LineIndex(Protocol):
    """The part of an index that makes lines quick; it also keeps verdicts."""

    def path_history(self, ref: str, path: str) -> Sequence[_Changed]:
        """The commits that changed a file."""
        ...

    def folder_history(self, ref: str, folder: str) -> Sequence[_Landed]:
        """The commits that changed anything below a folder."""
        ...

    def position(self, ref: str, commit: str) -> int | None:
        """A commit's place on the line."""
        ...

    def commit_at(self, ref: str, position: int) -> _Landed | None:
        """What stands at a position."""
        ...

    def commits_at(self, ref: str, positions: Iterable[int]) -> Mapping[int, CommitId]:
        """What stands at many positions."""
        ...

    def verdict(self, commit: str, key: str) -> str | None:
        """What `put_verdict` kept."""
        ...

    def put_verdict(self, commit: str, key: str, value: str) -> None:
        """Keep a verdict."""
        ...


def line_of(source: Source, tip: CommitId | None, index: LineIndex | None = None, ref: str = "") -> History:
    """The first-parent line that ends at `tip`. As much of it as lies on the line of `ref` is read from the index."""
    if tip is None:
        return Line((), source.snapshot)
    walk = source.first_parents(tip)
    if index is None:
        newest_first = list(walk)
        return Line(newest_first[::-1], source.snapshot, is_whole=_is_whole(source, newest_first[-1]))
    new = list(takewhile(lambda commit: index.position(ref, commit) is None, walk))
    joint = _joint(source, new, tip)
    position = index.position(ref, joint) if joint is not None else None
    if position is None:
        return Line(new[::-1], source.snapshot, is_whole=_is_whole(source, new[-1]))
    base = IndexedLine(source, index, ref, position)
    return Continued(base, {commit: source.snapshot(commit) for commit in reversed(new)}) if new else base


def _joint(source: Source, new: Sequence[CommitId], tip: CommitId) -> CommitId | None:
    """The commit at which the part that the index does not know joins what it knows."""
    if not new:
        return tip
    walk = source.first_parents(new[-1])
    next(walk)
    return next(walk, None)


def _is_whole(source: Source, oldest: str) -> bool:
    """Whether the line really begins at `oldest`, and nothing in this clone tells another history."""
    found = source.boundaries()
    return oldest not in found.shallow and not (found.grafts or found.replace_refs or found.alternates)


class IndexedLine:
    """A `History` whose questions an index answers: the line of a branch up to a position."""

    def __init__(self, source: Source, index: LineIndex, ref: str, tip: int) -> None:
        """`tip` is the position of the last commit."""
        self._commits = _Commits(index, ref, tip + 1)
        self.commits: Sequence[str] = self._commits
        self._source = source
        self._index = index
        self._ref = ref
        self._tip = tip
        self._trees: dict[str, Tree] = {}
        self._changes: dict[str, Sequence[PathChange]] = {}

    @property
    def is_whole(self) -> bool:
        """See `History`."""
        return _is_whole(self._source, self.commits[0])

    def tree(self, commit: str) -> Tree:
        """See `History`."""
        if commit not in self._trees:
            self._trees[commit] = self._source.snapshot(CommitId(commit))
        return self._trees[commit]

    def blob(self, object_id: str) -> bytes | None:
        """See `History`."""
        return self._source.snapshot(None).read_blob(object_id)

    def position(self, commit: str) -> int | None:
        """See `History`."""
        found = self._index.position(self._ref, commit)
        return found if found is not None and found <= self._tip else None

    def commits_at(self, positions: Iterable[int]) -> Mapping[int, str]:
        """See `History`."""
        return self._index.commits_at(self._ref, (each for each in positions if each <= self._tip))

    def changes(self, path: str) -> Sequence[PathChange]:
        """See `History`."""
        if path not in self._changes:
            found = self._index.path_history(self._ref, path)
            here = tuple(takewhile(lambda change: change.position <= self._tip, found))
            self._commits.known.update((change.position, change.commit) for change in here)
            self._changes[path] = tuple(PathChange(change.position, change.object_id) for change in here)
        return self._changes[path]

    def folder_changes(self, folder: str) -> Sequence[int]:
        """See `History`."""
        found = self._index.folder_history(self._ref, folder)
        return [landed.position for landed in found if landed.position <= self._tip]


class _Commits(Sequence[str]):
    """The commits of an indexed line, looked up one at a time, each once."""

    def __init__(self, index: LineIndex, ref: str, length: int) -> None:
        self._index = index
        self._ref = ref
        self._length = length
        self.known: dict[int, str] = {}

    def __len__(self) -> int:
        return self._length

    @overload
    def __getitem__(self, index: int) -> str: ...
    @overload
    def __getitem__(self, index: slice) -> Sequence[str]: ...
    def __getitem__(self, index: int | slice) -> str | Sequence[str]:
        if isinstance(index, slice):
            return [self[place] for place in range(*index.indices(self._length))]
        place = range(self._length)[index]
        if place not in self.known:
            landed = self._index.commit_at(self._ref, place)
            if landed is None:
                raise IndexError(place)
            self.known[place] = landed.commit
        return self.known[place]
