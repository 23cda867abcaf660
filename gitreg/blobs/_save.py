"""A blob on its way out to a file: whole and right, or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO

from gitreg.blobs._disk import refusals, rename, sync_folder, temporary
from gitreg.blobs._stream import FileWriter, copy, corrupt

if TYPE_CHECKING:
    from pathlib import Path

    from gitreg.blobs._store import Progress
    from gitreg.documents import Digest

_READ_WRITE = 0o666


def save(
    stream: BinaryIO, digest: Digest, target: Path, *, location: str, durable: bool, progress: Progress | None
) -> None:
    """Write an unverified stream to `target` by way of a new file beside it. Raises `CorruptBlob`, `StorageError`."""
    with refusals(target), temporary(str(target.parent), _READ_WRITE) as (descriptor, path):
        with FileWriter(descriptor, sync_as_it_grows=durable) as sink:
            content = copy(stream, sink, progress)
        if content.digest != digest:
            raise corrupt(digest, location)
        if durable:
            os.fsync(descriptor)
        rename(path, str(target))
        if durable:
            sync_folder(target.parent)
