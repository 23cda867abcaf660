"""What was noted about a run afterwards, laid over what it recorded. Pure."""

from __future__ import annotations

from dataclasses import replace
from types import MappingProxyType
from typing import TYPE_CHECKING

from gitreg.documents import NOTE_ABANDONED, NOTE_DELETED, NOTE_DESCRIPTION
from gitreg.errors import Refused
from gitreg.folding import Abandoned, comments_of, noted, noted_tags, standing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitreg.documents import Note
    from gitreg.folding import FoldedRun


def with_notes(run: FoldedRun, notes: Mapping[str, Note]) -> FoldedRun:
    """The run with its tags, description and comments as people left them, deleted or abandoned where they said so."""
    if not notes:
        return run
    tags = {**run.tags, **noted_tags(notes)}
    return replace(
        _abandoned(run, notes.get(_name(run))),
        tags=MappingProxyType({key: value for key, value in sorted(tags.items()) if value is not None}),
        note=noted(notes, NOTE_DESCRIPTION),
        comments=comments_of(notes.values()),
        deleted=noted(notes, NOTE_DELETED),
    )


def abandoning(run: FoldedRun) -> str:
    """The name of the note that gives a run up. Raises `Refused` for one that is not silent."""
    if run.status != "running":
        message = f"The run {run.run_id.short} is not running: it is {run.status}."
        raise Refused(message, subject=run.run_id, hint=f"gitreg runs show {run.run_id.short}")
    if run.silent_since is None:
        message = f"The run {run.run_id.short} is recorded on this machine, or was heard of a few minutes ago."
        hint = f"gitreg runs recover, where its process died; gitreg runs finish {run.run_id.short}, where it has none"
        raise Refused(message, subject=run.run_id, hint=hint)
    return _name(run)


def _name(run: FoldedRun) -> str:
    """By the attempt: another one is not meant."""
    return NOTE_ABANDONED + standing(run.attempts).id


def _abandoned(run: FoldedRun, note: Note | None) -> FoldedRun:
    """What the run itself says counts before what others say of it: its end, and signs of life after the note."""
    is_silent = run.status == "running" and run.silent_since is not None
    if note is None or note.value is None or not is_silent or (run.silent_since or note.at) > note.at:
        return run
    said = Abandoned(note.actor.principal, note.at, str(note.value))
    return replace(run, status="killed", silent_since=None, abandoned=said)
