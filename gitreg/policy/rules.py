"""A policy's timeless rules over a candidate: everything that can be said without knowing who approved, or when.

What main alone does not show is observed by whoever promotes; here it is only judged, so that everybody who reads the
same evidence comes to the same answer, whatever his machine can reach.
"""

from __future__ import annotations

from fnmatch import fnmatchcase
from typing import TYPE_CHECKING, Any

from gitreg.documents import (
    ComparisonRequirement,
    DatasetsRequirement,
    ExpressionRequirement,
    FilesRequirement,
    MetadataRequirement,
    Outcome,
    Policy,
    Requirement,
    RuleResult,
    SourceRequirement,
    ThresholdRequirement,
    TimelessRequirement,
    Unknown,
)
from gitreg.policy import metadata, provenance, thresholds
from gitreg.policy.expressions import read_expression
from gitreg.policy.reading import Facts, Reading, told

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable


def _comparison(rule: ComparisonRequirement, facts: Facts) -> Reading:
    from gitreg.policy.comparisons import read_comparison  # noqa: PLC0415 - the statistics, which only this rule needs

    return read_comparison(rule, facts)


_READERS: dict[type[Requirement], Callable[[Any, Facts], Reading]] = {
    MetadataRequirement: metadata.read_metadata,
    ThresholdRequirement: thresholds.read_threshold,
    ComparisonRequirement: _comparison,
    SourceRequirement: provenance.read_source,
    DatasetsRequirement: provenance.read_datasets,
    FilesRequirement: provenance.read_files,
    ExpressionRequirement: read_expression,
}


def rules_for(policy: Policy, model: str) -> tuple[Requirement, ...]:
    """The rules of a policy that are about a model."""
    return tuple(rule for rule in policy.requirements if is_for(rule, model))


def is_for(rule: Requirement, model: str) -> bool:
    """Whether a rule is about a model: it names none, or a pattern that fits."""
    return not rule.models or any(fnmatchcase(model, pattern) for pattern in rule.models)


def evaluate(policy: Policy, candidate: Facts) -> tuple[RuleResult, ...]:
    """Every timeless rule of `policy` with its answer, in the policy's order. Approvals are not timeless."""
    return tuple(
        _result(rule, _read(rule, candidate))
        for rule in rules_for(policy, candidate.version.model)
        if isinstance(rule, TimelessRequirement)
    )


def verdict(results: Iterable[RuleResult]) -> Outcome:
    """The answer of all blocking rules together: fail before cannot tell before pass."""
    outcomes = {result.outcome for result in results if result.severity == "block"}
    return "fail" if "fail" in outcomes else "cannot tell" if "cannot tell" in outcomes else "pass"


def _read(rule: TimelessRequirement, facts: Facts) -> Reading:
    unknown = next(facts.observed(rule, Unknown), None)
    if unknown is not None:
        return Reading("cannot tell", unknown.text, "observation/1")
    return _READERS[type(rule)](rule, facts)


def _result(rule: TimelessRequirement, reading: Reading) -> RuleResult:
    return RuleResult(
        rule=rule.rule,
        kind=rule.kind,
        severity=rule.severity,
        outcome=reading.outcome,
        text=told(rule, reading),
        method=reading.method,
        observed=reading.observed,
        at_least=reading.at_least,
        at_most=reading.at_most,
    )
