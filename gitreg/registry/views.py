"""What the registry shows of models and versions: frozen values, folded from the ledger's documents."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitreg.documents import NOTE_DELETED, NOTE_DESCRIPTION
from gitreg.folding import comments_of, noted, noted_tags

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from gitreg.documents import Digest, ModelCard, Note, Version
    from gitreg.folding import Comment
    from gitreg.store import Person


@dataclass(frozen=True)
class Remarks:
    """What people wrote about a thing, one note a value; those taken away are not in it."""

    description: str | None
    tags: Mapping[str, str]
    deleted: str | None
    """Why it was deleted; None where it was not."""
    comments: tuple[Comment, ...] = ()


class Remarked:
    """Something that people write about."""

    remarks: Remarks

    @property
    def description(self) -> str | None:
        """What a person wrote about it."""
        return self.remarks.description

    @property
    def tags(self) -> Mapping[str, str]:
        """Its tags."""
        return self.remarks.tags


@dataclass(frozen=True)
class VersionView(Remarked):
    """A model version: what it is (by digest), which number it has, and what was said about it."""

    model: str
    number: int | None
    """None while none could be claimed, or while every claim is disputed."""
    digest: Digest
    document: Version
    registered_at: datetime | None
    """When the commit that brought it was made; None where history does not reach so far."""
    registered_by: Person | None
    remarks: Remarks
    aliases: tuple[str, ...]

    @property
    def short(self) -> str:
        """The digest as people type it after `~`."""
        return self.digest.hex[:8]

    @property
    def label(self) -> str:
        """How to name it: `fraud/7`, or `fraud/~3f2a9c01` while it has no number."""
        return f"{self.model}/{self.number if self.number is not None else f'~{self.short}'}"


@dataclass(frozen=True)
class ModelView:
    """A model: its versions in numbers, and what was said about it."""

    name: str
    versions: tuple[VersionView, ...]
    aliases: Mapping[str, str]
    """Alias to the version's label (`fraud/7`)."""
    remarks: Remarks
    card: ModelCard | None

    @property
    def latest(self) -> VersionView | None:
        """The version with the highest number."""
        numbered = [version for version in self.versions if version.number is not None]
        return max(numbered, key=lambda version: version.number or 0, default=None)


def remarks_of(notes: Mapping[str, Note]) -> Remarks:
    """The notes of one folder, read."""
    tags = {name: value for name, value in noted_tags(notes).items() if value is not None}
    return Remarks(noted(notes, NOTE_DESCRIPTION), tags, noted(notes, NOTE_DELETED), comments_of(notes.values()))
