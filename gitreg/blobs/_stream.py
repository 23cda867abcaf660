"""Bytes in motion: hashed once, in constant memory, while another thread writes them."""

from __future__ import annotations

import contextlib
import hashlib
import io
import os
import queue
import stat
import threading
from collections.abc import Callable, Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass
from pathlib import Path
from types import TracebackType
from typing import TYPE_CHECKING, Any, BinaryIO, Protocol, Self, cast

from gitreg.documents import Digest
from gitreg.errors import CorruptBlob, InvalidValue

if TYPE_CHECKING:
    from gitreg.blobs._store import Progress, Source

CHUNK_BYTES = 4 * 1024 * 1024
"""Large, so that the hashing and the writing thread hand over seldom: each time costs the interpreter a switch."""
SMALL_BYTES = 1024 * 1024
"""What is put whole, in memory."""
SYNC_EVERY_BYTES = 64 * 1024 * 1024
"""A long write is sent to the disk while it is still being hashed: the last sync is then short."""
_QUEUED_CHUNKS = 4


@dataclass(frozen=True)
class Content:
    """What some bytes turned out to be."""

    digest: Digest
    size: int


class Sink(Protocol):
    """What `copy` writes to."""

    def write(self, chunk: bytes, /) -> object: ...


@contextlib.contextmanager
def opened(source: Source) -> Iterator[BinaryIO]:
    """The source as a stream; one that we opened is closed again. Raises `InvalidValue` where it cannot be read."""
    if isinstance(source, bytes):
        yield io.BytesIO(source)
    elif isinstance(source, Path):
        with _open_file(source) as file:
            yield file
    else:
        yield source


def _open_file(path: Path) -> BinaryIO:
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)  # a pipe without a writer must not hang
    except OSError as error:
        reason = error.strerror or type(error).__name__
        raise InvalidValue(f"{path} cannot be read: {reason}.", subject=str(path)) from None
    if not stat.S_ISREG(os.fstat(descriptor).st_mode):
        os.close(descriptor)
        raise InvalidValue(f"{path} is not a file.", subject=str(path))
    return io.FileIO(descriptor)


def chunks(stream: BinaryIO) -> Iterator[bytes]:
    """All bytes of a stream, some megabytes at a time. Raises `InvalidValue` for a stream of text."""
    while chunk := _read(stream, CHUNK_BYTES):
        yield chunk


def _read(stream: BinaryIO, count: int) -> bytes:
    """The streams of stores raise our own errors (`Guarded`), so an OSError is the caller's source breaking."""
    try:
        piece = stream.read(count)
    except OSError as error:
        raise InvalidValue(f"The source cannot be read: {error.strerror or type(error).__name__}.") from error
    if not isinstance(piece, bytes):
        raise InvalidValue("The source gives no bytes; open it in binary, blocking mode.")
    return piece


def length_of(stream: BinaryIO) -> int | None:
    """How many bytes are left, where the stream can say so and go back."""
    if not stream.seekable():
        return None
    start = stream.tell()
    end = stream.seek(0, io.SEEK_END)
    stream.seek(start)
    return max(end - start, 0)


def read_up_to(stream: BinaryIO, count: int) -> bytes:
    """The next `count` bytes, fewer only at the end."""
    pieces: list[bytes] = []
    while count > 0 and (piece := _read(stream, count)):
        pieces.append(piece)
        count -= len(piece)
    return pieces[0] if len(pieces) == 1 else b"".join(pieces)


def read_if_small(stream: BinaryIO) -> bytes | None:
    """All bytes where they are few; else None, and the stream is where it was."""
    length = length_of(stream)
    if length is None or length > SMALL_BYTES:
        return None
    start = stream.tell()
    data = read_up_to(stream, SMALL_BYTES + 1)
    if len(data) <= SMALL_BYTES:
        return data
    stream.seek(start)  # it grew
    return None


def read_all(stream: BinaryIO, limit: int) -> bytes:
    """All bytes. Raises `InvalidValue` where there are more than `limit`."""
    data = read_up_to(stream, limit)
    if len(data) == limit and stream.read(1):
        raise InvalidValue(f"It has more than the {limit:,} bytes that are taken into memory at once.")
    return data


def hash_stream(stream: BinaryIO, progress: Progress | None = None) -> Content:
    """What a stream holds, from here to its end."""
    return copy(stream, _Nowhere(), progress)


def copy(stream: BinaryIO, sink: Sink, progress: Progress | None = None) -> Content:
    """Read a stream to its end into a sink, and say what it was."""
    hasher, size = hashlib.sha256(), 0
    for chunk in chunks(stream):
        sink.write(chunk)
        hasher.update(chunk)
        size += len(chunk)
        if progress is not None:
            progress.add(len(chunk))
    return Content(Digest(f"sha256:{hasher.hexdigest()}"), size)


