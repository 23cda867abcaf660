"""The metrics that a comparison can be about, each with an exact definition.

A metric is prepared once for some predictions and then computed for any draw of their rows, so the value of the data
and the value of a resample come from the same lines. Sums are exact (`math.fsum`) or of integers: no version of Python
and no order of rows changes a digit. Where scikit-learn has a number, it is the same number; where scikit-learn warns
and returns zero, ours is "cannot tell".
"""

from __future__ import annotations

from collections.abc import Callable, Mapping
from dataclasses import dataclass
from types import MappingProxyType
from typing import Literal, TypeAlias

from gitreg.errors import InvalidValue
from gitreg.policy.statistics.answers import CannotTell, Unanswerable
from gitreg.policy.statistics.classes import accuracy, f1, f1_macro, precision, recall
from gitreg.policy.statistics.losses import brier, log_loss, mae, r2, rmse
from gitreg.policy.statistics.predictions import Predictions, Statistic, every_row
from gitreg.policy.statistics.ranks import auc, average_precision

Task: TypeAlias = Literal["binary", "multiclass", "regression"]
Needs: TypeAlias = Literal["scores", "labels", "values"]


@dataclass(frozen=True)
class Metric:
    """One metric: what it is for, what it reads, which way is better, and how it is computed.

    `needs` names what the predictions have to bring: `values` are predicted numbers, which stand in `scores`.
    `prepare` raises `Unanswerable`, as does what it returns; `value` is the door for others.
    """

    name: str
    tasks: tuple[Task, ...]
    needs: Needs
    higher_is_better: bool
    prepare: Callable[[Predictions], Statistic]

    def value(self, predictions: Predictions) -> float | CannotTell:
        """The metric of these predictions, or why there is none."""
        try:
            return self.prepare(predictions)(every_row(len(predictions.targets)))
        except Unanswerable as unanswerable:
            return CannotTell(unanswerable.why)


_ALL = (
    Metric("accuracy", ("binary", "multiclass"), "labels", higher_is_better=True, prepare=accuracy),
    Metric("auc", ("binary",), "scores", higher_is_better=True, prepare=auc),
    Metric("average_precision", ("binary",), "scores", higher_is_better=True, prepare=average_precision),
    Metric("brier", ("binary",), "scores", higher_is_better=False, prepare=brier),
    Metric("f1", ("binary",), "labels", higher_is_better=True, prepare=f1),
    Metric("f1_macro", ("binary", "multiclass"), "labels", higher_is_better=True, prepare=f1_macro),
    Metric("log_loss", ("binary",), "scores", higher_is_better=False, prepare=log_loss),
    Metric("mae", ("regression",), "values", higher_is_better=False, prepare=mae),
    Metric("precision", ("binary",), "labels", higher_is_better=True, prepare=precision),
    Metric("r2", ("regression",), "values", higher_is_better=True, prepare=r2),
    Metric("recall", ("binary",), "labels", higher_is_better=True, prepare=recall),
    Metric("rmse", ("regression",), "values", higher_is_better=False, prepare=rmse),
)

METRICS: Mapping[str, Metric] = MappingProxyType({metric.name: metric for metric in _ALL})


def metric_named(name: str) -> Metric:
    """The metric of that name; raises `InvalidValue` with the names there are."""
    found = METRICS.get(name)
    if found is None:
        raise InvalidValue(
            f"No rows can be compared by {name!r}.", subject=name, hint=f"There are: {', '.join(METRICS)}."
        )
    return found
