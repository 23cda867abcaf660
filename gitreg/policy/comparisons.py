"""Candidate against baseline: what the interval of their difference says about the margin that a rule asks for."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING

from gitreg.documents import Alternatives, Compared
from gitreg.policy.reading import Reading, worst
from gitreg.policy.statistics import Interval, corrected_confidence, verdict_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.documents import ComparisonRequirement
    from gitreg.policy.reading import Facts

_SAME = 1e-12


def read_comparison(rule: ComparisonRequirement, facts: Facts) -> Reading:
    """Whether the candidate is better than what it would replace by the margin, or not worse, group by group."""
    if facts.baseline is None:
        return Reading("pass", "There is no version in the stage that it could be compared with.", rule.method)
    looks = list(facts.observed(rule, Compared))
    problem = next(_problems(rule, facts, looks), None)
    if problem is not None:
        return Reading("cannot tell", problem, rule.method)
    overall, *groups = sorted(looks, key=lambda each: each.slice)
    return worst([_judged(rule, overall), *(_judged(rule, each) for each in groups)])


def _problems(rule: ComparisonRequirement, facts: Facts, looks: list[Compared]) -> Iterator[str]:
    """Why these looks are not what the rule asks for."""
    if (rule.better_by is None) == (rule.not_worse_by is None):
        yield "The rule needs one margin: better_by, or not_worse_by."
    if rule.slices and rule.slices_not_worse_by is None:
        yield "The rule names slices, and no margin for them (slices_not_worse_by)."
    names = [each.slice for each in looks]
    if names.count("") != 1 or len(set(names)) != len(names):
        yield f"Nobody compared {rule.metric} on {rule.dataset} with the version in the stage."
    for column in rule.slices:
        if not any(name.startswith(f"{column}=") for name in names):
            yield f"Nobody compared the groups of {column}."
    for each in looks:
        yield from _problem(rule, facts, each)


def _problem(rule: ComparisonRequirement, facts: Facts, look: Compared) -> Iterator[str]:
    if (look.metric, look.method) != (rule.metric, rule.method):
        yield f"{look.metric} was compared by {look.method}; the rule asks for {rule.metric} by {rule.method}."
    if not all(map(math.isfinite, (look.difference, look.low, look.high))):
        yield f"The difference of {rule.metric} is no finite number."
    if look.low > look.difference + _SAME or look.high < look.difference - _SAME:
        yield "The interval does not hold its own difference."
    if rule.picked and next(facts.observed(rule, Alternatives), None) is None:
        yield "Nobody counted the runs that it was picked from."
    needed = picked_from(rule, facts)
    if look.comparisons < needed or look.confidence < corrected_confidence(rule.confidence, look.comparisons) - _SAME:
        yield f"The interval has to allow for {needed} looks at a confidence of {rule.confidence:g}."


def picked_from(rule: ComparisonRequirement, facts: Facts) -> int:
    """How many runs the candidate was picked from, where the rule corrects for that.

    Groups are not counted: all of them have to pass, so chance alone passes them more rarely, not more often.
    """
    seen = next(facts.observed(rule, Alternatives), None)
    return max(1, seen.runs) if rule.picked and seen is not None else 1


def _judged(rule: ComparisonRequirement, look: Compared) -> Reading:
    interval = Interval(look.difference, look.low, look.high, look.p_value or 0.0, look.confidence, look.method)
    where = f" where {look.slice}" if look.slice else ""
    what = f"{rule.metric} on {rule.dataset}{where}"
    if look.slice:
        margin, found = rule.slices_not_worse_by, None
    else:
        margin, found = rule.not_worse_by, rule.better_by
    said = verdict_of(interval, better_by=found, not_worse_than=margin, what=what)
    bound = found if found is not None else -(margin or 0.0)
    return Reading(said.outcome, said.text, rule.method, look.difference, bound)
