"""What a stage held at a moment of the past: one answer where the moment is unambiguous, else every possible one.

Order is the first-parent line's; no date decides it. When a decision came into force is bounded:

- not before the latest of what people signed for it, or for a decision before it in the stage, each minus the skew that
  their clocks are allowed; nor before a checkpoint that was signed when main ended before it;
- not after the earliest of what was signed for a decision that replaces it, plus the skew; nor after a checkpoint that
  was signed when main held it already; nor after now.

Checkpoints are the word of whoever signed them, whose clock is believed; without them the bounds are as good as
people's clocks. A decision that nobody signed (an unprotected stage) bounds by its own claimed time, and is marked so.
"""

from __future__ import annotations

import json
from bisect import bisect_right
from dataclasses import dataclass
from datetime import datetime, timedelta
from itertools import accumulate
from typing import TYPE_CHECKING, Self

from gitreg.audit.notes import Notes
from gitreg.decisions import AskedOf, Rulebook, hear, standing_of
from gitreg.documents import Digest, format_time, parse_time, paths
from gitreg.errors import InvalidValue, UnsafeRepository

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitreg.decisions import Judge, Judgement, Standing, Target
    from gitreg.documents import Tree
    from gitreg.registry import Live

SKEW = timedelta(days=1)


@dataclass(frozen=True)
class Asked:
    """A moment that is asked about, the clock of whoever asks, and by how much people's clocks may have been off."""

    at: datetime
    now: datetime
    skew: timedelta = SKEW


@dataclass(frozen=True)
class Bound:
    """A time, and on whose word: a person's, a checkpoint's signers', `claimed` where nobody signed, or `now`."""

    at: datetime
    by: str


@dataclass(frozen=True)
class Tenure:
    """A decision in force in a stage. It came into force between the bounds; None where nothing bounds it."""

    standing: Standing
    claimed: datetime
    """What its latest signature says, or the decision itself."""
    not_before: Bound | None
    not_after: Bound | None


@dataclass(frozen=True)
class AsOf:
    """What may have been in force at a moment, oldest first; `likely` is what people's own times say."""

    target: Target
    at: datetime
    candidates: tuple[Tenure, ...]
    likely: Tenure | None
    may_be_nothing: bool
    """Whether the stage may have been empty still."""
    contradictions: tuple[str, ...] = ()
    """Where two bounds exclude each other, so that some clock was wrong by more than it may; those say nothing."""
    live: tuple[Live, ...] = ()
    """What targets that follow the stage ran, as was reported; no checkpoint bounds the times of reports."""

    @property
    def is_certain(self) -> bool:
        """Whether there is one answer only."""
        return len(self.candidates) + self.may_be_nothing == 1

    def drift(self, live: Live) -> str:
        """In words, how what a target ran differs from the likely answer; empty where it is one that is possible."""
        move = self.likely.standing.move if self.likely is not None else None
        approved = (move.number, move.version) if move is not None and move.version is not None else None
        possible = {each.standing.move.version for each in self.candidates if each.standing.move.version is not None}
        return live.drift(approved, possible)


def as_of(judge: Judge, ledger: Tree | None, target: Target, question: Asked) -> AsOf:
    """What was in force in a stage at a moment. Raises what judging raises."""
    at = question.at
    seen = _Seen(judge, ledger, target, question)
    tenures, contradictions = _bounded(seen)
    ends = [*(each.not_after for each in tenures), None][1:]
    found = tuple(
        Tenure(seen.standing(tenure.judgement), tenure.claimed, tenure.not_before, tenure.not_after)
        for tenure, end in zip(tenures, ends, strict=True)
        if (tenure.not_before is None or tenure.not_before.at <= at) and (end is None or at < end.at)
    )
    first = tenures[0].not_after if tenures else None
    may_be_nothing = not tenures or first is None or at < first.at
    return AsOf(target, at, found, _likely(found, at), may_be_nothing, contradictions)


@dataclass(frozen=True)
class _Tenure:
    """The same before anybody read what it is about."""

    judgement: Judgement
    claimed: datetime
    not_before: Bound | None
    not_after: Bound | None


def _likely(candidates: Sequence[Tenure], at: datetime) -> Tenure | None:
    """By what people's own clocks say, in the order in which things landed."""
    found = [each for each in candidates if each.claimed <= at]
    return found[-1] if found else None


