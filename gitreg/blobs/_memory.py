"""Blobs in memory: for tests, and for trying things out."""

from __future__ import annotations

import io
from typing import TYPE_CHECKING, BinaryIO

from gitreg.blobs._live import check_key, check_live
from gitreg.blobs._save import save
from gitreg.blobs._store import MAX_READ_BYTES, OCTET_STREAM, Progress, Source
from gitreg.blobs._stream import Content, copy, opened, read_all, verifying
from gitreg.documents import Descriptor, Digest
from gitreg.errors import BlobNotFound

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


class MemoryBlobs:
    """A `BlobStore` that forgets everything with the process. `blobs` is open so that tests can damage it."""

    location = "memory"

    def __init__(self) -> None:
        self.blobs: dict[Digest, bytes] = {}
        self.live: dict[str, bytes] = {}
        self.keys: dict[Digest, bytes] = {}

    def put(
        self,
        source: Source,
        *,
        media_type: str = OCTET_STREAM,
        durable: bool = True,  # noqa: ARG002 - nothing here survives the process
        progress: Progress | None = None,
    ) -> Descriptor:
        taken = io.BytesIO()
        with opened(source) as stream:
            content = copy(stream, taken, progress)
        if len(self.blobs.get(content.digest, b"")) != content.size or not content.size:
            self.blobs[content.digest] = taken.getvalue()
        return Descriptor(media_type=media_type, digest=content.digest, size=content.size)

    def open(self, digest: Digest) -> BinaryIO:
        data = self._data(digest)
        return verifying(io.BytesIO(data), Content(digest, len(data)), self.location)

    def get(self, digest: Digest, target: Path, *, durable: bool = True, progress: Progress | None = None) -> None:
        stream = io.BytesIO(self._data(digest))
        save(stream, digest, target, location=self.location, durable=durable, progress=progress)

    def read(self, digest: Digest, limit: int = MAX_READ_BYTES) -> bytes:
        with self.open(digest) as stream:
            return read_all(stream, limit)

    def has(self, digest: Digest) -> bool:
        return digest in self.blobs

    def size(self, digest: Digest) -> int:
        return len(self._data(digest))

    def list(self) -> Iterator[Digest]:
        yield from sorted(self.blobs)

    def flush(self) -> None:
        pass

    def discard(self, digest: Digest) -> None:
        self.blobs.pop(digest, None)

    def put_key(self, digest: Digest, key: bytes) -> None:
        self.keys[digest] = key

    def get_key(self, digest: Digest) -> bytes | None:
        return self.keys.get(digest)

    def remove_key(self, digest: Digest) -> None:
        self.keys.pop(digest, None)

    def list_keys(self) -> Iterator[Digest]:
        yield from sorted(self.keys)

    def erase(self, digest: Digest) -> None:
        self.remove_key(digest)
        self.discard(digest)

    def put_live(self, key: str, data: bytes) -> None:
        self.live[check_live(key, data)] = data

    def get_live(self, key: str) -> bytes | None:
        return self.live.get(check_key(key))

    def remove_live(self, key: str) -> None:
        self.live.pop(check_key(key), None)

    def list_live(self) -> Iterator[str]:
        yield from sorted(self.live)

    def _data(self, digest: Digest) -> bytes:
        try:
            return self.blobs[digest]
        except KeyError:
            raise BlobNotFound(f"{digest} is not in memory.", subject=digest) from None
