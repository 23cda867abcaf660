"""Rows have equal hashes where they are equal, whichever library holds them; nothing else of them is kept."""

from __future__ import annotations

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitreg.documents import ROW_HASH_BYTES, row_hashes_in
from gitreg.errors import InvalidValue
from gitreg.tracking.capture import hash_rows

VALUES = st.tuples(st.integers(-(2**53), 2**53), st.text(max_size=5), st.floats(allow_nan=False))


def hashes(data: object) -> set[bytes]:
    return row_hashes_in(hash_rows(data))


@given(st.lists(VALUES, max_size=8), st.lists(VALUES, max_size=8), st.lists(VALUES, max_size=4))
def test_two_tables_share_what_their_rows_share(
    one: list[tuple[int, str, float]], other: list[tuple[int, str, float]], both: list[tuple[int, str, float]]
) -> None:
    columns = ["a", "b", "c"]
    left, right = pd.DataFrame(one + both, columns=columns), pd.DataFrame(both + other, columns=columns)
    assert len(hashes(left) & hashes(right)) == len({*one, *both} & {*both, *other})


def test_every_library_spells_a_row_alike() -> None:
    data = {"b": ["x", "y"], "a": [1, 2], "c": [0.5, 2.0]}
    frame = pd.DataFrame(data)
    assert hash_rows(frame) == hash_rows(pl.DataFrame(data)) == hash_rows(pa.table(data))
    assert hash_rows(frame) == hash_rows(frame[["a", "c", "b"]].iloc[::-1])
    assert hash_rows(pl.DataFrame(data).lazy()) == hash_rows(frame)


def test_a_missing_value_elsewhere_in_a_column_changes_no_row() -> None:
    assert hashes(pd.DataFrame({"a": [1, 2]})) < hashes(pd.DataFrame({"a": [1, 2, None]}))


def test_the_name_of_a_column_and_the_place_of_a_value_count() -> None:
    assert not hashes(pd.DataFrame({"a": [1]})) & hashes(pd.DataFrame({"b": [1]}))
    assert not hashes(np.array([[1, 2]])) & hashes(np.array([[2, 1]]))


def test_the_blob_is_sorted_and_holds_each_row_once() -> None:
    blob = hash_rows(np.array([[1], [2], [1], [3]]))
    pieces = [blob[start : start + ROW_HASH_BYTES] for start in range(0, len(blob), ROW_HASH_BYTES)]
    assert pieces == sorted(set(pieces))
    assert len(pieces) == 3


@pytest.mark.parametrize("data", [b"bytes", "file.csv", 7])
def test_what_has_no_rows_is_refused(data: object) -> None:
    with pytest.raises(InvalidValue, match="has no rows and columns"):
        hash_rows(data)
