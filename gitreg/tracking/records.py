"""What the records of a journal say. Everything but a point is JSON, so that a person can read a journal with
`strings`.
"""

from __future__ import annotations

import json
from datetime import UTC, datetime, timedelta
from typing import Any, Final, Literal

from gitreg.documents import (
    Actor,
    AttemptId,
    Dataset,
    DatasetUse,
    Dropped,
    Environment,
    Evaluation,
    Hex32,
    ManifestEntry,
    Output,
    Part,
    RegistryId,
    RunId,
    Source,
    Status,
    plain,
)
from gitreg.tracking.frames import END, EVENT, HEADER, METRIC, encode

Owner = Literal["process", "none"]

EPOCH: Final = datetime(1970, 1, 1, tzinfo=UTC)
MICROSECOND: Final = timedelta(microseconds=1)
MAX_TIME_US: Final = 253_402_300_799_999_999
"""The last microsecond of the year 9999, where Python's and RFC 3339's dates end."""


def to_micros(at: datetime) -> int:
    """Microseconds since 1970 in UTC, exactly."""
    return (at - EPOCH) // MICROSECOND


def from_micros(time_us: int) -> datetime:
    """The instant, in UTC."""
    return EPOCH + timedelta(microseconds=time_us)


class JournalHeader(Part):
    """The first record: which attempt at which run this is, and who holds the journal.

    `owner` is `process` (it holds the file's lock for life) or `none` (`runs start` from a shell: each command locks
    for its own duration). A `segment` is a further journal of the same attempt, written by another process: a forked
    child, or a program under `gitreg run`. Its end is not the attempt's end.
    """

    registry: RegistryId
    run_id: RunId
    experiment: str
    name: str
    parent: RunId | None
    attempt: AttemptId
    journal: Hex32
    segment: bool
    owner: Owner
    host: str
    boot_id: str
    pid: int
    pid_started: str
    pid_space: str
    """Within which the process id means something: a container has its own. Empty where nothing tells."""
    started_at_us: int
    actor: Actor

    @property
    def started_at(self) -> datetime:
        """When the attempt (of a segment: that process's part in it) began."""
        return from_micros(self.started_at_us)


class MetricRecord(Part):
    """Gives a number to a metric; its points carry the number."""

    id: int
    key: str
    dataset: str | None


class ParamEvent(Part):
    """A param was set."""

    kind: Literal["param"] = "param"
    key: str
    value: bool | int | float | str


class TagEvent(Part):
    """A tag was set; the last value stands."""

    kind: Literal["tag"] = "tag"
    key: str
    value: str


class DatasetEvent(Part):
    """A dataset was used. `document` is kept whole, so that the ledger can get it later."""

    kind: Literal["dataset"] = "dataset"
    use: DatasetUse
    document: str


class EvaluationEvent(Part):
    """Predictions are in the blob store; `document` is the evaluation, whole."""

    kind: Literal["evaluation"] = "evaluation"
    document: str


class ArtifactEvent(Part):
    """The bytes of an artifact are in the blob store."""

    kind: Literal["artifact"] = "artifact"
    entry: ManifestEntry


class OutputEvent(Part):
    """A model folder is in the blob store."""

    kind: Literal["output"] = "output"
    output: Output


class ContextEvent(Part):
    """What was captured at the start."""

    kind: Literal["context"] = "context"
    source: Source | None
    environment: Environment | None


class CommentEvent(Part):
    """Something was said about the run, by whom the journal's header names."""

    kind: Literal["comment"] = "comment"
    id: Hex32
    text: str
    at_us: int


class DroppedEvent(Part):
    """Values were refused; the counts of equal (key, reason) add up."""

    kind: Literal["dropped"] = "dropped"
    dropped: Dropped


class EndRecord(Part):
    """The attempt (of a segment: that process's part in it) has ended; nothing follows."""

    status: Status
    at_us: int


Event = (
    ParamEvent
    | TagEvent
    | DatasetEvent
    | EvaluationEvent
    | ArtifactEvent
    | OutputEvent
    | ContextEvent
    | DroppedEvent
    | CommentEvent
)

_EVENTS: Final[dict[str, type[Event]]] = {
    "param": ParamEvent,
    "tag": TagEvent,
    "dataset": DatasetEvent,
    "evaluation": EvaluationEvent,
    "artifact": ArtifactEvent,
    "output": OutputEvent,
    "context": ContextEvent,
    "dropped": DroppedEvent,
    "comment": CommentEvent,
}
_KINDS: Final = {JournalHeader: HEADER, MetricRecord: METRIC, EndRecord: END}


def encode_record(record: Part) -> bytes:
    """The frame of a record other than a point."""
    body = json.dumps(plain(record), ensure_ascii=False, separators=(",", ":")).encode()
    return encode(_KINDS.get(type(record), EVENT), body)


def decode_header(body: bytes) -> JournalHeader:
    """Raises `ValueError` where the body is not a header."""
    return JournalHeader.model_validate(json.loads(body))


def decode_metric(body: bytes) -> MetricRecord:
    """Raises `ValueError`."""
    return MetricRecord.model_validate(json.loads(body))


def decode_end(body: bytes) -> EndRecord:
    """Raises `ValueError`."""
    return EndRecord.model_validate(json.loads(body))


def decode_event(body: bytes) -> Event:
    """Raises `ValueError`."""
    value: Any = json.loads(body)
    kind = value.get("kind") if isinstance(value, dict) else None
    if kind not in _EVENTS:
        message = f"unknown event {kind!r:.40}"
        raise ValueError(message)
    return _EVENTS[kind].model_validate(value)


def dataset_document(event: DatasetEvent) -> Dataset:
    """The dataset document that the event carries."""
    return Dataset.from_bytes(event.document.encode())


def evaluation_document(event: EvaluationEvent) -> Evaluation:
    """The evaluation that the event carries."""
    return Evaluation.from_bytes(event.document.encode())
