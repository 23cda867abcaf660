"""Metrics over rows: scikit-learn's numbers, and no number where there is none."""

from __future__ import annotations

import math
from collections.abc import Callable
from functools import partial
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st
from sklearn import metrics as sklearn

from gitreg.errors import InvalidValue
from gitreg.policy.statistics import METRICS, CannotTell, Predictions, metric_named
from tests.policy.statistics.examples import ROWS, binary, for_task, number, several_classes

BY_SCORE: dict[str, Callable[[Any, Any], float]] = {
    "auc": sklearn.roc_auc_score,
    "average_precision": sklearn.average_precision_score,
    "brier": sklearn.brier_score_loss,
    "log_loss": partial(sklearn.log_loss, labels=[0, 1]),
    "mae": sklearn.mean_absolute_error,
    "r2": sklearn.r2_score,
    "rmse": sklearn.root_mean_squared_error,
}
BY_LABEL: dict[str, Callable[[Any, Any], float]] = {
    "accuracy": sklearn.accuracy_score,
    "f1": sklearn.f1_score,
    "f1_macro": partial(sklearn.f1_score, average="macro"),
    "precision": sklearn.precision_score,
    "recall": sklearn.recall_score,
}


def test_every_metric_is_held_against_scikit_learn() -> None:
    assert {*BY_SCORE, *BY_LABEL} == set(METRICS)


@pytest.mark.parametrize("metric", sorted(METRICS))
@given(rows=ROWS, seed=st.integers(0, 10_000))
def test_a_metric_is_scikit_learns(metric: str, rows: int, seed: int) -> None:
    predictions = for_task(metric, rows, seed)
    ours = METRICS[metric].value(predictions)
    if isinstance(ours, CannotTell):
        assert metric in {"precision", "f1"}
        return
    theirs = BY_SCORE.get(metric) or BY_LABEL[metric]
    said = predictions.scores if metric in BY_SCORE else predictions.labels
    assert ours == pytest.approx(theirs(predictions.targets, said), rel=1e-12, abs=1e-12)


def test_a_probability_of_none_at_all_costs_what_scikit_learn_says() -> None:
    targets, scores = [1, 0, 1, 0], [0.0, 1.0, 1.0, 0.0]
    ours = number(METRICS["log_loss"].value(Predictions(targets, scores)))
    assert ours == pytest.approx(sklearn.log_loss(targets, scores), rel=1e-12)


def test_accuracy_and_f1_macro_take_any_number_of_classes() -> None:
    assert METRICS["accuracy"].value(Predictions(["a", "b", "c", "c"], labels=["a", "b", "c", "a"])) == 0.75
    assert METRICS["f1_macro"].value(Predictions(["a", "b"], labels=["a", "a"])) == pytest.approx(1 / 3)


def test_the_positive_class_may_have_a_name() -> None:
    named = Predictions(
        ["fraud", "fine", "fraud"], labels=["fraud", "fraud", "fine"], scores=[0.9, 0.8, 0.7], positive="fraud"
    )
    numbered = Predictions([1, 0, 1], labels=[1, 1, 0], scores=[0.9, 0.8, 0.7])
    for metric in ("auc", "precision", "recall", "f1", "brier", "log_loss", "average_precision"):
        assert METRICS[metric].value(named) == number(METRICS[metric].value(numbered))


