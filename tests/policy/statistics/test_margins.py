"""From an interval to pass, fail or cannot tell, and to how many looks were taken."""

# ruff: noqa: E501 - the tables are of whole sentences

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitreg.errors import InvalidValue
from gitreg.policy.statistics import corrected_confidence, holm, verdict_of
from tests.policy.statistics.examples import interval
from tests.policy.statistics.peers import multipletests


@pytest.mark.parametrize(
    ("low", "difference", "high", "margin", "outcome", "text"),
    [
        (0.003, 0.012, 0.021, 0.002, "pass", "auc is better by 0.012 (95% interval 0.003 to 0.021); better by at least 0.002 is required."),
        (0.01, 0.02, 0.03, 0.01, "pass", "auc is better by 0.02 (95% interval 0.01 to 0.03); better by at least 0.01 is required."),
        (-0.002, 0.01, 0.022, 0.0, "cannot tell", "auc is better by 0.01, but the 95% interval reaches down to -0.002; better is required."),
        (-0.002, 0.01, 0.022, 0.02, "fail", "auc is better by 0.01 (95% interval -0.002 to 0.022); better by at least 0.02 is required."),
        (-0.02, -0.01, 0.0, 0.0, "fail", "auc is worse by 0.01 (95% interval -0.02 to 0); better is required."),
        (0.0, 0.0, 0.0, 0.0, "fail", "auc is the same (95% interval 0 to 0); better is required."),
        (0.0, 0.01, 0.02, 0.0, "cannot tell", "auc is better by 0.01, but the 95% interval reaches down to 0; better is required."),
        (0.0, 0.0099999999, 0.02, 0.01, "fail", "auc is better by 0.0099999999 (95% interval 0 to 0.02); better by at least 0.01 is required."),
    ],
)  # fmt: skip
def test_better_by_a_margin(low: float, difference: float, high: float, margin: float, outcome: str, text: str) -> None:
    found = verdict_of(interval(difference, low, high), better_by=margin, what="auc")
    assert (found.outcome, found.text) == (outcome, text)


@pytest.mark.parametrize(
    ("low", "difference", "high", "margin", "outcome", "text"),
    [
        (-0.004, -0.001, 0.002, 0.005, "pass", "It is worse by 0.001 (95% interval -0.004 to 0.002); at most 0.005 worse is allowed."),
        (-0.006, -0.001, 0.002, 0.005, "cannot tell", "It is worse by 0.001, but the 95% interval reaches down to -0.006; at most 0.005 worse is allowed."),
        (-0.009, -0.006, 0.002, 0.005, "fail", "It is worse by 0.006 (95% interval -0.009 to 0.002); at most 0.005 worse is allowed."),
        (0.0, 0.0, 0.0, 0.0, "pass", "It is the same (95% interval 0 to 0); no worse is required."),
    ],
)  # fmt: skip
def test_not_worse_than_a_margin(
    low: float, difference: float, high: float, margin: float, outcome: str, text: str
) -> None:
    found = verdict_of(interval(difference, low, high), not_worse_than=margin)
    assert (found.outcome, found.text) == (outcome, text)


@pytest.mark.parametrize(
    ("better_by", "not_worse_than"), [(None, None), (0.1, 0.1), (-0.1, None), (None, math.nan), (math.inf, None)]
)
def test_a_margin_that_is_none_is_refused(better_by: float | None, not_worse_than: float | None) -> None:
    with pytest.raises(InvalidValue):
        verdict_of(interval(0.1, 0, 0.2), better_by=better_by, not_worse_than=not_worse_than)


def test_ten_looks_need_ten_times_less_chance_each() -> None:
    assert corrected_confidence(0.95, 1) == 0.95
    assert corrected_confidence(0.95, 10) == pytest.approx(0.995)
    for wrong in (0, -1, 10**18):
        with pytest.raises(InvalidValue):
            corrected_confidence(0.95, wrong)


@given(st.lists(st.floats(0, 1), min_size=1, max_size=20))
def test_holm_is_statsmodels(p_values: list[float]) -> None:
    assert holm(p_values) == pytest.approx(list(multipletests(p_values, method="holm")[1]), abs=1e-12)


def test_holm_of_nothing_is_nothing_and_of_no_chance_is_refused() -> None:
    assert holm([]) == []
    for wrong in (-0.1, 1.1, math.nan):
        with pytest.raises(InvalidValue):
            holm([0.5, wrong])
