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

from gitreg.errors import InvalidValue
from gitreg.tracking.capture.datasets import spelled

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

MEDIA_TYPE: Final = "application/vnd.gitreg.row-hashes.v1"
METHOD: Final = b"row-hashes/1\n"
HASH_BYTES: Final = 8
_FLAT: Final = 1


def hash_rows(data: object) -> bytes:
    """The blob. Raises `InvalidValue` for what is no table and for values that have no spelling."""
    library = type(data).__module__.partition(".")[0]
    if library not in _BY_LIBRARY:
        hint = "Give a pandas or polars frame, an arrow table or a numpy array."
        raise InvalidValue(f"A {type(data).__name__} has no rows to hash.", hint=hint)
    found = {hashlib.sha256(METHOD + row).digest()[:HASH_BYTES] for row in _BY_LIBRARY[library](data)}
    return b"".join(sorted(found))


def _rows(columns: Iterable[tuple[str, Iterable[object]]]) -> Iterator[bytes]:
    """Every row spelled, from its columns in the order of their names."""
    named = sorted(columns, key=lambda column: column[0])
    heads = [struct.pack("<Q", len(name.encode())) + name.encode() for name, _ in named]
    for values in zip(*(column for _, column in named), strict=True):
        yield b"".join(head + _spelled(value) for head, value in zip(heads, values, strict=True))


def _spelled(value: object) -> bytes:
    whole = isinstance(value, float) and value.is_integer()
    return spelled(int(value) if whole else value)  # type: ignore[call-overload] # a float, then


def _pandas(data: Any) -> Iterator[bytes]:  # noqa: ANN401 - a frame or series
    frame = data.to_frame() if data.ndim == _FLAT else data
    return _rows((str(name), frame.iloc[:, place].astype(object).tolist()) for place, name in enumerate(frame.columns))


def _polars(data: Any) -> Iterator[bytes]:  # noqa: ANN401 - a frame, lazy frame or series
    frame = data.collect() if hasattr(data, "collect") else data
    frame = frame.to_frame() if hasattr(frame, "to_frame") else frame
    return _rows((column.name, column.to_list()) for column in frame.get_columns())


def _arrow(data: Any) -> Iterator[bytes]:  # noqa: ANN401 - a table or record batch
    return _rows((field.name, data.column(place).to_pylist()) for place, field in enumerate(data.schema))


def _numpy(data: Any) -> Iterator[bytes]:  # noqa: ANN401 - an array
    return (b"".join(map(_spelled, row.ravel().tolist())) for row in data.reshape(len(data), -1))


_BY_LIBRARY: Final[dict[str, Callable[[Any], Iterator[bytes]]]] = {
    "pandas": _pandas,
    "polars": _polars,
    "pyarrow": _arrow,
    "numpy": _numpy,
}