class _Nowhere:
    def write(self, chunk: bytes, /) -> None:
        pass


class FileWriter:
    """Writes to a file descriptor behind the caller's back: the disk works while the next chunk is hashed.

    Leaving the `with` waits for all of it, and raises what the disk said. A file of one chunk costs no thread.
    """

    def __init__(self, descriptor: int, *, sync_as_it_grows: bool) -> None:
        self._descriptor = descriptor
        self._sync = sync_as_it_grows
        self._unsynced = 0
        self._queue: queue.Queue[bytes | None] | None = None
        self._thread: threading.Thread | None = None
        self._error: OSError | None = None
        self._is_first = True
        self._may_begin = True

    def write(self, chunk: bytes, /) -> None:
        if self._error is not None:
            raise self._error
        waiting = self._helper()
        if waiting is None:
            self._write(chunk)
        else:
            waiting.put(chunk)

    def _helper(self) -> queue.Queue[bytes | None] | None:
        """The way to the thread. There is one from the second chunk on, except while Python exits: none begins then."""
        if self._is_first:
            self._is_first = False
        elif self._queue is None and self._may_begin:
            waiting: queue.Queue[bytes | None] = queue.Queue(_QUEUED_CHUNKS)
            thread = threading.Thread(target=self._run, args=(waiting,), name="gitreg-blob-writer", daemon=True)
            try:
                thread.start()
                self._thread, self._queue = thread, waiting
            except RuntimeError:
                self._may_begin = False
        return self._queue

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, traceback: TracebackType | None
    ) -> None:
        if self._thread is not None and self._queue is not None:
            self._queue.put(None)
            self._thread.join()
        if error is None and self._error is not None:
            raise self._error

    def _run(self, waiting: queue.Queue[bytes | None]) -> None:
        """After an error the queue is still emptied, so that nobody waits at a full one."""
        while (chunk := waiting.get()) is not None:
            if self._error is None:
                try:
                    self._write(chunk)
                except OSError as error:
                    self._error = error

    def _write(self, chunk: bytes) -> None:
        write_all(self._descriptor, chunk)
        self._unsynced += len(chunk)
        if self._sync and self._unsynced >= SYNC_EVERY_BYTES:
            os.fsync(self._descriptor)
            self._unsynced = 0


def write_all(descriptor: int, data: bytes) -> None:
    """`os.write` until nothing is left: it may take less than it is given."""
    view = memoryview(data)
    while view:
        view = view[os.write(descriptor, view) :]


class Guarded:
    """A store's own file whose errors are ours already: whoever copies from it need not ask which side failed."""

    def __init__(self, stream: BinaryIO, guard: Callable[[], AbstractContextManager[None]]) -> None:
        self._stream = stream
        self._guard = guard

    def read(self, count: int = -1) -> bytes:
        with self._guard():
            return self._stream.read(count)

    def close(self) -> None:
        self._stream.close()

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_error: object) -> None:
        self.close()


def guarded(stream: BinaryIO, guard: Callable[[], AbstractContextManager[None]]) -> BinaryIO:
    """`stream`, whose errors pass through `guard`."""
    # It has what we use of a BinaryIO.
    return cast("BinaryIO", Guarded(stream, guard))


class VerifyingReader(io.RawIOBase):
    """A blob's bytes, whose last ones are handed out only after all of them were found right."""

    def __init__(self, stream: BinaryIO, digest: Digest, size: int, location: str) -> None:
        self._stream = stream
        self._digest = digest
        self._size = size
        self._location = location
        self._hasher = hashlib.sha256()
        self._count = 0

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401 - collections.abc.Buffer comes with Python 3.12
        view = memoryview(buffer).cast("B")
        data = self._stream.read(len(view)) if len(view) else b""
        view[: len(data)] = data
        self._hasher.update(data)
        self._count += len(data)
        if len(view) and (not data or self._count >= self._size):
            self._check()
        return len(data)

    def close(self) -> None:
        if not self.closed:
            self._stream.close()
        super().close()

    def _check(self) -> None:
        if self._count != self._size or self._hasher.hexdigest() != self._digest.hex:
            raise corrupt(self._digest, self._location)


def verifying(stream: BinaryIO, content: Content, location: str) -> BinaryIO:
    """`stream`, read through a check that it is what `content` says."""
    reader = VerifyingReader(stream, content.digest, content.size, location)
    # A BufferedReader is a BinaryIO in all but its declared type.
    return cast("BinaryIO", io.BufferedReader(reader, SMALL_BYTES))


def corrupt(digest: Digest, location: str) -> CorruptBlob:
    """The error for bytes that are not what their name says."""
    return CorruptBlob(
        f"The bytes stored as {digest} in {location} are not those bytes.",
        subject=digest,
        hint="gitreg fsck lists every such blob; another copy of the store can mend it.",
    )
