"""Publishing: journals become documents of the ledger, many in one commit, and are removed only when that is durable.

Killed anywhere in between, the same is done again with the same result: an attempt that has ended is written once, a
journal that was counted in is recognised by its series blob.
"""

from __future__ import annotations

import os
import threading
from contextlib import contextmanager
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gitreg.errors import GitregError
from gitreg.locking import flock
from gitreg.tracking.assembling import Assembler, Work
from gitreg.tracking.attempts import attempt_of
from gitreg.tracking.console import discard_console
from gitreg.tracking.gathering import Gathered, gather_from
from gitreg.tracking.wording import subject_of
from gitreg.tracking.yard import Damaged, Standing, Yard

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.blobs import BlobStore
    from gitreg.documents import (
        AttemptId,
        RunId,
        RunRecord,
    )
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
        self._assembler = Assembler(blobs)
        self._ledger = ledger
        self._threads = threading.Lock()

    def publish(self, why: str | None = None) -> Published:
        """All ended journals of this clone, in one commit, with what a person says of it (`why`) in its message.

        Raises what the store and the blobs raise; nothing is lost then.
        """
        with self.turn():
            batch = self._gather()
            try:
                records = self._publish(batch, why)
            finally:
                batch.close()
            return Published(tuple(records), tuple(batch.damaged))

    def announce(self, standing: Standing) -> RunRecord | None:
        """Tell the ledger that a run has begun. None when there is nothing to tell: it has ended since."""
        with self.turn(), standing.path.open("rb") as file:
            gathered = gather_from(file, standing.path.name)
            if gathered.end is not None:
                return None
            work = self._work()
            work.take(attempt_of(gathered), gathered)
            self._land(work)
            return work.record

    def _work(self) -> Work:
        return Work(self._ledger.snapshot(), self._ledger.store.writer)

    def _land(self, work: Work, why: str | None = None) -> None:
        subject = subject_of(list(work.records.values()))
        self._ledger.land(lambda _: work.edits, subject, tuple(work.blobs), why=why)

    def _publish(self, batch: Batch, why: str | None) -> list[RunRecord]:
        work = self._work()
        done: list[Journal] = []
        for journals in batch.attempts().values():
            try:
                if self._assembler.take(work, [(standing.path, gathered) for standing, _, gathered in journals]):
                    done += [journal for _, journal, _ in journals]
            except GitregError as error:  # one journal that cannot be counted in must not keep all others back
                batch.damaged.append(Damaged(journals[0][0].path, error))
        if work.edits:
            self._blobs.flush()
            self._land(work, why)
        for journal in done:
            discard_console(journal.path)  # before the journal, by which it would be found again
            journal.remove()
        return list(work.records.values())

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
    def turn(self) -> Iterator[None]:
        """One publisher at a time: each reads this clone's own records, adds to them and writes them back."""
        self._yard.folder.mkdir(parents=True, exist_ok=True)
        with self._threads:
            fd = os.open(self._yard.folder / "publishing", os.O_CREAT | os.O_RDWR | os.O_CLOEXEC, 0o644)
            try:
                flock(fd, wait=True)  # where there is none, the compare-and-swap of the ledger has to do
                yield
            finally:
                os.close(fd)
