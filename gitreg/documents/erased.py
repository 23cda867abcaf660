"""What says that bytes are gone for good, and what says that bytes are sealed."""

from __future__ import annotations

from pydantic import Field

from gitreg.documents.document import Actor, Document, Integer, Prose, Time
from gitreg.documents.ids import Digest

_SEALED = "+sealed"


class Erased(Document):
    """A blob that was erased: nobody stores it again, keeps it or reads it. Git keeps this: it holds nobody's data.

    `size` is that of the stored bytes where it was known; `sealed` says that they had a key of their own.
    """

    schema_name = "erased"

    blob: Digest
    size: Integer | None = Field(default=None, ge=0)
    sealed: bool
    reason: Prose
    actor: Actor
    at: Time


def is_sealed(media_type: str) -> bool:
    """Whether a descriptor of this media type is of sealed bytes (docs/format.md, "Sealed blobs")."""
    return media_type.endswith(_SEALED)


def sealed_media_type(media_type: str) -> str:
    """The media type of sealed bytes that hold what `media_type` says; the way of OCI's `+encrypted` layers."""
    return f"{media_type}{_SEALED}"
