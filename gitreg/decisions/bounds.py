"""Rules about time, asked of the past: by the times that a landing's own signatures and those after it leave open."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.decisions.asking import landing_rules
from gitreg.decisions.findings import Finding
from gitreg.decisions.rulebook import Rulebook
from gitreg.decisions.statements import Question, hear
from gitreg.decisions.timing import FROZEN
from gitreg.documents import FreezeRequirement, format_time, paths
from gitreg.policy import read_freeze, told

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from gitreg.decisions.judge import Judge
    from gitreg.decisions.judgement import Judgement


def frozen_by_bounds(judge: Judge, folder: str, verdict: Judgement) -> Iterator[Finding]:
    """Whether a decision certainly came into force in a freeze, as a warning: times are what people signed.

    Not before the latest time that was signed in it, not after the next decision in the folder was proposed.
    """
    done = verdict.completed
    rules = judge.authority.rules_at(verdict.landed.position - 1) if verdict.landed else None
    decision = judge.decision(folder, done.position) if done else None
    if done is None or decision is None or rules is None or decision.action not in FROZEN:
        return
    question = Question(decision, verdict.digest, Rulebook(judge.tree(rules)))
    windows = [rule for rule, _ in landing_rules(decision, question.rulebook) if isinstance(rule, FreezeRequirement)]
    until = _next_proposed(judge, folder, done.position) if windows else None
    if until is None:
        return
    since = hear(judge.tree(done.position), folder, question).latest(decision)
    for rule in windows:
        reading = read_freeze(rule, since, until)
        if reading.outcome == "fail":
            text = f"{told(rule, reading)} It came into force between {format_time(since)} and {format_time(until)}."
            yield Finding(f"policy:{rule.rule}", paths.decision(folder), text, severity="warn")


def _next_proposed(judge: Judge, folder: str, position: int) -> datetime | None:
    """When the first decision in force after a position was proposed, by its proposer's clock."""
    for step in judge.steps(folder).all:
        if step.position > position and step.object_id is not None and judge.verdict(folder, step).is_in_force:
            found = judge.readable(folder, step.position)
            return found.proposed_at if found is not None else None
    return None
