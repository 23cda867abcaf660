"""Tables read piece by piece: their shape, a sample of them, and which rows changed."""

from __future__ import annotations

import csv
import io
from collections import Counter
from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitreg.errors import InvalidValue, MissingExtra
from gitreg.tables import TableFile, compare_rows, is_table, names_in, of_path, shape_of
from gitreg.tables.sampling import Sampler

if TYPE_CHECKING:
    from pathlib import Path


def of_text(text: str, name: str = "table.csv") -> TableFile:
    return TableFile(name, lambda: io.BytesIO(text.encode()))


def of_rows(rows: list[tuple[str, str]]) -> TableFile:
    out = io.StringIO()
    csv.writer(out, quoting=csv.QUOTE_ALL, lineterminator="\n").writerows([("id", "text"), *rows])
    return of_text(out.getvalue())


cells = st.text(
    st.characters(codec="utf-8", exclude_categories=["Cc"]) | st.sampled_from('\x1b\x1e\x1f\n,"'), max_size=4
)
tables = st.lists(st.tuples(st.sampled_from("abc"), cells), max_size=12)


@given(old=tables, new=tables)
def test_rows_are_compared_as_multisets_of_their_values(old: list[tuple[str, str]], new: list[tuple[str, str]]) -> None:
    found = compare_rows(of_rows(old), of_rows(new))
    assert found.added == (Counter(new) - Counter(old)).total()
    assert found.removed == (Counter(old) - Counter(new)).total()
    assert (found.rows, found.changed) == ((len(old), len(new)), None)


@given(old=st.dictionaries(st.integers(0, 9), cells), new=st.dictionaries(st.integers(0, 9), cells))
def test_with_a_key_rows_are_added_removed_or_changed(old: dict[int, str], new: dict[int, str]) -> None:
    one, other = ([(str(key), value) for key, value in each.items()] for each in (old, new))
    found = compare_rows(of_rows(one), of_rows(other), ["id"])
    both = old.keys() & new.keys()
    assert (found.added, found.removed) == (len(new.keys() - both), len(old.keys() - both))
    assert found.changed == sum(old[key] != new[key] for key in both)


def test_an_empty_value_is_another_than_a_missing_one() -> None:
    assert compare_rows(of_text('a,b\n1,""\n'), of_text("a,b\n1,\n")).added == 1


def test_a_new_column_leaves_the_rows_as_they_are() -> None:
    found = compare_rows(of_text("a,b\n1,2\n"), of_text("a,c,b\n1,9,2\n"))
    assert (found.added, found.removed, found.columns) == (0, 0, ("a", "b"))


def test_a_table_in_two_forms_is_one_table(tmp_path: Path) -> None:
    pq.write_table(pa.table({"id": [1, 2], "name": ["x", None]}), tmp_path / "table.parquet")
    found = compare_rows(of_text("id\tname\n1\tx\n2\t\n", "table.tsv"), of_path(tmp_path / "table.parquet"))
    assert (found.added, found.removed) == (0, 0)


def test_nested_values_are_compared_too(tmp_path: Path) -> None:
    for name, last in (("old", 3), ("new", 4)):
        pq.write_table(pa.table({"id": [1, 2], "tags": [[1], [2, last]]}), tmp_path / f"{name}.parquet")
    found = compare_rows(of_path(tmp_path / "old.parquet"), of_path(tmp_path / "new.parquet"), ["id"])
    assert (found.added, found.removed, found.changed) == (0, 0, 1)


def test_a_key_that_is_no_key_is_refused() -> None:
    one, other = of_text("id,b\n1,2\n1,3\n"), of_text("id,b\n1,2\n")
    with pytest.raises(InvalidValue, match="id does not tell rows apart"):
        compare_rows(one, other, ["id"])
    with pytest.raises(InvalidValue, match="no column 'key' in both tables \\(there are id, b\\)"):
        compare_rows(one, other, ["key"])


@pytest.mark.parametrize(
    "text", ["", "\n\n", "id,id\n1,2\n", "a,b\n1\n", "a\n\xff\xfe\n"], ids=["empty", "blank", "twins", "short", "latin"]
)
def test_what_is_no_table_is_refused_in_one_line(tmp_path: Path, text: str) -> None:
    (tmp_path / "table.csv").write_text(text, encoding="latin-1")
    with pytest.raises(InvalidValue, match=r"^table.csv ") as refused:
        shape_of(tmp_path / "table.csv")
    assert "\n" not in refused.value.message


def test_a_header_alone_is_a_table_without_rows(tmp_path: Path) -> None:
    (tmp_path / "table.csv").write_text("a,b\n")
    shape = shape_of(tmp_path / "table.csv")
    assert (shape.rows, [name for name, _ in shape.columns]) == (0, ["a", "b"])


def test_names_may_hold_what_separates_them() -> None:
    assert names_in(of_text('"a,b","c\nd"\n1,2\n')) == ["a,b", "c\nd"]


def test_a_table_is_known_by_its_name() -> None:
    assert [is_table(name) for name in ("a.csv", "b.TSV", "c.parquet", "d.pq", "e.txt", "csv")] == [True] * 4 + [
        False,
        True,
    ]


def test_a_sample_has_a_bounded_number_of_rows_and_is_the_same_every_time() -> None:
    def sampled() -> list[int]:
        sampler = Sampler(limit=1000)
        for start in range(0, 20_000, 500):
            sampler.add(pa.record_batch({"id": pa.array(range(start, start + 500))}))
        found: list[int] = sampler.table(is_text=False).column("id").to_pylist()
        return found

    found = sampled()
    assert 300 < len(found) <= 1000
    assert found == sorted(found) == sampled()
    assert 8_000 < sum(found) / len(found) < 12_000, "every part of the table has its share"


def test_without_pyarrow_the_error_names_the_extra(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    def absent(_: str) -> None:
        raise ImportError

    monkeypatch.setattr("gitreg.tables._arrow.import_module", absent)
    (tmp_path / "table.csv").write_text("a\n1\n")
    with pytest.raises(MissingExtra) as refused:
        shape_of(tmp_path / "table.csv")
    assert refused.value.hint == "pip install 'gitreg[data]'"
