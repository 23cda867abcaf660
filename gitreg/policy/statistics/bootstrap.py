"""`paired-bootstrap/1`: rows drawn anew many times, the same rows for both models."""

from __future__ import annotations

import math
from collections.abc import Callable, Sequence
from dataclasses import dataclass

from gitreg.errors import InvalidValue
from gitreg.policy.statistics.answers import CannotTell, Interval, Unanswerable, checked_confidence
from gitreg.policy.statistics.metrics import Metric, metric_named
from gitreg.policy.statistics.predictions import Draw, Predictions, checked_pair, every_row
from gitreg.policy.statistics.stream import resample

PAIRED_BOOTSTRAP = "paired-bootstrap/1"
MAX_RESAMPLES = 1_000_000
_ROUNDING = 1e-9


@dataclass(frozen=True)
class Resampling:
    """How rows are drawn: the seed (from `seed_of`), how often, and who is told of `(done, of)` after each resample."""

    seed: int
    resamples: int = 2_000
    progress: Callable[[int, int], None] | None = None


def paired_bootstrap(
    candidate: Predictions, baseline: Predictions, metric: str, *, confidence: float, resampling: Resampling
) -> Interval | CannotTell:
    """How much better the candidate is by `metric`, with a percentile interval (Efron & Tibshirani 1993, chapter 13).

    Percentile and not BCa: it needs no jackknife, which average_precision has no quick one for, and a difference of
    two models on the same rows is hardly skewed. With the sorted differences d(1) to d(B), the bounds are d(k) and
    d(B + 1 - k) for k = floor((B + 1)(1 - confidence) / 2). A resample that has no number (no positive row drawn)
    counts as below every bound and as above every bound, so that it can only widen the interval.
    The p-value is 2 (1 + the rarer of "not above zero" and "not below zero") / (B + 1), at most 1.
    Raises `InvalidValue` for an unknown metric and for a confidence or number of resamples that is none.
    """
    known, confidence = metric_named(metric), checked_confidence(confidence)
    if not 1 <= resampling.resamples <= MAX_RESAMPLES:
        raise InvalidValue(f"{resampling.resamples} is no number of resamples: 1 to {MAX_RESAMPLES:,} are.")
    try:
        tail = _tail(confidence, resampling.resamples)
        checked_pair(candidate, baseline)
        difference = _difference(candidate, baseline, known)
        observed = difference(every_row(len(candidate.targets)))
        drawn = _resampled(difference, len(candidate.targets), resampling)
        low, high = _bounds(drawn, resampling.resamples, tail)
    except Unanswerable as unanswerable:
        return CannotTell(unanswerable.why)
    return Interval(observed, low, high, _p_value(drawn, resampling.resamples), confidence, PAIRED_BOOTSTRAP)


def resamples_needed(confidence: float) -> int:
    """The fewest resamples that reach into the tails of such an interval; ten times as many make it steady."""
    return math.ceil(2 / (1 - checked_confidence(confidence)) - _ROUNDING) - 1


def _difference(candidate: Predictions, baseline: Predictions, metric: Metric) -> Callable[[Draw], float]:
    """By how much the candidate is better on a draw."""
    new, old = metric.prepare(candidate), metric.prepare(baseline)
    if metric.higher_is_better:
        return lambda draw: new(draw) - old(draw)
    return lambda draw: old(draw) - new(draw)


def _resampled(difference: Callable[[Draw], float], rows: int, resampling: Resampling) -> list[float]:
    """The difference of every resample that has one, sorted."""
    drawn = []
    for number in range(resampling.resamples):
        try:
            drawn.append(difference(Draw(resample(resampling.seed, number, rows), rows)))
        except Unanswerable:
            continue  # counted by its absence, see `_bounds` and `_p_value`
        finally:
            if resampling.progress is not None:
                resampling.progress(number + 1, resampling.resamples)
    return sorted(drawn)


def _tail(confidence: float, resamples: int) -> int:
    """k: which difference from either end is a bound."""
    tail = math.floor((resamples + 1) * (1 - confidence) / 2 + _ROUNDING)
    if not tail:
        needed = resamples_needed(confidence)
        raise Unanswerable(
            f"{resamples:,} resamples do not reach a {100 * confidence:g}% interval; {needed:,} are the fewest that do."
        )
    return tail


def _bounds(drawn: Sequence[float], resamples: int, tail: int) -> tuple[float, float]:
    missing = resamples - len(drawn)
    if missing >= tail:
        raise Unanswerable(
            f"{missing:,} of {resamples:,} resamples have no value of the metric: too few rows of one class."
        )
    return drawn[tail - missing - 1], drawn[len(drawn) - (tail - missing)]


def _p_value(drawn: Sequence[float], resamples: int) -> float:
    missing = resamples - len(drawn)
    not_above = sum(each <= 0 for each in drawn) + missing
    not_below = sum(each >= 0 for each in drawn) + missing
    return min(1.0, 2 * (1 + min(not_above, not_below)) / (resamples + 1))
