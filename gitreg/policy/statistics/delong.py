"""`delong/1`: two AUCs on the same rows, compared without resampling."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import erfc, fsum, sqrt

from gitreg.policy.statistics.answers import CannotTell, Interval, Unanswerable, normal_quantile
from gitreg.policy.statistics.predictions import Predictions, checked_pair, scores_of, truths_of

DELONG = "delong/1"
_FEWEST = 2
_NOTHING = 1e-15


@dataclass(frozen=True)
class DeLong:
    """Both AUCs, the variance of their difference, z = difference / sqrt(variance), and the interval."""

    candidate_auc: float
    baseline_auc: float
    variance: float
    z: float
    interval: Interval


@dataclass(frozen=True)
class _Placements:
    """For each positive row the share of others that it outranks, and for each other the share that outranks it."""

    positives: Sequence[float]
    negatives: Sequence[float]

    @property
    def auc(self) -> float:
        return fsum(self.positives) / len(self.positives)


def delong(candidate: Predictions, baseline: Predictions, *, confidence: float) -> DeLong | CannotTell:
    """The test of DeLong, DeLong & Clarke-Pearson (1988) for two correlated AUCs, by mid-ranks in O(n log n) (Sun & Xu
    2014). The interval is difference +- z sqrt(variance), the p-value 2 (1 - Phi(|z|)).

    It needs two rows of each class. Where the variance is zero and the AUCs are the same, the models order the rows
    alike: the interval is 0 to 0 and p is 1. Where it is zero and they are not, it cannot tell.
    Raises `InvalidValue` for a confidence that is none.
    """
    quantile = normal_quantile(confidence)
    try:
        checked_pair(candidate, baseline)
        new, old = _placements(candidate), _placements(baseline)
        difference = new.auc - old.auc
        variance = _variance(new, old)
        z = _z(difference, variance)
    except Unanswerable as unanswerable:
        return CannotTell(unanswerable.why)
    reach = quantile * sqrt(variance)
    p_value = erfc(abs(z) / sqrt(2))
    interval = Interval(difference, difference - reach, difference + reach, p_value, confidence, DELONG)
    return DeLong(new.auc, old.auc, variance, z, interval)


def _placements(predictions: Predictions) -> _Placements:
    scores, truths = scores_of(predictions), truths_of(predictions)
    positives = [score for score, truth in zip(scores, truths, strict=True) if truth]
    negatives = [score for score, truth in zip(scores, truths, strict=True) if not truth]
    if min(len(positives), len(negatives)) < _FEWEST:
        raise Unanswerable("There are fewer than two rows of one class.")
    overall = _midranks([*positives, *negatives])
    among_positives, among_negatives = _midranks(positives), _midranks(negatives)
    ranks = zip(overall, [*among_positives, *among_negatives], strict=True)
    beaten = [rank - own for rank, own in ranks]
    count = len(positives)
    return _Placements(
        positives=[each / len(negatives) for each in beaten[:count]],
        negatives=[1 - each / count for each in beaten[count:]],
    )


def _midranks(values: Sequence[float]) -> list[float]:
    """The rank of each value from 1 up; values that are the same share the mean of their ranks."""
    order = sorted(range(len(values)), key=values.__getitem__)
    ranks = [0.0] * len(values)
    start = 0
    while start < len(order):
        end = start
        while end < len(order) and values[order[end]] == values[order[start]]:
            end += 1
        for place in order[start:end]:
            ranks[place] = (start + 1 + end) / 2
        start = end
    return ranks


def _variance(new: _Placements, old: _Placements) -> float:
    """Var(A) + Var(B) - 2 Cov(A, B) is the variance of the differences, row by row: nothing cancels."""
    return _variance_of_mean(new.positives, old.positives) + _variance_of_mean(new.negatives, old.negatives)


def _variance_of_mean(new: Sequence[float], old: Sequence[float]) -> float:
    gaps = [a - b for a, b in zip(new, old, strict=True)]
    mean = fsum(gaps) / len(gaps)
    return fsum((gap - mean) ** 2 for gap in gaps) / (len(gaps) - 1) / len(gaps)


def _z(difference: float, variance: float) -> float:
    if sqrt(variance) > _NOTHING:
        return difference / sqrt(variance)
    if abs(difference) > _NOTHING:
        raise Unanswerable("The two AUCs differ, but no row differs from another by which that could be judged.")
    return 0.0
