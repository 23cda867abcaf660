"""Is a metric another, or does it vary so much anyway? From runs that were repeated with other seeds."""

from __future__ import annotations

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from math import exp, fsum, inf, isfinite, lgamma, log, log1p, sqrt

from gitreg.policy.statistics.answers import CannotTell, checked_confidence

REPEATS = "repeats/1"
MAX_VALUE = 1e100
_HALVINGS = 200
_TERMS = 500
_EXACT = 1e-16
_FEW = 2


@dataclass(frozen=True)
class Repeated:
    """A metric over the repeats of a run: how many there are, their mean, and their standard deviation.

    The deviation is that of a sample (divided by one less than there are), None of a single value.
    """

    runs: int
    mean: float
    deviation: float | None

    @classmethod
    def of(cls, values: Sequence[float]) -> Repeated:
        """Of one value or more."""
        mean = fsum(values) / len(values)
        if len(values) < _FEW:
            return cls(len(values), mean, None)
        return cls(len(values), mean, sqrt(fsum((each - mean) ** 2 for each in values) / (len(values) - 1)))


@dataclass(frozen=True)
class RepeatedDifference:
    """How much two means differ, `new` less `old`, in the metric's unit, and the interval that chance leaves it."""

    old: Repeated
    new: Repeated
    low: float
    high: float
    confidence: float
    method: str

    @property
    def difference(self) -> float:
        """Of the means."""
        return self.new.mean - self.old.mean

    @property
    def is_noise(self) -> bool:
        """Whether the interval holds zero: repeats alone may make such a difference."""
        return self.low <= 0 <= self.high


def repeated_difference(
    old: Sequence[float], new: Sequence[float], *, confidence: float = 0.95
) -> RepeatedDifference | CannotTell:
    """`repeats/1`: Welch's interval where both sides were repeated; Student's where one was, whose variance both have.

    Welch, Biometrika 34 (1947), with Satterthwaite's degrees of freedom (Biometrics Bulletin 2, 1946). With a single
    value on one side Student's two-sample interval is the prediction interval of one further value (Hahn and Meeker,
    Statistical Intervals, 1991, section 4.7). Raises `InvalidValue` for a confidence that is none.
    """
    checked_confidence(confidence)
    if not old or not new:
        return CannotTell("One side has no value.")
    if not all(isfinite(each) and abs(each) <= MAX_VALUE for each in (*old, *new)):
        return CannotTell("A value is not finite.")
    one, other = Repeated.of(old), Repeated.of(new)
    if one.deviation is None and other.deviation is None:
        return CannotTell("Neither side was repeated.")
    error, freedom = _standard_error(one, other)
    reach = error * student_quantile(confidence, freedom) if error else 0.0
    between = other.mean - one.mean
    return RepeatedDifference(one, other, between - reach, between + reach, confidence, REPEATS)


def _standard_error(one: Repeated, other: Repeated) -> tuple[float, float]:
    """Of the difference of two means, and its degrees of freedom."""
    if one.deviation is None or other.deviation is None:
        known, repeated = next((each.deviation, each) for each in (one, other) if each.deviation is not None)
        return known * sqrt(1 / one.runs + 1 / other.runs), repeated.runs - 1
    first, second = one.deviation**2 / one.runs, other.deviation**2 / other.runs
    if not first + second:
        return 0.0, inf
    share = first / (first + second)
    return sqrt(first + second), 1 / (share**2 / (one.runs - 1) + (1 - share) ** 2 / (other.runs - 1))


def student_quantile(confidence: float, freedom: float) -> float:
    """Student's quantile of a two-sided level: 2.23 for 0.95 and ten degrees of freedom. Raises `InvalidValue`."""
    outside = 1 - checked_confidence(confidence)
    return _first(lambda quantile: _beyond(quantile, freedom) <= outside)


def _first(reached: Callable[[float], bool]) -> float:
    """Where `reached` turns true, from 0 upwards, to a double's precision or nearly."""
    low, high = 0.0, 1.0
    while not reached(high):
        low, high = high, high * 2
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        if middle in (low, high):
            break
        low, high = (low, middle) if reached(middle) else (middle, high)
    return high


def _beyond(quantile: float, freedom: float) -> float:
    """P(|T| > quantile): a regularised incomplete beta function (DLMF 8.17; Abramowitz and Stegun 26.5.27)."""
    square = quantile * quantile
    return _beta(freedom / 2, 0.5, freedom / (freedom + square), square / (freedom + square))


def _beta(a: float, b: float, x: float, rest: float) -> float:
    """The regularised incomplete beta function at x; `rest` is 1 - x, given because it may be tiny."""
    if x <= 0 or rest <= 0:
        return 0.0 if x <= 0 else 1.0
    front = exp(lgamma(a + b) - lgamma(a) - lgamma(b) + a * _log(x, rest) + b * _log(rest, x))
    if x < (a + 1) / (a + b + 2):
        return front * _fraction(a, b, x) / a
    return 1 - front * _fraction(b, a, rest) / b


def _log(value: float, rest: float) -> float:
    return log1p(-rest) if rest < value else log(value)


def _fraction(a: float, b: float, x: float) -> float:
    """DLMF 8.17.22, from front to back as Lentz does (Applied Optics 15, 1976)."""
    upper, lower = 1.0, 1 / (1 - (a + b) * x / (a + 1))
    found = lower
    for place in range(1, _TERMS):
        at = a + 2 * place
        even = place * (b - place) * x / ((at - 1) * at)
        odd = -(a + place) * (a + b + place) * x / (at * (at + 1))
        before = found
        for term in (even, odd):
            lower, upper = 1 / (1 + term * lower), 1 + term / upper
            found *= lower * upper
        if abs(found - before) <= _EXACT * found:
            break
    return found
