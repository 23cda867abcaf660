"""The spool: a folder that many hosts share, into which runs are recorded with nothing else at hand.

    <spool>/spool.json                                 whose runs these are: written by `gitreg spool init`
            journals/<run>.<journal>.journal           one for each process, written by it alone
            bytes/<journal>/<registry>/sha256/…        what the journal names
            claims/<run>.<restart>.<rank>              which of its runs a restarted job goes on with
            published/<yyyy-mm-dd>/                    journals that are on the ledger, for a month (`sweeping.py`)

Recording opens no git repository, takes no lock and no network: all names are unique, or made by O_EXCL, which NFS and
Lustre promise to be exclusive. Only `gitreg publish` reads what others wrote (`spooled.py`).
"""

from __future__ import annotations

import hashlib
import json
import os
import re
from contextlib import suppress
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING, Final, Literal, Self, Unpack

from gitreg.blobs import FolderBlobs
from gitreg.documents import Actor, AttemptId, Hex32, Part, RegistryId, RunId, WriterId, parse_json, plain
from gitreg.errors import AlreadyExists, GitregError, InvalidDocument, InvalidValue, StorageError
from gitreg.store import CommitId
from gitreg.tracking.capture import Captured, capture_start
from gitreg.tracking.journal import SUFFIX, Journal, journal_name, sync_folder
from gitreg.tracking.landing import actor_of
from gitreg.tracking.neighbours import Neighbours
from gitreg.tracking.ranks import Rank
from gitreg.tracking.records import EndRecord, JournalHeader, TagEvent, encode_record, to_micros
from gitreg.tracking.slurm import Job
from gitreg.tracking.starting import RUN_ID_VARIABLE, Known, Start, Starter
from gitreg.tracking.tasks import ARRAY_TAG, COUNT_TAG
from gitreg.tracking.yard import Standing, Yard, process_start

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitreg.blobs import BlobStore
    from gitreg.surroundings import Surroundings
    from gitreg.tracking.run import Run

SPOOL_VARIABLE: Final = "GITREG_SPOOL"
MODE_VARIABLE: Final = "GITREG_MODE"
COMMIT_VARIABLE: Final = "GITREG_COMMIT"
_NAME: Final = "spool.json"
_MAX_BYTES: Final = 4096
_MOST_RUNS: Final = 100_000
_COMMIT: Final = re.compile(r"[0-9a-f]{40}|[0-9a-f]{64}")


class SpoolHeader(Part):
    """`spool.json`. The writer is the spool's own, so that whoever publishes it writes the same files."""

    spool: Literal["gitreg-spool/1"] = "gitreg-spool/1"
    registry: RegistryId
    writer: WriterId


def spool_of(environ: Mapping[str, str]) -> str | None:
    """The spool that runs are to be recorded into, where one is. Raises `InvalidValue` for half a setting."""
    mode, folder = environ.get(MODE_VARIABLE) or "", environ.get(SPOOL_VARIABLE) or None
    if mode not in ("", "journal"):
        hint = f"Unset it, or say {MODE_VARIABLE}=journal {SPOOL_VARIABLE}=FOLDER"
        raise InvalidValue(f"{MODE_VARIABLE} is {mode!r:.40}; it may only be journal.", hint=hint)
    if mode and folder is None:
        hint = f"{SPOOL_VARIABLE}=FOLDER, made by: gitreg spool init FOLDER"
        raise InvalidValue(f"{MODE_VARIABLE}=journal needs a spool.", hint=hint)
    return folder if mode else None


