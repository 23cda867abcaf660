"""A journal read into what it says, in memory bounded by the number of names in it, never by the number of points."""

from __future__ import annotations

import math
import struct
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, BinaryIO

from gitreg.documents import (
    Dataset,
    DatasetUse,
    Digest,
    Dropped,
    Environment,
    Evaluation,
    ManifestEntry,
    MetricSummary,
    Output,
    Point,
    Source,
)
from gitreg.errors import CorruptJournal, GitregError, StorageError
from gitreg.tracking.frames import END, EVENT, HEADER, METRIC, Frame, Points, read_frames
from gitreg.tracking.records import (
    ArtifactEvent,
    CommentEvent,
    ContextEvent,
    DatasetEvent,
    DroppedEvent,
    EndRecord,
    EvaluationEvent,
    Event,
    JournalHeader,
    MetricRecord,
    OutputEvent,
    ParamEvent,
    TagEvent,
    dataset_document,
    decode_end,
    decode_event,
    decode_header,
    decode_metric,
    evaluation_document,
    from_micros,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gitreg.tracking.series import Row


@dataclass(slots=True)
class Tally:
    """What is kept of one metric while its points go by."""

    key: str
    dataset: str | None
    count: int = 0
    step: int = 0
    time_us: int = 0
    value: float = math.nan
    low: float = math.nan
    high: float = math.nan

    def add(self, step: int, time_us: int, value: float) -> None:
        """Take in one point. `last` is the one with the greatest step, of equal steps the later logged."""
        if not self.count or step >= self.step:
            self.step, self.time_us, self.value = step, time_us, value
        self.count += 1
        if not value >= self.low:  # also true while `low` is NaN
            self.low = self.low if math.isnan(value) else value
        if not value <= self.high:
            self.high = self.high if math.isnan(value) else value

    def summary(self) -> MetricSummary:
        """As documents write it."""
        return MetricSummary(
            key=self.key,
            dataset=None if self.dataset is None else Digest(self.dataset),
            count=self.count,
            last=Point(step=self.step, time=from_micros(self.time_us), value=self.value),
            min=self.low,
            max=self.high,
        )


@dataclass(slots=True)
class Gathered:
    """Everything a journal says but its points. `end_offset` is the byte behind the last whole record."""

    header: JournalHeader
    end_offset: int
    params: dict[str, bool | int | float | str] = field(default_factory=dict)
    tags: dict[str, str] = field(default_factory=dict)
    tallies: list[Tally] = field(default_factory=list)
    numbers: dict[int, int] = field(default_factory=dict)
    """The number a metric has in the journal, and its place in `tallies`: the same metric may have been given two."""
    places: dict[tuple[str, str | None], int] = field(default_factory=dict)
    datasets: dict[tuple[str, str], DatasetUse] = field(default_factory=dict)
    documents: dict[str, Dataset] = field(default_factory=dict)
    evaluations: dict[Digest, Evaluation] = field(default_factory=dict)
    artifacts: dict[str, ManifestEntry] = field(default_factory=dict)
    outputs: dict[str, Output] = field(default_factory=dict)
    source: Source | None = None
    environment: Environment | None = None
    dropped: dict[tuple[str, str], int] = field(default_factory=dict)
    comments: list[CommentEvent] = field(default_factory=list)
    end: EndRecord | None = None

    @property
    def metrics(self) -> list[Tally]:
        """The metrics that have points, in the order they first appeared."""
        return [tally for tally in self.tallies if tally.count]

    def dropped_values(self) -> tuple[Dropped, ...]:
        """As documents write them."""
        return tuple(Dropped(key=key, reason=reason, count=n) for (key, reason), n in sorted(self.dropped.items()))

    def take(self, frame: Frame | Points) -> None:
        """Take in one record. Raises `ValueError` where it is not what its kind says."""
        if isinstance(frame, Points):
            of = {number: self.tallies[place].add for number, place in self.numbers.items()}
            for metric, step, time_us, value in frame.rows:
                of[metric](step, time_us, value)
        elif frame.kind == METRIC:
            self._name_metric(decode_metric(frame.body))
        elif frame.kind == EVENT:
            self._take_event(decode_event(frame.body))
        elif frame.kind == END:
            self.end = decode_end(frame.body)
        self.end_offset = frame.end

    def _name_metric(self, record: MetricRecord) -> None:
        place = self.places.setdefault((record.key, record.dataset), len(self.tallies))
        if place == len(self.tallies):
            self.tallies.append(Tally(record.key, record.dataset))
        self.numbers[record.id] = place

    def _take_event(self, event: Event) -> None:
        match event:
            case ParamEvent():
                self.params.setdefault(event.key, event.value)
            case TagEvent():
                self.tags[event.key] = event.value
            case DatasetEvent():
                self.datasets[event.use.name, event.use.role] = event.use
                self.documents[event.use.document] = dataset_document(event)
            case EvaluationEvent() | ArtifactEvent() | OutputEvent():
                self._take_bytes(event)
            case ContextEvent():
                self.source = event.source or self.source
                self.environment = event.environment or self.environment
            case CommentEvent():
                self.comments.append(event)
            case DroppedEvent():
                key = (event.dropped.key, event.dropped.reason)
                self.dropped[key] = self.dropped.get(key, 0) + event.dropped.count

    def _take_bytes(self, event: EvaluationEvent | ArtifactEvent | OutputEvent) -> None:
        """What lies in the blob store by now."""
        if isinstance(event, ArtifactEvent):
            self.artifacts[event.entry.path] = event.entry
        elif isinstance(event, OutputEvent):
            self.outputs[event.output.name] = event.output
        else:
            evaluation = evaluation_document(event)
            self.evaluations[evaluation.digest] = evaluation


def gather(path: Path) -> Gathered:
    """Read a journal whole. Raises `CorruptJournal`, `NewerFormat`, `StorageError`."""
    try:
        with path.open("rb") as file:
            return gather_from(file, path.name)
    except OSError as error:
        raise StorageError(f"The journal {path} cannot be read: {error.strerror}.", subject=str(path)) from error


def gather_from(file: BinaryIO, name: str) -> Gathered:
    """Read a journal from an open file. Raises as `gather` does."""
    frames = read_frames(file, name)
    first = next(frames, None)
    gathered = Gathered(_header(first, name), end_offset=first.end if first else 0)
    _take_all(gathered, frames, name)
    return gathered


def gather_on(file: BinaryIO, name: str, gathered: Gathered) -> None:
    """Take in what was appended since `gathered` was made. Raises as `gather` does."""
    _take_all(gathered, read_frames(file, name, gathered.end_offset), name)


def _take_all(gathered: Gathered, frames: Iterator[Frame | Points], name: str) -> None:
    for frame in frames:
        try:
            gathered.take(frame)
        except (ValueError, LookupError, struct.error, GitregError) as error:
            message = f"A record of the journal {name}, before byte {frame.end}, makes no sense: {error}."
            raise CorruptJournal(message, subject=name) from None


def _header(first: Frame | Points | None, name: str) -> JournalHeader:
    if not isinstance(first, Frame) or first.kind != HEADER:
        raise CorruptJournal(f"The journal {name} has no header.", subject=name)
    try:
        return decode_header(first.body)
    except (ValueError, GitregError) as error:
        raise CorruptJournal(f"The header of the journal {name} cannot be read: {error}.", subject=name) from None


def read_rows(file: BinaryIO, gathered: Gathered) -> Iterator[Row]:
    """The points of a journal that was gathered before, in the order logged; `metric` counts those that have points."""
    ranks = {place: rank for rank, place in enumerate(_with_points(gathered))}
    for frame in read_frames(file, "journal"):
        if frame.end > gathered.end_offset:
            return
        if isinstance(frame, Points):
            of = {number: ranks[place] for number, place in gathered.numbers.items() if place in ranks}
            for metric, step, time_us, value in frame.rows:
                yield of[metric], step, time_us, value


def _with_points(gathered: Gathered) -> list[int]:
    return [place for place, tally in enumerate(gathered.tallies) if tally.count]
