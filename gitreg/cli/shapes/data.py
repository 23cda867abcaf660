"""What commands about data print."""

from __future__ import annotations

from typing import Literal, TypedDict

from gitreg.cli.shapes.plain import Number


class DataColumn(TypedDict):
    """A column of a table, its type as the library that read it spells it."""

    name: str
    type: str


class DataPlace(TypedDict):
    """Where data lies that others keep, and what the server there claims about it."""

    url: str
    etag: str | None
    version_id: str | None


class DataVersion(TypedDict):
    """A version of a dataset. `digest` is of its whole content, by `method`; `kept` tells whether its bytes are stored.

    `new_bytes` is what it stores that no earlier version of the dataset does. `verified` is null where nobody asked.
    """

    name: str
    digest: str
    address: str
    kind: Literal["table", "file", "folder"]
    method: str
    size: int | None
    rows: int | None
    columns: list[DataColumn]
    kept: bool
    place: DataPlace | None
    new_bytes: int | None
    verified: bool | None
    added_at: str | None
    added_by: str | None
    description: str | None
    tags: dict[str, str]


class DatasetSummary(TypedDict):
    """A dataset as lists show it: how many versions it has, and its latest one."""

    name: str
    versions: int
    latest: DataVersion


class DataAdded(TypedDict):
    """What adding data did. `is_new` is false where this very content was there already."""

    is_new: bool
    published: bool
    notes: list[str]
    version: DataVersion


class DataFileChange(TypedDict):
    """A file that is another, or that only one version has: its size in each, null where it is not there."""

    path: str
    old_size: int | None
    new_size: int | None


class ColumnChange(TypedDict):
    """A column that only one version has, or whose type is another; null where it is not there."""

    name: str
    old_type: str | None
    new_type: str | None


class ColumnSpread(TypedDict):
    """How far a column's values lie apart: 0 is spread alike, 1 nothing in common, null cannot be told."""

    name: str
    distance: Number | None
    note: str


class TableChanges(TypedDict):
    """What changed in a table, by the columns `compared`. Without a key `changed` is null: such a row is one removed
    and one added. `sampled`: the spread is that of a sample of the rows.
    """

    old_rows: int
    new_rows: int
    added: int
    removed: int
    changed: int | None
    compared: list[str]
    columns: list[ColumnChange]
    spread: list[ColumnSpread]
    sampled: bool


class Overlap(TypedDict):
    """How many rows two tables have in common, by hashes; rows that are alike count once."""

    old: int
    new: int
    shared: int


class DataDifference(TypedDict):
    """Two versions of data, and what changed. `table` is null where they are not tables, and where their rows were not
    read: then `untold` says why, and `overlap` and `spread` are by what was kept beside both, null where nothing was.
    """

    old: str
    new: str
    same: bool
    same_files: int
    files: list[DataFileChange]
    table: TableChanges | None
    overlap: Overlap | None
    spread: list[ColumnSpread] | None
    untold: str | None


class DataFetched(TypedDict):
    """What was written. `is_new` is false where the file was there already, with this very content."""

    target: str
    files: int
    size: int
    is_new: bool
    version: DataVersion
