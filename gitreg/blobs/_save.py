"""A blob on its way out to a file: whole and right, or not at all."""

from __future__ import annotations

import os
from typing import TYPE_CHECKING, BinaryIO

from gitreg.blobs._disk import Draft, refusals, sync_folder
from gitreg.blobs._stream import FileWriter, copy, corrupt

if TYPE_CHECKING:
    from pathlib import Path

    from gitreg.blobs._store import Progress
    from gitreg.documents import Digest

_READ_WRITE = 0o666


def save(
    stream: BinaryIO, digest: Digest | None, target: Path, *, location: str, durable: bool, progress: Progress | None
) -> None:
    """Write a stream to `target` by way of a new file beside it. Raises `CorruptBlob`, `StorageError`.

    `digest` is what an unverified stream has to turn out to be; None is for one that checks itself.
    """
    path = str(target)
    with refusals(path), Draft(str(target.parent), _READ_WRITE) as draft:
        with FileWriter(draft.descriptor, sync_as_it_grows=durable) as sink:
            content = copy(stream, sink, progress)
        if digest is not None and content.digest != digest:
            raise corrupt(digest, location)
        if durable:
            os.fsync(draft.descriptor)
        draft.place(path)
        if durable:
            sync_folder(target.parent)
