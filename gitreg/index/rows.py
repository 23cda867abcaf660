"""What the index keeps of each document of the ledger: pure, from a path and its bytes to a row."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass

from gitreg.documents import (
    Attempt,
    Digest,
    Note,
    PathKind,
    RunId,
    RunRecord,
    Version,
    classify_fact,
    format_time,
    paths,
)
from gitreg.errors import GitregError, InvalidDocument

_NOTES = "notes/"


@dataclass(frozen=True)
class Row:
    """One document as a row of `table`: its columns after the path, in the table's order."""

    table: str
    path: str
    columns: tuple[str | int | bytes, ...]


def row_of(path: str, data: bytes) -> Row:
    """The row of a ledger's file. What is no readable document becomes a row of `unreadable` that says why."""
    kind = classify_fact(path)
    if kind is None or kind.document is None:
        return Row("unreadable", path, ("The format knows no such path.",))
    try:
        return _ROWS.get(kind.kind, _fact)(path, data, kind)
    except GitregError as error:
        return Row("unreadable", path, (error.message,))


def _record(path: str, data: bytes, _: PathKind) -> Row:
    record = RunRecord.from_bytes(data)
    if path != paths.run_record(record.run_id, record.writer):
        raise InvalidDocument("The run or writer inside is not the one its path names.")
    return Row("records", path, (record.run_id, record.writer, subject_of_run(record.run_id), data))


def _note(path: str, data: bytes, kind: PathKind) -> Row:
    note = Note.from_bytes(data)
    if path != paths.note(_NOTES + kind.pieces["subject"], note.name):
        raise InvalidDocument("The name inside is not the one its path names.")
    return Row("notes", path, (kind.pieces["subject"], note.name, data))


def _version(path: str, data: bytes, kind: PathKind) -> Row:
    version, digest = Version.from_bytes(data), Digest.of(data)
    number = int(kind.pieces["number"])
    if path != paths.version(version.model, number, digest):
        raise InvalidDocument("The model or digest inside is not the one its path names.")
    return Row("versions", path, (version.model, number, digest, data))


def _fact(path: str, data: bytes, kind: PathKind) -> Row:
    """Documents that are few and read whole: aliases by model, datasets by name, experiments."""
    if kind.document is not None:
        kind.document.from_bytes(data)
    owner = kind.pieces.get("model") or kind.pieces.get("dataset") or kind.pieces.get("experiment") or ""
    return Row("facts", path, (kind.kind, owner, data))


_ROWS = {"run": _record, "note": _note, "version": _version}


def subject_of_run(run_id: RunId) -> str:
    """What notes about a run lie under: `runs/2026-11/21/08/<run>`."""
    return paths.run_notes(run_id).removeprefix(_NOTES)


def run_columns(records: Sequence[RunRecord], *, is_deleted: bool) -> tuple[str | int, ...]:
    """A run's row from all writers' records of it (format 28: the last attempt by (started_at, id) has the status)."""
    first = min(records, key=lambda record: min(map(_order, record.attempts)))
    attempts = sorted((attempt for record in records for attempt in record.attempts), key=_order)
    return (
        first.run_id,
        first.run_id[::-1],
        first.experiment,
        first.name,
        format_time(attempts[0].started_at),
        attempts[-1].status,
        subject_of_run(first.run_id),
        int(is_deleted),
    )


def _order(attempt: Attempt) -> tuple[str, str]:
    return format_time(attempt.started_at), attempt.id


def says_deleted(document: bytes | None) -> bool:
    """Whether a note `deleted` deletes: any value but null, false and the empty text."""
    return document is not None and bool(Note.from_bytes(document).value)
