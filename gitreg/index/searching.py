"""A search answered: conditions become masks over all runs, one byte a run, and orders become columns.

A mask is made by one pass over a column, in C: 100,000 cells take some milliseconds. What a run does not have compares
as false, so that `NOT` is always the opposite.
"""

from __future__ import annotations

import heapq
import operator
import re
import sqlite3
from dataclasses import dataclass, field
from datetime import datetime
from functools import cached_property, partial
from itertools import compress
from typing import TYPE_CHECKING, Any, Final, TypeAlias, assert_never

from gitreg.documents import format_time
from gitreg.index.columns import ColumnName, Columns
from gitreg.index.runs import STARTED, RunRows, number_in
from gitreg.index.schema import SCHEMA
from gitreg.search import And, Compare, Field, Missing, Not, Or, OrderKey, Within

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Mapping, Sequence

    from gitreg.index.facets import Facets
    from gitreg.index.runs import RunLine
    from gitreg.search import Condition, Literal

Mask: TypeAlias = bytearray
Key: TypeAlias = "float | str | None"
Stages: TypeAlias = "Mapping[tuple[str, str], Sequence[str]]"
COLUMNS: Final = {
    "run_id": "run_id",
    "name": "name",
    "experiment": "experiment",
    "status": "status",
    "user": "user",
    "host": "host",
    "parent": "parent",
    "commit": "commit_id",
    "branch": "branch",
}
_NUMBERED: Final = ("started_at", "finished_at", "duration")
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


def search(connection: sqlite3.Connection, query: Query, stages: Stages) -> list[Found]:
    """The runs that fit, in order: what a key lacks comes last, and of equal runs the latest is first."""
    masks = Masks(connection, stages)
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
    """The same for runs that are in no index: they are put into one of their own, in memory."""
    connection = sqlite3.connect(":memory:", isolation_level=None)
    try:
        for statement in SCHEMA.split(";"):
            connection.execute(statement)
        rows = RunRows(connection)
        for line, facets in runs:
            rows.put(None, line, facets, {})
        rows.save()
        return search(connection, query, stages)
    finally:
        connection.close()


