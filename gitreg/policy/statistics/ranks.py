"""Metrics over the order that scores give the rows. Rows are sorted once; a draw only changes how often each counts."""

from __future__ import annotations

from bisect import bisect_left, bisect_right
from collections.abc import Sequence
from itertools import accumulate
from math import fsum
from operator import mul

from gitreg.policy.statistics.answers import Unanswerable
from gitreg.policy.statistics.predictions import Draw, Predictions, Statistic, scores_of, truths_of

ONE_CLASS = "All rows are of one class."


def auc(predictions: Predictions) -> Statistic:
    """The share of pairs of a positive and another row where the positive has the higher score; a tie is half a pair
    (Mann-Whitney U over the number of pairs). Undefined where all rows are of one class.
    """
    scores, positives, negatives = _ranked(predictions)
    others = [scores[row] for row in negatives]
    below = [bisect_left(others, scores[row]) for row in positives]
    through = [bisect_right(others, scores[row]) for row in positives]
    tied = below != through

    def statistic(draw: Draw) -> float:
        weight = draw.weights.__getitem__
        outranked = list(accumulate(map(weight, negatives), initial=0)).__getitem__
        counts = list(map(weight, positives))
        pairs = sum(counts) * outranked(len(negatives))
        if not pairs:
            raise Unanswerable(ONE_CLASS)
        wins: int = sum(map(mul, counts, map(outranked, below)))
        ties_and_wins: int = sum(map(mul, counts, map(outranked, through))) if tied else wins
        return (wins + ties_and_wins) / (2 * pairs)

    return statistic


def average_precision(predictions: Predictions) -> Statistic:
    """The sum, over thresholds from the highest score down, of the recall gained times the precision there; rows of
    the same score are one threshold (scikit-learn's step function). Undefined where all rows are of one class.
    """
    scores, positives, _ = _ranked(predictions)
    order = sorted(range(len(scores)), key=scores.__getitem__, reverse=True)
    positives.reverse()
    thresholds = sorted({scores[row] for row in positives}, reverse=True)
    hits_through = _counts_through([scores[row] for row in positives], thresholds)
    rows_through = _counts_through([scores[row] for row in order], thresholds)

    def statistic(draw: Draw) -> float:
        weight = draw.weights.__getitem__
        hit = list(accumulate(map(weight, positives), initial=0)).__getitem__
        seen = list(accumulate(map(weight, order), initial=0)).__getitem__
        if not 0 < hit(len(positives)) < len(draw):
            raise Unanswerable(ONE_CLASS)
        hits = list(map(hit, hits_through))
        steps = zip([0, *hits], hits, map(seen, rows_through), strict=False)
        return fsum((now - before) * now / rows for before, now, rows in steps if now > before) / hits[-1]

    return statistic


def _ranked(predictions: Predictions) -> tuple[Sequence[float], list[int], list[int]]:
    """The scores, and the numbers of the positive and of the other rows, each from the lowest score up."""
    scores, truths = scores_of(predictions), truths_of(predictions)
    order = sorted(range(len(scores)), key=scores.__getitem__)
    return scores, [row for row in order if truths[row]], [row for row in order if not truths[row]]


def _counts_through(falling: Sequence[float], thresholds: Sequence[float]) -> list[int]:
    """How many of the `falling` scores are at or above each threshold."""
    rising = falling[::-1]
    return [len(rising) - bisect_left(rising, threshold) for threshold in thresholds]
