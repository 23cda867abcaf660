"""Folding: the records that several clones keep of one run become the one run that people see. Pure.

The laws: the order of the records does not matter, and a record given twice, or given beside a newer one of its own
writer, changes nothing (docs/format.md, "Runs").
"""

from __future__ import annotations

import math
from dataclasses import dataclass
from types import MappingProxyType
from typing import TYPE_CHECKING, Final, TypeAlias

from gitreg.card import card
from gitreg.documents import (
    NOTE_COMMENT,
    NOTE_TAG,
    Actor,
    Attempt,
    AttemptId,
    DatasetUse,
    Descriptor,
    Digest,
    Dropped,
    Environment,
    MetricSummary,
    Note,
    Output,
    RunId,
    RunRecord,
    Source,
    Status,
    canonical_bytes,
    plain,
)
from gitreg.errors import InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping, Sequence
    from datetime import datetime

Value: TypeAlias = bool | int | float | str
GROUP_TAG: Final = "gitreg.group"
"""The tag that names what a run is compared within."""
RANK_TAG: Final = "gitreg.rank"
"""The tag that an attempt has which joined a run that another process (rank 0) opened."""
COMMAND_ERROR: Final = "gitreg.command_error"
"""The tag of a run whose command could not be started: why."""
MAX_COMMENT: Final = 16_000


@dataclass(frozen=True)
class Conflict:
    """A param that attempts disagree about. The first value stands."""

    key: str
    values: tuple[Value, ...]


@dataclass(frozen=True)
class Comment:
    """What somebody said about a run, a version or a model."""

    id: str
    author: str
    at: datetime
    text: str


def checked_comment(text: str) -> str:
    """A comment's text. Raises `InvalidValue` where it says nothing, or too much."""
    if not text.strip() or len(text) > MAX_COMMENT:
        raise InvalidValue(f"A comment has 1 to {MAX_COMMENT:,} characters.")
    return text


def noted_tags(notes: Mapping[str, Note]) -> dict[str, str | None]:
    """The tags that people set on a thing, or took away (None), by name, from its notes."""
    found = {name.removeprefix(NOTE_TAG): note.value for name, note in notes.items() if name.startswith(NOTE_TAG)}
    return {name: None if value is None else str(value) for name, value in sorted(found.items())}


def noted(notes: Mapping[str, Note], name: str) -> str | None:
    """What the note of a name says; None where there is none, or it was taken away."""
    note = notes.get(name)
    return None if note is None or note.value is None else str(note.value)


def comments_of(notes: Iterable[Note]) -> tuple[Comment, ...]:
    """The comments among the notes of one thing, the oldest first; those that were taken away are left out."""
    found = [
        Comment(note.name.removeprefix(NOTE_COMMENT), note.actor.principal, note.at, str(note.value))
        for note in notes
        if note.name.startswith(NOTE_COMMENT) and note.value is not None
    ]
    return tuple(sorted(found, key=lambda each: (each.at, each.id)))


@dataclass(frozen=True)
class Abandoned:
    """Who said of a run that nobody will hear of it any more, when and why."""

    by: str
    at: datetime
    reason: str


@dataclass(frozen=True)
class FoldedRun:
    """One run, whoever recorded it. `layer` says where it was read: `ledger`, `journal` (live here), or `both`."""

    run_id: RunId
    experiment: str
    name: str
    parent: RunId | None
    actor: Actor
    status: Status
    started_at: datetime
    finished_at: datetime | None
    attempts: tuple[Attempt, ...]
    params: Mapping[str, Value]
    conflicts: tuple[Conflict, ...]
    tags: Mapping[str, str]
    metrics: tuple[MetricSummary, ...]
    datasets: tuple[DatasetUse, ...]
    outputs: tuple[Output, ...]
    artifacts: tuple[Descriptor, ...]
    """The manifests of its attempts, in their order; of two files at one path the later attempt's stands."""
    source: Source | None
    environment: Environment | None
    dropped: tuple[Dropped, ...]
    layer: str = "ledger"
    note: str | None = None
    comments: tuple[Comment, ...] = ()
    deleted: str | None = None
    """Why it was deleted; None where it was not."""
    silent_since: datetime | None = None
    """For a run that claims to be running: when it was last heard of. A view, never written."""
    abandoned: Abandoned | None = None
    """Why its status is `killed` though it never said so itself."""

    def _repr_html_(self) -> str:
        """The run in a notebook."""
        facts = {"run": self.run_id.short, "experiment": self.experiment, "by": self.actor.principal}
        tables = {
            "metrics": {each.key: f"{each.last.value:g} at step {each.last.step}" for each in self.metrics},
            "params": {key: str(value) for key, value in self.params.items()},
            "tags": dict(self.tags),
        }
        return card(self.name, self.status, facts, tables)

    @property
    def group(self) -> str | None:
        """What it is compared within, such as a sweep."""
        return self.tags.get(GROUP_TAG)

    def metric(self, key: str, dataset: Digest | None = None) -> MetricSummary | None:
        """The summary of one metric; without a dataset, the one logged without."""
        return next((each for each in self.metrics if (each.key, each.dataset) == (key, dataset)), None)


