"""What changed between two versions of data."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pyarrow as pa
import pyarrow.parquet as pq
import pytest

import gitreg
from gitreg.errors import InvalidValue, NotFound
from tests.blobs.test_chunks import LARGE

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gitreg import Registry


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with gitreg.init(tmp_path / "registry") as made:
        yield made


def add(registry: Registry, folder: Path, text: str) -> str:
    (folder / "claims.csv").write_text(text)
    return registry.data.add(folder / "claims.csv").version.label


def test_of_a_table_rows_columns_and_spread_are_told(registry: Registry, tmp_path: Path) -> None:
    add(registry, tmp_path, "id,amount,kind\n" + "".join(f"{n},{n},a\n" for n in range(100)))
    add(registry, tmp_path, "id,amount,kind,day\n" + "".join(f"{n},{n + 50},b,1\n" for n in range(50, 120)))
    found = registry.data.diff("claims", key=["id"])
    assert found.table is not None
    assert (found.table.rows, found.table.added, found.table.removed, found.table.changed) == ((100, 70), 20, 50, 50)
    assert [(each.name, each.old_type, each.new_type) for each in found.table.columns] == [("day", None, "int64")]
    spread = {each.name: each.distance for each in found.table.drift.columns}
    assert spread["kind"] == 1.0
    assert spread["amount"] is not None
    assert spread["amount"] > 0.9
    assert not found.table.sampled


def test_two_versions_may_be_named_in_any_order(registry: Registry, tmp_path: Path) -> None:
    one, other = (add(registry, tmp_path, f"id\n{rows}") for rows in ("1\n", "1\n2\n3\n"))
    forwards, backwards = registry.data.diff(one, other), registry.data.diff(other, one)
    assert forwards.table is not None
    assert backwards.table is not None
    assert (forwards.table.added, forwards.table.removed) == (2, 0)
    assert (backwards.table.added, backwards.table.removed) == (0, 2)
    assert registry.data.diff(one, one).is_same


def test_folders_are_compared_file_by_file(registry: Registry, tmp_path: Path) -> None:
    folder = tmp_path / "images"
    folder.mkdir()
    for name, data in (("same.bin", LARGE), ("gone.txt", b"1"), ("changed.csv", b"a\n1\n")):
        (folder / name).write_bytes(data)
    registry.data.add(folder)
    (folder / "gone.txt").unlink()
    (folder / "new.txt").write_bytes(b"123")
    (folder / "changed.csv").write_bytes(b"a\n22\n")
    registry.data.add(folder)
    found = registry.data.diff("images")
    assert [(each.path, each.old_size, each.new_size) for each in found.files] == [
        ("changed.csv", 4, 5),
        ("gone.txt", 1, None),
        ("new.txt", None, 3),
    ]
    assert (found.same_files, found.table) == (1, None)
    with pytest.raises(InvalidValue, match="not two tables"):
        registry.data.diff("images", key=["a"])


def test_parquet_is_compared_by_its_rows(registry: Registry, tmp_path: Path) -> None:
    for rows in ([1, 2, 3], [1, 2, 4]):
        pq.write_table(pa.table({"id": rows}), tmp_path / "people.parquet")
        registry.data.add(tmp_path / "people.parquet")
    found = registry.data.diff("people")
    assert found.table is not None
    assert (found.table.added, found.table.removed) == (1, 1)


def test_the_first_version_has_none_before_it(registry: Registry, tmp_path: Path) -> None:
    add(registry, tmp_path, "id\n1\n")
    with pytest.raises(NotFound, match="is the first version of claims"):
        registry.data.diff("claims")
