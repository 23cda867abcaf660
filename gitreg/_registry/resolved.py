"""What an address stands for: frozen values, ready to be shown."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from gitreg.documents import (
        Descriptor,
        Digest,
        Principal,
        RunId,
        Version,
    )


@dataclass(frozen=True)
class Resolution:
    """What an address stands for now. `version` is None for an address of a run's output that is not registered."""

    address: str
    model: str | None
    number: int | None
    version: Digest | None
    run: RunId | None
    output: str
    artifacts: Descriptor
    """The manifest of its files."""
    blobs: str
    """Where the bytes are."""
    document: Version | None = None
    stage: str | None = None
    alias: str | None = None
    decision: Digest | None = None
    unreviewed: bool | None = None
    since: datetime | None = None
    approved_by: tuple[Principal, ...] = ()


@dataclass(frozen=True)
class StageView:
    """What one stage of a model holds: the last decision in force."""

    stage: str
    number: int | None
    version: Digest | None
    """None after a withdrawal."""
    since: datetime | None
    is_unreviewed: bool
    standing_in_force: bool = True
    """False where something else stands in the folder now, which is not in force."""


@dataclass(frozen=True)
class Pulled:
    """A folder that was written."""

    resolution: Resolution
    target: Path
    files: int
    size_bytes: int
