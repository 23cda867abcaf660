"""Sealed blobs: only a key of their own opens them, so that erasing the key erases them wherever they were copied."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, BinaryIO, Protocol

from gitreg.blobs._chunks import open_chunked, put_chunked, whole_of
from gitreg.blobs._save import save
from gitreg.blobs._store import MAX_READ_BYTES, OCTET_STREAM, BlobStore, Progress, Source
from gitreg.blobs._stream import Content, hash_stream, opened, read_all
from gitreg.documents import is_chunked, is_sealed, sealed_media_type
from gitreg.errors import BlobNotFound, CorruptBlob
from gitreg.sealing import KEY_BYTES, new_key, opened_size, opening, sealing

if TYPE_CHECKING:
    from pathlib import Path

    from gitreg.documents import Descriptor, Digest


class Put(Protocol):
    """What takes bytes: `BlobStore.put`, and `put_sealed` into a store."""

    def __call__(
        self, source: Source, *, media_type: str = ..., durable: bool = ..., progress: Progress | None = ...
    ) -> Descriptor: ...


class Stored(Protocol):
    """Whatever points at stored bytes: a descriptor, an entry of a manifest."""

    @property
    def media_type(self) -> str: ...
    @property
    def digest(self) -> Digest: ...
    @property
    def size(self) -> int: ...


def put_sealed(
    store: BlobStore,
    source: Source,
    *,
    media_type: str = OCTET_STREAM,
    durable: bool = True,
    progress: Progress | None = None,
) -> Descriptor:
    """Store bytes under a new key of their own; the same bytes again are another blob.

    The descriptor is of the sealed bytes, and its media type says so. Raises as `BlobStore.put`.
    """
    key = new_key()
    with opened(source) as stream:
        sealed = sealed_media_type(media_type)
        stored = store.put(sealing(stream, key), media_type=sealed, durable=durable, progress=progress)
    store.put_key(stored.digest, key)
    return stored


def putting(store: BlobStore, *, personal: bool, chunked: bool = False) -> Put:
    """How a store takes bytes: sealed where they are personal, in chunks where asked, else as they are.

    Sealed bytes are never cut: under keys of their own no two chunks would be alike.
    """
    if personal:
        return partial(put_sealed, store)
    return partial(put_chunked, store) if chunked else store.put


def open_stored(store: BlobStore, stored: Stored) -> BinaryIO:
    """What a blob holds, opened where it is sealed, from front to back.

    Raises `BlobNotFound` where its bytes or its key are not there, `BlobErased`; reading raises `CorruptBlob`.
    """
    if is_chunked(stored.media_type):
        return open_chunked(store, stored.digest)
    if not is_sealed(stored.media_type):
        return store.open(stored.digest)
    stream = store.open(stored.digest)
    key = store.get_key(stored.digest)
    if key is None:
        stream.close()
        raise BlobNotFound(
            f"The key of {stored.digest} is not in {store.location}.",
            subject=stored.digest,
            hint="The key comes with the bytes: gitreg sync where they were recorded.",
        )
    if len(key) != KEY_BYTES:
        stream.close()
        raise CorruptBlob(f"The key of {stored.digest} in {store.location} is damaged.", subject=stored.digest)
    return opening(stream, key, stored.digest)


def read_stored(store: BlobStore, stored: Stored, limit: int = MAX_READ_BYTES) -> bytes:
    """What a small blob holds. Raises as `open_stored`, and `InvalidValue` above `limit` bytes."""
    if _is_plain(stored):
        return store.read(stored.digest, limit)
    with open_stored(store, stored) as stream:
        return read_all(stream, limit)


def get_stored(
    store: BlobStore, stored: Stored, target: Path, *, durable: bool = True, progress: Progress | None = None
) -> None:
    """Write what a blob holds to a file, whole and right or not at all. Raises as `open_stored`."""
    if _is_plain(stored):
        store.get(stored.digest, target, durable=durable, progress=progress)
        return
    with open_stored(store, stored) as stream:
        save(stream, None, target, location=store.location, durable=durable, progress=progress)


def _is_plain(stored: Stored) -> bool:
    return not is_sealed(stored.media_type) and not is_chunked(stored.media_type)


def content_size(store: BlobStore, stored: Stored) -> int:
    """How many bytes it is when it is read. Raises as `read_chunk_list` for a list of chunks that is not there."""
    if is_chunked(stored.media_type):
        return whole_of(store, stored.digest).size
    return opened_size(stored.size) if is_sealed(stored.media_type) else stored.size


def content_of(store: BlobStore, stored: Stored) -> Content:
    """What it is when it is read: the digest and length of the whole. Only of sealed bytes all are read for it.

    Raises as `open_stored`.
    """
    if is_chunked(stored.media_type):
        return whole_of(store, stored.digest)
    if not is_sealed(stored.media_type):
        return Content(stored.digest, stored.size)
    with open_stored(store, stored) as stream:
        return hash_stream(stream)
