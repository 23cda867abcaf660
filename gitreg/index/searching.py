"""A search answered: conditions become masks over all runs, one byte a run, and orders become columns.

A mask is made by one pass over the bytes of a column's buckets, in C: 100,000 cells take under a millisecond, and of
many runs that fit, only those that may be on the page are put in order. What a run does not have compares as false, so
that `NOT` is always the opposite.
"""

from __future__ import annotations

import operator
import re
import sqlite3
from bisect import bisect_left
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, Final, TypeAlias, assert_never

from gitreg.documents import format_time
from gitreg.index.columns import ColumnName, Columns
from gitreg.index.runs import STARTED, RunRows, entry_of, number_in
from gitreg.index.schema import SCHEMA
from gitreg.index.segments import CELLS, both, places_of
from gitreg.search import NUMBERS, TIMES, And, Compare, Field, Missing, Not, Or, OrderKey, Within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gitreg.index.facets import Facets
    from gitreg.index.runs import Entry, RunLine
    from gitreg.index.segments import Segment
    from gitreg.search import Condition, Literal

Mask: TypeAlias = bytearray
Key: TypeAlias = "float | str | None"
Stages: TypeAlias = "Mapping[tuple[str, str], Sequence[str]]"
_ROWS: Final = ("run_id", "name")
"""Attributes that hardly two runs share: they lie in the runs' rows, all others in columns."""
_BATCH: Final = 500
_NUMBERED: Final = (*TIMES, *NUMBERS)
# The value stands on the left of these, so that a bound method can be mapped over the cells.
_FLIPPED: Final = {"=": "__eq__", "<": "__gt__", "<=": "__ge__", ">": "__lt__", ">=": "__le__"}
_ORDERS: Final[dict[str, Callable[[Any, Any], bool]]] = {
    "=": operator.eq,
    "!=": operator.ne,
    "<": operator.lt,
    "<=": operator.le,
    ">": operator.gt,
    ">=": operator.ge,
}


@dataclass(frozen=True)
class Query:
    """What is asked of the runs: which, in which order, how many, after which."""

    condition: Condition = field(default_factory=lambda: And(()))
    order: tuple[OrderKey, ...] = ()
    limit: int | None = None
    after: tuple[Key, ...] | None = None
    """The keys of the last run of the page before."""
    deleted: bool = False
    """Whether those that were deleted are asked for, too."""

    @property
    def keys(self) -> tuple[OrderKey, ...]:
        """What runs are ordered by: of equal ones the latest comes first."""
        return (*self.order, OrderKey(Field("attribute", "started_at"), descending=True))


@dataclass(frozen=True)
class Found:
    """A run that fits, and what it is ordered by: the value of each key, and the run's start and id."""

    run_id: str
    keys: tuple[Key, ...]


def search(
    connection: sqlite3.Connection, query: Query, stages: Stages, aliases: Stages = MappingProxyType({})
) -> list[Found]:
    """The runs that fit, in order: what a key lacks comes last, and of equal runs the latest is first."""
    masks = Masks(connection, {"stage": stages, "alias": aliases})
    wanted = _both(masks.of(query.condition), masks.everything)
    if not query.deleted:
        wanted = _both(wanted, _flipped(masks.where("deleted = 1", ())))
    found = Sorter(masks, query.keys).sorted(wanted, query)
    return found if query.limit is None else found[: query.limit]


def with_live(
    found: Sequence[Found], live: Sequence[tuple[RunLine, Facets]], query: Query, stages: Stages
) -> list[Found]:
    """What was found on the ledger, with the live runs in their places; a run that is both is looked at as it lives."""
    together = [*found]
    if live:
        known = {line.run_id for line, _ in live}
        kept = [each for each in found if each.run_id not in known]
        together = sorted_by([*kept, *search_among(live, query, stages)], query.keys)
    return together if query.limit is None else together[: query.limit]


def search_among(runs: Iterable[tuple[RunLine, Facets]], query: Query, stages: Stages) -> list[Found]:
    """The same for runs that are in no index."""
    return search_entries((entry_of(line, facets) for line, facets in runs), query, stages)


