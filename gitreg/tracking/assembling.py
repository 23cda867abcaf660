"""Documents out of journals: what the ledger is to say about attempts, and the bytes that it will name."""

from __future__ import annotations

import tempfile
from typing import TYPE_CHECKING, BinaryIO, Final

from gitreg.blobs import put_manifest, read_manifest
from gitreg.documents import (
    SERIES_MEDIA_TYPE,
    Attempt,
    AttemptId,
    Descriptor,
    Digest,
    Document,
    Experiment,
    Manifest,
    ManifestEntry,
    RunId,
    RunRecord,
    SeriesHeader,
    SeriesMetric,
    WriterId,
    paths,
)
from gitreg.tracking.attempts import attempt_of, comment_notes, has_segment, record_of, with_attempt, with_segment
from gitreg.tracking.console import console_files
from gitreg.tracking.gathering import Gathered, read_rows
from gitreg.tracking.records import from_micros
from gitreg.tracking.series import write_series

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path
    from typing import TypeAlias

    from gitreg.blobs import BlobStore
    from gitreg.store import Snapshot

    Taken: TypeAlias = tuple[Path, Gathered]

_SPOOL_BYTES: Final = 4 * 1024 * 1024


class Assembler:
    """Makes attempts of journals; series and lists of files go into the blob store, durable when that is flushed."""

    def __init__(self, blobs: BlobStore) -> None:
        self._blobs = blobs

    def take(self, work: Work, journals: list[Taken]) -> bool:
        """Count the journals of one attempt in, its own first: whether they may go once this has landed."""
        header = journals[0][1].header
        known = work.known_attempt(header.run_id, header.attempt)
        has_ended = known is not None and known.status != "running"
        if header.segment and not has_ended:
            return False  # the attempt's own journal is still being written: its segments wait for its end
        attempt = known if known and has_ended else self._stored(journals[0])
        for each in journals if header.segment else journals[1:]:
            attempt = self._with_segment(attempt, self._stored(each))
        named = tuple(self._named_by(attempt))
        work.take(attempt, *(gathered for _, gathered in journals))
        work.name_blobs(named)
        return True

    def _with_segment(self, attempt: Attempt, segment: Attempt) -> Attempt:
        if has_segment(attempt, segment):
            return attempt
        artifacts = self._joined(attempt.artifacts, segment.artifacts)
        return with_segment(attempt, segment).model_copy(update={"artifacts": artifacts})

    def _stored(self, found: Taken) -> Attempt:
        """A journal as an attempt, its series and its list of artifacts put into the blob store."""
        path, gathered = found
        series = None
        if gathered.metrics or gathered.header.segment:
            with path.open("rb") as source:
                series = store_series(self._blobs, source, gathered)
        files = console_files(self._blobs, path, gathered.header) | gathered.artifacts
        artifacts = self._manifest(files.values()) if files else None
        return attempt_of(gathered, series=series, artifacts=artifacts)

    def _manifest(self, entries: Iterable[ManifestEntry]) -> Descriptor:
        manifest = Manifest(files=tuple(sorted(entries, key=lambda entry: entry.path)))
        return put_manifest(self._blobs, manifest, durable=False)

    def _joined(self, one: Descriptor | None, other: Descriptor | None) -> Descriptor | None:
        if one is None or other is None:
            return one or other
        entries = {entry.path: entry for each in (one, other) for entry in self._entries(each)}
        return self._manifest(entries.values())

    def _entries(self, descriptor: Descriptor) -> tuple[ManifestEntry, ...]:
        return read_manifest(self._blobs, descriptor.digest).files

    def _named_by(self, attempt: Attempt) -> Iterator[Digest]:
        """Every blob that must be where others can read it before the ledger names it."""
        manifests = [attempt.artifacts] if attempt.artifacts else []
        manifests += [output.manifest for output in attempt.outputs]
        for descriptor in manifests:
            yield descriptor.digest
            yield from (entry.digest for entry in self._entries(descriptor))
        yield from (series.digest for series in attempt.series)
        if attempt.source and attempt.source.diff:
            yield attempt.source.diff.digest
        if attempt.environment and attempt.environment.lock:
            yield attempt.environment.lock.digest


class Work:
    """A landing in the making."""

    def __init__(self, ledger: Snapshot, writer: WriterId) -> None:
        self.edits: dict[str, bytes] = {}
        self.records: dict[RunId, RunRecord] = {}
        self.blobs: dict[Digest, None] = {}
        self._ledger = ledger
        self._writer = writer

    @property
    def record(self) -> RunRecord | None:
        """The only record, where there is one."""
        return next(iter(self.records.values()), None)

    def known_attempt(self, run_id: RunId, attempt: AttemptId) -> Attempt | None:
        """The attempt as our own record has it."""
        record = self._own_record(run_id)
        return next((each for each in record.attempts if each.id == attempt), None) if record else None

    def take(self, attempt: Attempt, *gathered: Gathered) -> None:
        """Write the attempt into our record of the run, with the documents that it brings."""
        header = gathered[0].header
        known = self._own_record(header.run_id)
        record = with_attempt(known, attempt) if known else record_of(header, (attempt,), self._writer)
        if record is not known:
            self.records[header.run_id] = record
            self.edits[paths.run_record(header.run_id, self._writer)] = record.to_bytes()
        self._add_experiment(gathered[0])
        for each in gathered:
            for document in each.documents.values():
                self._add_once(paths.dataset(document.name, document.digest), document)
                self.name_blobs([sketch.digest for sketch in document.sketches])
            for note in comment_notes(each, self._writer):
                self._add_once(paths.note(f"notes/{note.subject}", note.name), note)
            for evaluation in each.evaluations.values():
                self._add_once(paths.evaluation(evaluation.digest), evaluation)
                self.name_blobs([evaluation.predictions.digest])

    def name_blobs(self, digests: Iterable[Digest]) -> None:
        """Remember what must be uploaded before this lands."""
        self.blobs.update(dict.fromkeys(digests))

    def _own_record(self, run_id: RunId) -> RunRecord | None:
        if run_id in self.records:
            return self.records[run_id]
        path = paths.run_record(run_id, self._writer)
        data = self._ledger.read(path)
        return None if data is None else RunRecord.from_bytes(data, path)

    def _add_experiment(self, gathered: Gathered) -> None:
        header = gathered.header
        path = paths.experiment(header.experiment)
        if self._ledger.read(path) is None and path not in self.edits:
            created = from_micros(header.started_at_us)
            experiment = Experiment(
                rev=1, writer=self._writer, name=header.experiment, created_at=created, actor=header.actor
            )
            self.edits[path] = experiment.to_bytes()

    def _add_once(self, path: str, document: Document) -> None:
        if self._ledger.read(path) is None:
            self.edits[path] = document.to_bytes()


def store_series(blobs: BlobStore, journal: BinaryIO, gathered: Gathered) -> Descriptor:
    """Put the points of a journal into the blob store, by column. Memory does not grow with their number."""
    metrics = tuple(
        SeriesMetric(key=tally.key, dataset=None if tally.dataset is None else Digest(tally.dataset), count=tally.count)
        for tally in gathered.metrics
    )
    header = SeriesHeader(attempt=gathered.header.attempt, journal=gathered.header.journal, metrics=metrics)
    with tempfile.SpooledTemporaryFile(max_size=_SPOOL_BYTES) as spool:
        write_series(spool, header, read_rows(journal, gathered))  # type: ignore[arg-type] # a BinaryIO in all but name
        spool.seek(0)
        return blobs.put(spool, media_type=SERIES_MEDIA_TYPE, durable=False)  # type: ignore[arg-type]
