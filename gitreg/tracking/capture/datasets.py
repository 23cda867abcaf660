"""What a dataset is: a digest of its whole content, its schema and its size. Never a value of it.

The digest is made by a named, versioned method, kept for ever, so that it can be made again:

`file/1`        sha256 of the bytes.
`folder/1`      sha256 of one line for each file below it, sorted by path: path, NUL, sha256 in hex, NUL, size, newline.
                Symbolic links to files count as files; links to folders are not followed.
`numpy-array/1` sha256 of `numpy-array/1`, newline, the canonical JSON of {dtype, shape}, then the values in C order,
                little-endian.
`pandas-table/1`, `polars-table/1`, `arrow-table/1`
                sha256 of the method's name, newline, the canonical JSON of {columns: [[name, type], …], rows}, then
                32 bytes for each column in order: the sha256 of its values. The index of a pandas frame is a column
                before the others, named `index`, unless it is the plain 0, 1, 2, …. Values of a column without nulls
                whose type is a fixed-width number, boolean, date or duration: their bytes, little-endian. Of any
                other column, value by value: `n` for a missing one; `s` or `b`, the length in 8 bytes and the UTF-8
                text or the bytes; `?` and 0 or 1; `i`, the length and the decimal digits; `f` and 8 bytes; `t`, the
                length and the ISO 8601 text; `j`, the length and canonical JSON of a list or mapping.

The heavy libraries are never imported here: an object of theirs proves that they are loaded.
"""

from __future__ import annotations

import datetime as dt
import decimal
import hashlib
import os
import struct
import sys
import unicodedata
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gitreg.documents import Column, Dataset, Digest, canonical_bytes
from gitreg.errors import GitregError, InvalidValue
from gitreg.tracking.capture.secrets import text_without_secrets

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

_BATCH: Final = 16_384
_CHUNK: Final = 1 << 20
_MAX_TYPE: Final = 250


def capture_dataset(name: str, data: object) -> Dataset:
    """The dataset document of `data`. Raises `InvalidValue` for what has no content digest, `OSError` for files."""
    library = type(data).__module__.partition(".")[0]
    described = _BY_LIBRARY.get(library, _plain)(data)
    return Dataset(name=name, **described)


def _plain(data: Any) -> dict[str, Any]:  # noqa: ANN401 - whatever the caller has
    if isinstance(data, bytes | bytearray | memoryview):
        content = hashlib.sha256(data).hexdigest()
        return {"kind": "file", "method": "file/1", "content_digest": _digest(content), "size_bytes": len(bytes(data))}
    if isinstance(data, str | os.PathLike):
        return _path(Path(data))
    message = f"a {type(data).__name__} has no content digest"
    hint = "Give a pandas or polars frame, an arrow table, a numpy array, bytes, or the path of a file or folder."
    raise InvalidValue(f"{message}.", hint=hint)


def _digest(hexadecimal: str) -> Digest:
    return Digest(f"sha256:{hexadecimal}")


# Files


def _path(path: Path) -> dict[str, Any]:
    described = {"source": text_of(text_without_secrets(str(path)))}
    if path.is_dir():
        digest, size = _folder(path)
        return {**described, "kind": "folder", "method": "folder/1", "content_digest": digest, "size_bytes": size}
    content, size = _file(path)
    return {**described, "kind": "file", "method": "file/1", "content_digest": _digest(content), "size_bytes": size}


def _file(path: Path) -> tuple[str, int]:
    with path.open("rb") as file:
        content = hashlib.file_digest(file, "sha256").hexdigest()
        return content, file.tell()


def _folder(folder: Path) -> tuple[Digest, int]:
    named = {os.fsencode(path.relative_to(folder).as_posix()): path for path in _files(folder)}
    return folder_content((name, *_file(named[name])) for name in sorted(named))


