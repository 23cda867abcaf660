"""How far two tables lie apart, by their profiles: as far as their rows would say, to within a step."""

from __future__ import annotations

from typing import TYPE_CHECKING

import numpy as np
import polars as pl
import pytest
from hypothesis import given
from hypothesis import strategies as st
from scipy.stats import ks_2samp  # type: ignore[import-untyped]

from gitreg.report import drift_of
from gitreg.report.changes import drift_blocks
from gitreg.report.drift import quantile_distance
from gitreg.tracking.capture import profile_of

if TYPE_CHECKING:
    from gitreg.documents import Profile

STEP = 0.05
NUMBERS = st.lists(st.integers(-1000, 1000), min_size=40, max_size=300)


def table(values: list[float], regions: list[str | None]) -> Profile:
    return profile_of(pl.DataFrame({"x": values, "region": regions}), categories=True)


@given(NUMBERS, NUMBERS)
def test_the_distance_is_that_of_the_rows_to_within_two_steps(new: list[int], old: list[int]) -> None:
    ours, theirs = (profile_of(np.array(each)).columns[0].quantiles for each in (new, old))
    wanted = ks_2samp(new, old, method="asymp").statistic
    assert quantile_distance(ours, theirs) == pytest.approx(wanted, abs=2 * STEP)
    assert quantile_distance(ours, ours) == 0
    assert quantile_distance(ours, theirs) == quantile_distance(theirs, ours)


def test_tables_with_nothing_in_common_are_one_apart() -> None:
    new, old = profile_of(np.arange(100)), profile_of(np.arange(200, 300))
    (column,) = drift_of("train data x", new, old).columns
    assert column.distance == 1


def test_named_values_are_compared_by_their_shares_and_missing_ones_are_said() -> None:
    new = table([1.0] * 4, ["EU", "EU", "US", None])
    old = table([1.0] * 4, ["EU", "US", "US", "US"])
    region, x = drift_of("train data d", new, old).columns
    assert (x.name, x.distance) == ("x", 0)
    assert region.distance == pytest.approx(2 / 3 - 1 / 4)
    assert region.note == "25 % missing, was 0 %"


def test_tables_that_share_no_column_have_no_page() -> None:
    new, old = profile_of(pl.DataFrame({"a": [1]})), profile_of(pl.DataFrame({"b": [1]}))
    assert not [*drift_blocks(drift_of("train data d", new, old), "production")]
