"""Columns of values, one cell a run: what a search filters and orders by, read at the speed of memory.

A run's place is a number that it keeps. A column lies in segments of 4,096 cells (see `segments`), of which only those
are there that hold a value: 1,000 new runs touch one segment or two of each column, and a search of 100,000 runs reads
25 rows. Numbers are doubles, NaN where there is none; texts are numbers of words, 0 where there is none.
"""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, Any

from gitreg.index.segments import CELLS, Segment, bucketed, packed, unpacked

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterable, Iterator

    from gitreg.index.segments import Cells, Code


@dataclass(frozen=True)
class ColumnName:
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


class Columns:
    """The columns of one database, read and written through one connection."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """What was changed is written by `save`."""
        self._connection = connection
        self._ids: dict[ColumnName, int] = {}
        self._words: dict[str, int] = {}
        self._open: dict[tuple[int, int], Cells] = {}
        self._read: dict[ColumnName, tuple[Segment, ...]] = {}

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
        self._connection.executemany("REPLACE INTO cells VALUES (?, ?, ?, ?, ?, ?)", rows)
        self._open.clear()

    def _segment(self, column: int, code: Code, segment: int) -> Cells:
        found = self._open.get((column, segment))
        if found is None:
            query = "SELECT data FROM cells WHERE field = ? AND segment = ?"
            row = self._connection.execute(query, (column, segment)).fetchone()
            found = unpacked(code, row[0]) if row else array(code, [_empty(code)]) * CELLS
            self._open[column, segment] = found
        return found

    def _column(self, name: ColumnName) -> int:
        found = self._ids.get(name)
        if found is None:
            values = (name.kind, name.key, name.dataset, name.part)
            self._connection.execute("INSERT OR IGNORE INTO fields VALUES (NULL, ?, ?, ?, ?)", values)
            found = self._ids[name] = self._id(name) or 0
        return found

    def _name(self, column: int) -> ColumnName:
        query = "SELECT kind, key, dataset, part FROM fields WHERE id = ?"
        return ColumnName(*self._connection.execute(query, (column,)).fetchone())

    def _word(self, word: str) -> int:
        found = self._words.get(word)
        if found is None:
            self._connection.execute("INSERT OR IGNORE INTO words VALUES (NULL, ?)", (word,))
            found = self._words[word] = self.word(word) or 0
        return found

    # Reading

    def word(self, word: str) -> int | None:
        """A word's number; None where no cell has it."""
        row = self._connection.execute("SELECT id FROM words WHERE word = ?", (word,)).fetchone()
        return None if row is None else int(row[0])

    def words(self, numbers: Iterable[int]) -> dict[int, str]:
        """What these numbers stand for."""
        wanted = sorted(set(numbers) - {0})
        found: dict[int, str] = {}
        for start in range(0, len(wanted), 500):
            batch = wanted[start : start + 500]
            query = f"SELECT id, word FROM words WHERE id IN ({', '.join('?' * len(batch))})"  # noqa: S608 - places alone
            found.update((int(number), str(word)) for number, word in self._connection.execute(query, batch))
        return found

    def read(self, name: ColumnName) -> tuple[Segment, ...]:
        """The segments of a column that are there, as they stand when first asked for; cells are read when needed."""
        found = self._read.get(name)
        if found is None:
            found = self._read[name] = tuple(self._segments(name))
        return found

    def _segments(self, name: ColumnName) -> Iterator[Segment]:
        column = self._id(name)
        query = "SELECT segment, buckets, edges, exact FROM cells WHERE field = ? ORDER BY segment"
        for segment, buckets, edges, exact in self._connection.execute(query, (column,)).fetchall():
            load = partial(self._load, column, segment)
            yield Segment(segment * CELLS, name.code, buckets, unpacked(name.code, edges), bool(exact), load)

    def _load(self, column: int | None, segment: int) -> bytes:
        query = "SELECT data FROM cells WHERE field = ? AND segment = ?"
        return bytes(self._connection.execute(query, (column, segment)).fetchone()[0])

    def _id(self, name: ColumnName) -> int | None:
        query = "SELECT id FROM fields WHERE kind = ? AND key = ? AND dataset = ? AND part = ?"
        row = self._connection.execute(query, (name.kind, name.key, name.dataset, name.part)).fetchone()
        return None if row is None else int(row[0])


def _stored(cells: Cells) -> tuple[Any, ...]:
    code: Code = "d" if cells.typecode == "d" else "i"
    buckets, edges, is_exact = bucketed(code, cells)
    return is_exact, buckets, packed(edges), packed(cells)


def _empty(code: Code) -> float | int:
    return math.nan if code == "d" else 0
