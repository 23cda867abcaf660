"""A profile says how columns are spread, whichever library holds them, and nothing of a row that nobody asked for."""

from __future__ import annotations

from pathlib import Path

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitreg.documents import QUANTILES, Profile
from gitreg.errors import InvalidValue
from gitreg.tracking.capture import profile_of

GOLDEN = Path(__file__).parent / "golden" / "profile.json"
DATA = {"age": [31, 47, None, 22], "rate": [0.5, 0.25, 1.5, 4.0], "region": ["EU", "US", "EU", None]}


@given(st.lists(st.floats(allow_nan=False, width=32), min_size=1, max_size=60))
def test_quantiles_are_those_of_the_inverse_distribution(values: list[float]) -> None:
    (column,) = profile_of(np.array(values)).columns
    levels = np.arange(QUANTILES) / (QUANTILES - 1)
    assert column.quantiles == pytest.approx(np.quantile(values, levels, method="inverted_cdf"))


def test_a_profile_has_exactly_the_golden_bytes() -> None:
    assert profile_of(pl.DataFrame(DATA), categories=True).to_bytes() == GOLDEN.read_bytes()


def test_every_library_says_the_same() -> None:
    found = profile_of(pl.DataFrame(DATA), categories=True)
    assert profile_of(pd.DataFrame(DATA), categories=True) == found == profile_of(pa.table(DATA), categories=True)


def test_values_of_a_text_are_not_named_unless_asked_for() -> None:
    data = profile_of(pl.DataFrame(DATA)).to_bytes()
    assert b"EU" not in data
    assert Profile.from_bytes(data).columns[2].distinct == 2


def test_what_is_no_table_is_refused() -> None:
    with pytest.raises(InvalidValue, match="A bytes has no rows and columns"):
        profile_of(b"bytes")
