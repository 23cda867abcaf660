"""Metrics over predicted classes. All count, so all are exact."""

from __future__ import annotations

from collections import Counter
from math import fsum

from gitreg.policy.statistics.answers import Unanswerable
from gitreg.policy.statistics.predictions import Draw, Label, Predictions, Statistic, binary_pairs_of, pairs_of


def accuracy(predictions: Predictions) -> Statistic:
    """The share of rows whose label is the target."""
    right = [target == label for target, label in pairs_of(predictions)]
    return lambda draw: sum(draw.of(right)) / len(draw)


def precision(predictions: Predictions) -> Statistic:
    """The share of true positives in the rows that were called positive: tp / (tp + fp). Undefined where none was."""
    return _of_confusion(predictions, (1, 1, 0), "No row was predicted to be positive.")


def recall(predictions: Predictions) -> Statistic:
    """The share of the positive rows that were called so: tp / (tp + fn). Undefined where no row is positive."""
    return _of_confusion(predictions, (1, 0, 1), "No row is positive.")


def f1(predictions: Predictions) -> Statistic:
    """The harmonic mean of both, 2 tp / (2 tp + fp + fn). Undefined where no row is positive or was called so."""
    return _of_confusion(predictions, (2, 1, 1), "No row is positive, and none was predicted to be.")


def f1_macro(predictions: Predictions) -> Statistic:
    """The plain mean of every class's f1, over the classes that are a target or a label of some row."""
    pairs = pairs_of(predictions)
    return lambda draw: _mean_f1(Counter(draw.of(pairs)))


def _mean_f1(counts: Counter[tuple[Label, Label]]) -> float:
    targets: Counter[Label] = Counter()
    labels: Counter[Label] = Counter()
    for (target, label), count in counts.items():
        targets[target] += count
        labels[label] += count
    classes = targets.keys() | labels.keys()
    return fsum(2 * counts[each, each] / (targets[each] + labels[each]) for each in classes) / len(classes)


def _of_confusion(predictions: Predictions, weights: tuple[int, int, int], undefined: str) -> Statistic:
    """`a tp / (a tp + b fp + c fn)`, for the weights a, b and c."""
    kinds = [2 * target + label for target, label in binary_pairs_of(predictions)]
    a, b, c = weights

    def statistic(draw: Draw) -> float:
        counts = Counter(draw.of(kinds))
        hits = a * counts[3]
        whole = hits + b * counts[1] + c * counts[2]
        if not whole:
            raise Unanswerable(undefined)
        return hits / whole

    return statistic
