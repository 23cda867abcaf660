"""What commands about data print."""

from __future__ import annotations

from typing import Literal, TypedDict


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

    `new_bytes` is what it stores that no earlier version of the dataset does.
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


class DataFetched(TypedDict):
    """What was written. `is_new` is false where the file was there already, with this very content."""

    target: str
    files: int
    size: int
    is_new: bool
    version: DataVersion
