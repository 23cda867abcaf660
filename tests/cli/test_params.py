"""Words of the command line as values."""

from __future__ import annotations

import json

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitreg.cli import params


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("depth=4", 4),
        ("rate=0.1", 0.1),
        ("rate=1e-3", 0.001),
        ("deep=true", True),
        ("name=forest", "forest"),
        ('digits="4"', "4"),
        ("empty=", ""),
        ("none=null", "null"),
        ("list=[1]", "[1]"),
        ("x=a=b", "a=b"),
        ("odd=NaN", "NaN"),
        ("deep=" + "[" * 100_000, "[" * 100_000),
    ],
)
def test_a_param_is_json_where_it_reads_as_a_scalar_else_text(text: str, value: object) -> None:
    found = params.param(text)[1]
    assert (found, type(found)) == (value, type(value))


@given(st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False))
def test_every_scalar_written_as_json_is_read_back(value: float) -> None:
    assert params.scalar(json.dumps(value)) == value


def test_a_metric_has_a_value_and_may_have_a_step() -> None:
    assert params.metric("auc=0.91@12") == ("auc", 0.91, 12)
    assert params.metric("auc=-1e3") == ("auc", -1000.0, None)
    assert params.metric("a@b=inf@-2") == ("a@b", float("inf"), -2)


@pytest.mark.parametrize("text", ["auc", "=1", "auc=", "auc=x", "auc=1@x", "auc=1@"])
def test_a_metric_that_is_no_number_is_refused(text: str) -> None:
    with pytest.raises(ValueError, match="not"):
        params.metric(text)


@pytest.mark.parametrize("text", ["depth", "=4", ""])
def test_a_pair_needs_a_key_and_a_sign(text: str) -> None:
    with pytest.raises(ValueError, match="KEY=VALUE"):
        params.pair(text)


def test_an_artifact_may_get_another_path() -> None:
    assert params.artifact("out/r.html") == ("out/r.html", None)
    assert params.artifact("out/r.html=r.html") == ("out/r.html", "r.html")


def test_a_span_ends_at_head_unless_it_says_otherwise() -> None:
    assert params.span("a..b") == ("a", "b")
    assert params.span("main~1..") == ("main~1", "HEAD")
    with pytest.raises(ValueError, match="BASE"):
        params.span("a...b")


def test_a_version_is_a_model_and_perhaps_a_number() -> None:
    assert params.version_ref("fraud") == ("fraud", None)
    assert params.version_ref("models:/fraud/7") == ("fraud", "7")
    assert params.version_ref("fraud/~3f2a") == ("fraud", "~3f2a")
    with pytest.raises(ValueError, match="MODEL"):
        params.version_ref("fraud@production")
