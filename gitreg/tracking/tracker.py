"""Runs begin, are attached to, recovered and published here: what stands between the open run and the ledger."""

from __future__ import annotations

import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Unpack

from gitreg.blobs import LayeredBlobs
from gitreg.documents import (
    AttemptId,
    RegistrySettings,
    RunId,
    RunRecord,
    Status,
    paths,
)
from gitreg.errors import CorruptJournal, GitregError
from gitreg.tracking.beats import Beat
from gitreg.tracking.capture import Captured, capture_start
from gitreg.tracking.gathering import Gathered, gather
from gitreg.tracking.journal import Journal, log
from gitreg.tracking.landing import Ledger, Sharing
from gitreg.tracking.publishing import Published, Publisher
from gitreg.tracking.reading import LiveJournal, read_live
from gitreg.tracking.records import EndRecord, JournalHeader, Owner, encode_record
from gitreg.tracking.spooled import SpoolPublished, SpoolPublisher
from gitreg.tracking.starting import Known, Start, Starter
from gitreg.tracking.yard import Standing, Yard

if TYPE_CHECKING:
    from pathlib import Path

    from gitreg.blobs import BlobStore, Progress
    from gitreg.documents import Actor, RegistryId
    from gitreg.store import Store
    from gitreg.surroundings import Surroundings
    from gitreg.tracking.run import Run
    from gitreg.tracking.spool import Spool


@dataclass(frozen=True)
class Recovered:
    """A journal that `recover` took up: what became of its run, or why nothing could be done (`problem`)."""

    journal: Path
    run_id: RunId | None
    status: Status | None
    problem: str | None = None


@dataclass(frozen=True)
class LiveRun:
    """A journal that has not reached the ledger: a run that is being recorded, or that waits to be published.

    `state` is `active` (its owner holds it), `open` (no process owns it: `runs start`), `ended` (waits to be
    published), `lost` (its process died: `runs recover`), `elsewhere` (of another host or boot: only there can
    anybody tell) or `damaged`.
    """

    journal: Path
    header: JournalHeader | None
    state: str
    problem: str | None = None