@dataclass
class Masks:
    """Masks of the conditions of one search. `stages` gives the runs behind each (model, stage)."""

    connection: sqlite3.Connection
    stages: Stages
    size: int = 0

    def __post_init__(self) -> None:
        """As many runs as there are places."""
        self.columns = Columns(self.connection)
        self.size = int(self.connection.execute("SELECT COALESCE(MAX(run) + 1, 0) FROM runs").fetchone()[0])

    @cached_property
    def everything(self) -> Mask:
        """All runs. A place that no run has is rare, and only then is every row looked at."""
        (count,) = self.connection.execute("SELECT COUNT(*) FROM runs").fetchone()
        return bytearray(b"\1") * self.size if count == self.size else self.where("1", ())

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
        if where.kind == "stage":
            return self._named(run for stage, run in self._staged(where))
        if where.kind == "dataset":
            return self._at(run for (run,) in self.connection.execute("SELECT run FROM uses"))
        if where.kind == "attribute" and where.key in COLUMNS:
            return self.where(f"{COLUMNS[where.key]} IS NOT NULL", ())
        if where.kind == "metric":  # a metric that is NaN is there; a count is a number always
            return self.mapped(_column(where, "count"), (float("-inf")).__lt__)
        return self.mapped(_column(where), _is_there if _column(where).code == "i" else (float("-inf")).__le__)

    def _compared(self, where: Field, sign: str, value: Literal) -> Mask:
        if where.kind == "stage":
            return self._named(run for stage, run in self._staged(where) if (stage == value) == (sign == "="))
        if where.kind == "metric":
            return self._number(_column(where), sign, value)
        if where.kind == "attribute":
            return self._attribute(where, sign, value)
        if where.kind == "dataset":
            return self._dataset(where, sign, str(value))
        if where.kind == "param":
            return self._param(where, sign, value)
        return self._text(_column(where), sign, _worded(value))

    def _attribute(self, where: Field, sign: str, value: Literal) -> Mask:
        if where.key in _NUMBERED:
            given = value.timestamp() if isinstance(value, datetime) else value
            return self._number(_column(where), sign, given)
        given = _worded(value).lower() if where.key == "status" else _worded(value)
        return self.where(*_tested(COLUMNS[where.key], sign, given))

    def _dataset(self, where: Field, sign: str, value: str) -> Mask:
        test, values = _tested(where.key, sign, value)
        query = f"SELECT run FROM uses WHERE {test}"  # noqa: S608 - a column of ours and a place
        return self._at(run for (run,) in self.connection.execute(query, values))

    def _param(self, where: Field, sign: str, value: Literal) -> Mask:
        """As numbers where both are numbers, else as texts."""
        number = None if sign in ("like", "ilike") or isinstance(value, datetime) else number_in(value)
        if number is None:
            return self._text(_column(where), sign, _worded(value))
        as_number = self._number(_column(where, "number"), sign, number)
        if isinstance(value, str) and sign == "=":
            return _any([as_number, self._text(_column(where), "=", value)], self.size)
        if sign == "!=":  # what is no number is another value
            texts = _both(self._having(where), _flipped(self.mapped(_column(where, "number"), _is_number)))
            return _any([as_number, _both(texts, self._text(_column(where), "!=", _worded(value)))], self.size)
        return as_number

    def _number(self, name: ColumnName, sign: str, value: Literal) -> Mask:
        number = float(value)  # type: ignore[arg-type] # the grammar takes nothing else here
        if sign == "!=":
            return _both(_flipped(self.mapped(name, number.__eq__)), self.mapped(name, _is_number))
        return self.mapped(name, getattr(number, _FLIPPED[sign]))

    def _text(self, name: ColumnName, sign: str, value: str) -> Mask:
        if sign == "=":
            return self.mapped(name, (self.columns.word(value) or -1).__eq__)
        present = self.columns.words(code for _, cells in self.columns.read(name) for code in set(cells))
        fits = _pattern(value, sign) if sign in ("like", "ilike") else partial(_compare, _ORDERS[sign], value)
        return self.mapped(name, {code for code, word in present.items() if fits(word)}.__contains__)

    def values(self, name: ColumnName, mask: Mask) -> Iterator[Any]:
        """The cells of the runs of a mask."""
        for start, cells in self.columns.read(name):
            yield from compress(cells, mask[start : start + len(cells)])

    def mapped(self, name: ColumnName, test: Callable[[Any], object]) -> Mask:
        """The runs whose cell passes a test, made in one pass."""
        mask = bytearray(self.size)
        for start, cells in self.columns.read(name):
            found = bytes(map(test, cells))  # type: ignore[arg-type] # a test answers with a bool
            mask[start : start + len(found)] = found
        return mask[: self.size]

    def _staged(self, where: Field) -> Iterable[tuple[str, str]]:
        """The stages in which versions are that were made of a run, with that run's id."""
        for (model, stage), runs in self.stages.items():
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
        mask = self._first(mask, query)
        places = list(compress(range(self.masks.size), mask))
        columns = [self._column(key.field, mask) for key in self.order]
        ids = self._ids(places)
        found = [Found(ids[place], (*(column.get(place) for column in columns), ids[place])) for place in places]
        found = sorted_by(found, self.order)
        return found if query.after is None else _after(found, query.after, self.order)

    def _first(self, mask: Mask, query: Query) -> Mask:
        """Those that may be on the page, by the first key alone: a search that finds many runs sorts few of them."""
        name, is_descending = _column(self.order[0].field), self.order[0].descending
        last = None if query.after is None else query.after[0]
        if query.limit is None or name.code != "d" or (query.after is not None and not isinstance(last, float)):
            return mask
        near = mask
        if isinstance(last, float):
            near = _both(mask, self.masks.mapped(name, last.__ge__ if is_descending else last.__le__))
        values = [value for value in self.masks.values(name, near) if _is_number(value)]
        wanted = query.limit + (values.count(last) if isinstance(last, float) else 0)
        if len(values) < wanted:
            return mask
        least = (heapq.nlargest if is_descending else heapq.nsmallest)(wanted, values)[-1]
        return _both(near, self.masks.mapped(name, least.__le__ if is_descending else least.__ge__))

    def _column(self, where: Field, mask: Mask) -> Mapping[int, Key]:
        """The values of the runs of a mask, by place."""
        if where.kind == "attribute" and where.key in COLUMNS:
            query = f"SELECT run, {COLUMNS[where.key]} FROM runs"  # noqa: S608 - a column of ours
            return {
                run: value for run, value in self.masks.connection.execute(query) if mask[run] and value is not None
            }
        cells = self._cells(_column(where), mask)
        if where.kind == "param":  # by number where all are numbers, else by text
            numbers = self._cells(_column(where, "number"), mask)
            if len(numbers) == len(cells):
                return numbers
        if _column(where).code == "d":
            return cells
        words = self.masks.columns.words(cells.values())
        return {place: words[code] for place, code in cells.items()}

    def _cells(self, name: ColumnName, mask: Mask) -> dict[int, Any]:
        found: dict[int, Any] = {}
        is_there = _is_there if name.code == "i" else _is_number
        for start, cells in self.masks.columns.read(name):
            wanted = mask[start : start + len(cells)]
            pairs = zip(compress(range(start, start + len(cells)), wanted), compress(cells, wanted), strict=True)
            found.update((place, value) for place, value in pairs if is_there(value))
        return found

    def _ids(self, places: Sequence[int]) -> dict[int, str]:
        if len(places) * 10 > self.masks.size:
            return dict(self.masks.connection.execute("SELECT run, run_id FROM runs"))
        query = "SELECT run_id FROM runs WHERE run = ?"
        return {place: self.masks.connection.execute(query, (place,)).fetchone()[0] for place in places}


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
        return STARTED if where.key == "started_at" else ColumnName("attribute", where.key, part="number")
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


def _is_there(code: int) -> bool:
    return code != 0


def _is_number(value: float) -> bool:
    return value == value  # noqa: PLR0124 - NaN is where no number is


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
    together = int.from_bytes(one, "little") & int.from_bytes(other, "little")
    return bytearray(together.to_bytes(len(one), "little"))


def _flipped(mask: Mask) -> Mask:
    return mask.translate(_SWAP)


_SWAP: Final = bytes([1, 0, *range(2, 256)])
