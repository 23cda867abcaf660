"""What the index keeps of each document of the ledger: pure, from a path and its bytes to a row."""

from __future__ import annotations

import json
from dataclasses import dataclass

from gitreg.documents import (
    Deployment,
    Digest,
    Evaluation,
    Note,
    PathKind,
    RunId,
    Version,
    WriterId,
    classify_fact,
    parse_time,
    paths,
)
from gitreg.errors import GitregError, InvalidDocument
from gitreg.folding import opens

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
    if kind is None:
        return Row("unreadable", path, ("The format knows no such path.",))
    try:
        return _ROWS.get(kind.kind, _fact)(path, data, kind)
    except GitregError as error:
        return Row("unreadable", path, (error.message,))


def _record(path: str, data: bytes, _: PathKind) -> Row:
    """A run's record, of which only what lists need is looked at: reading it whole and strictly takes 20 times as long.

    Whoever reads the whole record (`Index.records`) reads it strictly; `fsck` reads every one so.
    """
    found = _loads(data)
    run_id, writer = RunId(_text(found, "run_id")), WriterId(_text(found, "writer"))
    if path != _path_of(run_id, writer):
        raise InvalidDocument("The run or writer inside is not the one its path names.")
    attempts = sorted(
        (_text(each, "started_at"), _text(each, "id"), _text(each, "status"), opens(_tags(each)))
        for each in _attempts(found)
    )
    first, last = attempts[0], max(attempts, key=lambda each: (each[3], each))
    parse_time(first[0])
    names = (_text(found, "experiment"), _text(found, "name"))
    order = (" ".join(first[:2]), f"{last[3]:d} {last[0]} {last[1]}", last[2])
    return Row("records", path, (run_id, writer, subject_of_run(run_id), *names, *order, data))


def _path_of(run_id: RunId, writer: WriterId) -> str:
    try:
        return paths.run_record(run_id, writer)
    except (OverflowError, OSError, ValueError):  # the id holds a time that no calendar has
        raise InvalidDocument(f"{run_id} holds no time.") from None


def _loads(data: bytes) -> object:
    try:
        return json.loads(data)
    except (ValueError, RecursionError) as error:
        raise InvalidDocument(f"Not JSON: {error!s:.100}.") from None


def _attempts(record: object) -> list[object]:
    attempts = record.get("attempts") if isinstance(record, dict) else None
    if not isinstance(attempts, list) or not attempts:
        raise InvalidDocument("The record has no attempts.")
    return attempts


def _tags(attempt: object) -> dict[str, str]:
    tags = attempt.get("tags") if isinstance(attempt, dict) else None
    return tags if isinstance(tags, dict) else {}


def _text(found: object, key: str) -> str:
    value = found.get(key) if isinstance(found, dict) else None
    if not isinstance(value, str):
        raise InvalidDocument(f"The field {key} is missing or not text.")
    try:
        value.encode()
    except UnicodeEncodeError:
        raise InvalidDocument(f"The field {key} holds a lone surrogate.") from None
    return value


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


def _evaluation(path: str, data: bytes, kind: PathKind) -> Row:
    """By the dataset, so that what can be compared is found at once."""
    evaluation = Evaluation.from_bytes(data)
    if path != paths.evaluation(evaluation.digest):
        raise InvalidDocument("The digest of what is inside is not the one its path names.")
    return Row("facts", path, (kind.kind, evaluation.content_digest, data))


def _deployment(path: str, data: bytes, kind: PathKind) -> Row:
    """By the model, so that what is live of it is found at once."""
    event = Deployment.from_bytes(data)
    if path != paths.deployment(event):
        raise InvalidDocument("The target, day or digest inside is not the one its path names.")
    return Row("facts", path, (kind.kind, event.model, data))


_ROWS = {
    "run": _record,
    "note": _note,
    "version": _version,
    "evaluation": _evaluation,
    "deployment": _deployment,
}


def subject_of_run(run_id: RunId) -> str:
    """What notes about a run lie under: `runs/2026-11/21/08/00/<run>`."""
    return paths.run_notes(run_id).removeprefix(_NOTES)


def says_deleted(note: Note | None) -> bool:
    """Whether a note `deleted` deletes: any value but null, false and the empty text."""
    return note is not None and bool(note.value)
