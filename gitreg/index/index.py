"""The index: quick answers about a registry, derived from its git history and never the only copy of anything."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Any, Self, TypeVar

from gitreg.documents import (
    Alias,
    Dataset,
    Deployment,
    Digest,
    Document,
    Evaluation,
    Experiment,
    Note,
    RunId,
    RunRecord,
    Version,
    parse_time,
    part,
)
from gitreg.errors import InvalidDocument
from gitreg.index import facts, lines
from gitreg.index.database import Database, at_one_moment, batches, in_transaction
from gitreg.index.lines import Branch, Landed, PathChange
from gitreg.store import CommitId

if TYPE_CHECKING:
    import sqlite3
    from collections.abc import Callable, Iterable, Mapping
    from datetime import datetime
    from pathlib import Path

    from gitreg.index.columns import Columns
    from gitreg.index.database import Moment
    from gitreg.index.facets import Facets
    from gitreg.index.masks import Stages
    from gitreg.index.runs import RunLine
    from gitreg.index.searching import Found, Query
    from gitreg.index.source import Source

T = TypeVar("T")
D = TypeVar("D", bound=Document)

FILE_NAME = "index.sqlite"
_MOST_KEPT = 4_000_000
"""Cells that are kept from one search to the next; one takes 1 to 11 bytes."""
_RUN = "run_id, experiment, name, started_at, status, deleted"


@dataclass(frozen=True)
class RunRow:
    """A run in one line, folded over all writers' records of it."""

    run_id: RunId
    experiment: str
    name: str
    started_at: datetime
    status: str
    is_deleted: bool


@dataclass(frozen=True)
class VersionRow:
    """One file of a version: `number` is what its path claims, 0 where none was claimed."""

    path: str
    number: int
    digest: Digest
    document: Version


