"""Predictions row by row, what a metric may read of them, and a draw of their rows."""

from __future__ import annotations

from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from functools import cached_property
from typing import TypeAlias, TypeVar

from gitreg.policy.statistics.answers import Unanswerable

Label: TypeAlias = str | int | float
"""A class, or in regression a value. True and 1 and 1.0 are one class, "1" is another."""

MAX_VALUE = 1e100
"""A number beyond it is taken for a mistake: its square could no longer be summed."""
_CLASSES_OF_BINARY = 2

Item = TypeVar("Item")


@dataclass(frozen=True)
class Predictions:
    """What one model said of each row, beside the truth.

    `targets` is the truth; `scores` the probability or score of the class `positive`, or in regression the predicted
    value; `labels` the predicted class. Whoever compares two models gives both the same rows in the same order.
    """

    targets: Sequence[Label]
    scores: Sequence[float] | None = None
    labels: Sequence[Label] | None = None
    positive: Label = 1

    def take(self, rows: Sequence[int]) -> Predictions:
        """The same for some rows: a slice of the data."""
        return Predictions(
            targets=[self.targets[row] for row in rows],
            scores=None if self.scores is None else [self.scores[row] for row in rows],
            labels=None if self.labels is None else [self.labels[row] for row in rows],
            positive=self.positive,
        )


class Draw:
    """Rows drawn with replacement, as row numbers and as how often each was drawn."""

    def __init__(self, indices: Sequence[int], rows: int) -> None:
        """`indices` are below `rows`."""
        self.indices = indices
        self._rows = rows

    def __len__(self) -> int:
        return len(self.indices)

    @cached_property
    def weights(self) -> list[int]:
        """How often each row was drawn, by row number."""
        weights = [0] * self._rows
        for row in self.indices:
            weights[row] += 1
        return weights

    def of(self, values: Sequence[Item]) -> Iterator[Item]:
        """The drawn rows' items of `values`, which has one for each row."""
        return map(values.__getitem__, self.indices)


Statistic: TypeAlias = Callable[[Draw], float]
"""A metric, prepared for some predictions; raises `Unanswerable` for a draw that has no value."""


def every_row(rows: int) -> Draw:
    """Each row once: a metric over it is the metric of the data."""
    return Draw(range(rows), rows)


def checked_pair(candidate: Predictions, baseline: Predictions) -> None:
    """Both are about the same rows; raises `Unanswerable`."""
    if len(candidate.targets) != len(baseline.targets):
        raise Unanswerable(
            f"The candidate was evaluated on {len(candidate.targets)} rows and the baseline on {len(baseline.targets)}."
        )
    if list(candidate.targets) != list(baseline.targets) or candidate.positive != baseline.positive:
        raise Unanswerable("The candidate and the baseline were evaluated against different targets.")


def scores_of(predictions: Predictions) -> Sequence[float]:
    """Every row's score or value; raises `Unanswerable` where one is missing or is no finite number."""
    return _numbers("score", _present("scores", predictions.scores, predictions))


def probabilities_of(predictions: Predictions) -> Sequence[float]:
    """Every row's score, where all are between 0 and 1; raises `Unanswerable`."""
    scores = scores_of(predictions)
    if not (min(scores) >= 0 and max(scores) <= 1):
        raise Unanswerable("A score is no probability: it is not between 0 and 1.")
    return scores


def values_of(predictions: Predictions) -> Sequence[tuple[float, float]]:
    """Target and predicted value of every row, as numbers; raises `Unanswerable`."""
    return list(zip(_numbers("target", predictions.targets), scores_of(predictions), strict=True))


def pairs_of(predictions: Predictions) -> list[tuple[Label, Label]]:
    """Target and predicted label of every row; raises `Unanswerable`."""
    labels = _classes("label", _present("labels", predictions.labels, predictions))
    targets = _classes("target", predictions.targets)
    if len({isinstance(each, str) for each in (*targets, *labels)}) > 1:
        raise Unanswerable("Some targets and labels are text and some are numbers.")
    return list(zip(targets, labels, strict=True))


def truths_of(predictions: Predictions) -> list[bool]:
    """Whether each row's target is the positive class; raises `Unanswerable` where there are more than two classes."""
    targets = _classes("target", _present("targets", predictions.targets, predictions))
    _check_binary(predictions, targets)
    return [target == predictions.positive for target in targets]


def binary_pairs_of(predictions: Predictions) -> list[tuple[bool, bool]]:
    """Whether target and label of each row are the positive class; raises `Unanswerable`."""
    pairs = pairs_of(predictions)
    _check_binary(predictions, [each for pair in pairs for each in pair])
    positive = predictions.positive
    return [(target == positive, label == positive) for target, label in pairs]


def _check_binary(predictions: Predictions, found: Sequence[Label]) -> None:
    others = len(set(found) - {predictions.positive})
    if others > 1:
        raise Unanswerable(f"Beside the positive class there are {others} others; the metric is for one.")


def _classes(what: str, found: Sequence[Label]) -> Sequence[Label]:
    for each in found:
        if not isinstance(each, str | int | float) or each != each:  # noqa: PLR0124 - NaN alone differs from itself
            raise Unanswerable(f"A {what} is missing or not a number.")
    return found


def _present(name: str, found: Sequence[Item] | None, predictions: Predictions) -> Sequence[Item]:
    if found is None:
        raise Unanswerable(f"The predictions have no {name}.")
    if not predictions.targets:
        raise Unanswerable("There are no rows.")
    if len(found) != len(predictions.targets):
        raise Unanswerable(f"There are {len(predictions.targets)} targets and {len(found)} {name}.")
    return found


def _numbers(what: str, found: Sequence[Label]) -> list[float]:
    numbers: list[float] = []
    for each in found:
        if isinstance(each, str) or not isinstance(each, int | float) or not abs(each) <= MAX_VALUE:
            raise Unanswerable(f"A {what} is missing, not a finite number, or beyond {MAX_VALUE:g}.")
        numbers.append(float(each))
    return numbers
