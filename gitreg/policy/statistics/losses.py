"""Metrics that sum an error over the rows."""

from __future__ import annotations

from math import fsum, log, sqrt

from gitreg.policy.statistics.answers import Unanswerable
from gitreg.policy.statistics.predictions import Draw, Predictions, Statistic, probabilities_of, truths_of, values_of

SMALLEST_PROBABILITY = 2.0**-52
"""What log_loss takes for 0, as scikit-learn does: the distance from 1 to the next double."""
SAME_TARGETS = "All targets are the same."
_NO_SPREAD = 1e-12
"""Of the largest square: a resample with less is one target drawn again and again, and rounding."""


def brier(predictions: Predictions) -> Statistic:
    """The mean of (p - y)^2, where y is 1 for a positive row and 0 for another (Brier 1950, one class)."""
    rows = zip(probabilities_of(predictions), truths_of(predictions), strict=True)
    return _mean([(score - truth) * (score - truth) for score, truth in rows])


def log_loss(predictions: Predictions) -> Statistic:
    """The mean of -ln p of what was true, in nats. A p below 2^-52 or above 1 - 2^-52 is taken for that bound."""
    rows = zip(probabilities_of(predictions), truths_of(predictions), strict=True)
    return _mean([-log(_clipped(score if truth else 1 - score)) for score, truth in rows])


def mae(predictions: Predictions) -> Statistic:
    """The mean of |value - target|."""
    return _mean([abs(value - target) for target, value in values_of(predictions)])


def rmse(predictions: Predictions) -> Statistic:
    """The square root of the mean of (value - target)^2."""
    mean = _mean([(value - target) ** 2 for target, value in values_of(predictions)])
    return lambda draw: sqrt(mean(draw))


def r2(predictions: Predictions) -> Statistic:
    """1 - sum (value - target)^2 / sum (target - mean target)^2. Undefined where all targets are the same."""
    pairs = values_of(predictions)
    if len({target for target, _ in pairs}) == 1:
        raise Unanswerable(SAME_TARGETS)
    middle = fsum(target for target, _ in pairs) / len(pairs)
    errors = [(value - target) ** 2 for target, value in pairs]
    offsets = [target - middle for target, _ in pairs]  # from the middle, so that little is lost by the subtraction
    squares = [offset * offset for offset in offsets]
    least = _NO_SPREAD * max(squares)

    def statistic(draw: Draw) -> float:
        spread = fsum(draw.of(squares)) - fsum(draw.of(offsets)) ** 2 / len(draw)
        if spread <= least:
            raise Unanswerable(SAME_TARGETS)
        return 1 - fsum(draw.of(errors)) / spread

    return statistic


def _clipped(probability: float) -> float:
    return min(max(probability, SMALLEST_PROBABILITY), 1 - SMALLEST_PROBABILITY)


def _mean(values: list[float]) -> Statistic:
    return lambda draw: fsum(draw.of(values)) / len(draw)
