"""Where a registry's blobs are."""

from __future__ import annotations

from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any
from urllib.parse import urlsplit

from gitreg.blobs._folder import FolderBlobs
from gitreg.blobs._fsspec import FsspecBlobs
from gitreg.blobs._layered import LayeredBlobs
from gitreg.blobs._refusals import without_credentials
from gitreg.errors import InvalidValue, Refused

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitreg.blobs._store import BlobStore
    from gitreg.documents import RegistryId

_IN_GIT_DIR = Path("gitreg", "blobs")
_CLOUDS = {"s3", "gs", "az"}


@dataclass(frozen=True)
class BlobSettings:
    """What is known of where bytes shall be."""

    in_registry: str | None = None
    """`blobs` of gitreg.json: whoever pushes to main writes it, so it may name a bucket and nothing else."""
    of_user: str | None = None
    """The user's own configuration (`gitreg use --blobs`): any fsspec URL or a folder. It goes first."""
    origin: Path | None = None
    """The git folder of the origin, where the origin is a path: its blobs lie inside."""
    options: Mapping[str, Any] = field(default_factory=dict, repr=False)
    """For the file system behind a URL, from the user's own configuration."""


def open_blobs(git_dir: Path, registry: RegistryId, settings: BlobSettings | None = None) -> LayeredBlobs:
    """The blobs of a registry: a store inside its git folder, and the shared one, if there is any.

    Nothing is made or asked yet. Raises `Refused` where gitreg.json names a place that only a user may choose, and
    `InvalidValue` for what is no place at all.
    """
    local = FolderBlobs(git_dir / _IN_GIT_DIR, registry, anchor=git_dir)
    return LayeredBlobs(local, _shared(registry, settings or BlobSettings()))


def check_blobs_url(url: str) -> str:
    """`url`, if gitreg.json may carry it: a bucket's, without credentials or options. Raises `Refused`."""
    parts = urlsplit(url)
    if parts.scheme not in _CLOUDS or not parts.netloc:
        raise Refused(
            f"gitreg.json may name an s3, gs or az bucket for blobs, not {without_credentials(url)!r:.80}.",
            subject="gitreg.json",
            hint="To use a folder or another server yourself: gitreg use --blobs PLACE",
        )
    if "@" in url or parts.query or parts.fragment:
        raise Refused(
            "The URL of the blobs in gitreg.json holds more than a bucket and a prefix.",
            subject="gitreg.json",
            hint="Credentials and endpoints belong to each user's own configuration.",
        )
    return url


def _shared(registry: RegistryId, settings: BlobSettings) -> BlobStore | None:
    if settings.of_user is not None:
        return _at(settings.of_user, registry, settings.options)
    if settings.in_registry is not None:
        return FsspecBlobs(check_blobs_url(settings.in_registry), registry, settings.options)
    if settings.origin is not None:
        return FolderBlobs(settings.origin / _IN_GIT_DIR, registry, anchor=settings.origin)
    return None


def _at(place: str, registry: RegistryId, options: Mapping[str, Any]) -> BlobStore:
    parts = urlsplit(place)
    if parts.scheme not in {"", "file"}:
        return FsspecBlobs(place, registry, options)
    folder = Path(parts.path if parts.scheme else place).expanduser()
    if not folder.is_absolute():
        raise InvalidValue(f"The folder for blobs must be an absolute path, not {place!r:.80}.", subject=place[:80])
    return FolderBlobs(folder, registry)
