"""What is shown of data: frozen values, folded from the ledger's documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitreg.registry import Remarked

if TYPE_CHECKING:
    from datetime import datetime
    from pathlib import Path

    from gitreg.documents import Dataset, Digest
    from gitreg.registry import Remarks
    from gitreg.store import Person


@dataclass(frozen=True)
class DataVersion(Remarked):
    """A version of a dataset: it is its content, by digest; who brought it and when; and what was said about it."""

    name: str
    digest: Digest
    """Of the whole content."""
    document: Dataset
    """The one that says most: of two that are about the same content, the one whose bytes are kept."""
    added_at: datetime | None
    """When the commit that brought it was made; None where history does not reach so far."""
    added_by: Person | None
    remarks: Remarks

    @property
    def label(self) -> str:
        """How to name it: `claims@3f2a9c41`."""
        return f"{self.name}@{self.digest.hex[:8]}"

    @property
    def address(self) -> str:
        """The same where other things have addresses, too: `datasets:/claims@3f2a9c41`."""
        return f"datasets:/{self.label}"

    @property
    def is_kept(self) -> bool:
        """Whether its bytes were stored: `get` can bring them."""
        return bool(self.document.files)


@dataclass(frozen=True)
class DatasetView:
    """A dataset: its versions, the earliest first."""

    name: str
    versions: tuple[DataVersion, ...]

    @property
    def latest(self) -> DataVersion:
        """The version that came last."""
        return self.versions[-1]


@dataclass(frozen=True)
class Added:
    """What became of data that was added: `is_new` False says that this very content was there already."""

    version: DataVersion
    is_new: bool
    new_bytes: int | None
    """How many bytes it stores that no earlier version of the dataset has; None where none are stored."""
    notes: tuple[str, ...] = ()
    """What whoever added it should know."""
    trouble: str = ""
    """Why it is on this machine only; empty where it is not."""


@dataclass(frozen=True)
class Fetched:
    """Data that was written to `target`, a file or a folder; `is_new` False says that it was there already."""

    version: DataVersion
    target: Path
    files: int
    size_bytes: int
    is_new: bool = True
