"""What a pack is made from: documents with their very bytes, and what only history says about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping
    from datetime import datetime
    from pathlib import Path
    from typing import BinaryIO

    from gitreg.documents import (
        Dataset,
        Digest,
        Evaluation,
        Json,
        Manifest,
        ModelCard,
        Principal,
        RegistryId,
        RunRecord,
        Statement,
        Version,
    )
    from gitreg.packs.archive import Member
    from gitreg.report import StageStanding


@dataclass(frozen=True)
class Standing:
    """A file as it stands on main: its bytes, its path there, and the commit that has it."""

    data: bytes
    path: str
    commit: str


@dataclass(frozen=True)
class Signed:
    """A statement and its signature, as bytes. `trouble` says why it counts for nothing."""

    key: str
    statement: Statement
    data: bytes
    signature: bytes
    person: Principal | None
    validity_is_bounded: bool = False
    """Whether the key may sign only from, or up to, some time."""
    trouble: str = ""


@dataclass(frozen=True)
class Landed:
    """One entry of the stage's log."""

    title: str
    commit: str
    at: datetime
    decision: Digest
    outcome: str
    is_unreviewed: bool
    approved_by: tuple[str, ...]
    reason: str | None


@dataclass(frozen=True)
class Bytes:
    """The model's files: their manifest, how to open each, and a signature over the folder where one was made."""

    manifest: Manifest
    open: Callable[[Digest], BinaryIO] | None = None
    """None where the files themselves do not go into the pack."""
    signature: bytes | None = None


@dataclass(frozen=True)
class Material:
    """Everything that goes into one pack. `documents` are by their name in the pack."""

    address: str
    registry: RegistryId
    standing: StageStanding
    version: Version
    card: ModelCard | None
    documents: Mapping[str, Standing]
    signed: tuple[Signed, ...]
    runs: tuple[RunRecord, ...]
    datasets: tuple[Dataset, ...]
    evaluations: tuple[Evaluation, ...]
    log: tuple[Landed, ...]
    lineage: Json
    holds: tuple[str, ...]
    now: datetime
    """The moment as of which the pack speaks."""
    bytes: Bytes | None = None
    missing: tuple[str, ...] = ()
    """What could not be put into it, in words."""

    @property
    def label(self) -> str:
        """`fraud/7`."""
        return f"{self.standing.move.model}/{self.standing.move.number}"


@dataclass(frozen=True)
class Exported:
    """A pack that was written."""

    address: str
    file: Path
    digest: Digest
    members: tuple[Member, ...]
    missing: tuple[str, ...]
    """What could not be put into it, in words."""
