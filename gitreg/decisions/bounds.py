"""Rules about time, asked of the past.

By the times that a landing's own signatures and those after it leave open, and by checkpoints, whose signers say how
long main was when.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, NamedTuple

from gitreg.decisions.asking import landing_rules
from gitreg.decisions.findings import Finding
from gitreg.decisions.rulebook import Rulebook
from gitreg.decisions.statements import AskedOf, hear
from gitreg.decisions.timing import FROZEN, outdated
from gitreg.documents import FreezeRequirement, format_time, paths
from gitreg.policy import read_freeze, told

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime

    from gitreg.decisions.judgement import Judgement
    from gitreg.decisions.judging import Judge


class Milestone(NamedTuple):
    """How many commits main had, when, and who says so: those who signed a checkpoint."""

    commits: int
    at: datetime
    by: str


def by_bounds(judge: Judge, folder: str, verdict: Judgement, milestones: Sequence[Milestone] = ()) -> Iterator[Finding]:
    """What rules about time certainly say against a decision in force, as warnings: a verdict asks no clock.

    Freezes by the moments between which it came into force; ages, expiry and keys by the last milestone before it.
    """
    done = verdict.completed
    rules = judge.authority.rules_at(verdict.landed.position - 1) if verdict.landed else None
    decision = judge.decision(folder, done.position) if done else None
    if done is None or decision is None or rules is None:
        return
    question = AskedOf(decision, verdict.digest, Rulebook(judge.tree(rules)))
    past = _Past(judge, folder, question, done.position, milestones)
    if decision.action in FROZEN:
        yield from past.frozen()
    yield from past.outdated()


@dataclass(frozen=True)
class _Past:
    """A decision that came into force at a position."""

    judge: Judge
    folder: str
    question: AskedOf
    position: int
    milestones: Sequence[Milestone]

    def frozen(self) -> Iterator[Finding]:
        """Whether it certainly came into force in a freeze."""
        rules = landing_rules(self.question.decision, self.question.rulebook)
        windows = [rule for rule, _ in rules if isinstance(rule, FreezeRequirement)]
        span = self._span() if windows else None
        if span is None:
            return
        for rule in windows:
            reading = read_freeze(rule, *span)
            if reading.outcome == "fail":
                text = f"{told(rule, reading)} It came into force between {' and '.join(map(format_time, span))}."
                yield Finding(f"policy:{rule.rule}", paths.decision(self.folder), text, severity="warn")

    def outdated(self) -> Iterator[Finding]:
        """What was too old already when somebody saw that it was not yet in force."""
        before = self._before()
        if before is not None and self._may_be_outdated(before.at):
            words = f"It was not in force yet at {format_time(before.at)}, as {before.by} signed."
            for found in outdated(self.judge.tree(self.position), self.folder, self.question, before.at):
                yield replace(found, message=f"{found.message} {words}", severity="warn")

    def _may_be_outdated(self, at: datetime) -> bool:
        """Without a look at what was signed, which takes longest."""
        decision, rulebook = self.question.decision, self.question.rulebook
        return (
            (decision.expires_at is not None and decision.expires_at <= at)
            or any(owner.key.valid_before is not None for owner in rulebook.owners.values())
            or any(getattr(rule, "max_age_days", None) is not None for rule, _ in landing_rules(decision, rulebook))
        )

    def _before(self) -> Milestone | None:
        """The latest that saw main without it."""
        return max((each for each in self.milestones if each.commits <= self.position), key=_time, default=None)

    def _after(self) -> Milestone | None:
        """The earliest that saw main with it."""
        return min((each for each in self.milestones if each.commits > self.position), key=_time, default=None)

    def _span(self) -> tuple[datetime, datetime] | None:
        """Not before the latest time that was signed in it, not after the next decision in the folder was proposed.

        A milestone is believed before them: none of its signers decides when something seems to have landed.
        """
        before, after = self._before(), self._after()
        signed = hear(self.judge.tree(self.position), self.folder, self.question).latest(self.question.decision)
        proposed = self._next_proposed()
        earliest = [signed] if after is None or signed <= after.at else []
        latest = [proposed] if proposed is not None and (before is None or proposed >= before.at) else []
        since = max([*earliest, *([before.at] if before else [])], default=None)
        until = min([*latest, *([after.at] if after else [])], default=None)
        return (since, until) if since is not None and until is not None and since <= until else None

    def _next_proposed(self) -> datetime | None:
        """When the first decision in force after it was proposed, by its proposer's clock."""
        judge, folder = self.judge, self.folder
        for step in judge.steps(folder).all:
            if step.position > self.position and step.object_id is not None and judge.verdict(folder, step).is_in_force:
                found = judge.readable(folder, step.position)
                return found.proposed_at if found is not None else None
        return None


def _time(milestone: Milestone) -> datetime:
    return milestone.at
