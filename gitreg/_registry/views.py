"""What a registry answers with: frozen values, ready to be shown."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, TypedDict

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime
    from pathlib import Path

    from gitreg.decisions import OverrideView, ProposalView
    from gitreg.documents import (
        Checkpoint,
        Deployment,
        Digest,
        Erased,
        RegistryId,
        RunId,
    )
    from gitreg.forges import CheckRun, Comment, PullRequest
    from gitreg.signing import SignedNote, Signer
    from gitreg.store import CommitId, SyncReport
    from gitreg.tracking import LiveRun


@dataclass(frozen=True)
class Anchored:
    """A checkpoint that was signed. `trouble`: why it is on this machine only (empty: it is not)."""

    checkpoint: Checkpoint
    note: SignedNote
    path: str
    """Where it lies on the ledger."""
    trouble: str = ""


@dataclass(frozen=True)
class Reported:
    """A deployment that was recorded, and what is odd about it. `trouble`: why it is on this machine only."""

    document: Deployment
    warnings: tuple[str, ...]
    trouble: str = ""


@dataclass(frozen=True)
class Opened:
    """A pull request that was opened or brought up to date, or in `note` why there is none; neither: no forge."""

    url: str = ""
    note: str = ""


@dataclass(frozen=True)
class Told:
    """A pull request's comment and check that are up to date."""

    pull: PullRequest
    comment: Comment
    check: CheckRun


@dataclass(frozen=True)
class Unpushed:
    """What is only in this clone: commits of main, files of the ledger; None where there is no remote."""

    main: int
    ledger: int


@dataclass(frozen=True)
class Member:
    """A model of a set in one stage: what is in force there, by which decision, and what is wrong, if anything."""

    model: str
    number: int | None
    version: Digest | None
    decision: Digest | None
    of_set: str | None
    """The set that the decision is about; None where it moved this model alone."""
    trouble: str


@dataclass(frozen=True)
class SetStage:
    """A stage of all models of a set. They agree where one decision put all of them there, and nothing is wrong."""

    stage: str
    members: tuple[Member, ...]

    @property
    def agrees(self) -> bool:
        """Whether all members are there by one decision."""
        return len({each.decision for each in self.members}) == 1 and not any(each.trouble for each in self.members)


@dataclass(frozen=True)
class SetView:
    """A set and the stages in which some model of it is."""

    name: str
    models: tuple[str, ...]
    stages: tuple[SetStage, ...]

    @property
    def disagreeing(self) -> tuple[str, ...]:
        """The stages in which its models do not agree."""
        return tuple(each.stage for each in self.stages if not each.agrees)

    def mend(self, stage: str) -> str:
        """The command that brings its models together there."""
        return f"gitreg sets promote {self.name} --to {stage} -m WHY"


@dataclass(frozen=True)
class Status:
    """Which registry this is and why, and what is going on in it."""

    path: Path
    why: str
    registry: RegistryId
    main: CommitId | None
    remote: str | None
    remote_seen: datetime | None
    """When this clone last met its remote."""
    blobs: str
    live: tuple[LiveRun, ...]
    proposals: tuple[ProposalView, ...]
    overrides: tuple[OverrideView, ...]
    """Those that still have to be regularised."""
    sets: tuple[SetView, ...]
    """Those whose models do not agree in some stage."""
    unpushed: Unpushed | None
    runs: int
    models: int
    stages: Mapping[str, bool]
    """Name to whether it is protected."""
    next_steps: tuple[str, ...] = ()
    """Commands that are likely next, the most pressing first."""


@dataclass(frozen=True)
class Ailment:
    """One thing that `doctor` or `fsck` found. `severity` is `block`, `warn`, or `mended` for what is right again."""

    kind: str
    subject: str
    message: str
    hint: str = ""
    severity: str = "block"


@dataclass(frozen=True)
class Checkup:
    """What `fsck` found, and how much it looked at."""

    ailments: tuple[Ailment, ...]
    objects: int = 0
    documents: int = 0
    blobs: int = 0
    size_bytes: int = 0
    erased: int = 0
    """Blobs that were erased: nobody has to have them."""

    @property
    def is_sound(self) -> bool:
        """Whether nothing blocks."""
        return all(ailment.severity != "block" for ailment in self.ailments)


@dataclass(frozen=True)
class Naming:
    """A document that names bytes: what it is, to people, its path, and which of its files they are."""

    kind: str
    label: str
    path: str
    file: str = ""


@dataclass(frozen=True)
class Target:
    """Bytes that shall go, and what rests on them."""

    blob: Digest
    size: int | None
    sealed: bool
    named_by: tuple[Naming, ...]
    erased: Erased | None
    """What says that they were erased already."""


@dataclass(frozen=True)
class Erasing:
    """What was erased. `trouble` says why only this machine knows of it, where that is so."""

    erased: tuple[Erased, ...]
    trouble: str = ""


@dataclass(frozen=True)
class Settled:
    """What was taken away because the ledger says that it was erased."""

    gone: tuple[Digest, ...] = ()
    trouble: str = ""
    """Why something is still in the shared place, where it is."""


@dataclass(frozen=True)
class Synced:
    """What a sync did. `report` is None where there is no remote."""

    report: SyncReport | None
    runs: tuple[RunId, ...] = ()
    """Runs that reached the ledger."""
    uploaded: tuple[Digest, ...] = ()
    numbered: Mapping[str, int] = field(default_factory=dict)
    """Versions that got a number: `fraud/~3f2a9c01` to it."""
    settled: Settled = field(default_factory=Settled)


class Deciding(TypedDict, total=False):
    """How a decision is made: with which key, and whether it is only tried."""

    signer: Signer | None
    dry_run: bool
