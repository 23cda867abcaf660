"""Publishing a spool: what its journals say becomes runs of the registry, bytes first, many runs to a commit.

What others wrote is looked at with care: a journal that is damaged, is not a file, is another registry's, or names
bytes that are not there, is told of by name and left where it is, and all others go on. A journal is moved away only
when the ledger (the remote's, where there is one) has what it says. So a kill in between loses nothing, and the same
again changes nothing: the attempt is known by its id, a part of it by its series.

Who publishes says of a journal without an end only what it can know: that its process is gone, where it ran on this
very host, boot and process id namespace; that its job was started again since, and it has been silent for long. Of all
others it tells since when they have been silent, and writes nothing.
"""

from __future__ import annotations

import os
import shutil
import stat
from contextlib import suppress
from dataclasses import dataclass, field
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Final

from gitreg.blobs import read_manifest
from gitreg.errors import BlobNotFound, CorruptBlob, CorruptJournal, GitregError, InvalidValue, StorageError
from gitreg.folding import RANK_TAG
from gitreg.tracking.assembling import Assembler, Work
from gitreg.tracking.console import discard_console
from gitreg.tracking.gathering import Gathered, gather_from
from gitreg.tracking.journal import SUFFIX, journal_name, sync_folder
from gitreg.tracking.records import EndRecord
from gitreg.tracking.spool import Spool, is_journal
from gitreg.tracking.sweeping import sweep
from gitreg.tracking.wording import subject_of
from gitreg.tracking.yard import Damaged, has_end, process_start, read_header

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from gitreg.blobs import BlobStore, Progress
    from gitreg.documents import AttemptId, Digest, RunId
    from gitreg.store import Snapshot
    from gitreg.surroundings import Surroundings
    from gitreg.tracking.landing import Ledger
    from gitreg.tracking.records import JournalHeader

RUNS_A_COMMIT: Final = 100
SILENT_S: Final = 3600.0


@dataclass(frozen=True)
class OpenRun:
    """A run in the spool that has no end. `silent_since` where nothing was heard of it for an hour."""

    run_id: RunId
    name: str
    host: str
    silent_since: datetime | None


@dataclass(frozen=True)
class SpoolPublished:
    """What a pass over a spool came to."""

    runs: tuple[RunId, ...]
    commits: int
    running: tuple[OpenRun, ...]
    damaged: tuple[Damaged, ...]


@dataclass
class _Found:
    """The journals of one attempt, its own before the parts of other processes."""

    journals: list[tuple[Path, Gathered]] = field(default_factory=list)

    @property
    def path(self) -> Path:
        return self.journals[0][0]


