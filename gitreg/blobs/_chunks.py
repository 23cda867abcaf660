"""Large files as chunks cut by their content, so that a file that grew or changed in places stores only what is new.

The cut points are those of FastCDC (Xia et al., "The Design of Fast Content Defined Chunking for Data Deduplication
Based Storage Systems", IEEE TPDS 2020) with normalised chunking at level 2. Reading needs no cutting: whoever has the
list has the file, whatever made it.
"""

from __future__ import annotations

import hashlib
import io
from collections import deque
from importlib.util import find_spec
from typing import TYPE_CHECKING, Any, BinaryIO, Final, Self, cast

from gitreg.blobs._store import OCTET_STREAM, BlobStore, Progress, Source
from gitreg.blobs._stream import Content, corrupt, length_of, opened
from gitreg.blobs._threads import Threads
from gitreg.documents import (
    MAX_CHUNK_BYTES,
    MAX_CHUNK_LIST_BYTES,
    Chunk,
    ChunkList,
    Descriptor,
    Digest,
    chunked_media_type,
)
from gitreg.errors import BlobNotFound, CorruptBlob, InvalidValue

if TYPE_CHECKING:
    from collections.abc import Iterator
    from concurrent.futures import Future

MIN_CHUNK_BYTES: Final = 256 * 1024
AVERAGE_CHUNK_BYTES: Final = 1024 * 1024
WHOLE_BYTES: Final = AVERAGE_CHUNK_BYTES
"""What is not longer than an average chunk is one blob."""
_AT_ONCE = 2
_WAITING = 8
"""Chunks in memory at once."""


def can_cut() -> bool:
    """Whether the extra that cuts files is installed. Without it they are stored whole, and read the same."""
    return find_spec("pyfastcdc") is not None


def put_chunked(
    store: BlobStore,
    source: Source,
    *,
    media_type: str = OCTET_STREAM,
    durable: bool = True,
    progress: Progress | None = None,
) -> Descriptor:
    """Store a file as chunks and their list, and say which list; a small one, or one that nobody can cut, whole.

    Memory does not grow with its length. Raises as `BlobStore.put`.
    """
    with opened(source) as stream:
        length = length_of(stream)
        if length is None or length <= WHOLE_BYTES or not can_cut():
            return store.put(stream, media_type=media_type, durable=durable, progress=progress)
        made = _put_chunks(store, stream, progress)
    stored = store.put(made.to_bytes(), media_type=chunked_media_type(media_type), durable=durable)
    if durable:
        store.flush()
    return stored


def _put_chunks(store: BlobStore, stream: BinaryIO, progress: Progress | None) -> ChunkList:
    whole, size = _Whole(), 0
    done: list[Chunk] = []
    waiting: deque[Future[Descriptor]] = deque()
    with Threads(_AT_ONCE, thread_name_prefix="gitreg-chunks") as pool, whole:
        for piece in cut(stream):
            waiting.append(pool.submit(store.put, piece, durable=False))
            whole.add(piece)
            size += len(piece)
            if progress is not None:
                progress.add(len(piece))
            if len(waiting) == _WAITING:
                done.append(_chunk(waiting.popleft()))
        done += map(_chunk, waiting)
    return ChunkList(whole.digest(), size, tuple(done))


class _Whole:
    """The digest of all pieces together, taken in a thread while the next one is looked for."""

    def __init__(self) -> None:
        self._hasher = hashlib.sha256()
        self._thread = Threads(1, thread_name_prefix="gitreg-whole")
        self._last: Future[None] | None = None

    def add(self, piece: bytes) -> None:
        """One at a time: a thread that may no longer begin has its work done here, out of turn with what waits."""
        self._wait()
        self._last = self._thread.submit(self._hasher.update, piece)

    def digest(self) -> Digest:
        """Of what was added."""
        self._wait()
        return Digest(f"sha256:{self._hasher.hexdigest()}")

    def _wait(self) -> None:
        if self._last is not None:
            self._last.result()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self._thread.shutdown()


def _chunk(put: Future[Descriptor]) -> Chunk:
    stored = put.result()
    return Chunk(stored.digest, stored.size)


def cut(stream: BinaryIO) -> Iterator[bytes]:
    """The pieces of a stream, in order: where they end follows from what stands before and nothing else.

    Raises `InvalidValue` where the stream breaks.
    """
    from pyfastcdc import FastCDC  # noqa: PLC0415 - an extra, and only whoever stores large data waits for it

    cutter = FastCDC(AVERAGE_CHUNK_BYTES, min_size=MIN_CHUNK_BYTES, max_size=MAX_CHUNK_BYTES, normalized_chunking=2)
    try:
        for piece in cutter.cut_stream(stream):
            yield bytes(piece.data)
    except OSError as error:
        raise InvalidValue(f"The source cannot be read: {error.strerror or type(error).__name__}.") from error


def read_chunk_list(store: BlobStore, digest: Digest) -> ChunkList:
    """A stored list. Raises `BlobNotFound`, `CorruptBlob`, `InvalidDocument`."""
    return ChunkList.from_bytes(store.read(digest, MAX_CHUNK_LIST_BYTES), digest)


def open_chunked(store: BlobStore, digest: Digest) -> BinaryIO:
    """What a list of chunks holds, from front to back; each chunk comes only after it was found right.

    Raises as `read_chunk_list`; reading raises `BlobNotFound` and `CorruptBlob` that name the chunk, and at the end
    `CorruptBlob` where all of them together are not the file.
    """
    chunks = read_chunk_list(store, digest)
    # A BufferedReader is a BinaryIO in all but its declared type.
    return cast("BinaryIO", io.BufferedReader(_Joined(store, digest, chunks), MIN_CHUNK_BYTES))


class _Joined(io.RawIOBase):
    """The chunks one after the other."""

    def __init__(self, store: BlobStore, name: Digest, found: ChunkList) -> None:
        self._store = store
        self._name = name
        self._list = found
        self._whole = hashlib.sha256()
        self._next = 0
        self._rest = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401 - collections.abc.Buffer comes with Python 3.12
        view = memoryview(buffer).cast("B")
        if not self._rest and not self._advance():
            return 0
        count = min(len(view), len(self._rest))
        view[:count] = self._rest[:count]
        self._rest = self._rest[count:]
        return count

    def _advance(self) -> bool:
        if self._next == len(self._list.chunks):
            if self._whole.hexdigest() != self._list.content.hex:
                raise corrupt(self._list.content, self._store.location)
            return False
        chunk = self._list.chunks[self._next]
        self._next += 1
        data = self._read(chunk)
        self._whole.update(data)
        self._rest = memoryview(data)
        return True

    def _read(self, chunk: Chunk) -> bytes:
        place = f"Chunk {self._next:,} of {len(self._list.chunks):,} of {self._name.short}"
        try:
            data = self._store.read(chunk.digest, MAX_CHUNK_BYTES)
        except (BlobNotFound, CorruptBlob) as error:
            raise type(error)(f"{place}: {error.message}", subject=chunk.digest, hint=error.hint) from None
        if len(data) != chunk.size:
            raise CorruptBlob(f"{place} has {len(data):,} bytes, not {chunk.size:,}.", subject=chunk.digest)
        return data


def whole_of(store: BlobStore, digest: Digest) -> Content:
    """What a list's chunks come to. Raises as `read_chunk_list`."""
    found = read_chunk_list(store, digest)
    return Content(found.content, found.size)
