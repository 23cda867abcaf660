"""Conditions as masks: which runs fit, one byte a run, made by one pass over the bytes of a column's buckets, in C.

100,000 cells take under a millisecond. A mask is one number, the run at place 0 in its lowest byte: AND, OR and NOT
are then one operation each. What a run does not have compares as false, so that `NOT` is always the opposite.
"""

from __future__ import annotations

import operator
import re
from dataclasses import dataclass
from datetime import datetime
from functools import cached_property, partial, reduce
from typing import TYPE_CHECKING, Any, Final, TypeAlias, assert_never

from gitreg.documents import format_time
from gitreg.index.columns import ColumnName
from gitreg.index.runs import STARTED, number_in
from gitreg.search import NUMBERS, TIMES, And, Compare, Field, Missing, Not, Or, Within

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Mapping, Sequence

    from gitreg.index.columns import Columns
    from gitreg.search import Condition, Literal

Mask: TypeAlias = int
Stages: TypeAlias = "Mapping[tuple[str, str], Sequence[str]]"
ROWS: Final = ("run_id", "name")
"""Attributes that hardly two runs share: they lie in the runs' rows, all others in columns."""
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


@dataclass
class Masks:
    """Masks of the conditions of one search. `labels` gives the runs behind each (model, stage), or alias."""

    columns: Columns
    labels: Mapping[str, Stages]

    def __post_init__(self) -> None:
        """As many places as there are."""
        self._connection: sqlite3.Connection = self.columns.connection
        self.size = int(self._connection.execute("SELECT COALESCE(MAX(run) + 1, 0) FROM runs").fetchone()[0])

    @property
    def everything(self) -> Mask:
        """All runs: each has a start."""
        return self.there(STARTED)

    @property
    def deleted(self) -> Mask:
        """The runs that were deleted."""
        return self._where("deleted = 1", ())

    def of(self, node: Condition) -> Mask:
        """The runs that fit; of a place that no run has, anything."""
        match node:
            case And(parts):
                return reduce(operator.and_, map(self.of, parts), self._ones)
            case Or(parts):
                return reduce(operator.or_, map(self.of, parts), 0)
            case Not(part):
                return self.without(self.of(part))
            case Missing(where):
                return self.without(self._having(where))
            case Compare(where, sign, value):
                return self._compared(where, sign, value)
            case Within(where, values):
                return reduce(operator.or_, (self._compared(where, "=", value) for value in values), 0)
            case _:
                assert_never(node)

    def there(self, name: ColumnName) -> Mask:
        """The runs that have a cell of a column."""
        return self.columns.read(name).there

    def compared(self, name: ColumnName, sign: str, number: float) -> Mask:
        """The runs whose cell is so to a number."""
        test = getattr(number, _FLIPPED[sign])
        return self.columns.read(name).joined(lambda each: each.compared(test, sign, number))

    def without(self, mask: Mask) -> Mask:
        """All but these."""
        return mask ^ self._ones

    @cached_property
    def _ones(self) -> Mask:
        return int.from_bytes(b"\1" * self.size, "little")

    def _where(self, test: str, values: Sequence[object]) -> Mask:
        """The runs whose row passes an SQL test."""
        query = f"SELECT run FROM runs WHERE {test}"  # noqa: S608 - the tests are this module's own
        return self._at(self._connection.execute(query, values))

    def _at(self, rows: Iterable[tuple[int]]) -> Mask:
        mask = bytearray(self.size)
        for (run,) in rows:
            mask[run] = 1
        return int.from_bytes(mask, "little")

    def _having(self, where: Field) -> Mask:
        """The runs that have such a field at all."""
        if where.kind in ("stage", "alias"):
            return self._named(run for stage, run in self._labelled(where))
        if where.kind == "dataset":
            return self._at(self._connection.execute("SELECT run FROM uses"))
        if where.kind == "attribute" and where.key in ROWS:
            return self.everything
        return self.there(column_of(where, "count" if where.kind == "metric" else ""))  # of a metric that is NaN, too

    def _compared(self, where: Field, sign: str, value: Literal) -> Mask:
        if where.kind in ("stage", "alias"):
            return self._named(run for stage, run in self._labelled(where) if (stage == value) == (sign == "="))
        if where.kind == "metric":
            return self._number(column_of(where), sign, value)
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
            return self._number(column_of(where), sign, given)
        given = _worded(value).lower() if where.key == "status" else _worded(value)
        return self._where(*_tested(where.key, sign, given)) if where.key in ROWS else self._text(where, sign, given)

    def _dataset(self, where: Field, sign: str, value: str) -> Mask:
        test, values = _tested(where.key, sign, value)
        query = f"SELECT run FROM uses WHERE {test}"  # noqa: S608 - a column of ours and a place
        return self._at(self._connection.execute(query, values))

    def _param(self, where: Field, sign: str, value: Literal) -> Mask:
        """As numbers where both are numbers, else as texts."""
        number = None if sign in ("like", "ilike") or isinstance(value, datetime) else number_in(value)
        if number is None:
            return self._text(where, sign, _worded(value))
        as_number = self._number(column_of(where, "number"), sign, number)
        if isinstance(value, str) and sign == "=":
            return as_number | self._text(where, "=", value)
        if sign == "!=":  # what is no number is another value
            texts = self._having(where) & self.without(self.there(column_of(where, "number")))
            return as_number | (texts & self._text(where, "!=", _worded(value)))
        return as_number

    def _number(self, name: ColumnName, sign: str, value: Literal) -> Mask:
        number = float(value)  # type: ignore[arg-type] # the grammar takes nothing else here
        if sign == "!=":
            return self.there(name) & self.without(self.compared(name, "=", number))
        return self.compared(name, sign, number)

    def _text(self, where: Field, sign: str, value: str) -> Mask:
        name = column_of(where)
        if sign == "=":
            return self.compared(name, sign, self.columns.word(value) or -1)
        is_pattern = sign in ("like", "ilike")
        fits = _pattern(value, sign) if is_pattern else partial(_compare, _ORDERS[sign], value)
        column = self.columns.read(name)
        words = self.columns.words(number for each in column.segments for number in each.distinct)
        fitting = {number for number, word in words.items() if fits(word)}
        return column.joined(lambda each: each.passing(fitting.__contains__))

    def _labelled(self, where: Field) -> Iterable[tuple[str, str]]:
        """The stages in which versions are that were made of a run, with that run's id; or the aliases."""
        for (model, stage), runs in self.labels[where.kind].items():
            if where.key in ("", model):
                yield from ((stage, run) for run in runs)

    def _named(self, run_ids: Iterable[str]) -> Mask:
        query = "SELECT run FROM runs WHERE run_id = ?"
        return self._at(row for run_id in set(run_ids) for row in self._connection.execute(query, (run_id,)))


def column_of(where: Field, part: str = "") -> ColumnName:
    """The column that holds a field, or a part of it."""
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