def search_entries(
    entries: Iterable[Entry], query: Query, stages: Stages, aliases: Stages = MappingProxyType({})
) -> list[Found]:
    """The same for whatever is searched: it is put into an index of its own, in memory."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        for statement in SCHEMA.split(";"):
            connection.execute(statement)
        rows = RunRows(connection)
        for entry in entries:
            rows.put(None, entry)
        rows.save()
        return search(connection, query, stages, aliases)
    finally:
        connection.close()


@dataclass
class Masks:
    """Masks of the conditions of one search. `labels` gives the runs behind each (model, stage), or alias."""

    connection: sqlite3.Connection
    labels: Mapping[str, Stages]
    size: int = 0

    def __post_init__(self) -> None:
        """As many runs as there are places."""
        self.columns = Columns(self.connection)
        self.size = int(self.connection.execute("SELECT COALESCE(MAX(run) + 1, 0) FROM runs").fetchone()[0])

    @cached_property
    def everything(self) -> Mask:
        """All runs: each has a start."""
        return self.there(STARTED)

    def of(self, node: Condition) -> Mask:
        """1 for each run that fits, by its place; of a place that no run has, anything."""
        match node:
            case And(parts):
                return _all([self.of(part) for part in parts], self.size)
            case Or(parts):
                return _any([self.of(part) for part in parts], self.size)
            case Not(part):
                return _flipped(self.of(part))
            case Missing(where):
                return _flipped(self._having(where))
            case Compare(where, sign, value):
                return self._compared(where, sign, value)
            case Within(where, values):
                return _any([self._compared(where, "=", value) for value in values], self.size)
            case _:
                assert_never(node)

    def where(self, test: str, values: Sequence[object]) -> Mask:
        """The runs whose row passes an SQL test."""
        query = f"SELECT run FROM runs WHERE {test}"  # noqa: S608 - the tests are this module's own
        return self._at(run for (run,) in self.connection.execute(query, values))

    def _at(self, runs: Iterable[int]) -> Mask:
        mask = bytearray(self.size)
        for run in runs:
            mask[run] = 1
        return mask

    def _having(self, where: Field) -> Mask:
        """The runs that have such a field at all."""
        if where.kind in ("stage", "alias"):
            return self._named(run for stage, run in self._labelled(where))
        if where.kind == "dataset":
            return self._at(run for (run,) in self.connection.execute("SELECT run FROM uses"))
        if where.kind == "attribute" and where.key in _ROWS:
            return self.everything
        return self.there(_column(where, "count" if where.kind == "metric" else ""))  # of a metric that is NaN, too

    def _compared(self, where: Field, sign: str, value: Literal) -> Mask:
        if where.kind in ("stage", "alias"):
            return self._named(run for stage, run in self._labelled(where) if (stage == value) == (sign == "="))
        if where.kind == "metric":
            return self._number(_column(where), sign, value)
        if where.kind == "attribute":
            return self._attribute(where, sign, value)
        if where.kind == "dataset":
            return self._dataset(where, sign, str(value))
        if where.kind == "param":
            return self._param(where, sign, value)
        return self._text(where, sign, _worded(value))

    def _attribute(self, where: Field, sign: str, value: Literal) -> Mask:
        if where.key in _NUMBERED:
            given = value.timestamp() if isinstance(value, datetime) else value
            return self._number(_column(where), sign, given)
        given = _worded(value).lower() if where.key == "status" else _worded(value)
        return self.where(*_tested(where.key, sign, given)) if where.key in _ROWS else self._text(where, sign, given)

    def _dataset(self, where: Field, sign: str, value: str) -> Mask:
        test, values = _tested(where.key, sign, value)
        query = f"SELECT run FROM uses WHERE {test}"  # noqa: S608 - a column of ours and a place
        return self._at(run for (run,) in self.connection.execute(query, values))

    def _param(self, where: Field, sign: str, value: Literal) -> Mask:
        """As numbers where both are numbers, else as texts."""
        number = None if sign in ("like", "ilike") or isinstance(value, datetime) else number_in(value)
        if number is None:
            return self._text(where, sign, _worded(value))
        as_number = self._number(_column(where, "number"), sign, number)
        if isinstance(value, str) and sign == "=":
            return _any([as_number, self._text(where, "=", value)], self.size)
        if sign == "!=":  # what is no number is another value
            texts = _both(self._having(where), _flipped(self.there(_column(where, "number"))))
            return _any([as_number, _both(texts, self._text(where, "!=", _worded(value)))], self.size)
        return as_number

    def _number(self, name: ColumnName, sign: str, value: Literal) -> Mask:
        number = float(value)  # type: ignore[arg-type] # the grammar takes nothing else here
        if sign == "!=":
            return _both(_flipped(self.compared(name, "=", number)), self.there(name))
        return self.compared(name, sign, number)

    def _text(self, where: Field, sign: str, value: str) -> Mask:
        name = _column(where)
        if sign == "=":
            return self.compared(name, sign, self.columns.word(value) or -1)
        is_pattern = sign in ("like", "ilike")
        fits = _pattern(value, sign) if is_pattern else partial(_compare, _ORDERS[sign], value)
        segments = self.columns.read(name)
        words = self.columns.words(number for each in segments for number in each.distinct)
        fitting = {number for number, word in words.items() if fits(word)}
        return self._made(segments, lambda each: each.passing(fitting.__contains__))

    def there(self, name: ColumnName) -> Mask:
        """The runs that have a cell of a column."""
        return self._made(self.columns.read(name), lambda each: each.there)

    def compared(self, name: ColumnName, sign: str, number: float) -> Mask:
        """The runs whose cell is so to a number."""
        test = getattr(number, _FLIPPED[sign])
        return self._made(self.columns.read(name), lambda each: each.compared(test, sign, number))

    def _made(self, segments: Iterable[Segment], make: Callable[[Segment], bytes]) -> Mask:
        mask = bytearray(self.size)
        for segment in segments:
            found = make(segment)
            mask[segment.start : segment.start + len(found)] = found
        return mask[: self.size]

    def best(self, name: ColumnName, mask: Mask, count: int, *, is_greatest: bool) -> float | None:
        """Of the runs of a mask, the value that comes at this place from the best; None where fewer have one."""
        pool: list[float] = []
        for segment in self.columns.read(name):
            part = bytes(mask[segment.start : segment.start + CELLS]).ljust(CELLS, b"\0")
            pool = segment.best(part, count, is_greatest=is_greatest, over=pool)
        return pool[-1] if len(pool) == count else None

    def _labelled(self, where: Field) -> Iterable[tuple[str, str]]:
        """The stages in which versions are that were made of a run, with that run's id; or the aliases."""
        for (model, stage), runs in self.labels[where.kind].items():
            if where.key in ("", model):
                yield from ((stage, run) for run in runs)

    def _named(self, run_ids: Iterable[str]) -> Mask:
        query = "SELECT run FROM runs WHERE run_id = ?"
        return self._at(row[0] for run_id in set(run_ids) for row in self.connection.execute(query, (run_id,)))


