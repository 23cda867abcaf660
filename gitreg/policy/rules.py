"""A policy's timeless rules over a candidate: everything that can be said without knowing who approved, or when."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitreg.documents import (
    MetadataRequirement,
    ModelCard,
    Outcome,
    Policy,
    RuleResult,
    ThresholdRequirement,
    Version,
)
from gitreg.policy import metadata, thresholds

if TYPE_CHECKING:
    from collections.abc import Iterable


@dataclass(frozen=True)
class Facts:
    """What rules read: the candidate's version document and its model's card."""

    version: Version
    card: ModelCard | None = None


def evaluate(policy: Policy, candidate: Facts) -> tuple[RuleResult, ...]:
    """Every timeless rule of `policy` with its answer, in the policy's order. Approvals are not timeless."""
    return tuple(
        _metadata(rule, candidate) if isinstance(rule, MetadataRequirement) else _threshold(rule, candidate)
        for rule in policy.requirements
        if isinstance(rule, MetadataRequirement | ThresholdRequirement)
    )


def verdict(results: Iterable[RuleResult]) -> Outcome:
    """The answer of all blocking rules together: fail before cannot tell before pass."""
    outcomes = {result.outcome for result in results if result.severity == "block"}
    return "fail" if "fail" in outcomes else "cannot tell" if "cannot tell" in outcomes else "pass"


def _metadata(rule: MetadataRequirement, candidate: Facts) -> RuleResult:
    document = candidate.version if rule.subject == "version" else candidate.card
    outcome, text = (
        metadata.fits(document.to_json(), rule.json_schema)
        if document is not None
        else ("fail", f"{candidate.version.model} has no model card (model.json).")
    )
    return RuleResult(
        rule=rule.rule,
        kind=rule.kind,
        severity=rule.severity,
        outcome=outcome,
        text=_told(rule, outcome, text),
        method=metadata.METHOD,
    )


def _threshold(rule: ThresholdRequirement, candidate: Facts) -> RuleResult:
    reading = thresholds.read_threshold(rule, candidate.version)
    return RuleResult(
        rule=rule.rule,
        kind=rule.kind,
        severity=rule.severity,
        outcome=reading.outcome,
        text=_told(rule, reading.outcome, reading.text),
        method=thresholds.METHOD,
        observed=reading.observed,
        at_least=rule.at_least,
        at_most=rule.at_most,
    )


def _told(rule: MetadataRequirement | ThresholdRequirement, outcome: Outcome, text: str) -> str:
    """The policy's own words come first where it does not pass: they are written for the reader."""
    return f"{rule.message} ({text})" if rule.message and outcome != "pass" else text
