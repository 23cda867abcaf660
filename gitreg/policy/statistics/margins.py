"""From a number to an answer: is the candidate better by a margin, or not worse, and after how many looks?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitreg.errors import InvalidValue
from gitreg.policy.statistics.answers import Interval, checked_confidence

if TYPE_CHECKING:
    from gitreg.documents import Outcome

MAX_MARGIN = 1e100


@dataclass(frozen=True)
class Verdict:
    """The answer, and the sentence that explains it."""

    outcome: Outcome
    text: str


def verdict_of(
    interval: Interval, *, better_by: float | None = None, not_worse_than: float | None = None, what: str = "It"
) -> Verdict:
    """Whether the difference is at least `better_by`, or at least minus `not_worse_than`: one of the two is given.

    Pass: the whole interval is (its low end is at or above the bound). Fail: the difference itself is not. Otherwise
    "cannot tell": the difference is, but the interval reaches below. Better by 0 means above 0, so that a copy of the
    baseline is never better. `what` opens the sentence (`auc on holdout`). Raises `InvalidValue` for margins that are
    negative or not finite, and where not exactly one is given.
    """
    bound = _bound(better_by, not_worse_than)
    strict = better_by == 0
    text = _words(interval, what, bound)
    demand = _demand(better_by, not_worse_than)
    if interval.low > bound or (interval.low == bound and not strict):
        return Verdict("pass", f"{text} ({_range(interval)}); {demand}.")
    if interval.difference < bound or (strict and interval.difference <= 0):
        return Verdict("fail", f"{text} ({_range(interval)}); {demand}.")
    low = _apart(interval.low, bound)
    return Verdict("cannot tell", f"{text}, but the {_percent(interval)} interval reaches down to {low}; {demand}.")


def corrected_confidence(confidence: float, comparisons: int) -> float:
    """`bonferroni/1`: the level at which each of `comparisons` intervals has to be taken so that all of them hold
    together with `confidence`: 1 - (1 - confidence) / comparisons. It holds however they hang together.

    Count every run that was looked at on this data and every slice that is judged. It corrects how often chance alone
    passes. It does not correct the size of the winner's difference, which is too good on the data it was picked by
    (the winner's curse): fresh data does. Raises `InvalidValue`.
    """
    if comparisons < 1:
        raise InvalidValue(f"{comparisons} is no number of comparisons.")
    corrected = 1 - (1 - checked_confidence(confidence)) / comparisons
    if corrected >= 1:
        raise InvalidValue(f"{comparisons:,} comparisons are more than can be corrected for.")
    return corrected


def holm(p_values: Sequence[float]) -> list[float]:
    """`holm/1`: p-values adjusted for being many (Holm 1979), in the order given; never less powerful than Bonferroni.

    The i-th smallest of m is multiplied by m - i + 1, is no smaller than the one before, and at most 1.
    Raises `InvalidValue` for what is no p-value.
    """
    if not all(0 <= each <= 1 for each in p_values):
        raise InvalidValue("A p-value is not between 0 and 1.")
    adjusted = [0.0] * len(p_values)
    least = 0.0
    for place, index in enumerate(sorted(range(len(p_values)), key=p_values.__getitem__)):
        least = max(least, min(1.0, (len(p_values) - place) * p_values[index]))
        adjusted[index] = least
    return adjusted


def _bound(better_by: float | None, not_worse_than: float | None) -> float:
    given = [margin for margin in (better_by, not_worse_than) if margin is not None]
    if len(given) != 1:
        raise InvalidValue("A comparison has one margin: better by, or not worse than.")
    if not 0 <= given[0] <= MAX_MARGIN:
        raise InvalidValue(f"{given[0]} is no margin: it is negative or not a finite number.")
    return given[0] if better_by is not None else 0.0 - given[0]


def _words(interval: Interval, what: str, bound: float) -> str:
    shown = _apart(abs(interval.difference), abs(bound))
    if interval.difference == 0:
        return f"{what} is the same"
    return f"{what} is {'better' if interval.difference > 0 else 'worse'} by {shown}"


def _demand(better_by: float | None, not_worse_than: float | None) -> str:
    if better_by is not None:
        return f"better by at least {better_by:g} is required" if better_by else "better is required"
    return f"at most {not_worse_than:g} worse is allowed" if not_worse_than else "no worse is required"


def _apart(value: float, bound: float) -> str:
    """In six digits, or in as many as it takes to tell it from the bound."""
    return repr(value) if value != bound and f"{value:g}" == f"{bound:g}" else f"{value:g}"


def _range(interval: Interval) -> str:
    return f"{_percent(interval)} interval {interval.low:g} to {interval.high:g}"


def _percent(interval: Interval) -> str:
    return f"{100 * interval.confidence:g}%"
