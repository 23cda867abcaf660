"""Runs begin and are attached to here, wherever they are recorded: in a clone of a registry, or in a spool."""

from __future__ import annotations

import os
from dataclasses import dataclass, replace
from functools import partial
from typing import TYPE_CHECKING, Final, Protocol, TypedDict, Unpack

from gitreg.blobs import unwatched
from gitreg.documents import Actor, AttemptId, Hex32, RegistryId, RunId, Status, check_name
from gitreg.errors import AlreadyExists, InvalidValue, RunNotFound
from gitreg.folding import GROUP_TAG, RANK_TAG
from gitreg.tracking.active import PROCESS
from gitreg.tracking.capture import is_captured
from gitreg.tracking.ending import end_runs_on_sigterm
from gitreg.tracking.gathering import gather
from gitreg.tracking.journal import Journal, log
from gitreg.tracking.names import generated_name
from gitreg.tracking.ranks import Rank
from gitreg.tracking.recording import Recording
from gitreg.tracking.records import ContextEvent, JournalHeader, Owner, to_micros
from gitreg.tracking.run import Run
from gitreg.tracking.system import Gauges, interval_of
from gitreg.tracking.yard import Standing, process_start

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping

    from gitreg.blobs import BlobStore
    from gitreg.surroundings import Surroundings
    from gitreg.tracking.capture import Captured
    from gitreg.tracking.neighbours import Neighbours

RUN_ID_VARIABLE: Final = "GITREG_RUN_ID"
STRICT_VARIABLE: Final = "GITREG_STRICT"
CAPTURE_VARIABLE: Final = "GITREG_CAPTURE"
OUR_TAGS: Final = "gitreg."
SYSTEM_METRICS_VARIABLE: Final = "GITREG_SYSTEM_METRICS"


class Start(TypedDict, total=False):
    """What else is said about a run when it begins: once, for every door that begins one. Each may be left out."""

    name: str | None
    """Made up from the id where none is given."""
    tags: Mapping[str, object] | None
    run_id: str | None
    """Another attempt at this run."""
    parent: str | None
    """The id of the run that this one is a part of. Its tags, but those of its machine, are tags of this one, too."""
    nested: bool
    """Whether the active run is the parent, where none is named. Raises `RunClosed` where none is active."""
    group: str | None
    """What this run is compared within, such as a sweep: the tag `gitreg.group`."""
    key: str | None
    """The same key in the same experiment is the same run, whoever starts it."""
    strict: bool | None
    """Whether a value that would be dropped raises; None asks GITREG_STRICT."""
    capture: bool | None
    """Whether what this process prints is kept as `logs/stdout.txt` and `logs/stderr.txt`; None asks GITREG_CAPTURE."""
    system_metrics: bool | float | None
    """Whether CPU, memory, disk, network and GPUs are sampled, or every how many seconds; None asks
    GITREG_SYSTEM_METRICS. Raises `MissingExtra` where psutil is not there."""
    rank: Rank | None
    """What the launcher made this process; found out, not said."""
    owner: Owner


@dataclass(frozen=True)
class Known:
    """What is known of a run that has begun before."""

    experiment: str
    name: str
    parent: RunId | None
    tags: Mapping[str, str]


class Ground(Protocol):
    """Where runs are recorded."""

    @property
    def registry(self) -> RegistryId:
        """Whose runs they are."""

    @property
    def surroundings(self) -> Surroundings:
        """Clock, host, environment."""

    def actor(self) -> Actor:
        """Who records."""

    def known(self, run_id: RunId) -> Known | None:
        """What is known of a run."""

    def open_journals(self, run_id: RunId) -> list[Standing]:
        """The journals of the attempts at a run that are open here."""

    def create(self, header: JournalHeader) -> Journal:
        """A new journal, its header written. Raises `StorageError`."""

    def later(self, header: JournalHeader) -> Journal:
        """A journal that makes its file at the first record."""

    def bytes_for(self, header: JournalHeader) -> BlobStore:
        """Where the bytes go that a journal names."""

    @property
    def neighbours(self) -> Neighbours:
        """Whom an open run turns to."""

    def capture(self, blobs: BlobStore) -> Captured:
        """What is found out without being told."""

    def began(self, standing: Standing) -> None:
        """A process's run has begun."""

    def ended(self, run: Run) -> None:
        """A run's end is in its journal, which is closed."""


@dataclass(frozen=True)
class _Wanted:
    """What a caller of `start_run` asks for, checked."""

    run_id: RunId
    experiment: str
    name: str
    parent: RunId | None
    owner: Owner
    is_known: bool


