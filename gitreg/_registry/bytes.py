"""Which places hold a registry's bytes (format 7)."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.blobs import BlobSettings, LayeredBlobs, open_blobs
from gitreg.errors import RemoteError

if TYPE_CHECKING:
    from pathlib import Path

    from gitreg._user import User
    from gitreg.documents import RegistrySettings
    from gitreg.store import Store


def open_bytes(store: Store, settings: RegistrySettings, user: User) -> LayeredBlobs:
    """Bytes go into the git folder first; the shared place is the user's, the registry's, or a path origin's own.

    Raises `Refused` where gitreg.json names a place that only a user may choose.
    """
    of_user = user.read().blobs.get(settings.registry)
    return open_blobs(
        store.git_dir,
        settings.registry,
        BlobSettings(in_registry=settings.blobs, of_user=of_user, origin=_origin(store)),
    )


def _origin(store: Store) -> Path | None:
    """The git folder of an origin that lies on this file system, if it is there."""
    try:
        remote = store.remote()
    except RemoteError:
        return None
    return remote.path if remote is not None else None
