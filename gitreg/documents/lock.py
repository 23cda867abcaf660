"""What an application's repository keeps of the models that it uses: exactly which, by digest."""

from __future__ import annotations

from pydantic import Field

from gitreg.documents.document import AddressName, Descriptor, Document, Frozen, Integer, Part, Prose
from gitreg.documents.ids import Digest, RegistryId

LOCK_FILE = "gitreg.lock"
"""What it is called, unless somebody says otherwise."""


class Locked(Part):
    """What an address stood for when it was locked: the version, the decision that put it there, where that landed, and
    every file by its digest.
    """

    model: AddressName
    number: Integer | None = Field(ge=1)
    version: Digest
    decision: Digest | None
    landing: str | None = Field(pattern=r"^(?:[0-9a-f]{40}|[0-9a-f]{64})$")
    artifacts: Descriptor
    files: Frozen[str, Digest]


class Lock(Document):
    """`gitreg.lock`: addresses of one registry and what they stood for; `url`, without credentials, is where it was."""

    schema_name = "lock"

    registry: RegistryId
    url: Prose | None
    models: Frozen[Prose, Locked]
