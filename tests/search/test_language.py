"""The search language: what it takes, what it means, and where it points when it does not understand."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitreg.errors import InvalidValue
from gitreg.search import And, Compare, Condition, Field, Missing, Not, Or, OrderKey, Within, parse_filter, parse_order

NOW = datetime(2026, 11, 21, 12, tzinfo=UTC)
AUC, DEPTH, TEAM = Field("metric", "auc"), Field("param", "depth"), Field("tag", "team")


@pytest.mark.parametrize(
    ("text", "condition"),
    [
        ("", And(())),
        ("metrics.auc > 0.9", Compare(AUC, ">", 0.9)),
        ("METRIC.auc==1", Compare(AUC, "=", 1)),
        ("metrics.auc.min <> -1e-3", Compare(Field("metric", "auc", "", "min"), "!=", -0.001)),
        ('metrics."auc.min" > 1', Compare(Field("metric", "auc.min"), ">", 1)),
        ("metrics.val.loss < 1", Compare(Field("metric", "val.loss"), "<", 1)),
        ("metrics.auc@holdout.max >= .5", Compare(Field("metric", "auc", "holdout", "max"), ">=", 0.5)),
        ("parameters.depth = '4'", Compare(DEPTH, "=", "4")),
        ("params.`my ``p` = true", Compare(Field("param", "my `p"), "=", value=True)),
        ("tag.team = 'it''s'", Compare(TEAM, "=", "it's")),
        ("tags.mlflow.source.name LIKE '%.py'", Compare(Field("tag", "mlflow.source.name"), "like", "%.py")),
        ("tags.team not in ('a', \"b\")", Not(Within(TEAM, ("a", "b")))),
        ("params.depth between 1 and 3", And((Compare(DEPTH, ">=", 1), Compare(DEPTH, "<=", 3)))),
        ("params.depth is null", Missing(DEPTH)),
        ("params.depth IS NOT NULL", Not(Missing(DEPTH))),
        ("dataset.context = 'train'", Compare(Field("dataset", "role"), "=", "train")),
        ("stage = 'production'", Compare(Field("stage", ""), "=", "production")),
        ("stages.fraud in ('production')", Within(Field("stage", "fraud"), ("production",))),
        ("attributes.status = 'FINISHED'", Compare(Field("attribute", "status"), "=", "FINISHED")),
        ("start_time > now-7d", Compare(Field("attribute", "started_at"), ">", NOW - timedelta(days=7))),
        ("started_at > now - 1d + 6h", Compare(Field("attribute", "started_at"), ">", NOW - timedelta(hours=18))),
        ("end_time < 1000", Compare(Field("attribute", "finished_at"), "<", datetime(1970, 1, 1, 0, 0, 1, tzinfo=UTC))),
        ("started_at < '2026-11-21'", Compare(Field("attribute", "started_at"), "<", NOW - timedelta(hours=12))),
        ("duration > 5m", Compare(Field("attribute", "duration"), ">", 300.0)),
    ],
)
def test_a_condition_means(text: str, condition: Condition) -> None:
    assert parse_filter(text, NOW) == condition


def test_and_binds_tighter_than_or_and_not_tighter_than_both() -> None:
    a, b, c = (Compare(Field("tag", name), "=", "x") for name in "abc")
    text = "tags.a = 'x' or not tags.b = 'x' and tags.c = 'x'"
    assert parse_filter(text, NOW) == Or((a, And((Not(b), c))))
    assert parse_filter("(tags.a = 'x' or tags.b = 'x') and tags.c = 'x'", NOW) == And((Or((a, b)), c))


def test_an_order_is_a_list_of_fields() -> None:
    found = parse_order("metrics.auc DESC, params.depth asc, start_time", NOW)
    assert found == (OrderKey(AUC, descending=True), OrderKey(DEPTH), OrderKey(Field("attribute", "started_at")))


@pytest.mark.parametrize(
    ("text", "column", "why"),
    [
        ("metrics.auc >", 14, "a number"),
        ("metrics.auc > 'high'", 15, "a number"),
        ("metrics.auc LIKE 'x'", 13, "a comparison"),
        ("metrics.auc > 1 tags.team = 'x'", 17, "AND, OR or the end"),
        ("colour = 'red'", 1, "'colour' is no attribute of a run"),
        ("(tags.a = 'x'", 14, ") is expected"),
        ("tags.a = 'x", 10, "a quote that does not end"),
        ("tags.a ~ 'x'", 8, "'~' begins nothing"),
        ("started_at > now - 7", 20, "a span of time"),
        ("started_at > 'yesterday'", 14, "a time"),
        ("started_at > now - 99999999w", 20, "no calendar reaches so far"),
        ("stage > 'production'", 7, "a stage is compared with"),
        ("datasets.size > 3", 10, "a dataset has name, digest, role"),
        ("params.depth", 13, "a comparison"),
        ("not " * 60 + "tags.a = 'x'", 205, "nested more than 50 deep"),
        ("(" * 60, 52, "nested more than 50 deep"),
    ],
)
def test_a_mistake_is_pointed_at(text: str, column: int, why: str) -> None:
    with pytest.raises(InvalidValue, match=f"goes wrong at column {column}, ") as caught:
        parse_filter(text, NOW)
    assert why in str(caught.value)


@pytest.mark.parametrize("text", ["stage", "datasets.name", "metrics.auc sideways", "metrics.auc,"])
def test_an_order_that_means_nothing_is_refused(text: str) -> None:
    with pytest.raises(InvalidValue, match="goes wrong at column"):
        parse_order(text, NOW)


SIGNS, WORDS = [*".>(),@-"], ["metrics", "auc", "1", "'x'", "and", "or", "not", "in", "now", "7d", "is", "null"]


@given(st.text(max_size=60) | st.lists(st.sampled_from([*SIGNS, *WORDS])).map(" ".join))
def test_any_text_is_a_condition_or_is_refused_in_words(text: str) -> None:
    try:
        said = repr(parse_filter(text, NOW))
    except InvalidValue as error:
        said = error.hint
    assert said
