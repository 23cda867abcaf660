"""What every place for bytes can do, and the few types that its methods speak."""

from __future__ import annotations

from contextlib import AbstractContextManager, nullcontext
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, Protocol, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gitreg.documents import Descriptor, Digest

Source: TypeAlias = BinaryIO | Path | bytes
"""Where bytes come from: an open file, the path of one, or the bytes themselves."""

OCTET_STREAM = "application/octet-stream"
MAX_READ_BYTES = 16 * 1024 * 1024
"""What `read` takes into memory where the caller names no limit."""
MAX_LIVE_BYTES = 4 * 1024 * 1024


class Progress(Protocol):
    """Hears of bytes as they move. Called in any thread; must be quick and must not raise."""

    def add(self, count: int) -> None:
        """`count` more bytes have moved."""
        ...


Watch: TypeAlias = "Callable[[str, int], AbstractContextManager[Progress | None]]"
"""How whoever waits is shown it: by what is done and how many bytes there are to move. Handed in by the rim, which
alone knows whether anybody is there.
"""


def unwatched(label: str, total_bytes: int) -> AbstractContextManager[Progress | None]:
    """The `Watch` where nobody is."""
    del label, total_bytes
    return nullcontext()


class BlobStore(Protocol):
    """Bytes by their sha256. `gitreg.testing.BlobStoreSuite` says in tests what each method promises here in words.

    Every method raises `StorageError` where the place refuses (space, permissions, network) and `CredentialsRefused`
    where it wants other credentials; a failed call leaves nothing that looks like a finished blob.
    """

    @property
    def location(self) -> str:
        """Where the bytes are, for people: a path or URL, never with credentials in it."""
        ...

    def put(
        self,
        source: Source,
        *,
        media_type: str = OCTET_STREAM,
        durable: bool = True,
        progress: Progress | None = None,
    ) -> Descriptor:
        """Store bytes and say under which digest.

        They are taken when this returns: the caller may change or delete the source. With `durable` they also survive
        a power cut, without it they do after the next `flush()`. What is already there is hashed and not stored again.
        Raises `InvalidValue` where the source cannot be read.
        """
        ...

    def open(self, digest: Digest) -> BinaryIO:
        """Read a blob from front to back; its last bytes come only if all of them were right.

        Raises `BlobNotFound`; reading raises `CorruptBlob` at the latest where the file ends.
        """
        ...

    def get(self, digest: Digest, target: Path, *, durable: bool = True, progress: Progress | None = None) -> None:
        """Write a blob to a file, whole and right or not at all. What stood there, a symbolic link too, is replaced.

        Raises `BlobNotFound`, `CorruptBlob`.
        """
        ...

    def read(self, digest: Digest, limit: int = MAX_READ_BYTES) -> bytes:
        """A small blob's bytes. Raises `BlobNotFound`, `CorruptBlob`, and `InvalidValue` above `limit` bytes."""
        ...

    def has(self, digest: Digest) -> bool: ...

    def size(self, digest: Digest) -> int:
        """In bytes. Raises `BlobNotFound`."""
        ...

    def list(self) -> Iterator[Digest]:
        """All finished blobs, in no promised order."""
        ...

    def flush(self) -> None:
        """Make durable what was put without. Raises `StorageError` where that cannot be promised."""
        ...

    def discard(self, digest: Digest) -> None:
        """Take a blob away, if it is there. Only what found it corrupt, or proved that nothing names it, may."""
        ...

    def put_key(self, digest: Digest, key: bytes) -> None:
        """Keep, durably, the key that opens a sealed blob: beside the blobs, and never among them."""
        ...

    def get_key(self, digest: Digest) -> bytes | None:
        """The key that opens a sealed blob, None where there is none here."""
        ...

    def remove_key(self, digest: Digest) -> None:
        """Take a key away from here, if it is here: another place has it."""
        ...

    def list_keys(self) -> Iterator[Digest]:
        """The blobs that there are keys for, in no promised order."""
        ...

    def erase(self, digest: Digest) -> None:
        """Take away a blob's key, then its bytes, whatever is there, for good: every version that the place keeps."""
        ...

    def put_live(self, key: str, data: bytes) -> None:
        """Write a small object that is not content-addressed: the beat of one live run. The last writer wins."""
        ...

    def get_live(self, key: str) -> bytes | None: ...

    def remove_live(self, key: str) -> None: ...

    def list_live(self) -> Iterator[str]: ...
