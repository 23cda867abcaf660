"""Blobs in a folder of a file system: beside the registry, on a shared disk, inside a bare origin.

    <root>/<registry>/sha256/<2 hex>/<64 hex>   finished and durable, read-only
                      staged/<64 hex>           whole, but not yet through a power cut: put without `durable`
                      incoming/<random>         being written
                      live/<key>                one small object a live run
                      seen/<key>                guesses (`_seen.py`), disposable

A name stands under `sha256/` only after its bytes are synced, and is promised only after the folder is.
"""

from __future__ import annotations

import contextlib
import os
import re
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from gitreg.blobs._disk import make_folders, refusals, sync_all, sync_folder, temporary
from gitreg.blobs._live import check_key, check_live
from gitreg.blobs._save import save
from gitreg.blobs._seen import Seen
from gitreg.blobs._store import MAX_LIVE_BYTES, MAX_READ_BYTES, OCTET_STREAM, Progress, Source
from gitreg.blobs._stream import (
    Content,
    FileWriter,
    copy,
    hash_all,
    length_of,
    opened,
    read_all,
    read_if_small,
    verifying,
    write_all,
)
from gitreg.documents import Descriptor, Digest, RegistryId
from gitreg.errors import BlobNotFound, StorageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

_READ_ONLY = 0o444
_READ_WRITE = 0o666
_SHARD = re.compile(r"[0-9a-f]{2}")
_NAME = re.compile(r"[0-9a-f]{64}")


