"""Runs that another tool recorded: taken to the ledger as they were, many in one commit, without a journal.

The same run taken twice is the same attempt with the same blobs, so that an import may be killed, repeated, and made in
two clones.
"""

from __future__ import annotations

import hashlib
import math
import struct
import tempfile
from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field
from datetime import datetime
from typing import TYPE_CHECKING, Any, BinaryIO, Final, cast

from gitreg.blobs import put_manifest, read_manifest
from gitreg.documents import (
    NOTE_DELETED,
    NOTE_DESCRIPTION,
    SERIES_MEDIA_TYPE,
    Attempt,
    AttemptId,
    Dataset,
    DatasetUse,
    Descriptor,
    Digest,
    Dropped,
    Edits,
    Experiment,
    Hand,
    Hex32,
    Manifest,
    Note,
    Output,
    OutputId,
    RunId,
    RunRecord,
    SeriesHeader,
    SeriesMetric,
    Source,
    Status,
    paths,
)
from gitreg.folding import combine_metrics
from gitreg.tracking.attempts import with_attempt
from gitreg.tracking.gathering import Tally
from gitreg.tracking.series import Row, read_header, write_series

if TYPE_CHECKING:
    from gitreg.store import Snapshot
    from gitreg.tracking.tracker import Tracker

PER_COMMIT: Final = 100
_ROW: Final = struct.Struct("<Iqqd")
_ROWS_AT_ONCE: Final = 4096
_SPOOL_BYTES: Final = 4 * 1024 * 1024
_VALUE_BYTES: Final = 8

PastPoint = tuple[str, int, int, float]
"""A metric's key, step, microseconds since 1970 and value."""


@dataclass(frozen=True)
class PastOutput:
    """A folder that the run made: its name in the run and its files."""

    name: str
    manifest: Manifest
    flavors: Mapping[str, Any] = field(default_factory=dict)
    signature: Mapping[str, Any] | None = None


@dataclass(frozen=True)
class PastRun:
    """A run as another tool recorded it. `origin` is that tool: with the id it makes the attempt's own id."""

    origin: str
    run_id: RunId
    experiment: str
    name: str
    status: Status
    started_at: datetime
    finished_at: datetime | None = None
    parent: RunId | None = None
    host: str = "unknown"
    params: Mapping[str, bool | int | float | str] = field(default_factory=dict)
    tags: Mapping[str, str] = field(default_factory=dict)
    datasets: tuple[tuple[DatasetUse, Dataset], ...] = ()
    artifacts: Manifest | None = None
    outputs: tuple[PastOutput, ...] = ()
    source: Source | None = None
    dropped: tuple[Dropped, ...] = ()
    note: str | None = None
    deleted: str | None = None

    @property
    def attempt(self) -> AttemptId:
        """Its one attempt; the same in every clone that takes it."""
        return AttemptId(derived_id(self.origin, self.run_id))


def derived_id(*pieces: str) -> str:
    """32 hex digits that follow from texts alone."""
    return hashlib.sha256("\0".join(pieces).encode()).hexdigest()[:32]


