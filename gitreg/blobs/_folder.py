"""Blobs in a folder of a file system: beside the registry, on a shared disk, inside a bare origin.

    <root>/<registry>/sha256/<2 hex>/<64 hex>   finished and durable, read-only
                      staged/<64 hex>           whole, but not yet through a power cut: put without `durable`
                      incoming/<random>         being written
                      live/<key>                one small object a live run
                      keys/<64 hex>             what opens a sealed blob
                      seen/<key>                guesses (`_seen.py`), disposable

A name stands under `sha256/` only after its bytes are synced, and is promised only after the folder is.
"""

from __future__ import annotations

import contextlib
import io
import os
import re
import stat
import threading
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeGuard

from gitreg.blobs._disk import (
    Draft,
    length_of_file,
    make_folders,
    make_siblings,
    names_in,
    refusals,
    remove,
    rename,
    sync_files,
    sync_folder,
)
from gitreg.blobs._keys import MAX_KEY_BYTES
from gitreg.blobs._live import check_key, check_live
from gitreg.blobs._save import save
from gitreg.blobs._seen import Seen
from gitreg.blobs._store import MAX_LIVE_BYTES, MAX_READ_BYTES, OCTET_STREAM, Progress, Source
from gitreg.blobs._stream import (
    Content,
    FileWriter,
    copy,
    guarded,
    hash_stream,
    length_of,
    opened,
    read_all,
    read_if_small,
    read_up_to,
    verifying,
    write_all,
)
from gitreg.documents import MAX_CHUNK_BYTES, Descriptor, Digest
from gitreg.errors import BlobNotFound, CorruptBlob, StorageError

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence

    from gitreg.documents import RegistryId

_READ_ONLY = 0o444
_READ_WRITE = 0o666
_SHARD = re.compile(r"[0-9a-f]{2}")
_NAME = re.compile(r"[0-9a-f]{64}")


def _is_chunk(source: Source) -> TypeGuard[bytes]:
    """Few bytes that are in memory already: of a part of a file no guess is noted."""
    return isinstance(source, bytes) and len(source) <= MAX_CHUNK_BYTES


