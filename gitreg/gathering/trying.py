"""A policy tried out: on its example cases, and on what is in its stages now."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gitreg.decisions import UNREADABLE, Finding, Rulebook, in_force, read_document, stages_of
from gitreg.documents import (
    Evaluated,
    Evidence,
    ExpressionRequirement,
    ModelCard,
    Policy,
    PolicyCase,
    PolicyCases,
    RuleResult,
    Unknown,
    Version,
    paths,
)
from gitreg.errors import CannotTell
from gitreg.gathering.conditions import evaluate_condition
from gitreg.policy import (
    CEL_METHOD,
    Facts,
    PolicyChange,
    evaluate,
    expression_facts,
    facts_digest,
    policy_changes,
    rules_for,
    verdict,
)

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.decisions import Judge, Target
    from gitreg.documents import Outcome, Tree


@dataclass(frozen=True)
class CaseAnswer:
    """What a rule answered in an example case, and what it should have."""

    policy: str
    case: str
    rule: str
    expected: Outcome
    found: Outcome | None
    """None where the policy has no such rule, or it is not for that model."""
    text: str = ""

    @property
    def is_right(self) -> bool:
        """Whether the policy said what the case expects."""
        return self.expected == self.found


@dataclass(frozen=True)
class PolicyEffect:
    """What a changed policy would say to the version that is in a stage now."""

    target: Target
    number: int | None
    before: Outcome
    after: Outcome
    rules: tuple[RuleResult, ...]
    """The answers that are others than before."""


@dataclass(frozen=True)
class PolicyDifference:
    """One policy's changes, and whom they concern now."""

    policy: str
    changes: tuple[PolicyChange, ...]
    effects: tuple[PolicyEffect, ...]


def try_cases(tree: Tree) -> Iterator[CaseAnswer]:
    """Every expectation of every policy's example cases. Raises `InvalidDocument` for what cannot be read."""
    for entry in tree.entries("policies/cases"):
        name = entry.name.removesuffix(".json")
        cases = read_document(tree, f"policies/cases/{entry.name}", PolicyCases)
        policy = read_document(tree, f"policies/{entry.name}", Policy) or Policy(requirements=())
        for case in cases.cases if cases is not None else ():
            answers = {result.rule: result for result in evaluate(policy, _with_conditions(policy, _facts(case)))}
            for rule, expected in case.expected.items():
                found = answers.get(rule)
                text = found.text if found else "The policy has no such rule for this model."
                yield CaseAnswer(name, case.name, rule, expected, found.outcome if found else None, text)


def case_findings(tree: Tree) -> Iterator[Finding]:
    """What `validate` says of example cases that are answered otherwise. What cannot be read it has named itself."""
    try:
        wrong = [answer for answer in try_cases(tree) if not answer.is_right]
    except UNREADABLE:
        return
    for answer in wrong:
        found = answer.found or "nothing"
        message = f"The case {answer.case!r} expects {answer.expected} of {answer.rule!r}, which answers {found}."
        yield Finding("policy-case", paths.policy_cases(answer.policy), message, "Look: gitreg policy test")


def _facts(case: PolicyCase) -> Facts:
    card = None if case.card is None else ModelCard.from_json(dict(case.card))
    return Facts(Version.from_json(dict(case.version)), card, case.baseline, case.observations)


def _with_conditions(policy: Policy, facts: Facts) -> Facts:
    """Conditions in CEL are evaluated anew, on the facts as they are here."""
    kept = tuple(each for each in facts.observations if not isinstance(each, Evaluated))
    facts = replace(facts, observations=kept)
    for rule in rules_for(policy, facts.version.model):
        if isinstance(rule, ExpressionRequirement):
            facts = replace(facts, observations=(*facts.observations, _evaluated(rule, facts)))
    return facts


def _evaluated(rule: ExpressionRequirement, facts: Facts) -> Evaluated | Unknown:
    try:
        value = evaluate_condition(rule.cel, expression_facts(facts))
    except CannotTell as error:
        return Unknown(rule=rule.rule, text=error.message)
    return Evaluated(rule=rule.rule, facts=facts_digest(rule, facts), value=value, method=CEL_METHOD)


def case_of(name: str, evidence: Evidence, version: Version, card: ModelCard | None) -> PolicyCase:
    """An example case from life: a version, what was observed of it, and what the policy says to it today."""
    return PolicyCase(
        name=name,
        version=version.to_json(),
        card=card.to_json() if card is not None else None,
        baseline=evidence.baseline,
        observations=evidence.observations,
        expected={rule.rule: rule.outcome for rule in evidence.rules},
    )


def differences(judge: Judge, after: Tree) -> list[PolicyDifference]:
    """What a change of the policies makes looser or tighter, and what it would say to what is in force now."""
    before = judge.tree()
    names = sorted(
        {entry.name for tree in (before, after) for entry in tree.entries("policies") if not entry.is_folder}
    )
    found = []
    for name in names:
        old, new = (read_document(tree, f"policies/{name}", Policy) for tree in (before, after))
        changes = tuple(policy_changes(old, new))
        if changes:
            label = name.removesuffix(".json")
            effects = tuple(_effects(judge, label, new or Policy(requirements=())))
            found.append(PolicyDifference(label, changes, effects))
    return found


def _effects(judge: Judge, name: str, new: Policy) -> Iterator[PolicyEffect]:
    """For each version in force in a stage of this policy: the answers then, and now, on the same evidence.

    What the new policy asks and nobody observed then cannot be told.
    """
    rulebook = Rulebook(judge.tree())
    for target in stages_of(judge):
        stage = rulebook.stage(target.stage)
        if stage is None or not stage.protected or stage.policy != name:
            continue
        standing = in_force(judge, target)
        evidence = read_document(judge.tree(), paths.evidence(target.folder), Evidence)
        if standing is None or standing.version is None or evidence is None:
            continue
        facts = Facts(standing.version, rulebook.card(target.model), evidence.baseline, evidence.observations)
        answers = evaluate(new, _with_conditions(new, facts))
        was = {rule.rule: rule.outcome for rule in evidence.rules}
        others = tuple(rule for rule in answers if was.get(rule.rule) != rule.outcome)
        yield PolicyEffect(target, standing.move.number, evidence.verdict, verdict(answers), others)