def folder_content(files: Iterable[tuple[bytes, str, int]]) -> tuple[Digest, int]:
    """`folder/1` of files by path, in that order, each with its sha256 in hex and its size; and all their bytes."""
    whole, total = hashlib.sha256(), 0
    for path, content, size in files:
        whole.update(b"%s\0%s\0%d\n" % (path, content.encode(), size))
        total += size
    return _digest(whole.hexdigest()), total


def _files(folder: Path) -> Iterator[Path]:
    for where, _, names in os.walk(folder):
        yield from (path for name in names if (path := Path(where, name)).is_file())


# Tables


@dataclass(frozen=True)
class _Part:
    """One column: its name, its type as the library spells it, and its values."""

    name: str
    type: str
    values: object
    """A numpy array of a fixed-width type, or a function that gives the values one by one."""


def _table(method: str, parts: Sequence[_Part], rows: int) -> dict[str, Any]:
    head = {"columns": [[part.name, part.type] for part in parts], "rows": rows}
    whole = hashlib.sha256(f"{method}\n".encode() + canonical_bytes(head))  # type: ignore[arg-type]
    for part in parts:
        whole.update(_column_digest(part))
    return {
        "kind": "table",
        "method": method,
        "content_digest": _digest(whole.hexdigest()),
        "rows": rows,
        "columns": tuple(Column(name=part.name, type=part.type) for part in parts),
    }


def _column_digest(part: _Part) -> bytes:
    column = hashlib.sha256()
    if callable(part.values):
        for batch in _batches(part.values()):
            try:
                column.update(b"".join(map(spelled, batch)))
            except GitregError as error:
                raise InvalidValue(f"the column {part.name!r:.80}: {error.message}", hint=error.hint) from None
    else:
        for piece in _little_endian(part.values):
            column.update(piece)
    return column.digest()


def _batches(values: Iterable[object]) -> Iterator[list[object]]:
    batch: list[object] = []
    for value in values:
        batch.append(value)
        if len(batch) == _BATCH:
            yield batch
            batch = []
    yield batch


