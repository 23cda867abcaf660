"""Two stores as one: bytes go to the near one at once, and to the shared one when they are published."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from gitreg.blobs._store import MAX_READ_BYTES, OCTET_STREAM, BlobStore, Progress, Source
from gitreg.blobs._threads import Threads
from gitreg.errors import CorruptBlob

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from gitreg.documents import Descriptor, Digest

_AT_ONCE = 8
_SMALL_BYTES = 1024 * 1024


class LayeredBlobs:
    """A `BlobStore` whose writes stay `local` and whose reads fall through to `shared`, filling `local`.

    What is corrupt here and right there is mended. Without a shared store it is the local one by another name.
    Live objects go to both: others watch a run through the shared store.
    """

    def __init__(self, local: BlobStore, shared: BlobStore | None = None) -> None:
        self.local = local
        self.shared = shared

    @property
    def location(self) -> str:
        return self.local.location if self.shared is None else f"{self.local.location}, {self.shared.location}"

    def put(
        self,
        source: Source,
        *,
        media_type: str = OCTET_STREAM,
        durable: bool = True,
        progress: Progress | None = None,
    ) -> Descriptor:
        return self.local.put(source, media_type=media_type, durable=durable, progress=progress)

    def open(self, digest: Digest) -> BinaryIO:
        self.fetch(digest)
        return self.local.open(digest)

    def get(self, digest: Digest, target: Path, *, durable: bool = True, progress: Progress | None = None) -> None:
        self.fetch(digest)
        try:
            self.local.get(digest, target, durable=durable, progress=progress)
        except CorruptBlob:
            if not self._mended(digest):
                raise
            self.local.get(digest, target, durable=durable)

    def read(self, digest: Digest, limit: int = MAX_READ_BYTES) -> bytes:
        self.fetch(digest)
        try:
            return self.local.read(digest, limit)
        except CorruptBlob:
            if not self._mended(digest):
                raise
            return self.local.read(digest, limit)

    def has(self, digest: Digest) -> bool:
        return self.local.has(digest) or (self.shared is not None and self.shared.has(digest))

    def size(self, digest: Digest) -> int:
        if self.shared is None or self.local.has(digest):
            return self.local.size(digest)
        return self.shared.size(digest)

    def list(self) -> Iterator[Digest]:
        seen = set(self.local.list())
        yield from seen
        if self.shared is not None:
            yield from (digest for digest in self.shared.list() if digest not in seen)

    def flush(self) -> None:
        self.local.flush()

    def discard(self, digest: Digest) -> None:
        """Here only: what others share is not ours to take away."""
        self.local.discard(digest)

    def put_live(self, key: str, data: bytes) -> None:
        self.local.put_live(key, data)
        if self.shared is not None:
            self.shared.put_live(key, data)

    def get_live(self, key: str) -> bytes | None:
        data = self.local.get_live(key)
        return self.shared.get_live(key) if data is None and self.shared is not None else data

    def remove_live(self, key: str) -> None:
        self.local.remove_live(key)
        if self.shared is not None:
            self.shared.remove_live(key)

    def list_live(self) -> Iterator[str]:
        names = set(self.local.list_live())
        yield from sorted(names.union(self.shared.list_live()) if self.shared is not None else names)

    # --- between the two -------------------------------------------------------------------------------------------

    def missing_from_shared(self, digests: Iterable[Digest]) -> tuple[Digest, ...]:
        """Those that others cannot read yet, in their order; none where there is no shared store."""
        asked = tuple(dict.fromkeys(digests))
        shared = self.shared
        if shared is None:
            return ()
        with _pool() as pool:
            answers = pool.map(lambda digest: self._is_shared(shared, digest), asked)
            return tuple(digest for digest, is_there in zip(asked, answers, strict=True) if not is_there)

    def upload(self, digests: Iterable[Digest], progress: Progress | None = None) -> tuple[Digest, ...]:
        """Bring blobs to the shared store, several at once; says which had to be sent.

        Interrupted, it goes on where it stopped, blob by blob. Raises `BlobNotFound` for one that is nowhere and
        `CorruptBlob` for one that is damaged here, after the others were sent.
        """
        missing = self.missing_from_shared(digests)
        shared = self.shared
        if shared is None:
            return ()
        with _pool() as pool:
            tasks = [pool.submit(_carry, digest, self.local, shared, progress) for digest in missing]
        shared.flush()
        for task in tasks:
            task.result()
        return missing

    def fetch(self, digest: Digest, progress: Progress | None = None) -> None:
        """Bring a blob here, if it is not. Raises `BlobNotFound`, `CorruptBlob`."""
        if self.shared is not None and not self.local.has(digest):
            _carry(digest, self.shared, self.local, progress)
            self.local.flush()

    def fetch_all(self, digests: Iterable[Digest], progress: Progress | None = None) -> None:
        """`fetch` for many, several at once. What is here already counts as moved."""
        with _pool() as pool:
            tasks = [pool.submit(self._fetch, digest, progress) for digest in dict.fromkeys(digests)]
        self.local.flush()
        for task in tasks:
            task.result()

    def _fetch(self, digest: Digest, progress: Progress | None) -> None:
        if self.shared is not None and not self.local.has(digest):
            _carry(digest, self.shared, self.local, progress)
        elif progress is not None:
            progress.add(self.local.size(digest))

    def _is_shared(self, shared: BlobStore, digest: Digest) -> bool:
        """An object of another length than ours is the remains of something."""
        if not shared.has(digest):
            return False
        return not self.local.has(digest) or shared.size(digest) == self.local.size(digest)

    def _mended(self, digest: Digest) -> bool:
        """Whether a damaged blob could be taken anew from the shared store."""
        if self.shared is None or not self.shared.has(digest):
            return False
        self.local.discard(digest)
        self.fetch(digest)
        return True


def _carry(digest: Digest, source: BlobStore, target: BlobStore, progress: Progress | None) -> None:
    """Copy a blob, checking it on the way; durable after the target's next flush."""
    if source.size(digest) <= _SMALL_BYTES:
        target.put(source.read(digest, _SMALL_BYTES), durable=False, progress=progress)
        return
    with source.open(digest) as stream:
        target.put(stream, durable=False, progress=progress)


def _pool() -> Threads:
    return Threads(_AT_ONCE, thread_name_prefix="gitreg-blobs")
