"""The ledger's documents as rows, brought up to date by the difference of two trees."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.errors import GitregError, UnsafeRepository
from gitreg.index.rows import Row, row_of
from gitreg.store import CommitId

if TYPE_CHECKING:
    import sqlite3

    from gitreg.index.source import Source
    from gitreg.store import Snapshot

_TABLES = ("records", "notes", "versions", "facts", "unreadable")
_WORTH_ANALYZING = 10_000


def refresh(connection: sqlite3.Connection, source: Source, ref: str) -> None:
    """Make the rows those of the tip of the ledger, `ref`, whatever it was before: a sync replaces local commits."""
    tip = source.ledger_tip()
    known = _known(connection, ref)
    before = CommitId(known[0]) if known and known[0] else None
    if known == (tip,):
        return
    try:
        _apply(connection, source, before, tip)
    except GitregError:
        if before is None:
            raise
        # The commit we knew is gone (a sync replaced it, and git swept it up): begin anew.
        _apply(connection, source, None, tip)
    connection.execute("REPLACE INTO tips VALUES ('facts', ?, ?, '')", (ref, tip))


def is_current(connection: sqlite3.Connection, source: Source, ref: str) -> bool:
    """Whether the rows are those of the ledger's tip."""
    return _known(connection, ref) == (source.ledger_tip(),)


def _known(connection: sqlite3.Connection, ref: str) -> tuple[str | None] | None:
    query = "SELECT commit_id FROM tips WHERE what = 'facts' AND ref = ?"
    row: tuple[str | None] | None = connection.execute(query, (ref,)).fetchone()
    return row


def _apply(connection: sqlite3.Connection, source: Source, before: CommitId | None, tip: CommitId | None) -> None:
    from gitreg.index.runs import RUN_TABLES, RunRows  # noqa: PLC0415 - most commands find the ledger where it was

    if before is None or tip is None:
        for table in (*_TABLES, *RUN_TABLES):
            connection.execute(f"DELETE FROM {table}")  # noqa: S608 - our own table names
    if tip is None:
        return
    files = source.snapshot(tip)
    touched: set[str] = set()
    for change in source.changes(before, tip):
        touched |= _forget(connection, change.path) if change.before is not None else set()
        if change.after is not None:
            touched |= _insert(connection, _row(files, change.path, change.after))
    rows = RunRows(connection)
    for run_id in touched:
        rows.refold(run_id)
    rows.save()
    if len(touched) > _WORTH_ANALYZING:
        connection.execute("ANALYZE")


def _row(files: Snapshot, path: str, object_id: str) -> Row:
    try:
        return row_of(path, files.read_blob(object_id))
    except UnsafeRepository as error:  # past our limits: one such file must not hide all others
        return Row("unreadable", path, (error.message,))


def _insert(connection: sqlite3.Connection, row: Row) -> set[str]:
    """Add a row; the ids of the runs that look different for it."""
    places = ", ".join("?" * (len(row.columns) + 1))
    connection.execute(f"REPLACE INTO {row.table} VALUES ({places})", (row.path, *row.columns))  # noqa: S608 - ours
    return {str(row.columns[0])} if row.table == "records" else _runs_of(connection, row.path)


def _forget(connection: sqlite3.Connection, path: str) -> set[str]:
    """Remove a path's row, whichever table has it; the ids of the runs that look different for it."""
    touched = _runs_of(connection, path)
    for table in _TABLES:
        connection.execute(f"DELETE FROM {table} WHERE path = ?", (path,))  # noqa: S608 - our own table names
    return touched


def _runs_of(connection: sqlite3.Connection, path: str) -> set[str]:
    if path.startswith("runs/"):
        rows = connection.execute("SELECT run_id FROM records WHERE path = ?", (path,))
    elif path.startswith("notes/runs/"):
        subject = path.removeprefix("notes/").rpartition("/")[0]
        rows = connection.execute("SELECT run_id FROM records WHERE subject = ?", (subject,))
    else:
        return set()
    return {str(run_id) for (run_id,) in rows}
