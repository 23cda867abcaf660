"""A table of predictions has one written form, is read back as it was, and comes to what it should."""

from __future__ import annotations

from typing import Any

import numpy as np
import pandas as pd
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitreg.errors import InvalidDocument, InvalidValue
from gitreg.evaluation import Columns, PredictionTable, columns_in_csv, measures, read_table, slices_of, table_of

TEXT = st.text(st.characters(min_codepoint=32, exclude_categories=["Cs"]), max_size=8)


@st.composite
def tables(draw: st.DrawFn) -> PredictionTable:
    rows = draw(st.integers(1, 20))
    each: Any = {"min_size": rows, "max_size": rows}
    kind = draw(st.sampled_from(["binary", "multiclass", "regression"]))
    numbers = st.floats(allow_nan=False, allow_infinity=False)
    target: Any = {"binary": st.booleans(), "multiclass": TEXT, "regression": numbers}[kind]
    said: Any = {"binary": st.floats(0, 1), "multiclass": TEXT, "regression": numbers}[kind]
    return table_of(
        Columns(
            draw(st.lists(target, **each)),
            draw(st.lists(said, **each)),
            rows=draw(st.none() | st.lists(TEXT, unique=True, **each)),
            slices={"region": draw(st.lists(TEXT, **each))} if draw(st.booleans()) else {},
            task=kind,
        )
    )


@given(tables())
def test_what_was_written_is_read(table: PredictionTable) -> None:
    data = table.to_bytes()
    found = read_table(data, table.task)
    assert found.to_bytes() == data
    assert [*found.targets] == [*table.targets]


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"target\n",
        b"target,score\n2,0.5\n",
        b"target,score\n1,nan\n",
        b"target,score\n1,0.50\n",
        b"target,score\r\n1,0.5\r\n",
        b"target,score\n1\n",
        b"target,target\n1,1\n",
        b"target,secret\n1,1\n",
        b'target,score\n"1,0.5\n',
        b"target,score\n1,\xff\n",
        b"score,target\n0.5,1\n",
    ],
)
def test_bytes_that_gitreg_did_not_write_are_no_predictions(data: bytes) -> None:
    with pytest.raises(InvalidDocument):
        read_table(data, "binary")


@pytest.mark.parametrize(
    ("target", "predictions", "task"),
    [
        ([0, 1, 1], [0.1, 0.9, 0.4], "binary"),
        (["no", "yes"], ["no", "no"], "binary"),
        (np.array([True, False]), np.array([[0.2, 0.8], [0.7, 0.3]]), "binary"),
        (pd.Series([1.5, 2.5]), pd.Series([1.0, 2.0]), "regression"),
        ([0, 1, 2], [0, 2, 1], "multiclass"),
        (["a", "b", "c"], ["a", "b", "b"], "multiclass"),
    ],
)
def test_what_is_to_be_done_follows_from_the_columns(target: Any, predictions: Any, task: str) -> None:  # noqa: ANN401
    assert table_of(Columns(target, predictions)).task == task


@pytest.mark.parametrize(
    ("columns", "words"),
    [
        (Columns([], []), "no rows"),
        (Columns([0, 1], [0.5]), "2 targets and 1 values of predictions"),
        (Columns([0, 1], [0.5, float("nan")]), "not a finite number"),
        (Columns([0, 1, 2], [[0.1, 0.2, 0.7]] * 3), "more than two classes"),
        (Columns([0, 1], [0.5, 0.5], rows=["a", "a"]), "one id"),
        (Columns([0, "b"], [0.5, 0.5]), "several types"),
        (Columns([0, 1, 2], [0.1, 0.2, 0.3], positive=1), "3 classes"),
        (Columns([0, 1], [0.5, 0.5], task="ranking"), "not a task"),
        (Columns(["a\nb", "c"], ["a", "b"], task="multiclass"), "control characters"),
    ],
)
def test_columns_that_say_nothing_are_refused_in_words(columns: Columns, words: str) -> None:
    with pytest.raises(InvalidValue, match=words):
        table_of(columns)


def test_the_order_of_rows_with_ids_does_not_matter() -> None:
    one = table_of(Columns([0, 1, 1], [0.1, 0.2, 0.3], rows=["a", "b", "c"]))
    other = table_of(Columns([1, 1, 0], [0.3, 0.2, 0.1], rows=["c", "b", "a"]))
    assert one.to_bytes() == other.to_bytes()


def test_a_model_is_measured_over_all_rows_and_group_by_group() -> None:
    table = table_of(Columns([0, 1, 0, 1], [0.1, 0.9, 0.8, 0.3], slices={"region": ["EU", "EU", "US", "US"]}))
    assert measures(table.predictions(), "binary", ["accuracy", "auc"]) == {"accuracy": 0.5, "auc": 0.75}
    found = {each.value: (each.rows, each.metrics["accuracy"]) for each in slices_of(table, ["accuracy"])}
    assert found == {"EU": (2, 1.0), "US": (2, 0.0)}


def test_a_metric_that_is_not_defined_is_left_out_or_refused_by_name() -> None:
    table = table_of(Columns([1, 1], [0.4, 0.6], positive=1))
    assert "auc" not in measures(table.predictions(), "binary")
    with pytest.raises(InvalidValue, match="auc cannot be computed"):
        measures(table.predictions(), "binary", ["auc"])
    with pytest.raises(InvalidValue, match="no metric of binary"):
        measures(table.predictions(), "binary", ["rmse"])


def test_a_csv_file_of_some_other_program_is_read_by_its_header() -> None:
    lines = ["id,y_true,y_score,region", "b,1,0.9,EU", "a,0,0.2,US"]
    table = table_of(columns_in_csv(lines, slices=["region"]))
    assert (table.task, [*table.targets], table.groups) == ("binary", [0, 1], {"region": ["US", "EU"]})
    with pytest.raises(InvalidValue, match="There is no column truth; there are id, y_true, y_score, region"):
        columns_in_csv(lines, target="truth")
    with pytest.raises(InvalidValue, match="not a CSV file"):
        columns_in_csv(["a,b", "1"])
