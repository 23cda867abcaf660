"""What a statistical method answers with: an interval, or a sentence that says why there is none."""

from __future__ import annotations

from dataclasses import dataclass

from gitreg.errors import InvalidValue


@dataclass(frozen=True)
class CannotTell:
    """No number, and why: one sentence. It never passes a rule."""

    why: str


@dataclass(frozen=True)
class Interval:
    """How much better the candidate is than the baseline, and how far that can be trusted.

    `difference`, `low` and `high` are in the metric's unit and point the same way for every metric: more than zero
    means that the candidate is better, also where lower values are better (a loss that falls by 0.1 is 0.1).
    `p_value` is two-sided, against no difference. `confidence` is the two-sided level of `low` to `high`.
    """

    difference: float
    low: float
    high: float
    p_value: float
    confidence: float
    method: str


class Unanswerable(Exception):
    """Inside this package: there is no number. The methods turn it into `CannotTell` at their door."""

    def __init__(self, why: str) -> None:
        """`why` is one sentence."""
        super().__init__(why)
        self.why = why


def checked_confidence(confidence: float) -> float:
    """`confidence` where it is a level, at least 0.5 and below 1. Raises `InvalidValue`."""
    if not 0.5 <= confidence < 1:  # noqa: PLR2004 - below a half it would mean the opposite
        raise InvalidValue(f"A confidence of {confidence} is not between 0.5 and 1.")
    return confidence


def normal_quantile(confidence: float) -> float:
    """The normal quantile of a two-sided level: 1.96 for 0.95. Raises `InvalidValue`."""
    from statistics import NormalDist  # noqa: PLC0415 - it loads random and fractions, and every command loads this room

    return NormalDist().inv_cdf((1 + checked_confidence(confidence)) / 2)