class Starter:
    """Begins runs on a ground."""

    def __init__(self, ground: Ground) -> None:
        self._ground = ground

    def start_run(self, experiment: str = "default", **said: Unpack[Start]) -> Run:
        """Begin a run, or another attempt at one (`run_id`, or the same `key` in the same experiment).

        Under `gitreg run` the first call in a process attaches to the run that is there, and later ones are its
        children. Processes that a launcher started to work together (`Rank`) share one run: each has an attempt, and
        rank 0's says how the run stands; GITREG_RUN_ID may name that run. Wrong arguments raise (`InvalidName`,
        `InvalidValue`), and so does a registry that cannot be written to (`StorageError`): nothing has been recorded
        yet.
        """
        owner = said.get("owner", "process")
        rank = self._rank() if owner == "process" else None
        is_new = said.get("run_id") is None and said.get("key") is None
        given = self._ground.surroundings.environ.get(RUN_ID_VARIABLE) if is_new else None
        around = self._around(RunId(given)) if given and owner == "process" else None
        if around and PROCESS.attach_once(around.header.run_id):
            return self._attached(around, said)
        if rank is not None:
            said = _joining(experiment, said, rank, None if around else given)
        wanted = self._wanted(experiment, said, around.header.run_id if around else None)
        if owner == "none" and (around := self._around(wanted.run_id)) and around.header.owner == "none":
            return self._attached(around, said)
        return self._begin(wanted, said)

    def _rank(self) -> Rank | None:
        """What a launcher made this process; the process that started it is the same for all ranks of a host."""
        around, parent = self._ground.surroundings, os.getppid()
        return Rank.of(around.environ, f"{around.host} {around.boot_id} {parent} {process_start(parent)}")

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
        return self._attached(standing, {"strict": strict, "owner": owner})

    def _wanted(self, experiment: str, said: Start, around: RunId | None) -> _Wanted:
        experiment = check_name(experiment, "experiment's name")
        given, key, name = said.get("run_id"), said.get("key"), said.get("name")
        if given is not None and key is not None:
            raise InvalidValue("A run has either an id or a key, not both.")
        if key is not None:
            run_id = RunId.keyed(self._ground.registry, experiment, check_name(key, "run's key"))
        else:
            run_id = RunId.new(self._ground.surroundings.now()) if given is None else RunId(given)
        name = generated_name(run_id) if name is None else check_name(name, "run's name")
        known = self._ground.known(run_id) if (given, key) != (None, None) else None
        parent = said.get("parent") or (PROCESS.required().run_id if said.get("nested") else around)
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
            owner=said.get("owner", "process"),
            is_known=known is not None,
        )

    def _begin(self, wanted: _Wanted, said: Start) -> Run:
        gauges = self._gauges(said)
        inherited = self._inherited(wanted)
        header = self._header(wanted, AttemptId.random())
        journal = self._ground.create(header)
        run = self._run(header, journal, said)
        if wanted.owner == "process":
            PROCESS.enter(run, self._after_fork)
            end_runs_on_sigterm()
            self._accompany(run, said, gauges)
        run.set_tags(inherited)
        self._capture(run)
        run.set_tags(_tags_of(said))
        if wanted.owner == "process":
            self._ground.began(Standing(journal.path, header))
        return run

    def _inherited(self, wanted: _Wanted) -> Mapping[str, str]:
        """What a new run takes over from its parent. A parent that nobody here knows passes nothing on."""
        if wanted.parent is None or wanted.is_known:
            return {}
        tags = {key: value for key, value in self._tags_of_run(wanted.parent).items() if not is_captured(key)}
        return {key: value for key, value in tags.items() if key == GROUP_TAG or not key.startswith(OUR_TAGS)}

    def _tags_of_run(self, run_id: RunId) -> Mapping[str, str]:
        """From this process where the run is open in it, else from its journal, else from the ledger."""
        here = PROCESS.open_run(run_id)
        if here:
            return here.recording.tags
        standing = self._around(run_id)
        if standing:
            return gather(standing.path).tags
        known = self._ground.known(run_id)
        return known.tags if known else {}

    def _attached(self, standing: Standing, said: Start) -> Run:
        gauges = self._gauges(said)
        if said.get("owner") == "none":
            run = self._reopened(standing, said)
        else:
            header = self._segment_of(standing.header)
            run = self._run(header, self._ground.later(header), said, self._end_part)
            PROCESS.enter(run, self._after_fork)
            self._accompany(run, said, gauges)
        run.set_tags(_tags_of(said))
        return run

    def _gauges(self, said: Start) -> tuple[Gauges, float] | None:
        """What is sampled beside the run, and how often. Raises what `Start.system_metrics` says."""
        variable = self._ground.surroundings.environ.get(SYSTEM_METRICS_VARIABLE)
        interval_s = interval_of(said.get("system_metrics"), variable)
        rank = said.get("rank")
        if rank and rank.local_rank:
            return None  # one on each host is enough
        return None if interval_s is None or said.get("owner") == "none" else (Gauges(), interval_s)

    def _accompany(self, run: Run, said: Start, gauges: tuple[Gauges, float] | None) -> None:
        """Begin what is recorded beside the caller's own calls."""
        if self._wish(said.get("capture"), CAPTURE_VARIABLE):
            run.console.tee()
        if gauges:
            rank, host = said.get("rank"), self._ground.surroundings.host
            read = partial(gauges[0].read, host) if rank and rank.rank else gauges[0].read
            run.sample(read, gauges[1])

    def _wish(self, said: bool | None, variable: str) -> bool:  # noqa: FBT001 - what a caller said, if anything
        """What was said, else what the environment says."""
        return self._ground.surroundings.environ.get(variable) == "1" if said is None else said

    def _reopened(self, standing: Standing, said: Start) -> Run:
        journal = Journal.reopen(standing.path, wait=True)
        if journal is None:
            raise RunNotFound(f"The run {standing.header.run_id.short} has just ended.", subject=standing.header.run_id)
        gathered = gather(standing.path)
        if gathered.end is not None:
            journal.close()
            raise RunNotFound(f"The run {standing.header.run_id.short} has ended.", subject=standing.header.run_id)
        journal.cut(gathered.end_offset)
        run = self._run(standing.header, journal, said)
        run.recording.go_on_from(gathered)
        run.files.know(gathered.artifacts.keys())
        return run

    def _run(
        self,
        header: JournalHeader,
        journal: Journal,
        said: Start,
        end: Callable[[Run, Status], None] | None = None,
    ) -> Run:
        now = self._ground.surroundings.now
        recording = Recording(journal, lambda: to_micros(now()), strict=self._wish(said.get("strict"), STRICT_VARIABLE))
        rank = said.get("rank")
        around = self._ground.neighbours
        around = replace(around, watch=unwatched) if rank and rank.rank else around  # of many ranks one draws
        return Run(header, recording, self._ground.bytes_for(header), end or self._end, around)

    def _header(self, wanted: _Wanted, attempt: AttemptId) -> JournalHeader:
        return JournalHeader(
            registry=self._ground.registry,
            run_id=wanted.run_id,
            experiment=wanted.experiment,
            name=wanted.name,
            parent=wanted.parent,
            attempt=attempt,
            journal=Hex32.random(),
            segment=False,
            owner=wanted.owner,
            host=self._ground.surroundings.host,
            boot_id=self._ground.surroundings.boot_id,
            pid=os.getpid(),
            pid_started=process_start(os.getpid()),
            pid_space=self._ground.surroundings.pid_space,
            started_at_us=to_micros(self._ground.surroundings.now()),
            actor=self._ground.actor(),
        )

    def _segment_of(self, header: JournalHeader) -> JournalHeader:
        """The header of a journal that this process writes for an attempt that is not its own."""
        pid = os.getpid()
        return header.model_copy(
            update={
                "journal": Hex32.random(),
                "segment": True,
                "owner": "process",
                "host": self._ground.surroundings.host,
                "boot_id": self._ground.surroundings.boot_id,
                "pid": pid,
                "pid_started": process_start(pid),
                "pid_space": self._ground.surroundings.pid_space,
                "started_at_us": to_micros(self._ground.surroundings.now()),
            }
        )

    def _capture(self, run: Run) -> None:
        captured = self._ground.capture(self._ground.bytes_for(run.header))
        run.set_tags(captured.tags)
        run.recording.events([ContextEvent(source=captured.source, environment=captured.environment)])

    def _around(self, run_id: RunId) -> Standing | None:
        """The journal of the latest attempt at the run that is open here."""
        return max(self._ground.open_journals(run_id), key=lambda each: each.header.started_at_us, default=None)

    # Ending

    def _end(self, run: Run, status: Status) -> None:
        """The end of a run in the process (or by the command) that may end it."""
        del status
        PROCESS.leave(run)
        run.recording.journal.close()
        self._ground.ended(run)

    def _end_part(self, run: Run, status: Status) -> None:
        """The end of one process's part in a run that is another's to end."""
        del status
        PROCESS.leave(run)
        run.recording.journal.close()

    def _after_fork(self, run: Run) -> None:
        run.recording.journal.close()  # the parent's file stays open, and locked, in the parent
        header = self._segment_of(run.header)
        run.go_on_in_child(header, self._ground.later(header), self._ground.bytes_for(header), self._end_part)


def _joining(experiment: str, said: Start, rank: Rank, given: str | None) -> Start:
    """What a rank says of the run that all ranks share: the run that the launcher named, else one that they all can
    compute.
    """
    joined: Start = {**said, "rank": rank}
    if said.get("run_id") is not None or said.get("key") is not None:
        return joined
    if given and PROCESS.attach_once(RunId(given)):
        joined["run_id"] = given
        return joined
    key = rank.key(experiment, PROCESS.next_number(f"{rank.launch} {experiment}"))
    if key is None:
        log.warning(
            "gitreg: nothing tells which ranks belong together, so rank %d records a run of its own. Name the run: "
            "start_run(key=…), or GITREG_RUN_ID",
            rank.rank,
        )
    joined["key"] = key
    return joined


def _tags_of(said: Start) -> Mapping[str, object]:
    group = said.get("group")
    rank = said.get("rank")
    ours = {GROUP_TAG: group, RANK_TAG: rank.rank if rank else None}
    return {**(said.get("tags") or {}), **{key: value for key, value in ours.items() if value is not None}}
