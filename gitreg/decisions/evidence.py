"""Evidence: what is so about a candidate. One party writes it, others recompute it and compare."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeAlias

from gitreg.documents import Action, Digest, Evidence, Move, Observation, RuleResult, Subject, Version, paths
from gitreg.policy import Facts, evaluate, verdict

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gitreg.decisions.rulebook import Rulebook

TOLERANCE = 1e-9
Observe: TypeAlias = "Callable[[Inputs], tuple[Observation, ...]]"
"""Looks up what the rules of a promotion need to know that main does not show."""
_JUDGED_BY_RULES: frozenset[Action] = frozenset(["promote", "override"])


@dataclass(frozen=True)
class Inputs:
    """Everything evidence follows from: the move, the versions by value, and the rulebook of the tree before."""

    action: Action
    move: Move
    version: Version | None
    baseline: Subject | None
    rulebook: Rulebook
    observations: tuple[Observation, ...] = ()
    """What was observed by whoever promotes; the judge takes them from the evidence that it checks."""

    @property
    def card_digest(self) -> Digest | None:
        """Of the model's card."""
        card = self.rulebook.tree.read(paths.model_card(self.move.model))
        return None if card is None else Digest.of(card)


def subject_of(version: Version, number: int | None) -> Subject:
    """A version as evidence pins it."""
    return Subject(
        model=version.model,
        number=number,
        version=version.digest,
        run=version.run,
        metrics=version.metrics,
        datasets=version.datasets,
    )


def build_evidence(inputs: Inputs) -> Evidence:
    """The evidence for one move to a protected stage.

    Timeless rules are asked of a promotion, and of an override, where their answers stop nothing. A rollback goes to
    what was approved there before, and three in the morning is no time for thresholds. Raises `InvalidDocument` where
    the stage's policy cannot be read.
    """
    policy = inputs.rulebook.policy(inputs.move.stage)
    settings = inputs.rulebook.settings.stages[inputs.move.stage]
    return Evidence(
        action=inputs.action,
        stage=inputs.move.stage,
        candidate=subject_of(inputs.version, inputs.move.number) if inputs.version else None,
        baseline=inputs.baseline,
        policy=settings.policy,
        policy_digest=policy.digest,
        model_card=inputs.card_digest,
        observations=inputs.observations,
        rules=(rules := _rules(inputs)),
        verdict=verdict(rules),
    )


def _rules(inputs: Inputs) -> tuple[RuleResult, ...]:
    if inputs.action not in _JUDGED_BY_RULES or inputs.version is None:
        return ()
    policy = inputs.rulebook.policy(inputs.move.stage)
    return evaluate(policy, facts_of(inputs, inputs.version))


def facts_of(inputs: Inputs, version: Version) -> Facts:
    """What the rules of a promotion read."""
    return Facts(version, inputs.rulebook.card(inputs.move.model), inputs.baseline, inputs.observations)


def differences(found: Evidence, expected: Evidence) -> Iterator[str]:
    """Where written evidence is not what its inputs say, in words. Numbers may differ by 1e-9 of their size."""
    for name in ("action", "stage", "candidate", "baseline", "policy", "model_card", "verdict"):
        if not _same(getattr(found, name), getattr(expected, name)):
            yield f"its {name.replace('_', ' ')} is not what is so"
    if len(found.rules) != len(expected.rules):
        yield f"it has {len(found.rules)} rules, the policy has {len(expected.rules)}"
    for one, other in zip(found.rules, expected.rules, strict=False):
        if not _same_result(one, other):
            yield f"the rule {other.rule!r} is told otherwise: {other.text}"


def _same(one: object, other: object) -> bool:
    """Equal, where NaN equals itself: pinned values are copied, not computed."""
    if isinstance(one, Subject) and isinstance(other, Subject):
        return _without_numbers(one) == _without_numbers(other) and all(
            _close(a.value, b.value) for a, b in zip(one.metrics, other.metrics, strict=True)
        )
    return one == other


def _without_numbers(subject: Subject) -> tuple[object, ...]:
    metrics = tuple((metric.key, metric.dataset, metric.step) for metric in subject.metrics)
    return (subject.model, subject.number, subject.version, subject.run, metrics, subject.datasets)


def _same_result(one: RuleResult, other: RuleResult) -> bool:
    """The text of a failing schema comes from its library's version; every other word and number is ours."""
    exact = ("rule", "kind", "severity", "outcome", "method", "at_least", "at_most")
    same = all(getattr(one, name) == getattr(other, name) for name in exact)
    told = one.text == other.text or (other.kind == "metadata" and other.outcome != "pass")
    return same and told and _close(one.observed, other.observed)


def _close(one: float | None, other: float | None) -> bool:
    if one is None or other is None:
        return one is other
    return one == other or (math.isnan(one) and math.isnan(other)) or math.isclose(one, other, rel_tol=TOLERANCE)
