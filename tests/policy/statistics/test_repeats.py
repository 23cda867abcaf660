"""Repeats of a run, against scipy: is a difference of means more than chance makes it?"""

from __future__ import annotations

import math

import pytest
from hypothesis import assume, given
from hypothesis import strategies as st

from gitreg.policy.statistics import CannotTell, Repeated, RepeatedDifference, repeated_difference
from gitreg.policy.statistics.repeats import student_quantile
from tests.policy.statistics.examples import seeded
from tests.policy.statistics.peers import student, ttest_ind

VALUES = st.lists(st.integers(-1000, 1000).map(lambda number: number / 64), min_size=2, max_size=8)


def between(old: list[float], new: list[float], confidence: float = 0.95) -> RepeatedDifference:
    found = repeated_difference(old, new, confidence=confidence)
    assert isinstance(found, RepeatedDifference)
    return found


@pytest.mark.parametrize("freedom", [1.0, 1.3, 2.0, 5.0, 30.0, 1998.0])
@pytest.mark.parametrize("confidence", [0.5, 0.9, 0.95, 0.999])
def test_a_quantile_is_scipys(freedom: float, confidence: float) -> None:
    assert student_quantile(confidence, freedom) == pytest.approx(student.ppf((1 + confidence) / 2, freedom), rel=1e-10)


@given(old=VALUES, new=VALUES, confidence=st.sampled_from([0.8, 0.95, 0.99]))
def test_where_both_were_repeated_it_is_welchs_interval(old: list[float], new: list[float], confidence: float) -> None:
    assume(len({*old}) > 1 < len({*new}))  # scipy warns of values that never vary
    theirs = ttest_ind(new, old, equal_var=False).confidence_interval(confidence)
    found = between(old, new, confidence)
    assert (found.low, found.high) == pytest.approx((theirs.low, theirs.high), rel=1e-7, abs=1e-9)


@given(old=VALUES, new=st.integers(-1000, 1000).map(float))
def test_one_value_more_is_judged_by_the_prediction_interval_of_the_others(old: list[float], new: float) -> None:
    found = between(old, [new])
    known = Repeated.of(old)
    assert known.deviation is not None
    reach = student.ppf(0.975, len(old) - 1) * known.deviation * math.sqrt(1 + 1 / len(old))
    assert (found.low, found.high) == pytest.approx((new - known.mean - reach, new - known.mean + reach), abs=1e-9)
    turned = between([new], old)
    assert (turned.low, turned.high) == pytest.approx((-found.high, -found.low), abs=1e-9)


def test_what_never_varies_differs_whenever_it_is_another() -> None:
    assert not between([0.5, 0.5], [0.6]).is_noise
    assert between([0.5, 0.5], [0.5]).is_noise


@pytest.mark.parametrize(
    ("old", "new"), [([], [1.0]), ([1.0], [2.0]), ([1.0, math.nan], [2.0]), ([1.0, 2.0], [math.inf]), ([1e200, 1], [0])]
)
def test_without_repeats_or_numbers_nobody_can_tell(old: list[float], new: list[float]) -> None:
    assert isinstance(repeated_difference(old, new), CannotTell)


@pytest.mark.parametrize(("old", "new"), [(2, 2), (3, 3), (5, 1), (4, 10)])
def test_an_interval_holds_the_true_difference_as_often_as_it_says(old: int, new: int) -> None:
    chance = seeded(7)
    held = 0
    for _ in range(400):
        found = between([chance.gauss(0.8, 0.02) for _ in range(old)], [chance.gauss(0.83, 0.02) for _ in range(new)])
        held += found.low <= 0.03 <= found.high
    assert 0.925 <= held / 400 <= 0.985
