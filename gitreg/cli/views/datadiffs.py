"""What changed between two versions of data, as JSON and as pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.cli.views import facts
from gitreg.report import Heading, Line, Table, counted, number, size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.cli import shapes
    from gitreg.data import DataDifference, Overlap, SketchChanges, TableChanges
    from gitreg.report import Block, Drift

_MOST = 100


def difference(found: DataDifference) -> shapes.DataDifference:
    """The two versions and what changed."""
    sketch = found.sketch
    return {
        "old": found.old.address,
        "new": found.new.address,
        "same": found.is_same,
        "same_files": found.same_files,
        "files": [{"path": each.path, "old_size": each.old_size, "new_size": each.new_size} for each in found.files],
        "table": None if found.table is None else _table(found.table),
        "overlap": None if sketch is None or sketch.overlap is None else _overlap(sketch.overlap),
        "spread": None if sketch is None or sketch.drift is None else _spread(sketch.drift),
        "untold": found.untold or None,
    }


def _overlap(found: Overlap) -> shapes.Overlap:
    return {"old": found.old, "new": found.new, "shared": found.shared}


def _spread(drift: Drift) -> list[shapes.ColumnSpread]:
    return [
        {
            "name": each.name,
            "distance": None if each.distance is None else facts.number(each.distance),
            "note": each.note,
        }
        for each in drift.columns
    ]


def _table(found: TableChanges) -> shapes.TableChanges:
    return {
        "old_rows": found.rows[0],
        "new_rows": found.rows[1],
        "added": found.added,
        "removed": found.removed,
        "changed": found.changed,
        "compared": [*found.compared],
        "columns": [
            {"name": each.name, "old_type": each.old_type, "new_type": each.new_type} for each in found.columns
        ],
        "spread": _spread(found.drift),
        "sampled": found.sampled,
    }


def page(found: DataDifference) -> Iterator[Block]:
    """The same for people."""
    yield Line(f"{found.old.label} -> {found.new.label}", "strong")
    if found.is_same:
        yield Line("They are the same.", "good")
        return
    yield from changes_page(found)


def changes_page(found: DataDifference) -> Iterator[Block]:
    """What changed, without saying in what."""
    if found.table is not None:
        yield from _table_page(found.table)
    elif found.files or found.same_files:
        yield f"{counted(len(found.files), 'file')} changed, {found.same_files:,} did not."
        yield from _files(found)
    if found.untold:
        yield Line(found.untold, "warn")
    if found.sketch is not None:
        yield from _sketch_page(found.sketch)


def _sketch_page(found: SketchChanges) -> Iterator[Block]:
    if found.overlap is not None:
        old, new, shared = found.overlap.old, found.overlap.new, found.overlap.shared
        yield f"different rows: {old:,} -> {new:,}: {new - shared:,} new, {old - shared:,} gone, {shared:,} in both"
        yield Line("By their hashes: rows that are alike count once.", "dim")
    if found.drift is not None:
        yield from _spread_page(found.drift, ", by profiles")


def _files(found: DataDifference) -> Iterator[Block]:
    rows = tuple(
        (each.path, *("-" if count is None else size(count) for count in (each.old_size, each.new_size)))
        for each in found.files[:_MOST]
    )
    if rows:
        yield Table(("file", "was", "is"), rows, whole=("file",))
    if len(found.files) > _MOST:
        yield Line(f"and {len(found.files) - _MOST:,} more: --json has them all", "dim")


def _table_page(found: TableChanges) -> Iterator[Block]:
    changed = "" if found.changed is None else f", {found.changed:,} changed"
    yield f"rows: {found.rows[0]:,} -> {found.rows[1]:,}: {found.added:,} added, {found.removed:,} removed{changed}"
    if found.changed is None and found.removed and found.added:
        yield Line("A row that changed is one removed and one added; --key COLUMNS tells them apart.", "dim")
    if found.columns:
        yield Heading("Columns")
        rows = tuple((each.name, each.old_type or "-", each.new_type or "-") for each in found.columns)
        yield Table(("column", "was", "is"), rows, whole=("column",))
        yield Line(f"Rows were compared by: {', '.join(found.compared)}.", "dim")
    yield from _spread_page(found.drift, ", by a sample of the rows" if found.sampled else "")


def _spread_page(drift: Drift, by: str) -> Iterator[Block]:
    told = [each for each in drift.columns if each.distance or each.note]
    if told:
        yield Heading(f"How the values are spread{by}")
        yield Table(("column", "distance", ""), tuple((each.name, _far(each.distance), each.note) for each in told))
        yield Line("A distance of 0 is spread alike, of 1 nothing in common.", "dim")


def _far(distance: float | None) -> str:
    return "-" if distance is None else number(round(distance, 3))