class FolderBlobs:
    """A `BlobStore` below `root`, made when it is first written to.

    `anchor` (by default the folder that `root` is in) is never made: where it is missing a disk is not mounted, and
    writing raises `StorageError`.
    """

    def __init__(self, root: Path, registry: RegistryId, *, anchor: Path | None = None) -> None:
        self._home = root / registry
        self._anchor = anchor or root.parent
        self._finished = self._home / "sha256"
        self._staged = self._home / "staged"
        self._incoming = self._home / "incoming"
        self._live = self._home / "live"
        self._seen = Seen(self._home / "seen")
        self._unflushed: set[Digest] = set()
        self._doubtful: set[Digest] = set()
        self._ready: set[Path] = set()
        self._lock = threading.Lock()

    @property
    def location(self) -> str:
        return str(self._home)

    def put(
        self,
        source: Source,
        *,
        media_type: str = OCTET_STREAM,
        durable: bool = True,
        progress: Progress | None = None,
    ) -> Descriptor:
        with opened(source) as stream, refusals(self._home):
            small = read_if_small(stream)
            if small is not None:
                content = self._put_small(small, durable=durable, progress=progress)
            else:
                content = self._put_large(stream, durable=durable, progress=progress)
        return Descriptor(media_type=media_type, digest=content.digest, size=content.size)

    def open(self, digest: Digest) -> BinaryIO:
        with refusals(self._home):
            stream = self._open(digest)
            content = Content(digest, os.fstat(stream.fileno()).st_size)
        return verifying(stream, content, self.location)

    def get(self, digest: Digest, target: Path, *, durable: bool = True, progress: Progress | None = None) -> None:
        with refusals(self._home):
            stream = self._open(digest)
        with stream:
            save(stream, digest, target, location=self.location, durable=durable, progress=progress)

    def read(self, digest: Digest, limit: int = MAX_READ_BYTES) -> bytes:
        with self.open(digest) as stream, refusals(self._home):
            return read_all(stream, limit)

    def has(self, digest: Digest) -> bool:
        with refusals(self._home):
            return self._find(digest) is not None

    def size(self, digest: Digest) -> int:
        with refusals(self._home):
            found = self._find(digest)
        if found is None:
            raise self._absent(digest)
        return found[1]

    def list(self) -> Iterator[Digest]:
        with refusals(self._home):
            for shard in _names(self._finished, _SHARD):
                for name in _names(self._finished / shard, _NAME):
                    yield Digest(f"sha256:{name}")

    def flush(self) -> None:
        with self._lock:
            digests = tuple(self._unflushed)
        with refusals(self._home):
            self._settle(digests)
        with self._lock:
            self._unflushed.difference_update(digests)
            self._doubtful.difference_update(digests)

    def adopt(self) -> int:
        """Finish what other processes put without `durable` and never flushed, say because they were killed.

        Each is hashed again; one that does not fit its name is removed. Says how many were finished.
        """
        with refusals(self._home):
            digests = [Digest(f"sha256:{name}") for name in _names(self._staged, _NAME)]
            return sum(self._adopt(digest) for digest in digests if digest not in self._unflushed)

    def discard(self, digest: Digest) -> None:
        with refusals(self._home), contextlib.suppress(FileNotFoundError):
            self._path(digest).unlink()

    def sweep(self, before: datetime) -> int:
        """Remove what killed writers left half-written and nobody touched since `before`. Says how many files."""
        removed = 0
        with refusals(self._home), contextlib.suppress(FileNotFoundError):
            for entry in os.scandir(self._incoming):
                if datetime.fromtimestamp(entry.stat().st_mtime, UTC) < before:
                    Path(entry.path).unlink(missing_ok=True)
                    removed += 1
        return removed

    def put_live(self, key: str, data: bytes) -> None:
        with refusals(self._home):
            self._prepare(self._live)
            with temporary(self._incoming, _READ_WRITE) as (descriptor, path):
                write_all(descriptor, data)
                path.replace(self._live / check_live(key, data))

    def get_live(self, key: str) -> bytes | None:
        with refusals(self._home):
            try:
                return (self._live / check_key(key)).read_bytes()[:MAX_LIVE_BYTES]
            except FileNotFoundError:
                return None

    def remove_live(self, key: str) -> None:
        with refusals(self._home), contextlib.suppress(FileNotFoundError):
            (self._live / check_key(key)).unlink()

    def list_live(self) -> Iterator[str]:
        with refusals(self._home):
            yield from _names(self._live, re.compile(r"[^.].*"))

    # --- finding ---------------------------------------------------------------------------------------------------

    def _path(self, digest: Digest) -> Path:
        return self._finished / digest.hex[:2] / digest.hex

    def _find(self, digest: Digest) -> tuple[Path, int] | None:
        """Where the bytes are, and how many. Looks a second time, as they may move from staged to finished between."""
        for path in (self._path(digest), self._staged / digest.hex, self._path(digest)):
            with contextlib.suppress(FileNotFoundError):
                return path, path.stat().st_size
        return None

    def _open(self, digest: Digest) -> BinaryIO:
        for path in (self._path(digest), self._staged / digest.hex, self._path(digest)):
            with contextlib.suppress(FileNotFoundError):
                return path.open("rb", buffering=0)
        raise self._absent(digest)

    def _absent(self, digest: Digest) -> BlobNotFound:
        return BlobNotFound(f"{digest} is not in {self.location}.", subject=digest)

    def _is_finished(self, content: Content) -> bool:
        """A file of another length is a damaged one, and is replaced."""
        try:
            return self._path(content.digest).stat().st_size == content.size
        except FileNotFoundError:
            return False

    def _has(self, content: Content, *, durable: bool) -> bool:
        """Whether there is nothing left to do for a put; a finished blob's name is then promised anew."""
        if self._is_finished(content):
            self._promise(content.digest)
            return True
        return not durable and content.digest in self._unflushed

    # --- storing ---------------------------------------------------------------------------------------------------

    def _put_small(self, data: bytes, *, durable: bool, progress: Progress | None) -> Content:
        content = Content(Digest.of(data), len(data))
        if progress is not None:
            progress.add(len(data))
        if self._has(content, durable=durable):
            return content
        self._prepare(self._incoming)
        with temporary(self._incoming, _READ_ONLY) as (descriptor, path):
            write_all(descriptor, data)
            self._place(path, descriptor, content, durable=durable)
        return content

    def _put_large(self, stream: BinaryIO, *, durable: bool, progress: Progress | None) -> Content:
        length = length_of(stream)
        if length is None:
            return self._write(stream, durable=durable, progress=progress)
        key = self._seen.key(stream, length)
        content = self._again(stream, self._seen.get(key), durable=durable, progress=progress)
        if content is None:
            content = self._write(stream, durable=durable, progress=progress)
            self._seen.add(key, content.digest)
        return content

    def _again(
        self, stream: BinaryIO, guess: Digest | None, *, durable: bool, progress: Progress | None
    ) -> Content | None:
        """Hash what is probably here already. None, and the stream where it was, if it is not."""
        if guess is None or self._find(guess) is None:
            return None
        start = stream.tell()
        content = hash_all(stream)
        if not self._has(content, durable=durable):
            stream.seek(start)
            return None
        if progress is not None:
            progress.add(content.size)
        return content

    def _write(self, stream: BinaryIO, *, durable: bool, progress: Progress | None) -> Content:
        self._prepare(self._incoming)
        with temporary(self._incoming, _READ_ONLY) as (descriptor, path):
            with FileWriter(descriptor, sync_as_it_grows=durable) as sink:
                content = copy(stream, sink, progress)
            self._place(path, descriptor, content, durable=durable)
        return content

    def _place(self, path: Path, descriptor: int, content: Content, *, durable: bool) -> None:
        if self._has(content, durable=durable):
            return
        if durable:
            os.fsync(descriptor)
            self._finish(path, content.digest)
            self._promise(content.digest)
        else:
            self._prepare(self._staged)
            path.replace(self._staged / content.digest.hex)
            with self._lock:
                self._unflushed.add(content.digest)

    def _finish(self, path: Path, digest: Digest) -> None:
        target = self._path(digest)
        self._prepare(target.parent)
        path.replace(target)

    def _promise(self, digest: Digest) -> None:
        """The name of a finished blob outlives a power cut, whoever put it there."""
        sync_folder(self._path(digest).parent)

    def _prepare(self, folder: Path) -> None:
        """Make a folder of ours and sync the way to it; once."""
        if folder not in self._ready:
            make_folders(folder, self._anchor)
            self._ready.add(folder)

    # --- finishing later -------------------------------------------------------------------------------------------

    def _settle(self, digests: tuple[Digest, ...]) -> None:
        """Sync all bytes, then give all names, then sync the names."""
        waiting = [digest for digest in digests if (self._staged / digest.hex).exists()]
        doubtful = [digest for digest in waiting if digest in self._doubtful]
        for digest in doubtful:
            self._adopt(digest)
        self._sync([digest for digest in waiting if digest not in self._doubtful])
        for digest in waiting:
            with contextlib.suppress(FileNotFoundError):  # adopted by another process
                self._finish(self._staged / digest.hex, digest)
        for shard in {self._path(digest).parent for digest in digests}:
            sync_folder(shard)
        self._check_all_there(digests)

    def _sync(self, digests: Sequence[Digest]) -> None:
        """After a failed sync the kernel may call the same bytes clean: the next one must write them anew."""
        try:
            sync_all(self._staged / digest.hex for digest in digests)
        except OSError:
            self._doubtful.update(digests)
            raise

    def _adopt(self, digest: Digest) -> bool:
        """Write a staged blob anew as a finished one, if it is what its name says; then drop it."""
        staged = self._staged / digest.hex
        with contextlib.suppress(FileNotFoundError), staged.open("rb", buffering=0) as stream:
            is_right = hash_all(stream).digest == digest
            if is_right:
                stream.seek(0)
                self._write(stream, durable=True, progress=None)
            staged.unlink()
            return is_right
        return False

    def _check_all_there(self, digests: Iterable[Digest]) -> None:
        for digest in digests:
            if not self._path(digest).exists():
                raise StorageError(f"{digest} was put into {self.location} and is not there.", subject=digest)


def _names(folder: Path, pattern: re.Pattern[str]) -> list[str]:
    """The names in a folder that match; none where there is no folder."""
    try:
        return sorted(path.name for path in folder.iterdir() if pattern.fullmatch(path.name))
    except FileNotFoundError:
        return []