def fold(records: Iterable[RunRecord]) -> FoldedRun:
    """Fold all records of one run; there must be at least one, and all of the same run."""
    found = _ranked(records)
    attempts = attempts_of(found)
    last = standing(attempts)
    first = min(found, key=lambda record: min(_order(attempt) for attempt in record.attempts))
    params, conflicts = _params(attempts)
    return FoldedRun(
        run_id=first.run_id,
        experiment=first.experiment,
        name=first.name,
        parent=first.parent,
        actor=first.actor,
        status=last.status,
        started_at=attempts[0].started_at,
        finished_at=last.finished_at,
        attempts=attempts,
        params=params,
        conflicts=conflicts,
        tags=_tags(attempts),
        metrics=combine_metrics(metric for attempt in attempts for metric in attempt.metrics),
        datasets=_last_by_name(attempts),
        outputs=_outputs(attempts),
        artifacts=tuple(attempt.artifacts for attempt in attempts if attempt.artifacts),
        source=next((attempt.source for attempt in reversed(attempts) if attempt.source), None),
        environment=next((attempt.environment for attempt in reversed(attempts) if attempt.environment), None),
        dropped=combine_dropped(dropped for attempt in attempts for dropped in attempt.dropped),
    )


def attempts_of(records: Iterable[RunRecord]) -> tuple[Attempt, ...]:
    """The attempts of all records, ordered by (started_at, id); of one attempt told twice, the telling that is
    further.
    """
    found: dict[AttemptId, Attempt] = {}
    for attempt in (attempt for record in records for attempt in record.attempts):
        known = found.get(attempt.id)
        found[attempt.id] = attempt if known is None else max(known, attempt, key=_progress)
    return tuple(sorted(found.values(), key=_order))


def standing(attempts: Iterable[Attempt]) -> Attempt:
    """The attempt that says how the run stands."""
    return max(attempts, key=lambda attempt: (opens(attempt.tags), _order(attempt)))


def opens(tags: Mapping[str, str]) -> bool:
    """Whether an attempt with these tags says how the run stands: of several ranks that run together only the first
    does.
    """
    return tags.get(RANK_TAG, "0") == "0"


def _order(attempt: Attempt) -> tuple[datetime, str]:
    return attempt.started_at, attempt.id


def _ranked(records: Iterable[RunRecord]) -> list[RunRecord]:
    """In an order that all clones agree on. Nearly every run has one record, which is not hashed for nothing."""
    found = [*records]
    return sorted(found, key=lambda each: (each.rev, each.writer, each.digest)) if len(found) > 1 else found


def _progress(attempt: Attempt) -> tuple[bool, int, bytes]:
    """An attempt only moves forward: it ends once, and what it recorded only grows."""
    recorded = sum(metric.count for metric in attempt.metrics) + len(attempt.params) + len(attempt.tags)
    return attempt.status != "running", recorded, canonical_bytes(plain(attempt))


def _params(attempts: Iterable[Attempt]) -> tuple[Mapping[str, Value], tuple[Conflict, ...]]:
    values: dict[str, list[Value]] = {}
    for attempt in attempts:
        for key, value in attempt.params.items():
            told = values.setdefault(key, [])
            if not any(type(value) is type(other) and value == other for other in told):
                told.append(value)
    conflicts = tuple(Conflict(key, tuple(told)) for key, told in sorted(values.items()) if len(told) > 1)
    return MappingProxyType({key: told[0] for key, told in sorted(values.items())}), conflicts


def _tags(attempts: Sequence[Attempt]) -> Mapping[str, str]:
    tags = {key: value for attempt in attempts for key, value in attempt.tags.items()}
    if len(attempts) > 1:
        tags.pop(RANK_TAG, None)
    return MappingProxyType(dict(sorted(tags.items())))


def _last_by_name(attempts: Iterable[Attempt]) -> tuple[DatasetUse, ...]:
    found = {(use.name, use.role): use for attempt in attempts for use in attempt.datasets}
    return tuple(found[key] for key in sorted(found))


def _outputs(attempts: Iterable[Attempt]) -> tuple[Output, ...]:
    found = {output.name: output for attempt in attempts for output in attempt.outputs}
    return tuple(found[name] for name in sorted(found))


def combine_metrics(metrics: Iterable[MetricSummary]) -> tuple[MetricSummary, ...]:
    """Summaries of the same metric become one; given in the attempts' order, sorted by key and dataset."""
    found: dict[tuple[str, str], MetricSummary] = {}
    for metric in metrics:
        identity = (metric.key, metric.dataset or "")
        found[identity] = _combine(found[identity], metric) if identity in found else metric
    return tuple(found[identity] for identity in sorted(found))


def _combine(one: MetricSummary, other: MetricSummary) -> MetricSummary:
    return MetricSummary(
        key=one.key,
        dataset=one.dataset,
        count=one.count + other.count,
        last=other.last if other.last.step >= one.last.step else one.last,
        min=_number(min, one.min, other.min),
        max=_number(max, one.max, other.max),
    )


def _number(choose: Callable[[list[float]], float], *values: float) -> float:
    numbers = [value for value in values if not math.isnan(value)]
    return choose(numbers) if numbers else math.nan


def combine_dropped(dropped: Iterable[Dropped]) -> tuple[Dropped, ...]:
    """Counts of the same key and reason add up."""
    found: dict[tuple[str, str], int] = {}
    for each in dropped:
        found[each.key, each.reason] = found.get((each.key, each.reason), 0) + each.count
    return tuple(Dropped(key=key, reason=reason, count=found[key, reason]) for key, reason in sorted(found))