NAN = math.nan
WITHOUT_A_NUMBER = [
    ("auc", Predictions([1, 1], [0.1, 0.2]), "All rows are of one class."),
    ("auc", Predictions([0, 0], [0.1, 0.2]), "All rows are of one class."),
    ("average_precision", Predictions([1, 1], [0.1, 0.2]), "All rows are of one class."),
    ("average_precision", Predictions([0, 0], [0.1, 0.2]), "All rows are of one class."),
    ("auc", Predictions([0, 1], [0.1, NAN]), "A score is missing, not a finite number, or beyond 1e+100."),
    ("auc", Predictions([0, 1], [0.1, math.inf]), "A score is missing, not a finite number, or beyond 1e+100."),
    (
        "auc",
        Predictions([0, 1, 2], [0.1, 0.2, 0.3]),
        "Beside the positive class there are 2 others; the metric is for one.",
    ),
    ("auc", Predictions([0, NAN], [0.1, 0.2]), "A target is missing or not a number."),
    ("auc", Predictions([0, 1]), "The predictions have no scores."),
    ("auc", Predictions([], []), "There are no rows."),
    ("auc", Predictions([0, 1], [0.1]), "There are 2 targets and 1 scores."),
    ("brier", Predictions([0, 1], [0.1, 1.1]), "A score is no probability: it is not between 0 and 1."),
    ("log_loss", Predictions([0, 1], [-0.1, 1.0]), "A score is no probability: it is not between 0 and 1."),
    ("accuracy", Predictions([0, 1], [0.1, 0.2]), "The predictions have no labels."),
    ("accuracy", Predictions([], labels=[]), "There are no rows."),
    ("accuracy", Predictions([0, 1], labels=["0", "1"]), "Some targets and labels are text and some are numbers."),
    ("accuracy", Predictions([0, 1], labels=[0, NAN]), "A label is missing or not a number."),
    ("precision", Predictions([0, 1], labels=[0, 0]), "No row was predicted to be positive."),
    ("recall", Predictions([0, 0], labels=[0, 1]), "No row is positive."),
    ("f1", Predictions([0, 0], labels=[0, 0]), "No row is positive, and none was predicted to be."),
    ("f1", Predictions([0, 1], labels=[0, 2]), "Beside the positive class there are 2 others; the metric is for one."),
    ("rmse", Predictions([1.0, NAN], [1.0, 1.0]), "A target is missing, not a finite number, or beyond 1e+100."),
    ("mae", Predictions(["1", "2"], [1.0, 2.0]), "A target is missing, not a finite number, or beyond 1e+100."),
    ("mae", Predictions([10**400, 2], [1.0, 2.0]), "A target is missing, not a finite number, or beyond 1e+100."),
    ("r2", Predictions([0.1, 0.1, 0.1], [1.0, 2.0, 3.0]), "All targets are the same."),
]


@pytest.mark.parametrize(("metric", "predictions", "why"), WITHOUT_A_NUMBER)
def test_what_has_no_number_says_why(metric: str, predictions: Predictions, why: str) -> None:
    assert METRICS[metric].value(predictions) == CannotTell(why)


@pytest.mark.parametrize("nothing", [None, [], {}])
def test_a_hole_in_the_data_is_no_number(nothing: Any) -> None:  # noqa: ANN401 - what JSON can bring
    for metric in METRICS.values():
        hole = Predictions([1, 0, nothing], scores=[0.5, 0.1, 0.2], labels=[1, 0, 1])
        assert isinstance(metric.value(hole), CannotTell), metric.name
        hole = Predictions([1, 0, 1], scores=[0.5, 0.1, nothing], labels=[1, 0, nothing])
        assert isinstance(metric.value(hole), CannotTell), metric.name


@given(rows=ROWS, seed=st.integers(0, 10_000), turn=st.randoms(use_true_random=False))
def test_the_order_of_the_rows_changes_no_digit(rows: int, seed: int, turn: Any) -> None:  # noqa: ANN401 - a Random
    order = list(range(rows))
    turn.shuffle(order)
    for metric in METRICS:
        predictions = for_task(metric, rows, seed)
        assert METRICS[metric].value(predictions) == METRICS[metric].value(predictions.take(order))


def test_a_slice_has_its_rows_in_every_column() -> None:
    whole = binary(10, 1)
    assert whole.scores is not None
    assert whole.labels is not None
    part = whole.take([3, 1])
    assert part.targets == [whole.targets[3], whole.targets[1]]
    assert part.scores == [whole.scores[3], whole.scores[1]]
    assert part.labels == [whole.labels[3], whole.labels[1]]
    assert several_classes(4, 1).take([0]).scores is None


def test_an_unknown_metric_is_refused_with_the_names_there_are() -> None:
    with pytest.raises(InvalidValue, match=r"There are: accuracy, auc, .*, rmse\."):
        metric_named("gini")
