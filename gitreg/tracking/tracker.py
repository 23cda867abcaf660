"""Runs begin, are attached to, recovered and published here: what stands between the open run and the ledger."""

from __future__ import annotations

import os
import threading
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

from gitreg.blobs import LayeredBlobs
from gitreg.documents import (
    AttemptId,
    Hex32,
    RegistrySettings,
    RunId,
    RunRecord,
    Status,
    check_name,
    paths,
)
from gitreg.errors import AlreadyExists, CorruptJournal, GitregError, InvalidValue, RunNotFound
from gitreg.tracking.active import PROCESS
from gitreg.tracking.beats import Beat
from gitreg.tracking.capture import Captured, capture_start
from gitreg.tracking.gathering import Gathered, gather
from gitreg.tracking.journal import Journal, log
from gitreg.tracking.landing import Ledger, Sharing
from gitreg.tracking.names import generated_name
from gitreg.tracking.publishing import Published, Publisher
from gitreg.tracking.reading import LiveJournal, read_live
from gitreg.tracking.recording import Recording
from gitreg.tracking.records import ContextEvent, EndRecord, JournalHeader, Owner, encode_record, to_micros
from gitreg.tracking.run import Run
from gitreg.tracking.yard import Standing, Yard, process_start

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from pathlib import Path

    from gitreg.blobs import BlobStore
    from gitreg.store import Store
    from gitreg.surroundings import Surroundings

RUN_ID_VARIABLE: Final = "GITREG_RUN_ID"
STRICT_VARIABLE: Final = "GITREG_STRICT"


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


