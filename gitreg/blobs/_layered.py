"""Two stores as one: bytes go to the near one at once, and to the shared one when they are published."""

from __future__ import annotations

from typing import TYPE_CHECKING, BinaryIO

from gitreg.blobs._store import MAX_READ_BYTES, OCTET_STREAM, BlobStore, Progress, Source
from gitreg.blobs._threads import Threads
from gitreg.errors import BlobErased, CorruptBlob, Refused

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from gitreg.documents import Descriptor, Digest, Erased

_AT_ONCE = 8
_SMALL_BYTES = 1024 * 1024
_WHO = "gitreg erased"


class LayeredBlobs:
    """A `BlobStore` whose writes stay `local` and whose reads fall through to `shared`, filling `local`.

    What is corrupt here and right there is mended. Without a shared store it is the local one by another name.
    Live objects go to both: others watch a run through the shared store.

    A key is in one place: here until its blob is uploaded, then there, and never brought back; whoever takes it away
    there has taken it from everybody. What `erased` knows is neither stored, sent, fetched nor read.
    """

    def __init__(
        self,
        local: BlobStore,
        shared: BlobStore | None = None,
        erased: Callable[[Digest], Erased | None] = lambda _: None,
    ) -> None:
        self.local = local
        self.shared = shared
        self._erased = erased

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
        """See `BlobStore`. Raises `Refused` for bytes that were erased; nothing of them stays."""
        stored = self.local.put(source, media_type=media_type, durable=durable, progress=progress)
        erased = self._erased(stored.digest)
        if erased is not None:
            self.local.erase(stored.digest)
            raise Refused(f"{_told(erased)} They are not stored again.", subject=stored.digest, hint=_WHO)
        return stored

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
        if self._erased(digest) is not None:
            return False
        return self.local.has(digest) or (self.shared is not None and self.shared.has(digest))

    def size(self, digest: Digest) -> int:
        self._refuse_erased(digest)
        if self.shared is None or self.local.has(digest):
            return self.local.size(digest)
        return self.shared.size(digest)

    def list(self) -> Iterator[Digest]:
        seen = set(self.local.list())
        yield from (digest for digest in seen if self._erased(digest) is None)
        if self.shared is not None:
            there = (digest for digest in self.shared.list() if digest not in seen)
            yield from (digest for digest in there if self._erased(digest) is None)

    def flush(self) -> None:
        self.local.flush()

    def discard(self, digest: Digest) -> None:
        """Here only: what others share is not ours to take away."""
        self.local.discard(digest)

    def put_key(self, digest: Digest, key: bytes) -> None:
        self._refuse_erased(digest)
        self.local.put_key(digest, key)

    def get_key(self, digest: Digest) -> bytes | None:
        """The key, wherever it is; it is not kept here. Raises `BlobErased`."""
        self._refuse_erased(digest)
        key = self.local.get_key(digest)
        return self.shared.get_key(digest) if key is None and self.shared is not None else key

    def remove_key(self, digest: Digest) -> None:
        """Here only, as `discard`."""
        self.local.remove_key(digest)

    def list_keys(self) -> Iterator[Digest]:
        keys = set(self.local.list_keys())
        yield from sorted(keys.union(self.shared.list_keys()) if self.shared is not None else keys)

    def erase(self, digest: Digest) -> None:
        """There and here. The shared place goes first: what others can reach matters more than what is only here."""
        if self.shared is not None:
            self.shared.erase(digest)
        self.local.erase(digest)

    def _refuse_erased(self, digest: Digest) -> None:
        erased = self._erased(digest)
        if erased is not None:
            raise BlobErased(_told(erased), subject=digest, hint=_WHO)

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
        asked = tuple(digest for digest in dict.fromkeys(digests) if self._erased(digest) is None)
        shared = self.shared
        if shared is None:
            return ()
        with _pool() as pool:
            answers = pool.map(lambda digest: self._is_shared(shared, digest), asked)
            return tuple(digest for digest, is_there in zip(asked, answers, strict=True) if not is_there)

    def upload(self, digests: Iterable[Digest], progress: Progress | None = None) -> tuple[Digest, ...]:
        """Bring blobs to the shared store, several at once, and their keys before them; says which had to be sent.

        Interrupted, it goes on where it stopped, blob by blob. Raises `BlobNotFound` for one that is nowhere and
        `CorruptBlob` for one that is damaged here, after the others were sent.
        """
        wanted = tuple(dict.fromkeys(digests))
        missing = self.missing_from_shared(wanted)
        shared = self.shared
        if shared is None:
            return ()
        keys = self._send_keys(wanted, shared)
        with _pool() as pool:
            tasks = [pool.submit(_carry, digest, self.local, shared, progress) for digest in missing]
        shared.flush()
        for task in tasks:
            task.result()
        for digest in keys:
            self.local.remove_key(digest)
        return missing

    def _send_keys(self, digests: Iterable[Digest], shared: BlobStore) -> tuple[Digest, ...]:
        """Bring the keys that are here to the shared store, and say which; here they stay until the bytes are there."""
        here = set(self.local.list_keys())
        sent = tuple(digest for digest in digests if digest in here and self._erased(digest) is None)
        for digest in sent:
            key = self.local.get_key(digest)
            if key is not None:
                shared.put_key(digest, key)
        return sent

    def fetch(self, digest: Digest, progress: Progress | None = None) -> None:
        """Bring a blob here, if it is not; its key stays where it is. Raises `BlobNotFound`, `BlobErased`,
        `CorruptBlob`.
        """
        self._refuse_erased(digest)
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
        self._refuse_erased(digest)
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


def _told(erased: Erased) -> str:
    """Who erased it, when, and why, in one line of bounded length."""
    reason = " ".join(erased.reason.split()).rstrip(".")
    return f"{erased.blob} was erased by {erased.actor.principal} on {erased.at:%Y-%m-%d}: {reason:.200}."


def _carry(digest: Digest, source: BlobStore, target: BlobStore, progress: Progress | None) -> None:
    """Copy a blob, checking it on the way; durable after the target's next flush."""
    if source.size(digest) <= _SMALL_BYTES:
        target.put(source.read(digest, _SMALL_BYTES), durable=False, progress=progress)
        return
    with source.open(digest) as stream:
        target.put(stream, durable=False, progress=progress)


def _pool() -> Threads:
    return Threads(_AT_ONCE, thread_name_prefix="gitreg-blobs")