class Index:
    """What a registry's git history says, in tables. Every answer is that of the branch's present tip.

    Any number of processes and threads may use one file. An index that is lost, damaged, of another version or out of
    reach costs the time to build it anew and nothing else; `trouble` says so where it has to live in memory. Raises
    what the store raises for objects that cannot be read.
    """

    def __init__(self, database: Database, source: Source, *, main: str, ledger: str) -> None:
        """`main` and `ledger` are the full names of the registry's branches."""
        self._database = database
        self._source = source
        self._ledger = ledger
        kept = (Branch(main, source.main_tip), Branch(ledger, source.ledger_tip, ("versions", "datasets")))
        self._branches: Mapping[str, Branch] = {branch.ref: branch for branch in kept}
        self._kept: tuple[Moment, Columns] | None = None

    @classmethod
    def open(cls, folder: Path | None, source: Source, *, main: str, ledger: str) -> Self:
        """The index in `folder`, `<git dir>/gitreg`; None keeps it in memory (a quarantine, a read-only clone)."""
        return cls(Database(None if folder is None else folder / FILE_NAME), source, main=main, ledger=ledger)

    @property
    def trouble(self) -> str:
        """Why the index is in memory only; empty where it is not."""
        return self._database.trouble

    def check(self) -> str:
        """What is wrong with the file, empty when nothing is. A damaged one has then been replaced by an empty one."""
        return self._database.check()

    def close(self) -> None:
        """Let go of the file; the next question opens it again."""
        self._database.close()

    def refresh(self, ref: str) -> None:
        """Bring what is kept of a branch up to its tip. Every question does so itself; a program may do it early."""
        if ref == self._ledger:
            self._select("SELECT 1 LIMIT 0", (), lambda row: row)
        if ref in self._branches:
            self._line(ref, lambda _: None)

    # --- lines ------------------------------------------------------------------------------------------------------

    def path_history(self, ref: str, path: str) -> list[PathChange]:
        """The commits on the first-parent line of `ref` that changed a file, oldest first.

        Of main every path is kept, of the ledger those below `versions/` and `datasets/`.
        """
        query = "SELECT position, commit_id, object_id FROM history WHERE ref = ? AND path = ? ORDER BY position"
        return self._line(ref, lambda connection: [_path_change(row) for row in connection.execute(query, (ref, path))])

    def first_changes(self, ref: str, files: Iterable[str]) -> dict[str, PathChange]:
        """What `path_history` begins with, for many files; one that it does not know has no entry."""

        def find(connection: sqlite3.Connection) -> dict[str, PathChange]:
            found: dict[str, PathChange] = {}
            for batch in batches(files):
                places = ", ".join("?" * len(batch))
                of = f"history WHERE ref = ? AND path IN ({places}) GROUP BY path"
                query = f"SELECT path, MIN(position), commit_id, object_id FROM {of}"  # noqa: S608 - all of that row
                found |= {row[0]: _path_change(row[1:]) for row in connection.execute(query, (ref, *batch))}
            return found

        return self._line(ref, find)

    def folder_history(self, ref: str, folder: str) -> list[Landed]:
        """The commits on the first-parent line of `ref` that changed anything below a folder, oldest first."""
        query = (
            "SELECT DISTINCT position, commit_id FROM history WHERE ref = ? AND path > ? || '/' AND path < ? || '0'"
            " ORDER BY position"
        )
        return self._line(ref, lambda connection: _landed(connection.execute(query, (ref, folder, folder))))

    def position(self, ref: str, commit: str) -> int | None:
        """A commit's place on the first-parent line, counted from its oldest; None when it is not on it."""
        return self._line(ref, lambda connection: lines.position_of(connection, ref, commit))

    def commit_at(self, ref: str, position: int) -> Landed | None:
        """What stands at a position of the line."""

        def find(connection: sqlite3.Connection) -> Landed | None:
            commit = lines.commit_at(connection, ref, position)
            return None if commit is None else Landed(position, commit)

        return self._line(ref, find)

    def commits_at(self, ref: str, positions: Iterable[int]) -> dict[int, CommitId]:
        """What stands at many positions of the line, by position; those that it does not have are left out."""
        wanted = sorted(set(positions))

        def find(connection: sqlite3.Connection) -> dict[int, CommitId]:
            return lines.commits_at(connection, ref, wanted)

        return self._line(ref, find)

    def line_length(self, ref: str) -> int:
        """How many commits the first-parent line has (as far as history is here)."""
        query = "SELECT COUNT(*) FROM line WHERE ref = ?"
        return self._line(ref, lambda connection: int(connection.execute(query, (ref,)).fetchone()[0]))

    # --- runs -------------------------------------------------------------------------------------------------------

    def runs(
        self, experiment: str | None = None, *, deleted: bool | None = False, limit: int | None = None
    ) -> list[RunRow]:
        """Runs, the latest first. `deleted` None gives both those that are and those that are not."""
        wanted = {"experiment": experiment, "deleted": None if deleted is None else int(deleted)}
        clauses = {f"{column} = ?": value for column, value in wanted.items() if value is not None}
        where = f"WHERE {' AND '.join(clauses)}" if clauses else ""
        query = f"SELECT {_RUN} FROM runs {where} ORDER BY started_at DESC, run_id DESC LIMIT ?"  # noqa: S608 - columns
        return self._select(query, (*clauses.values(), -1 if limit is None else limit), _run_row)

    def run_count(self) -> int:
        """How many runs there are that were not deleted."""
        return self._select("SELECT COUNT(*) FROM runs WHERE deleted = 0", (), lambda row: int(row[0]))[0]

    def run(self, run_id: RunId) -> RunRow | None:
        """One run by its whole id."""
        found = self._select(f"SELECT {_RUN} FROM runs WHERE run_id = ?", (run_id,), _run_row)  # noqa: S608 - columns
        return found[0] if found else None

    def find_runs(self, text: str, *, limit: int = 20) -> list[RunRow]:
        """The runs that `text` may mean: those whose id it begins or ends, or whose name it is. Latest first."""
        query = (
            f"SELECT {_RUN} FROM runs WHERE (run_id >= ?1 AND run_id < ?1 || '{{') OR name = ?1"  # noqa: S608 - columns
            " OR (reversed_id >= ?2 AND reversed_id < ?2 || '{') ORDER BY started_at DESC, run_id DESC LIMIT ?3"
        )
        return self._select(query, (text, text[::-1], limit), _run_row) if text else []

    def search(self, query: Query, stages: Stages, live: Iterable[tuple[RunLine, Facets]] = ()) -> list[Found]:
        """The runs that fit a query, in its order. `live` runs are on no ledger yet, or further than it knows.

        `stages` gives, by (model, stage), the runs whose versions are there.
        """
        from gitreg.index.searching import search, with_live  # noqa: PLC0415 - what is not searched does not wait for it

        over = list(live)
        wider = query if query.limit is None else replace(query, limit=query.limit + len(over))

        def work(connection: sqlite3.Connection) -> list[Found]:
            self._refreshed(connection)
            with at_one_moment(connection) as moment:
                return search(self._columns_at(connection, moment), wider, stages)

        return with_live(self._database.run(work), over, query, stages)

    def records(self, run_ids: Iterable[RunId]) -> dict[RunId, list[RunRecord]]:
        """Every writer's record of these runs. A run that is not there, or cannot be read, has no entry."""
        found: dict[RunId, list[RunRecord]] = {}
        for batch in batches(run_ids):
            query = f"SELECT document FROM records WHERE run_id IN ({', '.join('?' * len(batch))}) ORDER BY path"  # noqa: S608
            for record in self._select(query, batch, _record):
                if record is not None:
                    found.setdefault(record.run_id, []).append(record)
        return found

    def notes(self, folder: str) -> dict[str, Note]:
        """The notes in a folder such as `paths.run_notes(run)`, by name, those whose value is null included."""
        return self.notes_of([folder]).get(folder, {})

    def notes_of(self, folders: Iterable[str]) -> dict[str, dict[str, Note]]:
        """The notes in many folders; a folder without any has no entry."""
        subjects = {folder.removeprefix("notes/"): folder for folder in folders}
        found: dict[str, dict[str, Note]] = {}
        for batch in batches(subjects):
            query = (
                f"SELECT subject, document FROM notes WHERE subject IN ({', '.join('?' * len(batch))})"  # noqa: S608 - places alone
                " ORDER BY subject, name"
            )
            for subject, note in self._select(query, batch, lambda row: (row[0], Note.from_bytes(row[1]))):
                found.setdefault(subjects[subject], {})[note.name] = note
        return found

    # --- versions and the rest --------------------------------------------------------------------------------------

    def versions(self, model: str | None = None) -> list[VersionRow]:
        """The files of a model's versions (of all models), by model and number. One digest may have several."""
        query = "SELECT path, number, digest, document FROM versions"
        if model is None:
            return self._select(f"{query} ORDER BY model, number, digest", (), _version_row)
        return self._select(f"{query} WHERE model = ? ORDER BY number, digest", (model,), _version_row)

    def versions_by_digest(self, digest: Digest) -> list[VersionRow]:
        """Every file that holds this version."""
        query = "SELECT path, number, digest, document FROM versions WHERE digest = ? ORDER BY number"
        return self._select(query, (digest,), _version_row)

    def models(self) -> list[str]:
        """The names of the models that have a version, sorted."""
        return self._select("SELECT DISTINCT model FROM versions ORDER BY model", (), lambda row: str(row[0]))

    def aliases(self, model: str) -> list[Alias]:
        """A model's bookmarks, those that were taken away included."""
        return [alias for alias in self._facts("alias", Alias, part(model)) if alias.model == model]

    def experiments(self) -> list[Experiment]:
        """Every experiment that was named on the ledger."""
        return self._facts("experiment", Experiment)

    def datasets(self, name: str | None = None) -> list[Dataset]:
        """The datasets of a name (all datasets)."""
        found = self._facts("dataset", Dataset, None if name is None else part(name))
        return [dataset for dataset in found if name in (None, dataset.name)]

    def evaluations(self, content: Digest | None = None) -> list[Evaluation]:
        """What was evaluated on the dataset with this content (on any)."""
        return self._facts("evaluation", Evaluation, content)

    def deployments(self, model: str | None = None) -> list[Deployment]:
        """What became of a model's versions on targets (of all models'), in no promised order."""
        return self._facts("deployment", Deployment, model)

    def unreadable(self) -> dict[str, str]:
        """Files of the ledger that are no documents of the format, each with the reason."""
        rows = self._select("SELECT path, reason FROM unreadable ORDER BY path", (), lambda row: (row[0], row[1]))
        return dict(rows)

    # --- verdicts ---------------------------------------------------------------------------------------------------

    def verdict(self, commit: str, key: str) -> str | None:
        """What was kept by `put_verdict`, if it is still there."""
        query = "SELECT verdict FROM verdicts WHERE commit_id = ? AND key = ?"
        row = self._database.run(lambda connection: connection.execute(query, (commit, key)).fetchone())
        return None if row is None else str(row[0])

    def put_verdict(self, commit: str, key: str, value: str) -> None:
        """Keep a judgement that can never change, because it was given as of one commit."""
        row = (commit, key, value)
        self._database.run(lambda connection: connection.execute("REPLACE INTO verdicts VALUES (?, ?, ?)", row))

    # --- within -----------------------------------------------------------------------------------------------------

    def _line(self, ref: str, read: Callable[[sqlite3.Connection], T]) -> T:
        branch = self._branches[ref]

        def work(connection: sqlite3.Connection) -> T:
            if not lines.is_current(connection, self._source, branch):
                in_transaction(connection, lambda: lines.extend(connection, self._source, branch))
            return read(connection)

        return self._database.run(work)

    def _select(self, query: str, values: tuple[Any, ...], make: Callable[[tuple[Any, ...]], T]) -> list[T]:
        def work(connection: sqlite3.Connection) -> list[T]:
            self._refreshed(connection)
            return [make(row) for row in connection.execute(query, values)]

        return self._database.run(work)

    def _refreshed(self, connection: sqlite3.Connection) -> None:
        if not facts.is_current(connection, self._source, self._ledger):
            in_transaction(connection, lambda: facts.refresh(connection, self._source, self._ledger))

    def _columns_at(self, connection: sqlite3.Connection, moment: Moment) -> Columns:
        """The columns that the last search read, unless the database changed since, or they have become too many."""
        from gitreg.index.columns import Columns  # noqa: PLC0415 - as in `search`

        key, columns = self._kept or (None, None)
        if columns is None or key != moment or columns.connection is not connection or columns.weight > _MOST_KEPT:
            columns = Columns(connection)
            self._kept = (moment, columns)
        return columns

    def _facts(self, kind: str, document: type[D], owner: str | None = None) -> list[D]:
        query = "SELECT document FROM facts WHERE kind = ?"
        if owner is None:
            return self._select(f"{query} ORDER BY path", (kind,), _document(document))
        return self._select(f"{query} AND owner = ? ORDER BY path", (kind, owner), _document(document))


def _landed(rows: Iterable[tuple[Any, ...]]) -> list[Landed]:
    return [Landed(position, CommitId(commit)) for position, commit in rows]


def _path_change(row: tuple[Any, ...]) -> PathChange:
    position, commit, object_id = row
    return PathChange(position, CommitId(commit), object_id)


def _run_row(row: tuple[Any, ...]) -> RunRow:
    run_id, experiment, name, started_at, status, deleted = row
    return RunRow(RunId(run_id), experiment, name, parse_time(started_at), status, bool(deleted))


def _record(row: tuple[Any, ...]) -> RunRecord | None:
    try:
        return RunRecord.from_bytes(row[0])
    except InvalidDocument:  # fsck names it; one spoilt record must not hide all other runs
        return None


def _version_row(row: tuple[Any, ...]) -> VersionRow:
    path, number, digest, document = row
    return VersionRow(path, number, Digest(digest), Version.from_bytes(document))


def _document(document: type[D]) -> Callable[[tuple[Any, ...]], D]:
    return lambda row: document.from_bytes(row[0])
