"""Bounds on pinned metrics. What is missing, ambiguous or not a finite number is "cannot tell", and never passes."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gitreg.policy.reading import Reading

if TYPE_CHECKING:
    from gitreg.documents import Outcome, PinnedMetric, ThresholdRequirement, Version
    from gitreg.policy.reading import Facts

METHOD = "threshold/1"


def read_threshold(rule: ThresholdRequirement, facts: Facts) -> Reading:
    """Compare the one pinned metric that `rule` means with its bounds; a bound itself is still within."""
    bounds = [bound for bound in (rule.at_least, rule.at_most) if bound is not None]
    if not bounds or not all(math.isfinite(bound) for bound in bounds):
        return _reading(rule, "cannot tell", f"The rule on {_what(rule)} has no finite bound.")
    found = _candidates(rule, facts.version)
    if len(found) != 1:
        return _reading(rule, "cannot tell", _not_one(rule, len(found)))
    value = found[0].value
    if not math.isfinite(value):
        return _reading(rule, "cannot tell", f"{_what(rule)} is {value}, which no bound can judge.", value)
    return _compare(rule, value)


def _reading(rule: ThresholdRequirement, outcome: Outcome, text: str, observed: float | None = None) -> Reading:
    return Reading(outcome, text, METHOD, observed, rule.at_least, rule.at_most)


def _compare(rule: ThresholdRequirement, value: float) -> Reading:
    if rule.at_least is not None and value < rule.at_least:
        shown, bound = _apart(value, rule.at_least)
        return _reading(rule, "fail", f"{_what(rule)} is {shown}, at least {bound} is required.", value)
    if rule.at_most is not None and value > rule.at_most:
        shown, bound = _apart(value, rule.at_most)
        return _reading(rule, "fail", f"{_what(rule)} is {shown}, at most {bound} is allowed.", value)
    return _reading(rule, "pass", f"{_what(rule)} is {value:g}, within {_bounds(rule)}.", value)


def _apart(value: float, bound: float) -> tuple[str, str]:
    """Both in six digits, or in as many as it takes to tell them apart."""
    short = f"{value:g}", f"{bound:g}"
    return short if short[0] != short[1] else (repr(value), repr(bound))


def _candidates(rule: ThresholdRequirement, version: Version) -> list[PinnedMetric]:
    """The metrics that the rule can mean: more than one is ambiguous."""
    named = [metric for metric in version.metrics if metric.key == rule.metric]
    if rule.dataset is not None:
        contents = {use.digest for use in version.datasets if use.name == rule.dataset}
        return [metric for metric in named if metric.dataset in contents]
    without = [metric for metric in named if metric.dataset is None]
    return without or named


def _not_one(rule: ThresholdRequirement, count: int) -> str:
    if count == 0:
        return f"{_what(rule)} was not pinned at registration."
    return f"{_what(rule)} was pinned {count} times; name the dataset that is meant in the policy."


def _what(rule: ThresholdRequirement) -> str:
    return f"{rule.metric} on {rule.dataset}" if rule.dataset is not None else rule.metric


def _bounds(rule: ThresholdRequirement) -> str:
    low = [f"at least {rule.at_least:g}"] if rule.at_least is not None else []
    high = [f"at most {rule.at_most:g}"] if rule.at_most is not None else []
    return " and ".join(low + high)