class Tracker:
    """Recording on this machine into one clone of a registry."""

    def __init__(
        self,
        store: Store,
        blobs: BlobStore,
        surroundings: Surroundings,
        settings: RegistrySettings,
        sharing: Sharing = Sharing(),  # noqa: B008 - frozen
    ) -> None:
        """`blobs` is where bytes go first, `sharing` how others get at them; `settings` say which registry this is."""
        self.blobs = blobs
        self.surroundings = surroundings
        self._settings = settings
        self.ledger = Ledger(store, sharing)
        self.neighbours = sharing.neighbours
        self.yard = Yard(store.git_dir / "gitreg" / "journals", surroundings)
        self._publisher = Publisher(self.yard, blobs, self.ledger)
        self._starter = Starter(self)
        self._announcing: threading.Thread | None = None
        self._beats: dict[AttemptId, Beat] = {}

    # Starting

    def start_run(self, experiment: str = "default", **said: Unpack[Start]) -> Run:
        """Begin a run, or another attempt at one; see `Starter.start_run`."""
        return self._starter.start_run(experiment, **said)

    def attach(self, run_id: str, *, strict: bool | None = None, owner: Owner = "process") -> Run:
        """Record into a run that is open in this clone; see `Starter.attach`."""
        return self._starter.attach(run_id, strict=strict, owner=owner)

    # The ground that a clone is: see `Ground`

    @property
    def registry(self) -> RegistryId:
        """Which registry this is."""
        return self._settings.registry

    def actor(self) -> Actor:
        """Who records."""
        return self.ledger.actor()

    def known(self, run_id: RunId) -> Known | None:
        """What any record on the ledger says of the run."""
        ledger = self.ledger.snapshot()
        folder = paths.run_folder(run_id)
        for entry in ledger.entries(folder):
            data = ledger.read(f"{folder}/{entry.name}") if not entry.is_folder and run_id in entry.name else None
            record = RunRecord.from_bytes(data, entry.name) if data else None
            if record and record.run_id == run_id:
                tags = {key: value for attempt in record.attempts for key, value in attempt.tags.items()}
                return Known(record.experiment, record.name, record.parent, tags)
        return None

    def open_journals(self, run_id: RunId) -> list[Standing]:
        """The journals of attempts at a run that are open in this clone."""
        return [each for each in self.yard.journals(run_id) if not each.header.segment and not self.yard.ended(each)]

    def create(self, header: JournalHeader) -> Journal:
        """A new journal in the yard."""
        return Journal.create(self.yard.folder, header)

    def later(self, header: JournalHeader) -> Journal:
        """A journal in the yard that makes its file at the first record."""
        return Journal.later(self.yard.folder, header)

    def bytes_for(self, header: JournalHeader) -> BlobStore:
        """All bytes of a clone are in one place."""
        del header
        return self.blobs

    def capture(self, blobs: BlobStore) -> Captured:
        """What is found out without being told."""
        return capture_start(blobs, self.surroundings)

    def began(self, standing: Standing) -> None:
        """Where there are others, tell them that the run has begun, and that it lives; training waits for neither."""
        if self.ledger.has_remote():
            self._announcing = threading.Thread(
                target=self._tell, args=(standing,), name="gitreg-announce", daemon=True
            )
            self._announcing.start()
        if isinstance(self.blobs, LayeredBlobs) and self.blobs.shared is not None:
            self._beats[standing.header.attempt] = Beat(self.blobs, standing, self.surroundings.now)
            self._beats[standing.header.attempt].start()

    def ended(self, run: Run) -> None:
        """Publish it; where that cannot be, it stays in the yard."""
        if self._announcing is not None:
            self._announcing.join()
        if beat := self._beats.pop(run.header.attempt, None):
            beat.stop()
        try:
            published = self.publish()
        except (GitregError, OSError, RuntimeError) as error:  # from 3.12 an exiting Python refuses threads so
            why = error.message if isinstance(error, GitregError) else str(error)
            run.became_unpublished(why)
            log.warning(
                "gitreg keeps the run %s in its journal; it is not on the ledger yet: %s", run.run_id.short, why
            )
            return
        for damaged in published.damaged:
            if damaged.path == run.recording.journal.path:
                run.became_unpublished(damaged.error.message)

    # Publishing

    def publish(self, why: str | None = None) -> Published:
        """Take all that has ended in this clone to the ledger; `why` goes into the commit's message. Raises what store
        and blobs raise; nothing is lost then.
        """
        return self._publisher.publish(why)

    def publish_spool(self, spool: Spool, why: str | None = None, progress: Progress | None = None) -> SpoolPublished:
        """Take what has ended in a spool to the ledger; see `SpoolPublisher.publish`, `Spool.check_registry`."""
        spool.check_registry(self.registry)
        with self._publisher.turn():
            return SpoolPublisher(spool, self.blobs, self.ledger).publish(why, progress)

    def recover(self, why: str | None = None) -> list[Recovered]:
        """End the runs whose process is certainly gone, as `killed`, and publish all that has ended.

        Certain is: the same host and boot, the journal's lock free, no such process. Runs that no process owns, and
        those of other hosts, are left alone. A journal that is damaged is reported and left as it is.
        """
        self.yard.sweep()
        found = [problem for each in self.yard.journals() if (problem := self._kill(each))]
        standing = {each.header.run_id: each.path for each in self.yard.journals()}
        published = self.publish(why)
        taken = [
            Recovered(standing[record.run_id], record.run_id, record.attempts[-1].status)
            for record in published.records
            if record.run_id in standing
        ]
        return [*taken, *found, *(Recovered(each.path, None, None, each.error.message) for each in published.damaged)]

    def _kill(self, standing: Standing) -> Recovered | None:
        """Write the end of a run whose process died; the problem, if there is one."""
        header = standing.header
        if header.segment or header.owner == "none" or self.yard.ended(standing) or not self.yard.is_here(header):
            return None
        journal = Journal.reopen(standing.path)
        if journal is None:
            return None
        try:
            if self.yard.is_dead(header):
                self._write_killed(standing, journal)
        except CorruptJournal as error:
            return Recovered(standing.path, header.run_id, None, error.message)
        finally:
            journal.close()
        return None

    def _write_killed(self, standing: Standing, journal: Journal) -> None:
        gathered = gather(standing.path)
        if gathered.end is None:
            journal.cut(gathered.end_offset)
            journal.append(encode_record(EndRecord(status="killed", at_us=_last_sign(gathered))))
            journal.flush()

    def live(self) -> list[LiveRun]:
        """The journals of this clone, for `status` and for reads that want what is not on the ledger yet."""
        found = [self._live(each) for each in self.yard.journals() if not each.header.segment]
        found.sort(key=lambda each: each.header.started_at_us if each.header else 0)
        return [*found, *(LiveRun(each.path, None, "damaged", each.error.message) for each in self.yard.damaged())]

    def _live(self, standing: Standing) -> LiveRun:
        return LiveRun(standing.path, standing.header, self._state(standing))

    def _state(self, standing: Standing) -> str:
        header = standing.header
        if self.yard.ended(standing):
            return "ended"
        if header.owner == "none":
            return "open"
        if not self.yard.is_here(header):
            return "elsewhere"
        journal = Journal.reopen(standing.path)
        if journal is None:
            return "active"
        journal.close()
        return "lost" if self.yard.is_dead(header) else "active"

    def headers(self) -> list[JournalHeader]:
        """Whose journals lie in this clone; cheap."""
        return [each.header for each in self.yard.journals()]

    def journals(self, run_id: RunId | None = None) -> list[LiveJournal]:
        """The journals of this clone (of one run) as they are now, read whole; those that cannot be read are left
        out.
        """
        found = (read_live(each) for each in self.yard.journals(run_id))
        return [each for each in found if each is not None]

    def is_held(self, header: JournalHeader) -> bool:
        """Whether a process on this machine, or nobody in particular (`runs start`), is recording to a journal."""
        standing = self.yard.main(header.run_id, header.attempt)
        return standing is not None and self._state(standing) in ("active", "open", "ended")

    def _tell(self, standing: Standing) -> None:
        try:
            self._publisher.announce(standing)
        except (GitregError, OSError, RuntimeError) as error:
            log.info("gitreg could not announce the run %s: %s", standing.header.run_id.short, error)


def _last_sign(gathered: Gathered) -> int:
    """When a killed run was last heard of: its latest point, else its start."""
    return max([gathered.header.started_at_us, *(tally.time_us for tally in gathered.metrics)])