@dataclass(frozen=True)
class _Wanted:
    """What a caller of `start_run` asks for, checked."""

    run_id: RunId
    experiment: str
    name: str
    parent: RunId | None
    owner: Owner


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
        self.yard = Yard(store.git_dir / "gitreg" / "journals", surroundings)
        self._publisher = Publisher(self.yard, blobs, self.ledger)
        self._announcing: threading.Thread | None = None
        self._beats: dict[AttemptId, Beat] = {}

    # Starting

    def start_run(  # noqa: PLR0913 - the public face: each is a thing people say about a run, all but one by name
        self,
        experiment: str = "default",
        *,
        name: str | None = None,
        tags: Mapping[str, object] | None = None,
        run_id: str | None = None,
        parent: str | None = None,
        key: str | None = None,
        strict: bool | None = None,
        owner: Owner = "process",
    ) -> Run:
        """Begin a run, or another attempt at one (`run_id`, or the same `key` in the same experiment).

        Under `gitreg run` the first call in a process attaches to the run that is there, and later ones are its
        children. Wrong arguments raise (`InvalidName`, `InvalidValue`), and so does a registry that cannot be written
        to (`StorageError`): nothing has been recorded yet.
        """
        given = self.surroundings.environ.get(RUN_ID_VARIABLE) if run_id is None and key is None else None
        if given and owner == "process":
            around = self._around(RunId(given))
            if around and PROCESS.attach_once(around.header.run_id):
                return self._attached(around, tags, strict)
            parent = parent or (around.header.run_id if around else None)
        wanted = self._wanted(experiment, name, (run_id, key), parent, owner)
        if owner == "none" and (around := self._around(wanted.run_id)) and around.header.owner == "none":
            return self._attached(around, tags, strict, owner="none")
        return self._begin(wanted, tags, strict)

    def attach(self, run_id: str, *, strict: bool | None = None, owner: Owner = "process") -> Run:
        """Record into a run that is open in this clone.

        `owner="none"` is a shell command's: it waits for the journal of a run that no process owns and lets go of it at
        `release` (or the end of `with`). Otherwise this process gets a journal of its own, which counts into the run
        when both have ended. Raises `RunNotFound`.
        """
        standing = self._around(RunId(run_id))
        if standing is None or (owner == "none" and standing.header.owner != "none"):
            message = f"No run {run_id:.64} is open here" + (" that a shell could record into." if standing else ".")
            raise RunNotFound(message, subject=run_id[:64], hint="Begin one: gitreg runs start")
        return self._attached(standing, None, strict, owner=owner)

    def _wanted(
        self, experiment: str, name: str | None, ids: tuple[str | None, str | None], parent: str | None, owner: Owner
    ) -> _Wanted:
        experiment = check_name(experiment, "experiment's name")
        given, key = ids
        if given is not None and key is not None:
            raise InvalidValue("A run has either an id or a key, not both.")
        if key is not None:
            run_id = RunId.keyed(self._settings.registry, experiment, check_name(key, "run's key"))
        else:
            run_id = RunId.new(self.surroundings.now()) if given is None else RunId(given)
        name = generated_name(run_id) if name is None else check_name(name, "run's name")
        known = self._known(run_id) if ids != (None, None) else None
        if known and known.experiment != experiment != "default":
            message = (
                f"The run {run_id.short} belongs to the experiment {known.experiment!r:.80}, not {experiment!r:.80}."
            )
            raise AlreadyExists(message, subject=run_id)
        return _Wanted(
            run_id=run_id,
            experiment=known.experiment if known else experiment,
            name=known.name if known else name,
            parent=RunId(parent) if parent is not None else known.parent if known else None,
            owner=owner,
        )

    def _known(self, run_id: RunId) -> RunRecord | None:
        """Any record that the ledger has of the run."""
        ledger = self.ledger.snapshot()
        folder = paths.run_folder(run_id)
        for entry in ledger.entries(folder):
            data = ledger.read(f"{folder}/{entry.name}") if not entry.is_folder and run_id in entry.name else None
            record = RunRecord.from_bytes(data, entry.name) if data else None
            if record and record.run_id == run_id:
                return record
        return None

    def _begin(self, wanted: _Wanted, tags: Mapping[str, object] | None, strict: bool | None) -> Run:  # noqa: FBT001
        header = self._header(wanted, AttemptId.random())
        journal = Journal.create(self.yard.folder, header)
        run = self._run(header, journal, strict)
        if wanted.owner == "process":
            PROCESS.enter(run, self._after_fork)
        self._capture(run)
        run.set_tags(tags or {})
        if wanted.owner == "process":
            self._announce(Standing(journal.path, header))
        return run

    def _attached(
        self,
        standing: Standing,
        tags: Mapping[str, object] | None,
        strict: bool | None,  # noqa: FBT001 - three states: said yes, said no, the environment decides
        *,
        owner: Owner = "process",
    ) -> Run:
        if owner == "none":
            run = self._reopened(standing, strict)
        else:
            header = self._segment_of(standing.header)
            run = self._run(header, Journal.later(self.yard.folder, header), strict, self._end_part)
            PROCESS.enter(run, self._after_fork)
        run.set_tags(tags or {})
        return run

    def _reopened(self, standing: Standing, strict: bool | None) -> Run:  # noqa: FBT001 - as above
        journal = Journal.reopen(standing.path, wait=True)
        if journal is None:
            raise RunNotFound(f"The run {standing.header.run_id.short} has just ended.", subject=standing.header.run_id)
        gathered = gather(standing.path)
        if gathered.end is not None:
            journal.close()
            raise RunNotFound(f"The run {standing.header.run_id.short} has ended.", subject=standing.header.run_id)
        journal.cut(gathered.end_offset)
        run = self._run(standing.header, journal, strict)
        run.recording.go_on_from(gathered)
        run.files.know(gathered.artifacts.keys())
        return run

    def _run(
        self,
        header: JournalHeader,
        journal: Journal,
        strict: bool | None,  # noqa: FBT001 - as above
        end: Callable[[Run, Status], None] | None = None,
    ) -> Run:
        is_strict = self.surroundings.environ.get(STRICT_VARIABLE) == "1" if strict is None else strict
        now = self.surroundings.now
        recording = Recording(journal, lambda: to_micros(now()), strict=is_strict)
        return Run(header, recording, self.blobs, end or self._end)

    def _header(self, wanted: _Wanted, attempt: AttemptId) -> JournalHeader:
        return JournalHeader(
            registry=self._settings.registry,
            run_id=wanted.run_id,
            experiment=wanted.experiment,
            name=wanted.name,
            parent=wanted.parent,
            attempt=attempt,
            journal=Hex32.random(),
            segment=False,
            owner=wanted.owner,
            host=self.surroundings.host,
            boot_id=self.surroundings.boot_id,
            pid=os.getpid(),
            pid_started=process_start(os.getpid()),
            started_at_us=to_micros(self.surroundings.now()),
            actor=self.ledger.actor(),
        )

    def _segment_of(self, header: JournalHeader) -> JournalHeader:
        """The header of a journal that this process writes for an attempt that is not its own."""
        pid = os.getpid()
        return header.model_copy(
            update={
                "journal": Hex32.random(),
                "segment": True,
                "owner": "process",
                "host": self.surroundings.host,
                "boot_id": self.surroundings.boot_id,
                "pid": pid,
                "pid_started": process_start(pid),
                "started_at_us": to_micros(self.surroundings.now()),
            }
        )

    def _capture(self, run: Run) -> None:
        captured: Captured = capture_start(self.blobs, self.surroundings)
        run.set_tags(captured.tags)
        run.recording.events([ContextEvent(source=captured.source, environment=captured.environment)])

    def _around(self, run_id: RunId) -> Standing | None:
        """The journal of the latest attempt at the run that is open in this clone."""
        mains = [each for each in self.yard.journals(run_id) if not each.header.segment and not self.yard.ended(each)]
        return max(mains, key=lambda each: each.header.started_at_us, default=None)

    # Ending

    def _end(self, run: Run, status: Status) -> None:
        """The end of a run in the process (or by the command) that may end it."""
        del status
        PROCESS.leave(run)
        run.recording.journal.close()
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

    def _end_part(self, run: Run, status: Status) -> None:
        """The end of one process's part in a run that is another's to end."""
        del status
        PROCESS.leave(run)
        run.recording.journal.close()

    def _after_fork(self, run: Run) -> None:
        run.recording.journal.close()  # the parent's file stays open, and locked, in the parent
        header = self._segment_of(run.header)
        run.go_on_in_child(header, Journal.later(self.yard.folder, header), self._end_part)

    # Publishing

    def publish(self, why: str | None = None) -> Published:
        """Take all that has ended in this clone to the ledger; `why` goes into the commit's message. Raises what store
        and blobs raise; nothing is lost then.
        """
        return self._publisher.publish(why)

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

    def _announce(self, standing: Standing) -> None:
        """Where there are others, tell them that the run has begun, and that it lives; training waits for neither."""
        if self.ledger.has_remote():
            self._announcing = threading.Thread(
                target=self._tell, args=(standing,), name="gitreg-announce", daemon=True
            )
            self._announcing.start()
        if isinstance(self.blobs, LayeredBlobs) and self.blobs.shared is not None:
            self._beats[standing.header.attempt] = Beat(self.blobs, standing, self.surroundings.now)
            self._beats[standing.header.attempt].start()

    def _tell(self, standing: Standing) -> None:
        try:
            self._publisher.announce(standing)
        except (GitregError, OSError, RuntimeError) as error:
            log.info("gitreg could not announce the run %s: %s", standing.header.run_id.short, error)


def _last_sign(gathered: Gathered) -> int:
    """When a killed run was last heard of: its latest point, else its start."""
    return max([gathered.header.started_at_us, *(tally.time_us for tally in gathered.metrics)])