class SpoolPublisher:
    """Takes the journals of one spool to one registry."""

    def __init__(self, spool: Spool, blobs: BlobStore, ledger: Ledger) -> None:
        """Raises `AlreadyExists` where the spool is another registry's: see `Spool.check_registry`."""
        self._spool = spool
        self._blobs = blobs
        self._ledger = ledger
        self._assembler = Assembler(blobs)
        self._damaged: list[Damaged] = []

    @property
    def _around(self) -> Surroundings:
        return self._ledger.store.surroundings

    def publish(self, why: str | None = None, progress: Progress | None = None) -> SpoolPublished:
        """Publish all that has ended; `why` goes into the commits, `progress` counts attempts.

        Raises what the store and the blobs raise, and `Unavailable` or `RemoteRefused` where there is a remote that
        does not take it: the spool is then as it was, less what was published before.
        """
        self._damaged = []
        attempts, running = self._look()
        runs: dict[RunId, None] = {}
        commits = 0
        for start in range(0, len(attempts), RUNS_A_COMMIT):
            batch = attempts[start : start + RUNS_A_COMMIT]
            landed = self._land(batch, why)
            runs.update(dict.fromkeys(landed))
            commits += bool(landed)
            if progress is not None:
                progress.add(len(batch))
        forgotten = sweep(self._spool, self._around.now(), self._is_recorded)
        return SpoolPublished(tuple(runs), commits, running, (*self._damaged, *forgotten))

    def _is_recorded(self, run_id: RunId, attempt: AttemptId) -> bool:
        """Whether the ledger has the whole of an attempt."""
        known = Work(self._ledger.snapshot(), self._spool.header.writer).known_attempt(run_id, attempt)
        return known is not None and known.status != "running"

    # What is there

    def _look(self) -> tuple[list[_Found], tuple[OpenRun, ...]]:
        """The attempts that have ended, the earliest first, and the runs that have not."""
        ended: list[tuple[Path, Gathered]] = []
        running: list[OpenRun] = []
        restarts = self._spool.restarts()
        for path in self._paths():
            try:
                gathered = self._read(path)
                gathered.end = gathered.end or self._end_of(gathered, path, restarts)
                if gathered.end is not None:
                    ended.append((path, gathered))
                elif not gathered.header.segment:
                    header = gathered.header
                    running.append(OpenRun(header.run_id, header.name, header.host, self._silent_since(path)))
            except FileNotFoundError:
                continue  # somebody else has published it since
            except GitregError as error:
                self._refuse(path, error)
        return _by_attempt(ended), tuple(sorted(running, key=lambda run: run.run_id))

    def _paths(self) -> list[Path]:
        folder = self._spool.journals
        try:
            return sorted(path for path in folder.iterdir() if path.name.endswith(SUFFIX))
        except OSError as error:
            raise StorageError(f"{folder} cannot be read: {error.strerror}.", subject=str(folder)) from error

    def _read(self, path: Path) -> Gathered:
        """A journal, which is a file, has the name of what it says, and is this registry's."""
        try:
            fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
        except FileNotFoundError:
            raise
        except OSError as error:
            raise StorageError(f"{path.name} cannot be read: {error.strerror}.", subject=path.name) from None
        with os.fdopen(fd, "rb") as file:
            if not stat.S_ISREG(os.fstat(fd).st_mode) or not is_journal(path.name):
                raise CorruptJournal(f"{path.name} is not a journal's file.", subject=path.name)
            gathered = gather_from(file, path.name)
        if journal_name(gathered.header) != path.name:
            raise CorruptJournal(f"{path.name} has the name of another journal.", subject=path.name)
        if gathered.header.registry != self._spool.header.registry:
            raise InvalidValue(f"{path.name} is a journal of another registry.", subject=path.name)
        return gathered

    def _end_of(self, gathered: Gathered, path: Path, restarts: dict[tuple[str, str], int]) -> EndRecord | None:
        """The end of a journal that has none, where we can know that nothing follows."""
        header = gathered.header
        is_left = _is_superseded(gathered, restarts) or (header.segment and self._is_part_of_what_ended(header))
        if not self._is_gone(header) and not (is_left and self._silent_since(path)):
            return None
        last = [gathered.header.started_at_us, *(tally.time_us for tally in gathered.metrics)]
        return EndRecord(status="killed", at_us=max(last))

    def _is_part_of_what_ended(self, header: JournalHeader) -> bool:
        """Whether the attempt's own journal has its end, or is published: a worker that was killed says no more."""
        others = self._spool.journals.glob(f"{header.run_id}.*{SUFFIX}")
        return not any(_is_open(path, header) for path in others if path.name != journal_name(header))

    def _is_gone(self, header: JournalHeader) -> bool:
        """Whether the journal's process ran under our eyes and does not run any more."""
        around = self._around
        place = (header.host, header.boot_id, header.pid_space)
        is_here = place == (around.host, around.boot_id, around.pid_space) and bool(header.pid_space)
        return is_here and bool(header.pid_started) and process_start(header.pid) != header.pid_started

    def _silent_since(self, path: Path) -> datetime | None:
        touched = path.stat().st_mtime
        return datetime.fromtimestamp(touched, UTC) if self._around.now().timestamp() - touched > SILENT_S else None

    # Landing

    def _land(self, attempts: Iterable[_Found], why: str | None) -> list[RunId]:
        """One commit of attempts; the runs that are new in it, or changed."""
        there = [each for each in attempts if self._take_bytes(each)]
        ledger = self._ledger.snapshot()
        work, done = self._work(ledger, there)

        def change(tree: Snapshot) -> dict[str, bytes]:
            return work.edits if tree.tree == ledger.tree else self._work(tree, done)[0].edits

        if work.edits:
            self._blobs.flush()
            subject = subject_of(list(work.records.values()))
            self._ledger.land(change, subject, tuple(work.blobs), why=why, only_there=True)
        for found in done:
            for path, gathered in found.journals:
                self._put_away(path, gathered.header)
        with suppress(OSError):  # of a move that a power cut undoes the next pass finds that it was published
            sync_folder(self._published_today())
        return [*work.records]

    def _work(self, ledger: Snapshot, attempts: Iterable[_Found]) -> tuple[Work, list[_Found]]:
        """What the ledger is to say, by what it says now, and of which attempts."""
        work, done = Work(ledger, self._spool.header.writer), []
        for each in attempts:
            try:
                if self._assembler.take(work, each.journals):
                    done.append(each)
            except FileNotFoundError:
                continue  # somebody else has published it since
            except GitregError as error:
                self._refuse(each.path, error)
        return work, done

    def _refuse(self, path: Path, error: GitregError) -> None:
        self._damaged.append(Damaged(path, error))

    def _put_away(self, path: Path, header: JournalHeader) -> None:
        """The journal is on the ledger: it goes where the next pass does not look, its bytes go."""
        folder = self._published_today()
        try:
            folder.mkdir(parents=True, exist_ok=True)
            discard_console(path)  # before the journal, by which it would be found again
            path.rename(folder / path.name)
        except FileNotFoundError:
            pass  # another publisher did
        except OSError as error:
            message = f"{path.name} is published, and cannot be moved to {folder}: {error.strerror}."
            self._refuse(path, StorageError(message, subject=path.name))
            return
        shutil.rmtree(self._spool.bytes / header.journal, ignore_errors=True)

    def _published_today(self) -> Path:
        return self._spool.published / self._around.now().strftime("%Y-%m-%d")

    # Bytes

    def _take_bytes(self, found: _Found) -> bool:
        """Bring what the journals of an attempt name to the registry's bytes. False where some are not to be had."""
        try:
            for _, gathered in found.journals:
                source = self._spool.bytes_of(gathered.header)
                for digest in _named(gathered):
                    self._carry(source, digest)
                for output in gathered.outputs.values():
                    for entry in read_manifest(self._blobs, output.manifest.digest).files:
                        self._carry(source, entry.digest)
        except (BlobNotFound, CorruptBlob) as error:
            self._refuse(found.path, error)
            return False
        return True

    def _carry(self, source: BlobStore, digest: Digest) -> None:
        if self._blobs.has(digest):
            return
        key = source.get_key(digest)
        with source.open(digest) as stream:
            if key is not None:
                self._blobs.put_key(digest, key)
            self._blobs.put(stream, durable=False)


