"""Who is asked about a decision, by the rules of the tree before it and what its evidence observed."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.decisions.rulebook import Rulebook, read_document
from gitreg.documents import (
    ApprovalsRequirement,
    CheckRequirement,
    Evidence,
    Requirement,
    Trained,
    Tree,
    Unknown,
    paths,
)
from gitreg.policy import Quorum, quorum_of, rules_for, union_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.documents import Decision, Move, Observation


def stage_quorum(decision: Decision, rulebook: Rulebook, after: Tree) -> Quorum | None:
    """Whose word a decision about stages needs; None where nobody is asked. Raises what reading documents raises."""
    asked = [
        quorum_of(rulebook.policy(move.stage), decision.action, move.model, _observed(after, move))
        for move in decision.moves
        if rulebook.is_protected(move.stage)
    ]
    return union_of(asked) if asked else None


def _observed(after: Tree, move: Move) -> tuple[Observation, ...]:
    evidence = read_document(after, paths.evidence(paths.stage_folder(move.model, move.stage)), Evidence)
    return evidence.observations if evidence is not None else ()


def landing_rules(decision: Decision, rulebook: Rulebook) -> Iterator[tuple[Requirement, Move]]:
    """Every rule of the policies of the stages that a decision moves, for the model that it moves there."""
    for move in decision.moves:
        if rulebook.is_protected(move.stage):
            for rule in rules_for(rulebook.policy(move.stage), move.model):
                yield rule, move


def check_words(rule: CheckRequirement) -> str:
    """A check that is asked for, in words."""
    return f"the check {rule.name}{f' from {rule.group}' if rule.group is not None else ''}"


def untold_trainers(rules: tuple[Requirement, ...], evidence: Evidence) -> Iterator[tuple[ApprovalsRequirement, str]]:
    """The rules that leave out who trained, where the evidence does not tell who that was, and why."""
    run = evidence.candidate.run if evidence.candidate is not None else None
    for rule in rules:
        if not isinstance(rule, ApprovalsRequirement) or not rule.not_trainer:
            continue
        seen = [each for each in evidence.observations if each.rule == rule.rule]
        if any(isinstance(each, Trained) and each.run == run and each.people for each in seen):
            continue
        unknown = next((each.text for each in seen if isinstance(each, Unknown)), "")
        yield rule, unknown or ("The evidence does not say who recorded the run." if run else "It has no run.")