class Spool:
    """A spool's folders. Raises `StorageError` and `InvalidDocument` where there is none, or not a whole one."""

    def __init__(self, folder: Path) -> None:
        """Reads `spool.json`."""
        self.folder = _whole(folder)
        self.header = _read_header(self.folder / _NAME)
        self.journals = self.folder / "journals"
        self.bytes = self.folder / "bytes"
        self.claims = self.folder / "claims"
        self.published = self.folder / "published"

    @classmethod
    def init(cls, folder: Path, registry: RegistryId) -> Self:
        """Make a spool, or find the one that is there for this registry. Raises `AlreadyExists` for another's."""
        folder = _whole(folder)
        header = SpoolHeader(registry=registry, writer=WriterId.random())
        try:
            for name in ("journals", "bytes", "claims", "published"):
                (folder / name).mkdir(parents=True, exist_ok=True)
            _write_new(folder / _NAME, (json.dumps(plain(header), indent=2, sort_keys=True) + "\n").encode())
        except FileExistsError:
            pass
        except OSError as error:
            raise StorageError(f"The spool {folder} cannot be made: {error.strerror}.", subject=str(folder)) from error
        found = cls(folder)
        found.check_registry(registry)
        return found

    def check_registry(self, registry: RegistryId) -> None:
        """Raises `AlreadyExists` for a spool of another registry."""
        if self.header.registry != registry:
            message = f"{self.folder} is a spool of another registry ({self.header.registry:.8})."
            hint = "Go to that registry, or make another spool: gitreg spool init FOLDER"
            raise AlreadyExists(message, subject=str(self.folder), hint=hint)

    def bytes_of(self, header: JournalHeader) -> FolderBlobs:
        """Where the bytes lie that a journal names; nobody else's, so that they can go with it."""
        return FolderBlobs(self.bytes / header.journal, self.header.registry, anchor=self.folder)

    def claim(self, run_id: RunId, job: Job) -> bool:
        """Whether this process is the first of its rank, since its job was last started, to begin this run."""
        try:
            _write_new(self.claims / f"{run_id}.{job.restart}.{job.rank or '-'}", b"")
        except FileExistsError:
            return False
        except OSError as error:
            message = f"The spool {self.folder} cannot be written to: {error.strerror}."
            raise StorageError(message, subject=str(self.folder)) from error
        return True

    def restarts(self) -> dict[tuple[str, str], int]:
        """By run and rank, how often the job was restarted that last began it."""
        found: dict[tuple[str, str], int] = {}
        for path in self.claims.iterdir() if self.claims.is_dir() else ():
            run_id, _, rest = path.name.partition(".")
            restart, _, rank = rest.partition(".")
            if restart.isdecimal():
                found[run_id, rank] = max(int(restart), found.get((run_id, rank), 0))
        return found