def _by_attempt(journals: Iterable[tuple[Path, Gathered]]) -> list[_Found]:
    """The attempt that began first comes first, and in each its own journal before the parts of other processes."""
    found: dict[tuple[str, str], _Found] = {}
    for path, gathered in sorted(journals, key=lambda each: (each[1].header.segment, each[1].header.journal)):
        header = gathered.header
        found.setdefault((header.run_id, header.attempt), _Found()).journals.append((path, gathered))
    return sorted(found.values(), key=lambda each: each.journals[0][1].header.started_at_us)


def _is_open(path: Path, part: JournalHeader) -> bool:
    """Whether a journal is the own one of the attempt that `part` belongs to, and has no end."""
    try:
        header = read_header(path)
    except (GitregError, FileNotFoundError):
        return False
    return header.attempt == part.attempt and not header.segment and not has_end(path)


def _is_superseded(gathered: Gathered, restarts: dict[tuple[str, str], int]) -> bool:
    """Whether the scheduler has started the journal's job again since."""
    restart = gathered.tags.get("slurm.restart_count", "0")
    alone = gathered.tags.get("slurm.procid", "-") if "slurm.step_id" in gathered.tags else "-"
    rank = gathered.tags.get(RANK_TAG, alone)
    latest = restarts.get((gathered.header.run_id, rank), 0)
    return restart.isdecimal() and int(restart) < latest


def _named(gathered: Gathered) -> Iterator[Digest]:
    """The bytes that a journal names itself; those of its outputs stand in their manifests."""
    yield from (entry.digest for entry in gathered.artifacts.values())
    yield from (output.manifest.digest for output in gathered.outputs.values())
    for document in gathered.documents.values():
        yield from (sketch.digest for sketch in document.sketches)
    yield from (evaluation.predictions.digest for evaluation in gathered.evaluations.values())
    if gathered.source and gathered.source.diff:
        yield gathered.source.diff.digest
    if gathered.environment and gathered.environment.lock:
        yield gathered.environment.lock.digest