class FolderBlobs:
    """A `BlobStore` below `root`, made when it is first written to.

    `anchor` (by default the folder that `root` is in) is never made: where it is missing a disk is not mounted, and
    writing raises `StorageError`.
    """

    def __init__(self, root: Path, registry: RegistryId, *, anchor: Path | None = None) -> None:
        root = root.absolute()
        self._anchor = str(root.parent if anchor is None else anchor.absolute())
        self._home = f"{root}/{registry}"
        self._finished = f"{self._home}/sha256"
        self._staged = f"{self._home}/staged"
        self._incoming = f"{self._home}/incoming"
        self._live = f"{self._home}/live"
        self._keys = f"{self._home}/keys"
        self._seen = Seen(Path(self._home, "seen"))
        self._unflushed: set[Digest] = set()
        self._unpromised: set[str] = set()
        self._doubtful: set[Digest] = set()
        self._ready: set[str] = set()
        self._lock = threading.Lock()

    @property
    def location(self) -> str:
        return self._home

    def put(
        self,
        source: Source,
        *,
        media_type: str = OCTET_STREAM,
        durable: bool = True,
        progress: Progress | None = None,
    ) -> Descriptor:
        with opened(source) as stream, self._refusals():
            small = source if _is_chunk(source) else read_if_small(stream)
            if small is not None:
                content = self._put_small(small, durable=durable, progress=progress)
            else:
                content = self._put_large(stream, durable=durable, progress=progress)
        return Descriptor(media_type=media_type, digest=content.digest, size=content.size)

    def open(self, digest: Digest) -> BinaryIO:
        with self._refusals():
            stream = self._open(digest)
            content = Content(digest, os.fstat(stream.fileno()).st_size)
        return verifying(guarded(stream, self._refusals), content, self.location)

    def get(self, digest: Digest, target: Path, *, durable: bool = True, progress: Progress | None = None) -> None:
        with self._refusals():
            stream = self._open(digest)
        with stream:
            save(
                guarded(stream, self._refusals),
                digest,
                target,
                location=self.location,
                durable=durable,
                progress=progress,
            )

    def read(self, digest: Digest, limit: int = MAX_READ_BYTES) -> bytes:
        with self.open(digest) as stream, self._refusals():
            return read_all(stream, limit)

    def has(self, digest: Digest) -> bool:
        with self._refusals():
            return self._find(digest) is not None

    def size(self, digest: Digest) -> int:
        with self._refusals():
            found = self._find(digest)
        if found is None:
            raise self._absent(digest)
        return found

    def list(self) -> Iterator[Digest]:
        with self._refusals():
            for shard in filter(_SHARD.fullmatch, names_in(self._finished)):
                for name in filter(_NAME.fullmatch, names_in(f"{self._finished}/{shard}")):
                    yield Digest(f"sha256:{name}")

    def flush(self) -> None:
        with self._lock:
            digests, shards = tuple(self._unflushed), tuple(self._unpromised)
        with self._refusals():
            self._settle(digests)
            sync_files(shards)
        with self._lock:
            self._unflushed.difference_update(digests)
            self._unpromised.difference_update(shards)

    def adopt(self) -> int:
        """Finish what other processes put without `durable` and never flushed, say because they were killed.

        Each is hashed again; one that does not fit its name is removed. Says how many were finished.
        """
        with self._refusals():
            names = filter(_NAME.fullmatch, names_in(self._staged))
            digests = [Digest(f"sha256:{name}") for name in names]
            return sum(self._adopt(digest) for digest in digests if digest not in self._unflushed)

    def discard(self, digest: Digest) -> None:
        with self._refusals():
            self._discard(digest)

    def _discard(self, digest: Digest) -> None:
        with self._lock:
            self._unflushed.discard(digest)
        remove(self._staged_path(digest))
        remove(self._path(digest))

    def sweep(self, before: datetime) -> int:
        """Remove what killed writers left half-written and nobody touched since `before`. Says how many files."""
        removed = 0
        with self._refusals(), contextlib.suppress(FileNotFoundError):
            for entry in os.scandir(self._incoming):
                if datetime.fromtimestamp(entry.stat().st_mtime, UTC) < before:
                    remove(entry.path)
                    removed += 1
        return removed

    def put_key(self, digest: Digest, key: bytes) -> None:
        with self._refusals():
            self._prepare(self._keys)
            with self._draft(_READ_ONLY) as draft:
                write_all(draft.descriptor, key)
                os.fsync(draft.descriptor)
                draft.place(self._key_path(digest))
            sync_folder(self._keys)

    def get_key(self, digest: Digest) -> bytes | None:
        with self._refusals():
            try:
                with self._open_file(self._key_path(digest), digest) as file:
                    return read_up_to(file, MAX_KEY_BYTES)
            except FileNotFoundError:
                return None

    def remove_key(self, digest: Digest) -> None:
        """Durably: a key that a power cut brings back was not destroyed."""
        path = self._key_path(digest)
        with self._refusals():
            if length_of_file(path) is not None:
                remove(path)
                sync_folder(self._keys)

    def list_keys(self) -> Iterator[Digest]:
        with self._refusals():
            for name in filter(_NAME.fullmatch, names_in(self._keys)):
                yield Digest(f"sha256:{name}")

    def erase(self, digest: Digest) -> None:
        self.remove_key(digest)
        with self._refusals():
            self._discard(digest)
            with contextlib.suppress(FileNotFoundError):
                sync_folder(self._shard(digest))

    def put_live(self, key: str, data: bytes) -> None:
        check_live(key, data)
        with self._refusals():
            self._prepare(self._live)
            with self._draft(_READ_WRITE) as draft:
                write_all(draft.descriptor, data)
                draft.place(f"{self._live}/{key}")

    def get_live(self, key: str) -> bytes | None:
        path = Path(self._live, check_key(key))
        with self._refusals():
            try:
                with path.open("rb") as file:
                    return read_up_to(file, MAX_LIVE_BYTES)
            except FileNotFoundError:
                return None

    def remove_live(self, key: str) -> None:
        with self._refusals():
            remove(f"{self._live}/{check_key(key)}")

    def list_live(self) -> Iterator[str]:
        with self._refusals():
            yield from names_in(self._live)

    def _refusals(self) -> contextlib.AbstractContextManager[None]:
        return refusals(self._home)

    # --- finding ---------------------------------------------------------------------------------------------------

    def _shard(self, digest: Digest) -> str:
        return f"{self._finished}/{digest[7:9]}"

    def _path(self, digest: Digest) -> str:
        return f"{self._finished}/{digest[7:9]}/{digest[7:]}"

    def _key_path(self, digest: Digest) -> str:
        return f"{self._keys}/{digest.hex}"

    def _staged_path(self, digest: Digest) -> str:
        return f"{self._staged}/{digest[7:]}"

    def _places(self, digest: Digest) -> tuple[str, str, str]:
        """Where to look. The first place twice: a blob may move there from the second in between."""
        finished = self._path(digest)
        return finished, self._staged_path(digest), finished

    def _find(self, digest: Digest) -> int | None:
        """The length of a blob that is here."""
        lengths = (length_of_file(path) for path in self._places(digest))
        return next((length for length in lengths if length is not None), None)

    def _open(self, digest: Digest) -> BinaryIO:
        for path in self._places(digest):
            with contextlib.suppress(FileNotFoundError):
                return self._open_file(path, digest)
        raise self._absent(digest)

    def _open_file(self, path: str, digest: Digest) -> BinaryIO:
        """Who shares the folder may have put a pipe there, which nobody ever writes to, or a device that never ends."""
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK)
        if not stat.S_ISREG(os.fstat(descriptor).st_mode):
            os.close(descriptor)
            raise CorruptBlob(f"{digest} in {self.location} is not a file.", subject=digest)
        return io.FileIO(descriptor)

    def _absent(self, digest: Digest) -> BlobNotFound:
        return BlobNotFound(f"{digest} is not in {self.location}.", subject=digest)

    def _has(self, content: Content, *, durable: bool) -> bool:
        """Whether a put has nothing left to write. A file of another length is a damaged one, and is replaced."""
        if length_of_file(self._path(content.digest)) == content.size:
            self._promise(content.digest, durable=durable)
            return True
        return not durable and content.digest in self._unflushed

    # --- storing ---------------------------------------------------------------------------------------------------

    def _put_small(self, data: bytes, *, durable: bool, progress: Progress | None) -> Content:
        content = Content(Digest.of(data), len(data))
        if progress is not None:
            progress.add(len(data))
        if not self._has(content, durable=durable):
            with self._draft(_READ_ONLY) as draft:
                write_all(draft.descriptor, data)
                self._place(draft, content, durable=durable)
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
        content = hash_stream(stream)
        if not self._has(content, durable=durable):
            stream.seek(start)
            return None
        if progress is not None:
            progress.add(content.size)
        return content

    def _write(self, stream: BinaryIO, *, durable: bool, progress: Progress | None) -> Content:
        with self._draft(_READ_ONLY) as draft:
            with FileWriter(draft.descriptor, sync_as_it_grows=durable) as sink:
                content = copy(stream, sink, progress)
            if not self._has(content, durable=durable):
                self._place(draft, content, durable=durable)
        return content

    def _place(self, draft: Draft, content: Content, *, durable: bool) -> None:
        if durable:
            os.fsync(draft.descriptor)
            self._prepare(self._shard(content.digest))
            draft.place(self._path(content.digest))
            self._promise(content.digest, durable=True)
            return
        self._prepare(self._staged)
        draft.place(self._staged_path(content.digest))
        with self._lock:
            self._unflushed.add(content.digest)

    def _promise(self, digest: Digest, *, durable: bool) -> None:
        """A finished blob's name outlives a power cut, whoever put it there: now, or at the next flush."""
        if durable:
            sync_folder(self._shard(digest))
        else:
            self._unpromised.add(self._shard(digest))

    def _draft(self, mode: int) -> Draft:
        self._prepare(self._incoming)
        return Draft(self._incoming, mode)

    def _prepare(self, folder: str) -> None:
        """Make a folder of ours and sync the way to it; once."""
        if folder not in self._ready:
            make_folders(folder, self._anchor)
            self._ready.add(folder)

    def _prepare_shards(self, shards: Iterable[str]) -> None:
        """`_prepare` for many of them: one sync makes all their names last."""
        missing = set(shards) - self._ready
        if missing:
            self._prepare(self._finished)
            make_siblings(missing, self._finished)
            self._ready |= missing

    # --- finishing later -------------------------------------------------------------------------------------------

    def _settle(self, digests: Sequence[Digest]) -> None:
        """Sync all bytes, then give all names, then sync the names."""
        for digest in self._doubtful.intersection(digests):
            self._adopt(digest)
            self._doubtful.discard(digest)
        waiting = [digest for digest in digests if length_of_file(self._staged_path(digest)) is not None]
        self._sync(waiting)
        self._prepare_shards({self._shard(digest) for digest in waiting})
        for digest in waiting:
            with contextlib.suppress(FileNotFoundError):  # another process finished it
                rename(self._staged_path(digest), self._path(digest))
        sync_files({self._shard(digest) for digest in digests})
        self._check_all_there(digests)

    def _sync(self, digests: Sequence[Digest]) -> None:
        """After a failed sync the kernel may call the same bytes clean: the next flush must write them anew."""
        try:
            sync_files(self._staged_path(digest) for digest in digests)
        except FileNotFoundError:
            pass  # another process finished it, and `_check_all_there` will see
        except OSError:
            self._doubtful.update(digests)
            raise

    def _adopt(self, digest: Digest) -> bool:
        """Write a staged blob anew as a finished one, if it is what its name says; then drop it."""
        path = self._staged_path(digest)
        if length_of_file(path) is None:
            return False  # another process finished it
        with Path(path).open("rb", buffering=0) as stream:
            is_right = hash_stream(stream).digest == digest
            if is_right:
                stream.seek(0)
                self._write(stream, durable=True, progress=None)
        remove(path)
        return is_right

    def _check_all_there(self, digests: Iterable[Digest]) -> None:
        for digest in digests:
            if length_of_file(self._path(digest)) is None:
                raise StorageError(f"{digest} was put into {self.location} and is not there.", subject=digest)