class SpoolTracker:
    """Recording into a spool: the ground of runs on a cluster (see `Ground`)."""

    def __init__(self, spool: Spool, surroundings: Surroundings) -> None:
        self.spool = spool
        self._surroundings = surroundings
        self._yard = Yard(spool.journals, surroundings)
        self._starter = Starter(self)

    def start_run(self, experiment: str = "default", **said: Unpack[Start]) -> Run:
        """Begin a run; see `Starter.start_run`.

        In a job of SLURM that was requeued it is another attempt at the run that the job began before, the ranks of a
        step share one run, and the tasks of an array are children of one.
        """
        environ = self._surroundings.environ
        job = Job.of(environ) if RUN_ID_VARIABLE not in environ else None
        rank = Rank.of(environ)
        if job is not None and rank is not None:  # a launcher inside the step: its ranks share one SLURM_PROCID
            job = replace(job, rank=str(rank.rank))
        if job is not None and said.get("run_id") is None and said.get("key") is None:
            said["key"] = self._key(experiment, job, said.get("name"))
        if job is not None and job.array is not None and not (said.get("parent") or said.get("nested")):
            said["parent"] = self._array(experiment, job)
        return self._starter.start_run(experiment, **said)

    def _key(self, experiment: str, job: Job, name: str | None) -> str:
        keys = (job.key(name, number) for number in range(_MOST_RUNS))
        found = next((key for key in keys if self.spool.claim(RunId.keyed(self.registry, experiment, key), job)), None)
        if found is None:
            raise InvalidValue(f"The job {job.job} began more than {_MOST_RUNS:,} runs.", hint="Give each a key.")
        return found

    def _array(self, experiment: str, job: Job) -> RunId:
        """The run that brackets the tasks of an array; whoever comes first writes it, all write the same."""
        run_id = RunId.keyed(self.registry, experiment, job.array_key())
        digits = hashlib.sha256(b"array\0" + run_id.encode()).hexdigest()[:32]
        header = self._array_header(experiment, run_id, digits, job)
        path = self.spool.journals / journal_name(header)
        if not path.exists():
            journal = self.create(header)
            count = self._surroundings.environ.get("SLURM_ARRAY_TASK_COUNT", "")
            tags = {ARRAY_TAG: job.array or "", COUNT_TAG: count, "slurm.cluster": job.cluster}
            events = [TagEvent(key=key, value=value) for key, value in tags.items() if value]
            end = EndRecord(status="finished", at_us=header.started_at_us)
            journal.append(b"".join(encode_record(record) for record in (*events, end)))
            journal.close()
        return run_id

    def _array_header(self, experiment: str, run_id: RunId, digits: str, job: Job) -> JournalHeader:
        around = self._surroundings
        name = around.environ.get("SLURM_JOB_NAME") or "array"
        return JournalHeader(
            registry=self.registry,
            run_id=run_id,
            experiment=experiment,
            name=f"{name[:80]}-{job.array}",
            parent=None,
            attempt=AttemptId(digits),
            journal=Hex32(digits),
            segment=False,
            owner="process",
            host=around.host,
            boot_id=around.boot_id,
            pid=os.getpid(),
            pid_started=process_start(os.getpid()),
            pid_space=around.pid_space,
            started_at_us=to_micros(around.now()),
            actor=self.actor(),
        )

    # The ground that a spool is: see `Ground`

    @property
    def registry(self) -> RegistryId:
        """Whose runs these will be."""
        return self.spool.header.registry

    @property
    def surroundings(self) -> Surroundings:
        """Clock, host, environment."""
        return self._surroundings

    def actor(self) -> Actor:
        """Who records, by the environment alone."""
        environ = self._surroundings.environ
        user = environ.get("USER") or environ.get("LOGNAME") or self._surroundings.home.name or "nobody"
        email = environ.get("GIT_AUTHOR_EMAIL") or environ.get("EMAIL") or f"{user}@{self._surroundings.host}"
        return actor_of(email, self._surroundings)

    def known(self, run_id: RunId) -> Known | None:
        """What the journals here say of a run; what is on the ledger nobody can tell from here."""
        found = next(iter(self._yard.journals(run_id)), None)
        return Known(found.header.experiment, found.header.name, found.header.parent, {}) if found else None

    def open_journals(self, run_id: RunId) -> list[Standing]:
        """The journals of attempts at a run that have no end."""
        return [each for each in self._yard.journals(run_id) if not each.header.segment and not self._yard.ended(each)]

    def create(self, header: JournalHeader) -> Journal:
        """A new journal, never locked."""
        return Journal.create(self.spool.journals, header, locked=False)

    def later(self, header: JournalHeader) -> Journal:
        """The same, made at the first record."""
        return Journal.later(self.spool.journals, header, locked=False)

    def bytes_for(self, header: JournalHeader) -> BlobStore:
        """Where the bytes go that a journal names."""
        return self.spool.bytes_of(header)

    @property
    def neighbours(self) -> Neighbours:
        """Nothing is uploaded from here, and which data there is nobody can tell."""
        return Neighbours()

    def capture(self, blobs: BlobStore) -> Captured:
        """What is found out without git: the code's commit is what GITREG_COMMIT says, set where the job was sent."""
        said = self._surroundings.environ.get(COMMIT_VARIABLE, "")
        commit = CommitId(said) if _COMMIT.fullmatch(said) else None
        return capture_start(blobs, self._surroundings, commit=commit, reads_git=False)

    def began(self, standing: Standing) -> None:
        """Nobody is told; whoever publishes looks."""

    def ended(self, run: Run) -> None:
        """Nothing is published from here."""


def _whole(folder: Path) -> Path:
    """From the root, with links as they are: other hosts may mount what they lead to elsewhere."""
    return Path(os.path.normpath(folder.absolute()))


def _read_header(path: Path) -> SpoolHeader:
    hint = f"Make it where the registry is: gitreg spool init {path.parent}"
    try:
        with path.open("rb") as file:
            data = file.read(_MAX_BYTES)
    except OSError as error:
        message = f"{path.parent} is no spool: {_NAME} cannot be read: {error.strerror}."
        raise StorageError(message, subject=str(path.parent), hint=hint) from None
    try:
        return SpoolHeader.model_validate(parse_json(data))
    except (ValueError, GitregError) as error:
        message = f"{path} is not what gitreg writes: {type(error).__name__}."
        raise InvalidDocument(message, subject=str(path), hint=hint) from None


def _write_new(path: Path, data: bytes) -> None:
    """Make a file that was not there; nobody sees a half of it but by looking at once. Raises `FileExistsError`."""
    fd = os.open(path, os.O_CREAT | os.O_EXCL | os.O_WRONLY | os.O_CLOEXEC, 0o644)
    try:
        os.write(fd, data)
        if data:
            os.fsync(fd)
    finally:
        os.close(fd)
    if data:
        with suppress(OSError):  # some file systems sync no folders
            sync_folder(path.parent)


def is_journal(name: str) -> bool:
    """Whether a file's name is that of a journal."""
    return re.fullmatch(rf"{RunId.pattern.pattern}\.[0-9a-f]{{32}}{re.escape(SUFFIX)}", name) is not None
