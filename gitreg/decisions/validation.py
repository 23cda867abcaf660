"""Whether a change to main is good: a push judged commit by commit, a proposal as if it were merged now."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.decisions.bounds import Milestone, by_bounds
from gitreg.decisions.findings import UNREADABLE, Finding
from gitreg.decisions.governance import check_constitution, unreadable
from gitreg.decisions.history import differing
from gitreg.decisions.landing import folders_of, is_governed
from gitreg.decisions.rulebook import Rulebook
from gitreg.decisions.statements import AskedOf
from gitreg.decisions.timing import late
from gitreg.documents import Decision, Edits, Fingerprint, MemoryTree, Statement, Tree, paths
from gitreg.errors import InvalidDocument, InvalidValue

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from datetime import datetime

    from gitreg.decisions.judgement import Judgement
    from gitreg.decisions.judging import Judge

_BY_HAND = "Pointers move by gitreg promote, rollback and withdraw; never by an edit or a git revert."
_GOVERN = "gitreg govern -m WHY"


def check_line(judge: Judge, start: int, now: datetime | None = None) -> list[Finding]:
    """Every commit after position `start`, each against the one before it. `now` is the validator's clock."""
    found = [finding for place in range(start + 1, judge.tip + 1) for finding in check_step(judge, place, now)]
    return list(dict.fromkeys(found))


def check_step(
    judge: Judge, position: int, now: datetime | None = None, milestones: Sequence[Milestone] = ()
) -> Iterator[Finding]:
    """One commit of the line against the one before it. `now` is the validator's clock; an audit has none, but may have
    milestones.
    """
    try:
        yield from _Step(judge, position, now, milestones).check()
    except UNREADABLE as error:
        where = error.subject or paths.SETTINGS
        yield Finding("unreadable", where, error.message, error.hint, outcome="cannot tell")


class _Step:
    """Two trees of main, one commit apart."""

    def __init__(self, judge: Judge, position: int, now: datetime | None, milestones: Sequence[Milestone]) -> None:
        self._judge = judge
        self._position = position
        self._before: Tree = judge.tree(position - 1) if position else MemoryTree()
        self._after = judge.tree(position)
        self._now = now
        self._milestones = milestones

    def check(self) -> Iterator[Finding]:
        """Everything that is wrong with what changed."""
        changed = [path for path in differing(self._before, self._after) if paths.is_owned(path)]
        landings = {folder: path for path in changed if (folder := _folder_of(path)) is not None}
        landed = [folder for folder in landings if self._after.read(landings[folder]) is not None]
        for folder in landed:
            yield from self._landing(folder)
        for folder in landings.keys() - set(landed):
            message = "The decision was removed. A stage's folder is never deleted: withdrawn is a decision, too."
            yield Finding("pointer", landings[folder], message, "gitreg withdraw")
        yield from unreadable(self._after, changed)
        if not landed:
            yield from self._outside(changed)

    def _landing(self, folder: str) -> Iterator[Finding]:
        step = self._judge.standing(folder, self._position)
        if step is None:
            return
        verdict = self._judge.verdict(folder, step)
        yield from verdict.findings
        if self._now is None:
            yield from by_bounds(self._judge, folder, verdict, self._milestones)
        elif verdict.outcome != "cannot tell":
            yield from self._late(folder, verdict, self._now)

    def _late(self, folder: str, verdict: Judgement, now: datetime) -> Iterator[Finding]:
        decision = self._judge.decision(folder, self._position)
        rules = self._judge.authority.rules_at(self._position - 1)
        if decision is not None and rules is not None:
            question = AskedOf(decision, verdict.digest, Rulebook(self._judge.tree(rules)))
            yield from late(self._after, folder, question, now)

    def _outside(self, changed: list[str]) -> Iterator[Finding]:
        """Owned paths that changed without a landing."""
        governed = [path for path in changed if is_governed(path)]
        if governed and self._is_free():
            yield from self._constitution(governed)
        elif governed:
            for path in governed:
                message = "This file changed without a decision, and the registry protects a stage."
                yield Finding("owned-path", path, message, _GOVERN)
        for path in changed:
            if not is_governed(path) and _folder_of(path) is None:
                yield from self._beside(path)

    def _is_free(self) -> bool:
        """Whether governed files need no decision: the first commit, and where nothing is protected."""
        return self._position == 0 or self._judge.authority.is_free(self._position)

    def _constitution(self, governed: list[str]) -> Iterator[Finding]:
        yield from check_constitution(self._after, ())
        if paths.SETTINGS in governed and self._before.read(paths.SETTINGS) is not None:
            was, now = Rulebook(self._before).settings.registry, Rulebook(self._after).settings.registry
            if was != now:
                yield Finding("registry", paths.SETTINGS, "A registry's id never changes.")

    def _beside(self, path: str) -> Iterator[Finding]:
        """A file of a stage or of governance, or a hold: only approvals may come, and only before it is in force."""
        folder = path.partition("/approvals/")[0] if "/approvals/" in path else ""
        step = self._judge.standing(folder, self._position - 1) if folder else None
        verdict = self._judge.verdict(folder, step) if step else None
        if verdict is None or (verdict.completed is not None and verdict.completed.position < self._position):
            message = "This file changed outside a landing."
            yield Finding("owned-path", path, message, _BY_HAND)
        else:
            rules = ("approval-invalid", "approval-unverifiable", "touched", "stale")
            yield from (finding for finding in verdict.findings if finding.rule in rules)


def _folder_of(path: str) -> str | None:
    """The folder whose decision this path is."""
    kind = paths.classify_main(path)
    return path.removesuffix("/decision.json") if kind is not None and kind.kind == "decision" else None


def decisions_in(before: Tree, after: Tree) -> dict[str, Decision]:
    """The decisions that came to stand between two trees, by folder. Raises `InvalidDocument`."""
    found: dict[str, Decision] = {}
    for path in differing(before, after):
        folder, data = _folder_of(path), after.read(path)
        if folder is not None and data is not None:
            found[folder] = Decision.from_bytes(data, path)
    return found


def sealed(
    edits: Edits, decision: Decision, spoken: Mapping[Fingerprint, tuple[bytes, bytes]]
) -> dict[str, bytes | None]:
    """Edits with statements about a decision put into each of its folders; of two by one key the later one."""
    found = dict(edits)
    for folder in folders_of(decision):
        for key, (data, signature) in spoken.items():
            path = paths.statement(folder, key)
            if _is_later(data, found.get(path)):
                found |= {path: data, paths.signature(path): signature}
    return found


def _is_later(data: bytes, other: bytes | None) -> bool:
    if other is None:
        return True
    try:
        return Statement.from_bytes(data).signed_at >= Statement.from_bytes(other).signed_at
    except (InvalidDocument, InvalidValue):
        return True
