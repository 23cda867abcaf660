"""Columns of values, one cell a run: what a search filters and orders by, read at the speed of memory.

A run's place is a number that it keeps. A column lies in segments of 4,096 cells (see `segments`), of which only those
are there that hold a value: 1,000 new runs touch one segment or two of each column, and a search of 100,000 runs reads
25 rows. Numbers are doubles, NaN where there is none; texts are numbers of words, 0 where there is none.
"""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass
from functools import cached_property, partial
from typing import TYPE_CHECKING, Any, Final, NamedTuple

from gitreg.index.database import batches
from gitreg.index.segments import CELLS, Segment, bucketed, packed, unpacked

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Iterator

    from gitreg.index.segments import Cells, Code

_FULL: Final = 255
"""What makes of each 1 of a mask a byte that lets all bits through."""


class ColumnName(NamedTuple):
    """Which column: kind and key as in a search, the dataset's name ("" without), and the part.

    The part `text` is of words; all others are of numbers.
    """

    kind: str
    key: str
    dataset: str = ""
    part: str = "text"

    @property
    def code(self) -> Code:
        """The array's type."""
        return "i" if self.part == "text" else "d"


@dataclass(frozen=True)
class Column:
    """The segments of a column that are there, by their places. A mask has a byte for each place, the first lowest."""

    segments: tuple[Segment, ...]

    @cached_property
    def there(self) -> int:
        """The mask of the cells that are not empty."""
        return self.joined(lambda each: each.there)

    def joined(self, make: Callable[[Segment], bytes]) -> int:
        """One number of what is made of each segment, a byte a cell; 0 where no segment is."""
        parts, end = [], 0
        for segment in self.segments:
            parts += [bytes(segment.start - end), make(segment)]
            end = segment.start + CELLS
        return int.from_bytes(b"".join(parts), "little")

    def best(self, mask: int, count: int, *, is_greatest: bool) -> float | None:
        """Of the cells of a mask, the value that comes at this place from the best; None where fewer have one."""
        pool: list[float] = []
        end = self.segments[-1].start + CELLS if self.segments else 0
        inside = (self._buckets & (mask * _FULL)).to_bytes(end, "little")
        for segment in self.segments:
            part = inside[segment.start : segment.start + CELLS]
            pool = segment.best(part, count, is_greatest=is_greatest, over=pool)
        return pool[-1] if len(pool) == count else None

    @cached_property
    def _buckets(self) -> int:
        return self.joined(lambda each: each.buckets)


class Columns:
    """The columns of one database, read and written through one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """What was changed is written by `save`."""
        self.connection = connection
        self._ids: dict[ColumnName, int] = {}
        self._words: dict[str, int] = {}
        self._open: dict[tuple[int, int], Cells] = {}
        self._read: dict[ColumnName, Column] = {}

    # Writing

    def put(self, name: ColumnName, run: int, value: float | str) -> int:
        """Write one cell; the column's id."""
        column = self._column(name)
        cells = self._segment(column, name.code, run // CELLS)
        cells[run % CELLS] = self._word(value) if isinstance(value, str) else value
        return column

    def clear(self, column: int, run: int) -> None:
        """Empty a cell of a column that has it."""
        name = self._name(column)
        self._segment(column, name.code, run // CELLS)[run % CELLS] = _empty(name.code)

    def save(self) -> None:
        """Write all segments that were changed."""
        rows = [(column, segment, *_stored(cells)) for (column, segment), cells in self._open.items()]
        self.connection.executemany("REPLACE INTO cells VALUES (?, ?, ?, ?, ?, ?)", rows)
        self._open.clear()

    def _segment(self, column: int, code: Code, segment: int) -> Cells:
        found = self._open.get((column, segment))
        if found is None:
            query = "SELECT data FROM cells WHERE field = ? AND segment = ?"
            row = self.connection.execute(query, (column, segment)).fetchone()
            found = unpacked(code, row[0]) if row else array(code, [_empty(code)]) * CELLS
            self._open[column, segment] = found
        return found

    def _column(self, name: ColumnName) -> int:
        found = self._ids.get(name)
        if found is None:
            self.connection.execute("INSERT OR IGNORE INTO fields VALUES (NULL, ?, ?, ?, ?)", name)
            found = self._ids[name] = self._id(name) or 0
        return found

    def _name(self, column: int) -> ColumnName:
        query = "SELECT kind, key, dataset, part FROM fields WHERE id = ?"
        return ColumnName(*self.connection.execute(query, (column,)).fetchone())

    def _word(self, word: str) -> int:
        found = self._words.get(word)
        if found is None:
            made = self.connection.execute("INSERT OR IGNORE INTO words VALUES (NULL, ?)", (word,))
            found = self._words[word] = (made.lastrowid if made.rowcount else self.word(word)) or 0
        return found

    # Reading

    def word(self, word: str) -> int | None:
        """A word's number; None where no cell has it."""
        row = self.connection.execute("SELECT id FROM words WHERE word = ?", (word,)).fetchone()
        return None if row is None else int(row[0])

    def words(self, numbers: Iterable[int]) -> dict[int, str]:
        """What these numbers stand for."""
        found: dict[int, str] = {}
        for batch in batches(sorted(set(numbers) - {0})):
            query = f"SELECT id, word FROM words WHERE id IN ({', '.join('?' * len(batch))})"  # noqa: S608 - places alone
            found.update((int(number), str(word)) for number, word in self.connection.execute(query, batch))
        return found

    @property
    def weight(self) -> int:
        """How many cells are kept of what was read."""
        return sum(len(each.segments) for each in self._read.values()) * CELLS

    def read(self, name: ColumnName) -> Column:
        """A column as it stands when first asked for; cells are read when needed."""
        found = self._read.get(name)
        if found is None:
            found = self._read[name] = Column(tuple(self._segments(name)))
        return found

    def _segments(self, name: ColumnName) -> Iterator[Segment]:
        column = self._id(name)
        query = "SELECT segment, buckets, edges, exact FROM cells WHERE field = ? ORDER BY segment"
        for segment, buckets, edges, exact in self.connection.execute(query, (column,)).fetchall():
            load = partial(self._load, column, segment)
            yield Segment(segment * CELLS, name.code, buckets, unpacked(name.code, edges), bool(exact), load)

    def _load(self, column: int | None, segment: int) -> bytes:
        query = "SELECT data FROM cells WHERE field = ? AND segment = ?"
        return bytes(self.connection.execute(query, (column, segment)).fetchone()[0])

    def _id(self, name: ColumnName) -> int | None:
        query = "SELECT id FROM fields WHERE kind = ? AND key = ? AND dataset = ? AND part = ?"
        row = self.connection.execute(query, name).fetchone()
        return None if row is None else int(row[0])


def _stored(cells: Cells) -> tuple[Any, ...]:
    code: Code = "d" if cells.typecode == "d" else "i"
    buckets, edges, is_exact = bucketed(code, cells)
    return is_exact, buckets, packed(edges), packed(cells)


def _empty(code: Code) -> float | int:
    return math.nan if code == "d" else 0
