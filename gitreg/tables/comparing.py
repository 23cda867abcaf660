"""Which rows of one table the other has: by their values, or by a key. Memory does not grow with the tables.

A row is the text of its values in the columns that both tables have. Its hash goes to one of many files by the hash of
its key, so that rows that have to be compared are in files of the same number, each small enough to be read whole.
"""

from __future__ import annotations

import contextlib
import hashlib
import tempfile
from collections import Counter
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final

from gitreg.errors import InvalidValue
from gitreg.tables._arrow import arrow, read_errors
from gitreg.tables.reading import batches, names_in
from gitreg.tables.sampling import Sampler

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitreg.tables.reading import TableFile

_FILES: Final = 256
_HASH_BYTES: Final = 16
_SEPARATOR, _NULL, _ESCAPE = "\x1f", "\x1e", "\x1b"


@dataclass(frozen=True)
class RowChanges:
    """Rows of two tables. `changed` is None without a key: a row that changed is then one removed and one added."""

    rows: tuple[int, int]
    """Of the old one and the new one."""
    added: int
    removed: int
    changed: int | None
    columns: tuple[str, ...]
    """What was compared: the columns that both have."""
    samples: tuple[Any, Any] = field(repr=False)
    """Some rows of each, as arrow tables."""


def compare_rows(old: TableFile, new: TableFile, key: Sequence[str] = ()) -> RowChanges:
    """What it takes to make the new table from the old one; both are read once.

    Raises `MissingExtra`, and `InvalidValue` for what is no table, for a key that is not in both, and for one that does
    not tell rows apart.
    """
    sides = (names_in(old), names_in(new))
    shared = [name for name in sides[0] if name in sides[1]]
    _check_key(key, shared)
    with contextlib.ExitStack() as stack:
        before, after = (stack.enter_context(_Spread.open()) for _ in sides)
        before.read(old, sorted(shared), key)
        after.read(new, sorted(shared), key)
        added, removed, changed = _keyed(before, after, key) if key else _unkeyed(before, after)
        samples = (before.sample(old), after.sample(new))
        return RowChanges((before.rows, after.rows), added, removed, changed, tuple(shared), samples)


def _check_key(key: Sequence[str], shared: Sequence[str]) -> None:
    missing = [name for name in key if name not in shared]
    if missing:
        known = ", ".join(shared) or "none"
        raise InvalidValue(f"There is no column {missing[0]!r:.80} in both tables (there are {known:.300}).")


class _Spread:
    """One table's rows as hashes, in files by the hash of the key."""

    def __init__(self, folder: Path, stack: contextlib.ExitStack) -> None:
        self.rows = 0
        self._folder = folder
        self._stack = stack
        self._files: dict[int, BinaryIO] = {}
        self._sampler = Sampler()

    @classmethod
    @contextlib.contextmanager
    def open(cls) -> Iterator[_Spread]:
        with tempfile.TemporaryDirectory(prefix="gitreg-diff-") as name, contextlib.ExitStack() as stack:
            yield cls(Path(name), stack)

    def read(self, file: TableFile, columns: Sequence[str], key: Sequence[str]) -> None:
        for batch in batches(file):
            self._sampler.add(batch)
            with read_errors(file.name):
                whole = _spelled(batch, columns)
                keys = _spelled(batch, key) if key else whole
            for one, row in zip(keys, whole, strict=True):
                name = _hash(one)
                self._file(name[0]).write(name + (_hash(row) if key else b""))
            self.rows += batch.num_rows
        for each in self._files.values():
            each.flush()

    def _file(self, number: int) -> BinaryIO:
        if number not in self._files:
            self._files[number] = self._stack.enter_context(self._folder.joinpath(f"{number}").open("wb"))
        return self._files[number]

    def part(self, number: int, *, keyed: bool) -> list[tuple[bytes, bytes]]:
        """The rows of one file: the hash of the key and that of the row."""
        data = self._folder.joinpath(f"{number}").read_bytes() if number in self._files else b""
        width = _HASH_BYTES * 2 if keyed else _HASH_BYTES
        return [(data[at : at + _HASH_BYTES], data[at + _HASH_BYTES : at + width]) for at in range(0, len(data), width)]

    def sample(self, file: TableFile) -> Any:  # noqa: ANN401 - an arrow table
        with read_errors(file.name):
            return self._sampler.table(is_text=file.form != "parquet")


def _hash(text: str) -> bytes:
    return hashlib.blake2b(text.encode("utf-8", "surrogatepass"), digest_size=_HASH_BYTES).digest()


def _spelled(batch: Any, columns: Sequence[str]) -> list[str]:  # noqa: ANN401 - an arrow batch
    """Every row as one text, two rows alike only where all values are."""
    if not columns:
        return [""] * batch.num_rows
    compute = arrow("compute")
    values = [_escaped(batch.column(batch.schema.get_field_index(name))) for name in columns]
    joined = compute.binary_join_element_wise(*values, _SEPARATOR, null_handling="replace", null_replacement=_NULL)
    found: list[str] = joined.to_pylist()
    return found


def _escaped(column: Any) -> Any:  # noqa: ANN401 - an arrow column
    compute = arrow("compute")
    text = _as_text(column)
    for number, mark in enumerate((_ESCAPE, _SEPARATOR, _NULL)):
        text = compute.replace_substring(text, mark, f"{_ESCAPE}{number}")
    return text


def _as_text(column: Any) -> Any:  # noqa: ANN401 - an arrow column
    """What has no text of its own, a list or a struct, is spelled as Python spells it."""
    string = arrow().string()
    try:
        return column.cast(string)
    except (arrow().ArrowNotImplementedError, arrow().ArrowInvalid):
        return arrow().array([None if each is None else repr(each) for each in column.to_pylist()], string)


def _unkeyed(old: _Spread, new: _Spread) -> tuple[int, int, None]:
    added = removed = 0
    for number in range(_FILES):
        before = Counter(name for name, _ in old.part(number, keyed=False))
        after = Counter(name for name, _ in new.part(number, keyed=False))
        added += (after - before).total()
        removed += (before - after).total()
    return added, removed, None


def _keyed(old: _Spread, new: _Spread, key: Sequence[str]) -> tuple[int, int, int]:
    added = removed = changed = 0
    for number in range(_FILES):
        before, after = (_by_key(side.part(number, keyed=True), key) for side in (old, new))
        added += len(after.keys() - before.keys())
        removed += len(before.keys() - after.keys())
        changed += sum(1 for name in before.keys() & after.keys() if before[name] != after[name])
    return added, removed, changed


def _by_key(rows: Sequence[tuple[bytes, bytes]], key: Sequence[str]) -> dict[bytes, bytes]:
    found = dict(rows)
    if len(found) != len(rows):
        raise InvalidValue(
            f"{', '.join(key)} does not tell rows apart: {len(rows) - len(found):,} or more share a key."
        )
    return found
