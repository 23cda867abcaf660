"""Publishing: journals become documents of the ledger, many in one commit, and are removed only when that is durable.

Killed anywhere in between, the same is done again with the same result: an attempt that has ended is written once, a
journal that was counted in is recognised by its series blob.
"""

from __future__ import annotations

import os
import tempfile
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
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
from gitreg.errors import GitregError
from gitreg.locking import flock
from gitreg.tracking.attempts import attempt_of, has_segment, record_of, with_attempt, with_segment
from gitreg.tracking.console import console_files, discard_console
from gitreg.tracking.gathering import Gathered, gather_from, read_rows
from gitreg.tracking.records import from_micros
from gitreg.tracking.series import write_series
from gitreg.tracking.wording import subject_of
from gitreg.tracking.yard import Damaged, Standing, Yard

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitreg.blobs import BlobStore
    from gitreg.store import Snapshot
    from gitreg.tracking.journal import Journal
    from gitreg.tracking.landing import Ledger

_SPOOL_BYTES: Final = 4 * 1024 * 1024


@dataclass
class Batch:
    """Journals that nobody writes to any more, locked for us, by attempt."""

    journals: list[tuple[Standing, Journal, Gathered]] = field(default_factory=list)
    damaged: list[Damaged] = field(default_factory=list)

    def attempts(self) -> dict[tuple[RunId, AttemptId], list[tuple[Standing, Journal, Gathered]]]:
        """Main journals come before their segments."""
        found: dict[tuple[RunId, AttemptId], list[tuple[Standing, Journal, Gathered]]] = {}
        for each in self.journals:
            header = each[0].header
            found.setdefault((header.run_id, header.attempt), []).append(each)
        return found

    def close(self) -> None:
        """Free the locks."""
        for _, journal, _ in self.journals:
            journal.close()


@dataclass(frozen=True)
class Published:
    """The runs that reached the ledger, and the journals that could not be read."""

    records: tuple[RunRecord, ...] = ()
    damaged: tuple[Damaged, ...] = ()


class Publisher:
    """Takes ended journals to the ledger. One at a time in a clone; who waits finds his work done by the one before."""

    def __init__(self, yard: Yard, blobs: BlobStore, ledger: Ledger) -> None:
        self._yard = yard
        self._blobs = blobs
        self._ledger = ledger
        self._threads = threading.Lock()

    def publish(self, why: str | None = None) -> Published:
        """All ended journals of this clone, in one commit, with what a person says of it (`why`) in its message.

        Raises what the store and the blobs raise; nothing is lost then.
        """
        with self._turn():
            batch = self._gather()
            try:
                records = self._publish(batch, why)
            finally:
                batch.close()
            return Published(tuple(records), tuple(batch.damaged))

    def announce(self, standing: Standing) -> RunRecord | None:
        """Tell the ledger that a run has begun. None when there is nothing to tell: it has ended since."""
        with self._turn(), standing.path.open("rb") as file:
            gathered = gather_from(file, standing.path.name)
            if gathered.end is not None:
                return None
            work = self._work()
            work.take(attempt_of(gathered), gathered)
            self._land(work)
            return work.record

    def _work(self) -> _Work:
        return _Work(self._ledger.snapshot(), self._ledger.store.writer)

    def _land(self, work: _Work, why: str | None = None) -> None:
        subject = subject_of(list(work.records.values()))
        self._ledger.land(lambda _: work.edits, subject, tuple(work.blobs), why=why)

    def _publish(self, batch: Batch, why: str | None) -> list[RunRecord]:
        work = self._work()
        done: list[Journal] = []
        for journals in batch.attempts().values():
            try:
                done += self._take_attempt(work, journals)
            except GitregError as error:  # one journal that cannot be counted in must not keep all others back
                batch.damaged.append(Damaged(journals[0][0].path, error))
        if work.edits:
            self._blobs.flush()
            self._land(work, why)
        for journal in done:
            discard_console(journal.path)  # before the journal, by which it would be found again
            journal.remove()
        return list(work.records.values())

    def _take_attempt(self, work: _Work, journals: list[tuple[Standing, Journal, Gathered]]) -> list[Journal]:
        """Count the journals of one attempt in; those that may be removed once this has landed."""
        header = journals[0][0].header
        known = work.known_attempt(header.run_id, header.attempt)
        has_ended = known is not None and known.status != "running"
        if header.segment and not has_ended:
            return []  # the attempt's own journal is still being written: its segments wait for its end
        attempt = known if known and has_ended else self._stored(journals[0])
        for each in journals if header.segment else journals[1:]:
            attempt = self._with_segment(attempt, self._stored(each))
        named = tuple(self._named_by(attempt))
        work.take(attempt, *(gathered for _, _, gathered in journals))
        work.name_blobs(named)
        return [journal for _, journal, _ in journals]

    def _with_segment(self, attempt: Attempt, segment: Attempt) -> Attempt:
        if has_segment(attempt, segment):
            return attempt
        artifacts = self._joined(attempt.artifacts, segment.artifacts)
        return with_segment(attempt, segment).model_copy(update={"artifacts": artifacts})

    def _stored(self, found: tuple[Standing, Journal, Gathered]) -> Attempt:
        """A journal as an attempt, its series and its list of artifacts put into the blob store."""
        _, journal, gathered = found
        series = None
        if gathered.metrics or gathered.header.segment:
            with journal.path.open("rb") as source:
                series = store_series(self._blobs, source, gathered)
        files = console_files(self._blobs, journal.path, gathered.header) | gathered.artifacts
        artifacts = self._manifest(files.values()) if files else None
        return attempt_of(gathered, series=series, artifacts=artifacts)

    def _manifest(self, entries: Iterable[ManifestEntry]) -> Descriptor:
        manifest = Manifest(files=tuple(sorted(entries, key=lambda entry: entry.path)))
        return put_manifest(self._blobs, manifest)

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

    def _gather(self) -> Batch:
        batch = Batch(damaged=self._yard.damaged())
        for standing in self._yard.journals():
            if self._yard.ended(standing) and (journal := self._yard.idle(standing)):
                try:
                    with standing.path.open("rb") as file:
                        batch.journals.append((standing, journal, gather_from(file, standing.path.name)))
                except GitregError as error:
                    journal.close()
                    batch.damaged.append(Damaged(standing.path, error))
        return batch

    @contextmanager
    def _turn(self) -> Iterator[None]:
        """One publisher at a time: each reads this clone's own records, adds to them and writes them back."""
        self._yard.folder.mkdir(parents=True, exist_ok=True)
        with self._threads:
            fd = os.open(self._yard.folder / "publishing", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o644)
            try:
                flock(fd, wait=True)  # where there is none, the compare-and-swap of the ledger has to do
                yield
            finally:
                os.close(fd)


class _Work:
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
        return blobs.put(spool, media_type=SERIES_MEDIA_TYPE)  # type: ignore[arg-type]