class Past:
    """Takes runs of the past to the ledger of one clone, `PER_COMMIT` in a commit; `land` lands what is left."""

    def __init__(self, tracker: Tracker, origin: str, why: str | None = None) -> None:
        """`origin` is the tool that recorded them; `why` stands below the subject of each commit."""
        self._why = why
        self._ledger = tracker.ledger
        self._blobs = tracker.blobs
        self._now = tracker.surroundings.now
        self._origin = origin
        self._actor = tracker.ledger.actor().model_copy(update={"via": "import"})
        self._tree: Snapshot = self._ledger.snapshot()
        self._folders: dict[str, dict[str, str]] = {}
        self._start_batch()

    def _start_batch(self) -> None:
        self._edits: dict[str, bytes] = {}
        self._named: dict[Digest, None] = {}
        self._notes: list[tuple[str, str, str]] = []
        self._runs = 0

    def standing(self, run_id: RunId) -> Attempt | None:
        """The attempt as the ledger has it, from whichever clone; None where the run was not taken yet."""
        wanted = AttemptId(derived_id(self._origin, run_id))
        folder = paths.run_folder(run_id)
        found = self._names(folder).get(paths.run_record(run_id, self._ledger.store.writer).rpartition("-")[0])
        data = self._tree.read(found) if found else None
        record = RunRecord.from_bytes(data, found or "") if data else None
        return next((each for each in record.attempts if each.id == wanted), None) if record else None

    def _names(self, folder: str) -> dict[str, str]:
        """The records of a folder by their run, as they stood when it was first asked for; ours over others'."""
        if folder not in self._folders:
            ours = self._ledger.store.writer
            entries = (f"{folder}/{entry.name}" for entry in self._tree.entries(folder) if not entry.is_folder)
            ordered = sorted(entries, key=lambda path: ours in path)
            self._folders[folder] = {path.rpartition("-")[0]: path for path in ordered}
        return self._folders[folder]

    def add_experiment(self, name: str, created_at: datetime, notes: Mapping[str, str]) -> None:
        """An experiment, with what is said of it by the names of its notes."""
        path = paths.experiment(name)
        if self._tree.read(path) is None and path not in self._edits:
            writer = self._ledger.store.writer
            experiment = Experiment(rev=1, writer=writer, name=name, created_at=created_at, actor=self._actor)
            self._edits[path] = experiment.to_bytes()
        self._notes += [(paths.experiment_notes(name), note, text) for note, text in notes.items()]

    def add(self, run: PastRun, points: Iterable[PastPoint]) -> None:
        """Take a run, and land what has come together when there is enough of it. `points` is read once."""
        attempt = self._attempt(run, points)
        path = paths.run_record(run.run_id, self._ledger.store.writer)
        data = self._tree.read(path)
        known = RunRecord.from_bytes(data, path) if data else None
        self._edits[path] = (with_attempt(known, attempt) if known else self._record(run, attempt)).to_bytes()
        for _, dataset in run.datasets:
            self._edits.setdefault(paths.dataset(dataset.name, dataset.digest), dataset.to_bytes())
        said = {NOTE_DESCRIPTION: run.note, NOTE_DELETED: run.deleted}
        self._notes += [(paths.run_notes(run.run_id), name, text) for name, text in said.items() if text]
        self._runs += 1
        if self._runs >= PER_COMMIT:
            self.land()

    def land(self) -> None:
        """Make a commit of what was taken and is not on the ledger yet. Raises what store and blobs raise."""
        if self._edits or self._notes:
            self._blobs.flush()
            subject = f"runs: {self._runs} imported from {self._origin}"
            self._ledger.land(self._change, subject, tuple(self._named), why=self._why)
        self._tree = self._ledger.snapshot()
        self._folders = {}
        self._start_batch()

    def _change(self, ledger: Snapshot) -> Edits:
        notes = dict(each for said in self._notes if (each := self._note(ledger, *said)))
        return {**{path: data for path, data in self._edits.items() if ledger.read(path) != data}, **notes}

    def _note(self, ledger: Snapshot, folder: str, name: str, text: str) -> tuple[str, bytes] | None:
        """What people said here since stands: an import changes no note but an import's."""
        path = paths.note(folder, name)
        data = ledger.read(path)
        before = Note.from_bytes(data, path) if data else None
        if before is not None and (before.actor.via != "import" or before.value == text):
            return None
        by = Hand(self._ledger.store.writer, self._actor, self._now())
        return path, Note.after(before, folder, name, text, by).to_bytes()

    def _record(self, run: PastRun, attempt: Attempt) -> RunRecord:
        return RunRecord(
            rev=1,
            writer=self._ledger.store.writer,
            run_id=run.run_id,
            experiment=run.experiment,
            name=run.name,
            parent=run.parent,
            actor=self._actor,
            attempts=(attempt,),
        )

    def _attempt(self, run: PastRun, points: Iterable[PastPoint]) -> Attempt:
        tallies, series = self._series(run, points)
        artifacts = self._manifest(run.artifacts) if run.artifacts is not None else None
        return Attempt(
            id=run.attempt,
            host=run.host,
            status=run.status,
            started_at=run.started_at,
            finished_at=run.finished_at,
            params=run.params,
            tags=run.tags,
            metrics=combine_metrics(tally.summary() for tally in tallies),
            series=(series,) if series else (),
            datasets=tuple(sorted((use for use, _ in run.datasets), key=lambda use: (use.name, use.role))),
            artifacts=artifacts,
            outputs=tuple(sorted((self._output(run, each) for each in run.outputs), key=lambda each: each.name)),
            source=run.source,
            dropped=run.dropped,
        )

    def _output(self, run: PastRun, output: PastOutput) -> Output:
        return Output(
            name=output.name,
            id=OutputId(derived_id(self._origin, run.run_id, output.name)),
            manifest=self._manifest(output.manifest),
            flavors=output.flavors,
            signature=output.signature,
        )

    def _manifest(self, manifest: Manifest) -> Descriptor:
        descriptor = put_manifest(self._blobs, manifest, durable=False)
        self._named.update(dict.fromkeys([descriptor.digest, *(entry.digest for entry in manifest.files)]))
        return descriptor

    def _series(self, run: PastRun, points: Iterable[PastPoint]) -> tuple[list[Tally], Descriptor | None]:
        """The points as a blob, in memory bounded by the number of metrics."""
        with tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES) as rows:
            tallies = _spool(cast("BinaryIO", rows), points)
            if not tallies:
                return [], None
            journal = Hex32(derived_id(self._origin, run.run_id, "points"))
            metrics = tuple(SeriesMetric(key=tally.key, count=tally.count) for tally in tallies)
            header = SeriesHeader(attempt=run.attempt, journal=journal, metrics=metrics)
            with tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES) as spool:
                write_series(cast("BinaryIO", spool), header, _spooled(cast("BinaryIO", rows)))
                spool.seek(0)
                source = cast("BinaryIO", spool)
                series = self._blobs.put(source, media_type=SERIES_MEDIA_TYPE, durable=False)
        self._named[series.digest] = None
        return tallies, series