class _Seen:
    """What bounds the decisions of one stage, oldest first.

    What was signed for a decision never changes once it is in force, so it is kept beside the verdicts.
    """

    def __init__(self, judge: Judge, ledger: Tree | None, target: Target, question: Asked) -> None:
        self._judge = judge
        self._target = target
        self._skew = question.skew
        self._now = question.now
        self._rules: dict[str | None, Rulebook] = {}
        self.forces = list(judge.forces(target.folder))[::-1]
        self.signed = [self._kept(each) for each in self.forces]
        milestones = sorted(Notes(judge, ledger).kept())
        seen = [Bound(each.at, each.by) for each in milestones]
        self._counts = [each.commits for each in milestones]
        self._before = [*accumulate(seen, _latest)]
        """The latest of the first so many, and the earliest of those from there on."""
        self._after = [*accumulate(reversed(seen), _earliest)][::-1]

    def standing(self, judgement: Judgement) -> Standing:
        return standing_of(self._judge, self._target, judgement)

    def _kept(self, judgement: Judgement) -> _Signed:
        commit = judgement.completed.commit if judgement.completed is not None else ""
        cache, key = self._judge.cache, f"signed {self._target.folder} {judgement.digest}"
        text = cache.verdict(commit, key) if cache is not None else None
        found = _Signed.from_text(text) if text is not None else None
        if found is None:
            found = self._look(judgement)
            if cache is not None:
                cache.put_verdict(commit, key, found.to_text())
        return found

    def _look(self, judgement: Judgement) -> _Signed:
        """What was signed for a decision by the time it came into force; its own claim where nobody signed."""
        standing = self.standing(judgement)
        landed = judgement.landed.position if judgement.landed is not None else 0
        question = AskedOf(standing.decision, standing.digest, self._rulebook(landed - 1))
        try:
            heard = hear(self._judge.tree(_position(judgement)), self._target.folder, question).heard
        except UnsafeRepository:
            heard = ()
        found = tuple(Bound(each.statement.signed_at, str(each.person)) for each in heard if each.counts)
        return _Signed(found or (Bound(standing.decision.proposed_at, "claimed"),), standing.move.replaces)

    def _rulebook(self, position: int) -> Rulebook:
        """People change rarely: those of a tree are read once."""
        tree = self._judge.tree(position)
        return self._rules.setdefault(tree.object_id(paths.APPROVERS), Rulebook(tree))

    def lows(self) -> Iterator[Bound]:
        """Of each decision the latest of what is too early: nothing that was signed for it, or for what it followed,
        was signed after it came into force.
        """
        early: list[Bound] = []
        for judgement, signed in zip(self.forces, self.signed, strict=True):
            seen = bisect_right(self._counts, _position(judgement))
            early = [_latest(*early, *(Bound(bound.at - self._skew, bound.by) for bound in signed.bounds))]
            yield _latest(*early, *self._before[max(seen - 1, 0) : seen])

    def highs(self) -> Iterator[Bound]:
        """Of each the earliest of what is too late: what replaces it was made when it stood already."""
        replacing: dict[Digest, list[Bound]] = {}
        found: list[Bound] = []
        for judgement, signed in zip(self.forces[::-1], self.signed[::-1], strict=True):
            seen = bisect_right(self._counts, _position(judgement))
            late = [Bound(bound.at + self._skew, bound.by) for bound in replacing.get(judgement.digest, ())]
            found.append(_earliest(*late, *self._after[seen : seen + 1], Bound(self._now, "now")))
            if signed.replaces is not None:
                replacing.setdefault(signed.replaces, []).extend(signed.bounds)
        yield from found[::-1]


def _latest(*bounds: Bound) -> Bound:
    return max(bounds, key=lambda bound: bound.at)


def _earliest(*bounds: Bound) -> Bound:
    return min(bounds, key=lambda bound: bound.at)


@dataclass(frozen=True)
class _Signed:
    """When a decision was signed and by whom, and which it replaced."""

    bounds: tuple[Bound, ...]
    replaces: Digest | None

    def to_text(self) -> str:
        bounds = [[format_time(each.at), each.by] for each in self.bounds]
        return json.dumps({"bounds": bounds, "replaces": self.replaces})

    @classmethod
    def from_text(cls, text: str) -> Self | None:
        """None for what is not from here: the cache may hold anything."""
        try:
            found = json.loads(text)
            bounds = tuple(Bound(parse_time(at), str(by)) for at, by in found["bounds"])
            replaces = found["replaces"]
            return cls(bounds, None if replaces is None else Digest(replaces)) if bounds else None
        except (ValueError, KeyError, TypeError, InvalidValue):
            return None


def _position(judgement: Judgement) -> int:
    """Where a decision in force came into force."""
    return judgement.completed.position if judgement.completed is not None else 0


def _bounded(seen: _Seen) -> tuple[list[_Tenure], tuple[str, ...]]:
    tenures: list[_Tenure] = []
    contradictions: list[str] = []
    for judgement, signed, low, high in zip(seen.forces, seen.signed, seen.lows(), seen.highs(), strict=True):
        is_possible = low.at <= high.at
        if not is_possible:
            contradictions.append(
                f"{low.by} says that {judgement.digest.short} was not in force before {low.at:%Y-%m-%d %H:%M}Z, "
                f"{high.by} that it was by {high.at:%Y-%m-%d %H:%M}Z."
            )
        claimed = max(bound.at for bound in signed.bounds)
        tenures.append(_Tenure(judgement, claimed, low if is_possible else None, high if is_possible else None))
    return tenures, tuple(contradictions)
