"""The rows and cells of a run that lists and searches look at."""

from __future__ import annotations

import math
from array import array
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final

from gitreg.documents import NOTE_ABANDONED, NOTE_DELETED, NOTE_TAG, Note, RunId, parse_time
from gitreg.folding import noted_tags
from gitreg.index.columns import ColumnName, Columns
from gitreg.index.facets import facets_of
from gitreg.index.rows import says_deleted

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Iterator, Mapping, Sequence

    from gitreg.index.facets import Facets, MetricFacet, Value

RUN_TABLES: Final = ("runs", "uses", "cells", "fields", "words")
STARTED: Final = ColumnName("attribute", "started_at", part="number")
_INSERT: Final = "INSERT INTO runs VALUES (?, ?, ?, ?, ?, ?, ?, ?, ?)"


@dataclass(frozen=True)
class RunLine:
    """A run in one line, as lists show it. `started_at` as documents spell times."""

    run_id: RunId
    experiment: str
    name: str
    started_at: str
    status: str
    is_deleted: bool


@dataclass(frozen=True)
class Entry:
    """What a search looks at: something with an id and a name, its cells, and (name, role, digest) of its datasets."""

    id: str
    name: str
    cells: tuple[tuple[ColumnName, float | str], ...]
    datasets: tuple[tuple[str, str, str], ...] = ()
    experiment: str = ""
    started_at: str = ""
    status: str = ""
    is_deleted: bool = False


class RunRows:
    """Writes and takes away what is kept of runs, within one refresh; `save` ends it."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        """Of the database that the connection is to."""
        self._connection = connection
        self._columns = Columns(connection)
        self._next = 1 + connection.execute("SELECT COALESCE(MAX(run), -1) FROM runs").fetchone()[0]

    def save(self) -> None:
        """Write the cells."""
        self._columns.save()

    def refold(self, run_id: str) -> None:
        """Make a run's rows anew from the records and the notes about it; without records there are none.

        Format 28: attempts are ordered by (started_at, id), and the status of the last that opened the run is the
        run's.
        """
        query = "SELECT subject, experiment, name, first, last, status, document FROM records WHERE run_id = ?"
        records = self._connection.execute(query, (run_id,)).fetchall()
        place = self.forget(run_id)
        if not records:
            return
        subject, experiment, name, first, *_ = min(records, key=lambda record: str(record[3]))
        last, status = max((str(record[4]), str(record[5])) for record in records)
        started_at = str(first).partition(" ")[0]
        notes = self._notes(subject)
        abandoned = notes.get(NOTE_ABANDONED + last.rpartition(" ")[2])
        if status == "running" and abandoned is not None and abandoned.value is not None:
            status = "killed"
        line = RunLine(RunId(run_id), experiment, name, started_at, status, says_deleted(notes.get(NOTE_DELETED)))
        facets = facets_of([record[6] for record in records])
        self.put(place, entry_of(line, facets, noted_tags(notes)))

    def _notes(self, subject: str) -> dict[str, Note]:
        """What was noted after the run was recorded, comments left out."""
        query = (
            "SELECT document FROM notes WHERE subject = ? AND (name = ? OR name LIKE ? || '%' OR name LIKE ? || '%')"
        )
        found = self._connection.execute(query, (subject, NOTE_DELETED, NOTE_TAG, NOTE_ABANDONED))
        notes = (Note.from_bytes(document) for (document,) in found)
        return {note.name: note for note in notes}

    def forget(self, run_id: str) -> int | None:
        """Take all that is kept of a run away; its place, which a new row of it takes again."""
        found = self._connection.execute("SELECT run, fields FROM runs WHERE run_id = ?", (run_id,)).fetchone()
        if found is None:
            return None
        run, fields = int(found[0]), array("i", found[1])
        for column in fields:
            self._columns.clear(column, run)
        self._connection.execute("DELETE FROM uses WHERE run = ?", (run,))
        self._connection.execute("DELETE FROM runs WHERE run = ?", (run,))
        return run

    def put(self, run: int | None, entry: Entry) -> None:
        """Write a run, or another thing that is searched, at its old place if it had one."""
        if run is None:
            run, self._next = self._next, self._next + 1
        fields = array("i", [self._columns.put(name, run, value) for name, value in entry.cells])
        first = (run, entry.id, entry.id[::-1], entry.experiment, entry.name, entry.started_at, entry.status)
        self._connection.execute(_INSERT, (*first, entry.is_deleted, fields.tobytes()))
        rows = [(run, *use) for use in entry.datasets]
        self._connection.executemany("REPLACE INTO uses VALUES (?, ?, ?, ?)", rows)


def entry_of(line: RunLine, facets: Facets | None, noted: Mapping[str, str | None] = MappingProxyType({})) -> Entry:
    """A run as a search looks at it; `noted` tags were set, or taken away (None), afterwards."""
    cells = (*_line_cells(line), *cells_of(facets, noted))
    uses = facets.datasets if facets is not None else ()
    fixed = (line.experiment, line.started_at, line.status, line.is_deleted)
    return Entry(line.run_id, line.name, cells, uses, *fixed)


def _line_cells(line: RunLine) -> Iterator[tuple[ColumnName, float | str]]:
    yield STARTED, parse_time(line.started_at).timestamp()
    yield ColumnName("attribute", "experiment"), line.experiment
    yield ColumnName("attribute", "status"), line.status


def cells_of(facets: Facets | None, noted: Mapping[str, str | None]) -> Iterator[tuple[ColumnName, float | str]]:
    """A run's cells: each param as text and, where it is one, as number; each tag; each metric part by part."""
    if facets is None:
        return
    yield from _attributes(facets)
    if facets.finished_at is not None and facets.duration is not None:
        yield ColumnName("attribute", "finished_at", part="number"), parse_time(facets.finished_at).timestamp()
        yield ColumnName("attribute", "duration", part="number"), facets.duration
    for key, value in facets.params.items():
        yield ColumnName("param", key), _text(value)
        if (number := number_in(value)) is not None:
            yield ColumnName("param", key, part="number"), number
    for key, text in {**facets.tags, **noted}.items():
        if text is not None:
            yield ColumnName("tag", key), text
    yield from _metric_cells(facets.metrics)


def _metric_cells(metrics: Sequence[MetricFacet]) -> Iterator[tuple[ColumnName, float]]:
    """Each part of each; one that was logged on only one dataset is found without its name, too."""
    datasets: dict[str, set[str]] = {}
    for metric in metrics:
        datasets.setdefault(metric.key, set()).add(metric.dataset)
    for metric in metrics:
        names = {metric.dataset, ""} if len(datasets[metric.key]) == 1 else {metric.dataset}
        for dataset in sorted(names):
            yield from ((ColumnName("metric", metric.key, dataset, part), value) for part, value in metric.parts)


def _attributes(facets: Facets) -> Iterator[tuple[ColumnName, str]]:
    found = {
        "user": facets.user,
        "host": facets.host,
        "parent": facets.parent,
        "commit": facets.commit,
        "branch": facets.branch,
    }
    yield from ((ColumnName("attribute", key), text) for key, text in found.items() if text is not None)


def _text(value: Value) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)


def number_in(value: Value) -> float | None:
    """The finite number that a param is or spells: `4`, `0.10` and `"4"` do, `true` does not."""
    if isinstance(value, bool) or (isinstance(value, str) and ("_" in value or value != value.strip())):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if math.isfinite(number) else None
