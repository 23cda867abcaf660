"""What was found goes on as a frame."""

from __future__ import annotations

import sys
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import polars as pl
import pyarrow as pa
import pytest
from pyarrow import parquet

from gitreg.errors import MissingExtra
from gitreg.tabular import Columns, Tabular, columns_of

if TYPE_CHECKING:
    from pathlib import Path

AT = datetime(2026, 11, 21, tzinfo=UTC)


@dataclass(frozen=True)
class Found(Tabular):
    """Two rows that do not have the same things."""

    def columns(self) -> Columns:
        rows: list[dict[str, Any]] = [
            {"name": "a", "at": AT, "params.depth": 4, "params.kind": True, "metrics.auc": 1},
            {"name": "b", "at": None, "params.kind": "tree", "metrics.auc": 0.5, "tags.team": "risk"},
        ]
        return columns_of(rows, ("name", "at", "never"))


def test_each_column_is_of_one_type_and_what_a_row_lacks_is_null() -> None:
    columns = Found().columns()
    assert [*columns] == ["name", "at", "never", "params.depth", "params.kind", "metrics.auc", "tags.team"]
    assert columns["params.kind"] == ["true", "tree"]
    assert columns["params.depth"] == [4, None]
    assert [type(value) for value in columns["metrics.auc"]] == [float, float]


def test_it_goes_on_in_pandas_polars_and_arrow() -> None:
    found = Found()
    assert found.to_pandas()["metrics.auc"].tolist() == [1.0, 0.5]
    assert found.to_polars().schema["at"] == pl.Datetime("us", "UTC")
    assert found.to_arrow().schema.field("params.depth").type == pa.int64()


def test_a_parquet_file_is_written_whole_or_not_at_all(tmp_path: Path) -> None:
    target = tmp_path / "found.parquet"
    assert Found().write_parquet(target) == 2
    assert parquet.read_table(target).column("name").to_pylist() == ["a", "b"]
    with pytest.raises(OSError, match="missing"):
        Found().write_parquet(tmp_path / "missing" / "found.parquet")
    assert [each.name for each in tmp_path.iterdir()] == ["found.parquet"]


@pytest.mark.parametrize(
    ("library", "way"), [("pandas", "to_pandas"), ("polars", "to_polars"), ("pyarrow", "to_arrow")]
)
def test_without_the_library_the_error_says_what_to_install(
    library: str, way: str, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(sys.modules, library, None)
    with pytest.raises(MissingExtra) as raised:
        getattr(Found(), way)()
    assert raised.value.hint is not None
    assert raised.value.hint.startswith("pip install ")
