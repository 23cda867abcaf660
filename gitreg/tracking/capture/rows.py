"""A hash of every row of a table, so that two tables can be asked which rows they share, without their rows.

`row-hashes/1`: of each row the first eight bytes of the sha256 of `row-hashes/1`, a newline, and for every column, in
the order of the names, its name and value, spelled as for a dataset's digest; a float without a fraction is spelled as
the integer. The blob is these hashes, sorted, each once. Rows of an array are spelled value by value, without names.

Whoever has the blob and a row can tell whether the row was in the table: it is made only where somebody asks for it.
"""

from __future__ import annotations

import hashlib
import struct
from typing import TYPE_CHECKING, Any, Final

from gitreg.documents import ROW_HASH_BYTES
from gitreg.tracking.capture.columns import columns_in
from gitreg.tracking.capture.datasets import spelled

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitreg.tracking.capture.columns import Named

MEDIA_TYPE: Final = "application/vnd.gitreg.row-hashes.v1"
METHOD: Final = b"row-hashes/1\n"


def hash_rows(data: object) -> bytes:
    """The blob. Raises `InvalidValue` for what is no table and for values that have no spelling."""
    is_array = type(data).__module__.partition(".")[0] == "numpy"
    rows = _of_array(data) if is_array else _rows(columns_in(data))
    found = {hashlib.sha256(METHOD + row).digest()[:ROW_HASH_BYTES] for row in rows}
    return b"".join(sorted(found))


def _rows(columns: Iterable[Named]) -> Iterator[bytes]:
    """Every row spelled, from its columns in the order of their names."""
    named = sorted(columns, key=lambda column: column[0])
    heads = [struct.pack("<Q", len(name.encode())) + name.encode() for name, _ in named]
    for values in zip(*(column for _, column in named), strict=True):
        yield b"".join(head + _spelled(value) for head, value in zip(heads, values, strict=True))


def _spelled(value: object) -> bytes:
    whole = isinstance(value, float) and value.is_integer()
    return spelled(int(value) if whole else value)  # type: ignore[call-overload] # a float, then


def _of_array(data: Any) -> Iterator[bytes]:  # noqa: ANN401 - a numpy array
    return (b"".join(map(_spelled, row.ravel().tolist())) for row in data.reshape(len(data), -1))
