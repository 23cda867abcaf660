"""A folder of files into the blob store."""

from __future__ import annotations

import os
from pathlib import Path

from gitreg.blobs import BlobStore
from gitreg.documents import Manifest, ManifestEntry, check_artifact_path
from gitreg.errors import InvalidValue


def put_folder(blobs: BlobStore, folder: Path) -> Manifest:
    if not folder.is_dir():
        raise InvalidValue(f"{folder} is not a folder.", subject=str(folder))
    entries = []
    for where, _, names in os.walk(folder):
        for name in names:
            path = Path(where, name)
            if path.is_symlink():
                raise InvalidValue(f"{path} is a symbolic link.", subject=str(path))
            descriptor = blobs.put(path)
            entries.append(
                ManifestEntry(
                    path=check_artifact_path(path.relative_to(folder).as_posix()),
                    mediaType=descriptor.media_type,
                    digest=descriptor.digest,
                    size=descriptor.size,
                )
            )
    return Manifest(files=tuple(sorted(entries, key=lambda entry: entry.path)))
