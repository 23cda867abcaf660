"""Attempts out of journals: what one journal says, and how the journals of one attempt become one. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.documents import (
    NOTE_COMMENT,
    Attempt,
    DatasetUse,
    Descriptor,
    Note,
    Output,
    RunRecord,
    Status,
    WriterId,
    paths,
)
from gitreg.folding import combine_dropped, combine_metrics
from gitreg.tracking.records import JournalHeader, from_micros

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from gitreg.tracking.gathering import Gathered


def attempt_of(gathered: Gathered, *, series: Descriptor | None = None, artifacts: Descriptor | None = None) -> Attempt:
    """What a journal says, as documents write it; `running` while it has no end."""
    header = gathered.header
    return Attempt(
        id=header.attempt,
        host=header.host,
        boot_id=header.boot_id,
        status=status_of(gathered),
        started_at=from_micros(header.started_at_us),
        finished_at=finished_at(gathered),
        params=gathered.params,
        tags=gathered.tags,
        metrics=combine_metrics(tally.summary() for tally in gathered.metrics),
        series=(series,) if series else (),
        datasets=tuple(gathered.datasets[key] for key in sorted(gathered.datasets)),
        artifacts=artifacts,
        outputs=tuple(gathered.outputs[name] for name in sorted(gathered.outputs)),
        source=gathered.source,
        environment=gathered.environment,
        dropped=gathered.dropped_values(),
    )


def status_of(gathered: Gathered) -> Status:
    """How the journal ended, or `running`."""
    return gathered.end.status if gathered.end else "running"


def finished_at(gathered: Gathered) -> datetime | None:
    """When the journal ended; None where it has not."""
    return from_micros(gathered.end.at_us) if gathered.end else None


def with_segment(attempt: Attempt, segment: Attempt) -> Attempt:
    """An attempt and what another process recorded for it. Status and times stay the attempt's own."""
    datasets: dict[tuple[str, str], DatasetUse] = {
        (use.name, use.role): use for use in (*attempt.datasets, *segment.datasets)
    }
    outputs: dict[str, Output] = {output.name: output for output in (*attempt.outputs, *segment.outputs)}
    return attempt.model_copy(
        update={
            "params": {**segment.params, **attempt.params},
            "tags": {**attempt.tags, **segment.tags},
            "metrics": combine_metrics((*attempt.metrics, *segment.metrics)),
            "series": (*attempt.series, *segment.series),
            "datasets": tuple(datasets[key] for key in sorted(datasets)),
            "outputs": tuple(outputs[name] for name in sorted(outputs)),
            "source": attempt.source or segment.source,
            "environment": attempt.environment or segment.environment,
            "dropped": combine_dropped((*attempt.dropped, *segment.dropped)),
        }
    )


def has_segment(attempt: Attempt, segment: Attempt) -> bool:
    """Whether the segment was counted in already: its series blob, which carries the journal's id, is named."""
    return set(segment.series) <= set(attempt.series)


def comment_notes(gathered: Gathered, writer: WriterId) -> Iterator[Note]:
    """What a journal's comments are on the ledger."""
    header = gathered.header
    for comment in gathered.comments:
        yield Note(
            rev=1,
            writer=writer,
            subject=paths.run_notes(header.run_id).removeprefix("notes/"),
            name=NOTE_COMMENT + comment.id,
            value=comment.text,
            actor=header.actor,
            at=from_micros(comment.at_us),
        )


def record_of(header: JournalHeader, attempts: tuple[Attempt, ...], writer: WriterId, rev: int = 1) -> RunRecord:
    """A clone's record of a run."""
    return RunRecord(
        rev=rev,
        writer=writer,
        run_id=header.run_id,
        experiment=header.experiment,
        name=header.name,
        parent=header.parent,
        actor=header.actor,
        attempts=attempts,
    )


def with_attempt(record: RunRecord, attempt: Attempt) -> RunRecord:
    """A record in which `attempt` stands as it is now; the same record where nothing is new."""
    others = tuple(each for each in record.attempts if each.id != attempt.id)
    attempts = tuple(sorted((*others, attempt), key=lambda each: (each.started_at, each.id)))
    if attempts == record.attempts:
        return record
    # Not `model_copy`: it would copy the bytes that the document keeps of itself, too.
    pieces = {name: getattr(record, name) for name in RunRecord.model_fields}
    return RunRecord(**{**pieces, "attempts": attempts, "rev": record.rev + 1})
