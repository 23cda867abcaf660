"""Small builders: a store with a clock, and documents of the ledger."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

from gitreg.documents import (
    Actor,
    Attempt,
    AttemptId,
    Descriptor,
    Digest,
    Edits,
    Note,
    Principal,
    RunId,
    RunRecord,
    Status,
    Version,
    WriterId,
    paths,
)
from gitreg.index import Index
from gitreg.store import CommitId, CommitText, Person, Store
from gitreg.surroundings import Surroundings

if TYPE_CHECKING:
    from pathlib import Path

START = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
WRITER = WriterId("a" * 32)
ADA = Person("Ada", "ada@example.org")
ACTOR = Actor(principal=Principal("ada@example.org"), via="person")


def surroundings(home: Path) -> Surroundings:
    return Surroundings(environ={}, host="here", boot_id="boot", machine_id="machine", now=lambda: START, home=home)


@dataclass
class Ledger:
    """A registry's repository in which commits are made by hand."""

    store: Store
    indexes: list[Index] = field(default_factory=list)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        for index in self.indexes:
            index.close()
        self.store.close()

    def tip(self) -> CommitId | None:
        return self.store.tip(self.store.branches.ledger)

    def commit(self, edits: Edits, ref: str = "") -> CommitId:
        text = CommitText("test: a change", ADA, ADA, START)
        commit = self.store.update(ref or self.store.branches.ledger, lambda _: edits, text)
        assert commit is not None
        return commit

    def index(self, folder: Path | None) -> Index:
        branches = self.store.branches
        self.indexes.append(Index.open(folder, self.store, main=branches.main, ledger=branches.ledger))
        return self.indexes[-1]


def run_id(number: int) -> RunId:
    return RunId.new(START + timedelta(seconds=number))


def record(
    run: RunId,
    *,
    name: str = "brave-otter",
    experiment: str = "churn",
    status: Status = "finished",
    writer: WriterId = WRITER,
) -> RunRecord:
    attempt = Attempt(id=AttemptId.random(), host="here", status=status, started_at=run.started_at)
    return RunRecord(
        rev=1, writer=writer, run_id=run, experiment=experiment, name=name, actor=ACTOR, attempts=(attempt,)
    )


def record_edits(*records: RunRecord) -> dict[str, bytes | None]:
    return {paths.run_record(each.run_id, each.writer): each.to_bytes() for each in records}


def note_edits(folder: str, name: str, value: str | None, rev: int = 1) -> dict[str, bytes | None]:
    note = Note(rev=rev, writer=WRITER, subject=folder, name=name, value=value, actor=ACTOR, at=START)
    return {paths.note(folder, name): note.to_bytes()}


def version(model: str = "fraud", content: bytes = b"weights") -> Version:
    manifest = Descriptor(media_type="application/json", digest=Digest.of(content), size=len(content))
    return Version(model=model, output="model", artifacts=manifest)


def version_edits(document: Version, number: int) -> dict[str, bytes | None]:
    return {paths.version(document.model, number, document.digest): document.to_bytes()}
