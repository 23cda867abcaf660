"""A column's segment in two forms: its cells, and for each cell one byte that says in which bucket its value lies.

Bytes are tested by `bytes.translate`, 4,096 in a microsecond: a comparison with a number is decided by the buckets
alone but for the one that the number itself falls into, whose cells are looked at. Up to 255 different values are a
bucket each, and then nothing needs to be looked at. Pure.
"""

from __future__ import annotations

import sys
from array import array
from bisect import bisect_right
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Any, Final, Literal, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

CELLS: Final = 4_096
_BUCKETS: Final = 255
Code = Literal["d", "i"]
Cells: TypeAlias = "array[Any]"
"""Of doubles, or of 32-bit integers."""
Test: TypeAlias = "Callable[[Any], object]"


@dataclass(frozen=True)
class Segment:
    """Cells of a column from the place `start` on. Bucket 0 is that of empty cells."""

    start: int
    code: Code
    buckets: bytes
    edges: Cells
    """The least value of each bucket from 1 on, ascending."""
    is_exact: bool
    """Whether each bucket is of one value."""
    load: Callable[[], bytes]

    @cached_property
    def cells(self) -> Cells:
        """The values themselves."""
        return unpacked(self.code, self.load())

    def passing(self, test: Test) -> bytes:
        """1 for each cell that passes, by looking at each value; no test lets an empty cell pass."""
        if self.is_exact:
            return self.buckets.translate(_table(map(test, self.edges)))
        return bytes(map(test, self.cells))  # type: ignore[arg-type] # a test answers with a bool

    @property
    def distinct(self) -> set[Any]:
        """Every value that is there."""
        return set(self.edges if self.is_exact else self.cells)

    @property
    def there(self) -> bytes:
        """1 for each cell that is not empty."""
        return self.buckets.translate(_THERE)

    def compared(self, test: Test, sign: str, number: float) -> bytes:
        """1 for each cell that is so to a number; `test` says the same of one value."""
        if self.is_exact:
            return self.passing(test)
        at = bisect_right(self.edges, number)
        below, above = sign in ("<", "<="), sign in (">", ">=")
        table = bytes([0, *([below] * max(at - 1, 0)), *([0] if at else []), *([above] * (_BUCKETS - at))])
        found = bytearray(self.buckets.translate(table))
        if at:
            for place in places_of(self.buckets, at):
                found[place] = bool(test(self.cells[place]))
        return bytes(found)

    def best(self, inside: bytes, count: int, *, is_greatest: bool, over: list[Any]) -> list[Any]:
        """The `count` best of the values in `over` and of the cells that have their bucket in `inside`, the best
        first.
        """
        pool = over
        order = range(len(self.edges), 0, -1) if is_greatest else range(1, len(self.edges) + 1)
        for bucket in order:
            if len(pool) == count and self._is_beyond(bucket, pool[-1], is_greatest=is_greatest):
                break
            if found := inside.count(bucket):
                values = [self.edges[bucket - 1]] * min(found, count) if self.is_exact else self._of(inside, bucket)
                pool = sorted([*pool, *values], reverse=is_greatest)[:count]
        return pool

    def _is_beyond(self, bucket: int, least: float, *, is_greatest: bool) -> bool:
        """Whether nothing in a bucket is better than a value."""
        if not is_greatest:
            return bool(self.edges[bucket - 1] >= least)
        if self.is_exact:
            return bool(self.edges[bucket - 1] <= least)
        return bucket < len(self.edges) and bool(self.edges[bucket] <= least)

    def _of(self, inside: bytes, bucket: int) -> list[Any]:
        return [self.cells[place] for place in places_of(inside, bucket)]


def bucketed(code: Code, cells: Cells) -> tuple[bytes, Cells, bool]:
    """The buckets of cells, their edges, and whether each is of one value."""
    having = [value for value in cells if value == value] if code == "d" else [*filter(None, cells)]  # noqa: PLR0124 - NaN
    distinct = sorted(set(having))
    if len(distinct) <= _BUCKETS:
        numbers = {value: number for number, value in enumerate(distinct, 1)}
        return bytes([numbers.get(value, 0) for value in cells]), array(code, distinct), True
    having.sort()
    edges = sorted({having[step * len(having) // _BUCKETS] for step in range(_BUCKETS)})
    if len(having) == len(cells):
        return bytes([bisect_right(edges, value) for value in cells]), array(code, edges), False
    is_there = (lambda value: value == value) if code == "d" else bool  # noqa: PLR0124 - as above
    return bytes([bisect_right(edges, value) if is_there(value) else 0 for value in cells]), array(code, edges), False


def packed(cells: Cells) -> bytes:
    """Little-endian, on every machine."""
    if sys.byteorder == "big":
        cells = cells[:]
        cells.byteswap()
    return cells.tobytes()


def unpacked(code: Code, data: bytes) -> Cells:
    """What `packed` wrote."""
    cells = array(code)
    cells.frombytes(data)
    if sys.byteorder == "big":
        cells.byteswap()
    return cells


def places_of(buckets: bytes | bytearray, bucket: int) -> Iterator[int]:
    """Where a byte stands, one after the other."""
    place = buckets.find(bucket)
    while place >= 0:
        yield place
        place = buckets.find(bucket, place + 1)


def _table(found: Iterator[object]) -> bytes:
    return bytes([0, *map(bool, found)]).ljust(_BUCKETS + 1, b"\0")


_THERE: Final = bytes([0, *([1] * _BUCKETS)])