@dataclass(frozen=True)
class Sorter:
    """Puts runs in order: what a key lacks comes last, whichever way it goes."""

    masks: Masks
    order: tuple[OrderKey, ...]

    def sorted(self, mask: Mask, query: Query) -> list[Found]:
        """The runs of a mask, in order, after the one that the query names; at least as many as it wants."""
        mask = self._near(mask, query)
        places = [*places_of(mask, 1)]
        columns = [self._column(key.field, mask, places) for key in self.order]
        ids = self._row("run_id", places)
        found = [Found(ids[place], (*(column.get(place) for column in columns), ids[place])) for place in places]
        found = sorted_by(found, self.order)
        return found if query.after is None else _after(found, query.after, self.order)

    def _near(self, mask: Mask, query: Query) -> Mask:
        """Those that may be on the page: a search that finds many runs sorts few of them."""
        if query.limit is None:
            return mask
        if query.after is None:
            return self._first(mask, self.order, query.limit)
        name, last = self._numbers(self.order[0].field, mask), query.after[0]
        if name is None or not isinstance(last, float):
            return mask
        same = _both(mask, self.masks.compared(name, "=", last))
        beyond = self.masks.compared(name, "<" if self.order[0].descending else ">", last)
        lacking = _both(mask, _flipped(self.masks.there(name)))
        behind = _any([_both(mask, beyond), lacking], self.masks.size)
        return _any([same, self._first(behind, self.order, query.limit)], self.masks.size)

    def _first(self, mask: Mask, order: Sequence[OrderKey], count: int) -> Mask:
        """Those among which the first `count` are: what is better than the value at that place, and of what equals it
        those that are first by the other keys.
        """
        name = self._numbers(order[0].field, mask) if order else None
        if name is None or mask.count(1) <= count:
            return mask
        is_descending = order[0].descending
        least = self.masks.best(name, mask, count, is_greatest=is_descending)
        if least is None:
            there = _both(mask, self.masks.there(name))
            lacking = _both(mask, _flipped(there))
            return _any([there, self._first(lacking, order[1:], count - there.count(1))], self.masks.size)
        better = _both(mask, self.masks.compared(name, ">" if is_descending else "<", least))
        same = _both(mask, self.masks.compared(name, "=", least))
        return _any([better, self._first(same, order[1:], count - better.count(1))], self.masks.size)

    def _numbers(self, where: Field, mask: Mask) -> ColumnName | None:
        """The column of numbers that a key orders these runs by; None where it orders them by text."""
        if where.kind != "param":
            name = _column(where)
            return name if name.code == "d" else None
        number = _column(where, "number")
        texts = _both(mask, self.masks.there(_column(where)))
        return number if not any(_both(texts, _flipped(self.masks.there(number)))) else None

    def _column(self, where: Field, mask: Mask, places: Sequence[int]) -> Mapping[int, Key]:
        """The values of the runs of a mask, by place."""
        if where.kind == "attribute" and where.key in _ROWS:
            return self._row(where.key, places)
        name = self._numbers(where, mask)
        if name is not None:
            return self._cells(name, places)
        cells = self._cells(_column(where), places)
        words = self.masks.columns.words(cells.values())
        return {place: words[code] for place, code in cells.items()}

    def _cells(self, name: ColumnName, places: Sequence[int]) -> dict[int, Any]:
        found: dict[int, Any] = {}
        for segment in self.masks.columns.read(name):
            first, end = (bisect_left(places, at) for at in (segment.start, segment.start + CELLS))
            inside = [place for place in places[first:end] if segment.buckets[place - segment.start]]
            if inside:
                found.update((place, segment.cells[place - segment.start]) for place in inside)
        return found

    def _row(self, column: str, places: Sequence[int]) -> dict[int, str]:
        """A column of the runs' rows."""
        if len(places) * 10 > self.masks.size:
            query = f"SELECT run, {column} FROM runs"  # noqa: S608 - a column of ours
            return dict(self.masks.connection.execute(query))
        found: dict[int, str] = {}
        for start in range(0, len(places), _BATCH):
            batch = places[start : start + _BATCH]
            query = f"SELECT run, {column} FROM runs WHERE run IN ({', '.join('?' * len(batch))})"  # noqa: S608 - ours
            found.update(self.masks.connection.execute(query, batch))
        return found