def _spool(rows: BinaryIO, points: Iterable[PastPoint]) -> list[Tally]:
    tallies: dict[str, tuple[int, Tally]] = {}
    for key, step, time_us, value in points:
        number, tally = tallies.setdefault(key, (len(tallies), Tally(key, None)))
        tally.add(step, time_us, value)
        rows.write(_ROW.pack(number, step, time_us, value))
    rows.seek(0)
    return [tally for _, tally in tallies.values()]


def _spooled(rows: BinaryIO) -> Iterator[Row]:
    while data := rows.read(_ROW.size * _ROWS_AT_ONCE):
        yield from _ROW.iter_unpack(data)


@dataclass(frozen=True)
class Recount:
    """What the ledger and its blobs hold of an attempt, counted from their bytes."""

    params: int
    tags: int
    metrics: int
    points: int
    points_sum: float
    """Of the finite values, exactly rounded: it does not depend on their order."""
    datasets: int
    files: int
    bytes: int


def recount(tracker: Tracker, attempt: Attempt) -> Recount:
    """Read an attempt's blobs again and count. Raises `BlobNotFound`, `CorruptBlob`."""
    manifests = [each for each in (attempt.artifacts, *(output.manifest for output in attempt.outputs)) if each]
    entries = [entry for each in manifests for entry in read_manifest(tracker.blobs, each.digest).files]
    values = [value for series in attempt.series for value in _values(tracker, series.digest)]
    return Recount(
        params=len(attempt.params),
        tags=len(attempt.tags),
        metrics=len(attempt.metrics),
        points=len(values),
        points_sum=finite_sum(values),
        datasets=len(attempt.datasets),
        files=len(entries),
        bytes=sum(entry.size for entry in entries),
    )


def finite_sum(values: Iterable[float]) -> float:
    """The exactly rounded sum of the values that are finite; infinite where no number is as large."""
    try:
        return math.fsum(value for value in values if math.isfinite(value))
    except OverflowError:
        return math.inf


def _values(tracker: Tracker, digest: Digest) -> Iterator[float]:
    with tracker.blobs.open(digest) as blob:
        header, _ = read_header(blob)
        points = sum(metric.count for metric in header.metrics)
        for _ in range(2):  # steps, times
            _pass_over(blob, points * _VALUE_BYTES)
        while data := blob.read(_VALUE_BYTES * _ROWS_AT_ONCE):
            yield from (value for (value,) in struct.iter_unpack("<d", data))


def _pass_over(blob: BinaryIO, size: int) -> None:
    while size > 0 and (data := blob.read(min(size, 1 << 20))):
        size -= len(data)
