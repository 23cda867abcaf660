"""A search answered: the runs that a condition's mask has, put in order by columns.

Of many runs that fit, only those that may be on the page are put in order.
"""

from __future__ import annotations

import sqlite3
from bisect import bisect_left
from dataclasses import dataclass, field
from types import MappingProxyType
from typing import TYPE_CHECKING, Any, TypeAlias

from gitreg.index.columns import Columns
from gitreg.index.database import batches
from gitreg.index.masks import ROWS, Mask, Masks, Stages, column_of
from gitreg.index.runs import RunRows, entry_of
from gitreg.index.schema import SCHEMA
from gitreg.index.segments import CELLS, places_of
from gitreg.search import And, Field, OrderKey

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

    from gitreg.index.columns import ColumnName
    from gitreg.index.facets import Facets
    from gitreg.index.runs import Entry, RunLine
    from gitreg.search import Condition

Key: TypeAlias = "float | str | None"


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


def search(columns: Columns, query: Query, stages: Stages, aliases: Stages = MappingProxyType({})) -> list[Found]:
    """The runs that fit, in order: what a key lacks comes last, and of equal runs the latest is first."""
    masks = Masks(columns, {"stage": stages, "alias": aliases})
    wanted = masks.of(query.condition) & masks.everything
    if not query.deleted:
        wanted &= masks.without(masks.deleted)
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
        return search(Columns(connection), query, stages, aliases)
    finally:
        connection.close()


@dataclass(frozen=True)
class Sorter:
    """Puts runs in order: what a key lacks comes last, whichever way it goes."""

    masks: Masks
    order: tuple[OrderKey, ...]

    def sorted(self, mask: Mask, query: Query) -> list[Found]:
        """The runs of a mask, in order, after the one that the query names; at least as many as it wants."""
        mask = self._near(mask, query)
        places = [*places_of(mask.to_bytes(self.masks.size, "little"), 1)]
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
        beyond = self.masks.compared(name, "<" if self.order[0].descending else ">", last)
        behind = mask & (beyond | self.masks.without(self.masks.there(name)))
        return (mask & self.masks.compared(name, "=", last)) | self._first(behind, self.order, query.limit)

    def _first(self, mask: Mask, order: Sequence[OrderKey], count: int) -> Mask:
        """Those among which the first `count` are: what is better than the value at that place, and of what equals it
        those that are first by the other keys.
        """
        name = self._numbers(order[0].field, mask) if order else None
        if name is None or mask.bit_count() <= count:
            return mask
        is_descending = order[0].descending
        least = self.masks.columns.read(name).best(mask, count, is_greatest=is_descending)
        if least is None:
            there = mask & self.masks.there(name)
            return there | self._first(mask ^ there, order[1:], count - there.bit_count())
        better = mask & self.masks.compared(name, ">" if is_descending else "<", least)
        same = mask & self.masks.compared(name, "=", least)
        return better | self._first(same, order[1:], count - better.bit_count())

    def _numbers(self, where: Field, mask: Mask) -> ColumnName | None:
        """The column of numbers that a key orders these runs by; None where it orders them by text."""
        if where.kind != "param":
            name = column_of(where)
            return name if name.code == "d" else None
        number = column_of(where, "number")
        texts = mask & self.masks.there(column_of(where))
        return None if texts & self.masks.without(self.masks.there(number)) else number

    def _column(self, where: Field, mask: Mask, places: Sequence[int]) -> Mapping[int, Key]:
        """The values of the runs of a mask, by place."""
        if where.kind == "attribute" and where.key in ROWS:
            return self._row(where.key, places)
        name = self._numbers(where, mask)
        if name is not None:
            return self._cells(name, places)
        cells = self._cells(column_of(where), places)
        words = self.masks.columns.words(cells.values())
        return {place: words[code] for place, code in cells.items()}

    def _cells(self, name: ColumnName, places: Sequence[int]) -> dict[int, Any]:
        found: dict[int, Any] = {}
        for segment in self.masks.columns.read(name).segments:
            first, end = (bisect_left(places, at) for at in (segment.start, segment.start + CELLS))
            inside = [place for place in places[first:end] if segment.buckets[place - segment.start]]
            if inside:
                found.update((place, segment.cells[place - segment.start]) for place in inside)
        return found

    def _row(self, column: str, places: Sequence[int]) -> dict[int, str]:
        """A column of the runs' rows."""
        if len(places) * 10 > self.masks.size:
            query = f"SELECT run, {column} FROM runs"  # noqa: S608 - a column of ours
            return dict(self.masks.columns.connection.execute(query))
        found: dict[int, str] = {}
        for batch in batches(places):
            query = f"SELECT run, {column} FROM runs WHERE run IN ({', '.join('?' * len(batch))})"  # noqa: S608 - ours
            found.update(self.masks.columns.connection.execute(query, batch))
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
