"""What a table's columns look like, and which rows it has: blobs beside its dataset where somebody asked for them."""

from __future__ import annotations

from pydantic import Field

from gitreg.documents.document import Document, Frozen, Integer, Name, Number, Part, Prose, Seq

QUANTILES = 21
"""At 0, 5, 10, … 100 %."""
ROW_HASH_BYTES = 8
"""How long each hash is in a blob of row hashes."""


def row_hashes_in(blob: bytes) -> set[bytes]:
    """The hashes that a blob of them holds: one for each row that is unlike all others."""
    return {blob[start : start + ROW_HASH_BYTES] for start in range(0, len(blob), ROW_HASH_BYTES)}


class ColumnProfile(Part):
    """One column. `quantiles` are of numbers; `distinct` and, where explicitly asked for, `categories` of all others.

    `categories` counts the most frequent values, as many as the profile was asked to name; the rest is what is left.
    """

    name: Prose
    nulls: Integer = Field(ge=0)
    quantiles: Seq[Number] = Field(default=(), max_length=QUANTILES)
    distinct: Integer | None = Field(default=None, ge=0)
    categories: Frozen[Prose, Integer] | None = None


class Profile(Document):
    """A table's columns in numbers, by a named method: so that two tables can be compared without their rows."""

    schema_name = "profile"

    method: Name
    rows: Integer = Field(ge=0)
    columns: Seq[ColumnProfile] = ()