def sorted_by(found: Iterable[Found], order: Sequence[OrderKey]) -> list[Found]:
    """In order; the last key of each is the run's id, by which the later of equal ones comes first."""
    ordered = sorted(found, key=lambda each: each.run_id, reverse=True)
    for place, key in reversed([*enumerate(order)]):
        having = [each for each in ordered if each.keys[place] is not None]
        lacking = [each for each in ordered if each.keys[place] is None]
        having.sort(key=lambda each, at=place: each.keys[at], reverse=key.descending)  # type: ignore[misc]
        ordered = [*having, *lacking]
    return ordered


def _after(found: Sequence[Found], last: tuple[Key, ...], order: Sequence[OrderKey]) -> list[Found]:
    """Those behind the place that a run with these keys has, whether it is still there or not."""
    mark = Found(str(last[-1]), last)
    placed = sorted_by([*(each for each in found if each.keys != last), mark], order)
    return placed[placed.index(mark) + 1 :]


def _column(where: Field, part: str = "") -> ColumnName:
    if where.kind == "attribute":
        return ColumnName("attribute", where.key, part="number" if where.key in _NUMBERED else "text")
    if where.kind == "metric":
        return ColumnName("metric", where.key, where.dataset, part or where.part)
    return ColumnName(where.kind, where.key, part=part or "text")


def _tested(column: str, sign: str, value: str) -> tuple[str, tuple[str, ...]]:
    if sign == "like":
        return f"{column} GLOB ?", (_glob(value),)
    return f"{column} {'LIKE' if sign == 'ilike' else sign} ?", (value,)


def _glob(pattern: str) -> str:
    """A LIKE pattern as SQLite's GLOB, which tells case apart."""
    marks = {"%": "*", "_": "?", "*": "[*]", "?": "[?]", "[": "[[]"}
    return "".join(marks.get(each, each) for each in pattern)


def _pattern(pattern: str, sign: str) -> Callable[[str], bool]:
    marks = {"%": ".*", "_": "."}
    text = "".join(marks.get(each, re.escape(each)) for each in pattern)
    compiled = re.compile(text, re.DOTALL | (re.IGNORECASE if sign == "ilike" else 0))
    return lambda word: compiled.fullmatch(word) is not None


def _compare(test: Callable[[Any, Any], bool], value: str, word: str) -> bool:
    return test(word, value)


def _worded(value: Literal) -> str:
    if isinstance(value, datetime):
        return format_time(value)
    return str(value).lower() if isinstance(value, bool) else str(value)


def _all(masks: Sequence[Mask], size: int) -> Mask:
    found = bytearray(b"\1") * size
    for mask in masks:
        found = _both(found, mask)
    return found


def _any(masks: Sequence[Mask], size: int) -> Mask:
    found = 0
    for mask in masks:
        found |= int.from_bytes(mask, "little")
    return bytearray(found.to_bytes(size, "little"))


def _both(one: Mask, other: Mask) -> Mask:
    return bytearray(both(one, other))


def _flipped(mask: Mask) -> Mask:
    return mask.translate(_SWAP)


_SWAP: Final = bytes([1, 0, *range(2, 256)])
