"""Data that others keep: what lies where, by digest; its bytes are theirs to change and to lose."""

from __future__ import annotations

import hashlib
from typing import TYPE_CHECKING

from gitreg.blobs import Content, check_place_url, claims_of, get_place, hash_place
from gitreg.documents import Dataset, Digest, Place, canonical_bytes
from gitreg.errors import AlreadyExists, CorruptBlob, InvalidValue

if TYPE_CHECKING:
    from pathlib import Path

    from gitreg.blobs import Claims, Progress

CLAIMED = "claimed/1"
"""The digest of what a server claims about a file that nobody read."""
NOT_OURS = "Its bytes stay where they are, and are not ours to keep: whoever owns them may change or lose them."
WEAK = "Nobody read it: that it stays the same is its server's word alone. Read it once: without --unread"


def refer(name: str, url: str, *, unread: bool = False, progress: Progress | None = None) -> Dataset:
    """The document of a file elsewhere: read once for its digest; `unread`, by what its server claims instead.

    Raises `InvalidValue` for a URL with credentials, and where a server claims nothing that would tell a change.
    """
    claims = claims_of(check_place_url(url))
    place = Place(url=url, etag=claims.etag, version_id=claims.version_id)
    if unread:
        content = _claimed(place, claims)
        return Dataset(
            name=name, kind="file", method=CLAIMED, content_digest=content, size_bytes=claims.size, place=place
        )
    found = hash_place(url, progress=progress)
    return Dataset(
        name=name, kind="file", method="file/1", content_digest=found.digest, size_bytes=found.size, place=place
    )


def _claimed(place: Place, claims: Claims) -> Digest:
    if claims.etag is None and claims.version_id is None:
        message = f"The server of {place.url} claims nothing by which a change could be told."
        raise InvalidValue(message, hint="Read it once: without --unread")
    said = {"etag": claims.etag, "size": claims.size, "url": place.url, "version_id": claims.version_id}
    found = hashlib.sha256(f"{CLAIMED}\n".encode() + canonical_bytes(said))  # type: ignore[arg-type] # plain JSON
    return Digest(f"sha256:{found.hexdigest()}")


def is_as_recorded(document: Dataset, place: Place, progress: Progress | None = None) -> bool:
    """Whether what lies there is what was recorded; of what nobody read, whether its server claims the same still."""
    if document.method == CLAIMED:
        claims = claims_of(place.url)
        now = Place(url=place.url, etag=claims.etag, version_id=claims.version_id)
        return now == place and claims.size == document.size_bytes
    return hash_place(place.url, document.size_bytes, progress).digest == document.content_digest


def fetch(document: Dataset, place: Place, target: Path, progress: Progress | None = None) -> None:
    """Write it to a file that is not there yet. Raises `AlreadyExists`, `CorruptBlob` where it is another by now."""
    if target.is_symlink() or target.exists():
        raise AlreadyExists(f"{target} is there already.", subject=str(target), hint="Choose a new name.")
    if document.method == CLAIMED:
        if not is_as_recorded(document, place):
            raise CorruptBlob(f"What lies at {place.url} is not what was recorded any more.", subject=place.url)
        content = hash_place(place.url)
    else:
        content = Content(document.content_digest, document.size_bytes or 0)
    get_place(place.url, content, target, progress)
