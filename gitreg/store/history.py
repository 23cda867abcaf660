"""History as the commits themselves tell it.

Grafts, replace refs and alternates would let whoever owns the clone rewrite what we see; none is ever followed. They
are reported, because a verdict on such a clone is refused.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitreg.store.commits import parents_of
from gitreg.store.objects import COMMIT, Objects
from gitreg.store.values import CommitId

if TYPE_CHECKING:
    from pathlib import Path

    from gitreg.store.refs import Refs

_ID_LINE = re.compile(r"[0-9a-f]{40}(?:[0-9a-f]{24})?")


@dataclass(frozen=True)
class Boundaries:
    """What a clone has that hides or replaces parts of history."""

    shallow: frozenset[CommitId]
    grafts: bool
    replace_refs: tuple[str, ...]
    alternates: bool

    @property
    def is_clear(self) -> bool:
        """Whether there is nothing of the kind."""
        return not (self.shallow or self.grafts or self.replace_refs or self.alternates)


class FirstParents(Iterator[CommitId]):
    """A first-parent line, newest first. After it ends, `boundary` is the commit where a shallow clone was cut, or
    None.
    """

    def __init__(self, objects: Objects, tip: CommitId, shallow: frozenset[CommitId]) -> None:
        self.boundary: CommitId | None = None
        self._objects = objects
        self._shallow = shallow
        self._next: CommitId | None = tip

    def __next__(self) -> CommitId:
        current = self._next
        if current is None:
            raise StopIteration
        if current in self._shallow:
            self.boundary, self._next = current, None
        else:
            parents = parents_of(self._objects.raw(current, COMMIT))
            self._next = CommitId(parents[0]) if parents else None
        return current


def is_on_first_parent_line(line: FirstParents, commit: CommitId) -> bool:
    """Whether a commit stands on a first-parent line."""
    return any(found == commit for found in line)


def is_ancestor(objects: Objects, ancestor: CommitId, descendant: CommitId, shallow: frozenset[CommitId]) -> bool:
    """Whether `ancestor` is reachable from `descendant` by raw parents."""
    return any(commit == ancestor for commit in reachable(objects, [descendant], shallow))


def reachable(objects: Objects, tips: list[CommitId], shallow: frozenset[CommitId]) -> Iterator[CommitId]:
    """Every commit reachable from `tips`, each once, nearer ones first."""
    seen: set[str] = set(tips)
    queue: list[CommitId] = list(tips)
    for commit in queue:
        yield commit
        if commit in shallow:
            continue
        for parent in parents_of(objects.raw(commit, COMMIT)):
            if parent not in seen:
                seen.add(parent)
                queue.append(CommitId(parent))


def shallow_commits(git_dir: Path) -> frozenset[CommitId]:
    """The ids in git's `shallow` file."""
    try:
        text = (git_dir / "shallow").read_text(encoding="ascii", errors="replace")
    except FileNotFoundError:
        return frozenset()
    return frozenset(CommitId(line) for line in text.split() if _ID_LINE.fullmatch(line))


def boundaries(git_dir: Path, refs: Refs) -> Boundaries:
    """Look for everything that would make git show another history than the commits tell."""
    return Boundaries(
        shallow=shallow_commits(git_dir),
        grafts=_is_filled(git_dir / "info" / "grafts"),
        replace_refs=tuple(refs.all("refs/replace/")),
        alternates=_is_filled(git_dir / "objects" / "info" / "alternates"),
    )


def _is_filled(path: Path) -> bool:
    try:
        return path.stat().st_size > 0
    except FileNotFoundError:
        return False
