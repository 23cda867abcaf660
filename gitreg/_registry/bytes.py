"""Which places hold a registry's bytes (format 7)."""

from __future__ import annotations

import contextlib
from pathlib import Path
from typing import TYPE_CHECKING

from gitreg._registry.erasures import Erasures
from gitreg.blobs import BlobSettings, LayeredBlobs, open_blobs
from gitreg.documents import Digest
from gitreg.errors import BlobNotFound, InvalidValue, NotFound, RemoteError, StorageError

if TYPE_CHECKING:
    from gitreg._user import User
    from gitreg.documents import Descriptor, RegistryId, RegistrySettings
    from gitreg.store import Store

MAX_REPORT = 64 << 20
"""Bytes of a check's report."""
REPORT_TYPES = {".xml": "application/xml", ".json": "application/json", ".txt": "text/plain", ".html": "text/html"}
"""What a check's report is, by its name: whoever shows it must not run it."""


def open_bytes(store: Store, settings: RegistrySettings, user: User) -> LayeredBlobs:
    """Bytes go into the git folder first; the shared place is the user's, the registry's, or a path origin's own.

    What the ledger says was erased is neither stored nor read. Raises `Refused` where gitreg.json names a place that
    only a user may choose.
    """
    of_user = user.read().blobs.get(settings.registry)
    everything = open_blobs(
        store.git_dir,
        settings.registry,
        BlobSettings(in_registry=settings.blobs, of_user=of_user, origin=_origin(store)),
    )
    return LayeredBlobs(everything.local, everything.shared, Erasures(store, everything).of)


def _origin(store: Store) -> Path | None:
    """The git folder of an origin that lies on this file system, if it is there."""
    try:
        remote = store.remote()
    except RemoteError:
        return None
    return remote.path if remote is not None else None


def put_report(blobs: LayeredBlobs, file: Path) -> Descriptor:
    """What a check wrote, as a blob. Raises `InvalidValue` for a file over 64 MiB, `NotFound` where there is none."""
    if not file.is_file():
        raise NotFound(f"There is no report {file}.", subject=str(file))
    if file.stat().st_size > MAX_REPORT:
        raise InvalidValue(f"The report {file} is larger than 64 MiB.", subject=str(file))
    return blobs.put(file, media_type=REPORT_TYPES.get(file.suffix.lower(), "application/octet-stream"))


def check_place(place: str, registry: RegistryId, git_dir: Path) -> str:
    """A folder or URL for bytes in the form that is kept, if it answers: a wrong bucket or key shows now.

    Raises `StorageError`, `CredentialsRefused`, `InvalidValue`.
    """
    is_url = "://" in place and not place.startswith("file://")
    chosen = place if is_url else str(Path(place.removeprefix("file://")).expanduser().absolute())
    if not is_url and not Path(chosen).is_dir():
        raise StorageError(f"The folder {chosen} is not there.", subject=chosen, hint=f"mkdir {chosen}")
    shared = open_blobs(git_dir, registry, BlobSettings(of_user=chosen)).shared
    if shared is not None:
        with contextlib.suppress(BlobNotFound):  # an answer: the place is there, and this blob of course is not
            shared.size(Digest.of(b""))
    return chosen