def _little_endian(values: Any) -> Iterator[bytes]:  # noqa: ANN401 - a numpy array
    numpy = sys.modules["numpy"]
    if values.dtype.kind in "mM":
        values = values.view("i8")
    wanted = values.dtype.newbyteorder("<")
    rows = max(1, _CHUNK // max(1, values.dtype.itemsize * max(1, values[:1].size)))
    for start in range(0, len(values), rows):
        yield numpy.ascontiguousarray(values[start : start + rows], dtype=wanted).tobytes()


def spelled(value: object) -> bytes:
    """One value, so that no two different ones are spelled alike."""
    for kind, spell in _SPELLINGS:
        if isinstance(value, kind):
            return spell(value)
    if value is None or _is_missing(value):
        return b"n"
    if hasattr(value, "item"):
        return spelled(value.item())
    raise InvalidValue(f"values of type {type(value).__name__} have no content digest.")


def _is_missing(value: object) -> bool:
    return type(value).__name__ in ("NAType", "NaTType")


def _sized(kind: bytes, data: bytes) -> bytes:
    return kind + struct.pack("<Q", len(data)) + data


def _spell_float(value: Any) -> bytes:  # noqa: ANN401 - see `_SPELLINGS`
    return b"n" if value != value else b"f" + struct.pack("<d", value)  # noqa: PLR0124 - NaN is a missing value here


def _spell_time(value: Any) -> bytes:  # noqa: ANN401 - see `_SPELLINGS`
    return b"n" if _is_missing(value) else _sized(b"t", value.isoformat().encode())


def _spell_json(value: Any) -> bytes:  # noqa: ANN401 - see `_SPELLINGS`
    return _sized(b"j", canonical_bytes(value))


_SPELLINGS: Final[tuple[tuple[Any, Callable[[Any], bytes]], ...]] = (
    (str, lambda value: _sized(b"s", value.encode("utf-8", "surrogatepass"))),
    (bool, lambda value: b"?\1" if value else b"?\0"),
    (int, lambda value: _sized(b"i", b"%d" % value)),
    (float, _spell_float),
    (bytes, lambda value: _sized(b"b", value)),
    ((dt.datetime, dt.date, dt.time), _spell_time),
    (dt.timedelta, lambda value: _sized(b"t", str(value).encode())),
    (decimal.Decimal, lambda value: _sized(b"i", str(value).encode())),
    ((list, tuple, dict), _spell_json),
)


def text_of(value: object) -> str:
    """A value as text that a document takes."""
    return unicodedata.normalize("NFC", str(value).encode(errors="replace").decode())


def _type(value: object) -> str:
    return text_of(value)[:_MAX_TYPE].strip()


def _pandas(data: Any) -> dict[str, Any]:  # noqa: ANN401 - a frame or series
    frame = data.to_frame() if hasattr(data, "to_frame") and data.ndim == 1 else data
    if getattr(frame, "ndim", 0) != 2:  # noqa: PLR2004 - a table has two
        return _plain(data)
    parts = [_pandas_part(text_of(name), frame.iloc[:, place]) for place, name in enumerate(frame.columns)]
    if not _is_plain_index(frame.index):
        parts = [_pandas_part("index", frame.index.to_series()), *parts]
    return _table("pandas-table/1", parts, len(frame))


def _is_plain_index(index: Any) -> bool:  # noqa: ANN401 - a pandas index
    return type(index).__name__ == "RangeIndex" and index.start == 0 and index.step == 1


def _pandas_part(name: str, series: Any) -> _Part:  # noqa: ANN401 - a pandas series
    is_fixed = getattr(series.dtype, "kind", "O") in "biufcmM" and type(series.dtype).__module__.startswith("numpy")
    return _Part(name, _type(series.dtype), series.to_numpy() if is_fixed else lambda: series.astype(object))


def _polars(data: Any) -> dict[str, Any]:  # noqa: ANN401 - a frame, lazy frame or series
    frame = data.collect() if hasattr(data, "collect") else data
    frame = frame.to_frame() if hasattr(frame, "to_frame") else frame
    parts = [_Part(text_of(column.name), _type(column.dtype), _values(column)) for column in frame.get_columns()]
    return _table("polars-table/1", parts, frame.height)


def _values(column: Any) -> object:  # noqa: ANN401 - a polars series
    is_fixed = column.null_count() == 0 and column.dtype.is_numeric() and not column.dtype.is_decimal()
    return column.to_numpy() if is_fixed and "numpy" in sys.modules else column.to_list


def _arrow(data: Any) -> dict[str, Any]:  # noqa: ANN401 - a table or record batch
    if not hasattr(data, "schema") or not hasattr(data, "num_rows"):
        return _plain(data)
    parts = [
        _Part(text_of(field.name), _type(field.type), data.column(place).to_pylist)
        for place, field in enumerate(data.schema)
    ]
    return _table("arrow-table/1", parts, data.num_rows)


def _numpy(data: Any) -> dict[str, Any]:  # noqa: ANN401 - an array
    if not hasattr(data, "dtype") or data.ndim == 0 or data.dtype.hasobject:
        return _plain(data)
    shape = [int(size) for size in data.shape]
    kind = data.dtype.newbyteorder("<").str
    whole = hashlib.sha256(b"numpy-array/1\n" + canonical_bytes({"dtype": kind, "shape": list(shape)}))
    for piece in _little_endian(data):
        whole.update(piece)
    inner = f"[{', '.join(map(str, shape[1:]))}]" if shape[1:] else ""
    return {
        "kind": "table",
        "method": "numpy-array/1",
        "content_digest": _digest(whole.hexdigest()),
        "size_bytes": int(data.nbytes),
        "rows": shape[0],
        "columns": (Column(name="values", type=_type(f"{data.dtype}{inner}")),),
    }


_BY_LIBRARY: Final[dict[str, Callable[[Any], dict[str, Any]]]] = {
    "pandas": _pandas,
    "polars": _polars,
    "pyarrow": _arrow,
    "numpy": _numpy,
}
