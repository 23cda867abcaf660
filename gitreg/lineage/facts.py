"""What a graph is drawn from: documents as they were read, with what only history says about them."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gitreg.decisions import Heard, Target
    from gitreg.documents import (
        Dataset,
        Decision,
        Deployment,
        Digest,
        Evaluation,
        Evidence,
        Fingerprint,
        Principal,
        RunRecord,
        Version,
    )


@dataclass(frozen=True)
class RegisteredVersion:
    """A version as the ledger has it. `by` is the e-mail of whom the commit that brought it names."""

    digest: Digest
    document: Version
    number: int | None
    by: str | None = None


@dataclass(frozen=True)
class LandedDecision:
    """A decision that came to stand in one stage or in governance, with what was signed about it."""

    target: Target | None
    """None for governance."""
    digest: Digest
    decision: Decision
    commit: str
    is_in_force: bool
    """Whether it ever was: one that was not put nothing into the stage."""
    is_now: bool = False
    """Whether it is the last in force in the stage."""
    said: tuple[Heard, ...] = ()
    evidence: Evidence | None = None


@dataclass(frozen=True)
class FolderFile:
    """A file in a version's folder."""

    version: Digest
    path: str
    digest: Digest


@dataclass(frozen=True)
class Facts:
    """Everything that a graph shows; what is not here is not in it."""

    versions: tuple[RegisteredVersion, ...] = ()
    runs: tuple[RunRecord, ...] = ()
    datasets: tuple[Dataset, ...] = ()
    evaluations: tuple[Evaluation, ...] = ()
    deployments: tuple[Deployment, ...] = ()
    decisions: tuple[LandedDecision, ...] = ()
    files: tuple[FolderFile, ...] = ()
    """Of versions' folders, as far as somebody asked about one: their lists are bytes, not facts."""
    keys: tuple[tuple[Fingerprint, Principal], ...] = ()
    """Of the people of today; those of the past come with what they signed."""
