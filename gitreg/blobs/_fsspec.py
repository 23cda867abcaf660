"""Blobs behind any fsspec URL. S3 by s3fs is what we test; others come with their own fsspec packages.

fsspec and its file systems are loaded when the first blob moves: fsspec takes 0.1 s, s3fs 0.7 s.
"""

from __future__ import annotations

import contextlib
import secrets
import tempfile
import time
from functools import cached_property
from typing import TYPE_CHECKING, Any, BinaryIO, ClassVar, cast
from urllib.parse import urlsplit

from gitreg.blobs._keys import MAX_KEY_BYTES, blob_key, digests_in, opened_in, opener_key
from gitreg.blobs._live import check_key, check_live
from gitreg.blobs._refusals import CREDENTIALS_HINT, bucket_refusals, where_offered, without_credentials
from gitreg.blobs._save import save
from gitreg.blobs._store import MAX_LIVE_BYTES, MAX_READ_BYTES, OCTET_STREAM, Progress, Source
from gitreg.blobs._stream import Content, copy, guarded, hash_stream, opened, read_all, read_if_small, verifying
from gitreg.documents import Descriptor, Digest
from gitreg.errors import BlobNotFound, InvalidValue, MissingExtra, StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from pathlib import Path

    from gitreg.documents import RegistryId

_BLOCK_BYTES = 16 * 1024 * 1024
_MAX_PARTS = 9_000
_PARTS_AT_ONCE = 4
_ONE_STEP = {"s3", "s3a", "gs", "gcs", "az", "abfs", "abfss"}
"""Where an object is there whole or not at all; elsewhere it is written aside and moved."""
_S3 = {"s3", "s3a"}
_PACKAGES = {"gs": "gcsfs", "gcs": "gcsfs", "az": "adlfs", "abfs": "adlfs", "abfss": "adlfs", "sftp": "paramiko"}


class FsspecBlobs:
    """A `BlobStore` at a URL. `options` go to its file system (`endpoint_url`, `key`, `secret` for S3).

    Credentials are best left to the environment and configuration of the cloud's own tools. Bytes are hashed before
    they are sent, the object's length is asked for afterwards, and nothing hangs on conditional writes, which some
    S3 servers ignore.
    """

    looks_after_s: ClassVar[Sequence[float]] = (0, 0.1, 0.4, 1, 2, 4)
    """How long to wait before each look at what was sent."""

    def __init__(self, url: str, registry: RegistryId, options: Mapping[str, Any] | None = None) -> None:
        self._protocol = urlsplit(url).scheme
        if self._protocol in _S3 and not urlsplit(url).netloc:
            raise InvalidValue(f"{without_credentials(url)!r} names no bucket.", hint="Write s3://BUCKET/PREFIX.")
        if self._protocol in _S3 and "@" in url:
            raise InvalidValue("Credentials do not belong in a bucket's URL.", hint=CREDENTIALS_HINT)
        self._url = url
        self._registry = registry
        self._options = dict(options or {})
        self.location = f"{without_credentials(url)}/{registry}"

    def __repr__(self) -> str:
        return f"FsspecBlobs({self.location!r})"

    def put(
        self,
        source: Source,
        *,
        media_type: str = OCTET_STREAM,
        durable: bool = True,  # noqa: ARG002 - a bucket knows no other
        progress: Progress | None = None,
    ) -> Descriptor:
        with opened(source) as stream:
            small = read_if_small(stream)
            if small is not None:
                content = Content(Digest.of(small), len(small))
                self._send_bytes(content, small, progress)
            else:
                content = self._put_large(stream, progress)
        return Descriptor(media_type=media_type, digest=content.digest, size=content.size)

    def open(self, digest: Digest) -> BinaryIO:
        size = self.size(digest)
        return verifying(self._open(digest), Content(digest, size), self.location)

    def get(self, digest: Digest, target: Path, *, durable: bool = True, progress: Progress | None = None) -> None:
        self.size(digest)
        with self._open(digest) as stream:
            save(stream, digest, target, location=self.location, durable=durable, progress=progress)

    def read(self, digest: Digest, limit: int = MAX_READ_BYTES) -> bytes:
        with self.open(digest) as stream:
            return read_all(stream, limit)

    def has(self, digest: Digest) -> bool:
        return self._size(digest) is not None

    def size(self, digest: Digest) -> int:
        size = self._size(digest)
        if size is None:
            self._check_bucket()
            raise BlobNotFound(f"{digest} is not in {self.location}.", subject=digest)
        return size

    def list(self) -> Iterator[Digest]:
        with self._refusals():
            keys = self._files.find(self._at("sha256"))
        yield from digests_in(dict.fromkeys(keys))  # rclone lists twice what two writers made

    def flush(self) -> None:
        """Nothing waits here."""

    def discard(self, digest: Digest) -> None:
        self._remove(self._at(blob_key(digest)))

    def put_key(self, digest: Digest, key: bytes) -> None:
        self._write(self._at(opener_key(digest)), key)
        if self.get_key(digest) != key:
            raise StorageError(f"{self.location} took a key and does not have it.", subject=digest)

    def get_key(self, digest: Digest) -> bytes | None:
        with self._refusals():
            try:
                return cast("bytes", self._files.cat_file(self._at(opener_key(digest)), start=0, end=MAX_KEY_BYTES))
            except FileNotFoundError:
                return None

    def remove_key(self, digest: Digest) -> None:
        self._remove(self._at(opener_key(digest)))

    def list_keys(self) -> Iterator[Digest]:
        with self._refusals():
            keys = self._files.find(self._at("keys"))
        yield from opened_in(dict.fromkeys(keys))

    def erase(self, digest: Digest) -> None:
        for key in (opener_key(digest), blob_key(digest)):
            self._remove(self._at(key))
            if self._protocol in _S3:
                self._remove_versions(self._at(key))

    def put_live(self, key: str, data: bytes) -> None:
        self._write(self._at(f"live/{check_live(key, data)}"), data)

    def get_live(self, key: str) -> bytes | None:
        path = self._at(f"live/{check_key(key)}")
        with self._refusals():
            try:
                return cast("bytes", self._files.cat_file(path))[:MAX_LIVE_BYTES]
            except FileNotFoundError:
                return None

    def remove_live(self, key: str) -> None:
        self._remove(self._at(f"live/{check_key(key)}"))

    def list_live(self) -> Iterator[str]:
        with self._refusals():
            keys = self._files.find(self._at("live"))
        yield from sorted(key.rpartition("/")[2] for key in keys)

    # --- the file system -------------------------------------------------------------------------------------------

    @cached_property
    def _files(self) -> Any:  # noqa: ANN401 - fsspec has no types
        import fsspec  # noqa: PLC0415 - see the module's docstring

        try:
            options = {"use_listings_cache": False, **_defaults(self._protocol), **self._options}
            return fsspec.filesystem(self._protocol, **options)
        except (ImportError, ValueError):
            raise _missing_package(self._protocol, self.location) from None

    @cached_property
    def _prefix(self) -> str:
        prefix: str = self._files._strip_protocol(self._url)  # noqa: SLF001 - the way its own code does it
        return f"{prefix.rstrip('/')}/{self._registry}"

    def _at(self, key: str) -> str:
        return f"{self._prefix}/{key}"

    def _refusals(self) -> contextlib.AbstractContextManager[None]:
        return bucket_refusals(self.location)

    def _size(self, digest: Digest) -> int | None:
        with self._refusals():
            try:
                return int(self._files.info(self._at(blob_key(digest)))["size"])
            except FileNotFoundError:
                return None

    def _open(self, digest: Digest) -> BinaryIO:
        with self._refusals():
            stream = self._files.open(self._at(blob_key(digest)), "rb", block_size=_BLOCK_BYTES, cache_type="readahead")
        return guarded(stream, self._refusals)

    def _check_bucket(self) -> None:
        """An object that is absent because its bucket is should not be called a missing blob."""
        bucket = self._prefix.split("/", 1)[0]
        if self._protocol not in _S3:
            return
        with self._refusals():
            self._files.call_s3("head_bucket", Bucket=bucket)

    # --- storing ---------------------------------------------------------------------------------------------------

    def _send_bytes(self, content: Content, data: bytes, progress: Progress | None) -> None:
        if self._size(content.digest) != content.size:
            with self._checked(content):
                self._write(self._at(blob_key(content.digest)), data)
        _tell(progress, content.size)

    def _put_large(self, stream: BinaryIO, progress: Progress | None) -> Content:
        """What is sent is a copy of our own: the source may change between the hashing and the sending."""
        if stream.seekable():
            start = stream.tell()
            content = hash_stream(stream)
            if self._size(content.digest) == content.size:
                _tell(progress, content.size)
                return content
            stream.seek(start)
        with tempfile.NamedTemporaryFile(prefix="gitreg-") as scratch:
            content = copy(stream, cast("BinaryIO", scratch))
            scratch.flush()
            if self._size(content.digest) == content.size:
                _tell(progress, content.size)
            else:
                with self._checked(content):
                    self._send_file(content, scratch.name, progress)
        return content

    def _send_file(self, content: Content, path: str, progress: Progress | None) -> None:
        from fsspec.callbacks import Callback  # noqa: PLC0415 - see the module's docstring

        sent = 0

        class Told(Callback):  # type: ignore[misc] # fsspec has no types
            def relative_update(self, inc: int = 1) -> None:
                nonlocal sent
                sent += inc
                _tell(progress, inc)

        with self._refusals(), self._aside(self._at(blob_key(content.digest))) as target:
            self._files.put_file(path, target, callback=Told(), **_multipart(self._protocol, content.size))
        _tell(progress, content.size - sent)  # not every file system says how far it is

    def _write(self, key: str, data: bytes) -> None:
        with self._refusals(), self._aside(key) as target:
            self._files.pipe_file(target, data)

    @contextlib.contextmanager
    def _aside(self, key: str) -> Iterator[str]:
        """Where to write what shall be at `key`."""
        if self._protocol in _ONE_STEP:
            yield key
            return
        target = self._at(f"incoming/{secrets.token_hex(8)}")
        self._files.makedirs(target.rpartition("/")[0], exist_ok=True)
        yield target
        self._files.makedirs(key.rpartition("/")[0], exist_ok=True)
        self._files.mv(target, key)

    @contextlib.contextmanager
    def _checked(self, content: Content) -> Iterator[None]:
        """Whatever the server answered, what is there counts: an answer may be lost, another writer quicker."""
        try:
            yield
        except StorageError:
            if self._size(content.digest) != content.size:
                raise
        self._check(content)

    def _check(self, content: Content) -> None:
        """Some servers show an object while another writer of the same bytes is at it: look more than once."""
        found: int | None = None
        for wait_s in self.looks_after_s:
            time.sleep(wait_s)
            found = self._size(content.digest)
            if found == content.size:
                return
        raise StorageError(
            f"{self.location} took {content.digest} and now has {found or 0:,} of its {content.size:,} bytes.",
            subject=content.digest,
            hint="Try again; if it stays so, the server loses data.",
        )

    def _remove(self, path: str) -> None:
        with self._refusals(), contextlib.suppress(FileNotFoundError):
            self._files.rm_file(path)

    def _remove_versions(self, path: str) -> None:
        """What a bucket with versions still has of a removed object, and the mark that it was removed.

        Raises where that is not told or does not go: what may still be there was not erased.
        """
        bucket, _, key = path.partition("/")
        with self._refusals():
            for version in self._versions(bucket, key):
                self._files.call_s3("delete_object", Bucket=bucket, Key=key, VersionId=version)
            if self._versions(bucket, key):
                raise StorageError(f"{self.location} keeps what was removed from it.", subject=self.location)

    def _versions(self, bucket: str, key: str) -> tuple[str, ...]:
        """None where the server knows no versions."""
        found: Mapping[str, Any] = {}
        with where_offered():
            found = self._files.call_s3("list_object_versions", Bucket=bucket, Prefix=key)
        listed = (*found.get("Versions", ()), *found.get("DeleteMarkers", ()))
        return tuple(each["VersionId"] for each in listed if each["Key"] == key)


def _tell(progress: Progress | None, count: int) -> None:
    if progress is not None and count > 0:
        progress.add(count)


def _missing_package(protocol: str, location: str) -> MissingExtra:
    package = _PACKAGES.get(protocol)
    hint = f"pip install {package}" if package else "Blobs can be in a folder, or behind s3://, gs:// or az://."
    return MissingExtra(f"No installed package opens {protocol}:// for {location}.", subject=location, hint=hint)


def _defaults(protocol: str) -> dict[str, Any]:
    """A server that is not there should be said in seconds, not minutes."""
    if protocol not in _S3:
        return {}
    return {
        "config_kwargs": {
            "connect_timeout": 10,
            "read_timeout": 120,
            "retries": {"total_max_attempts": 3, "mode": "standard"},
        }
    }


def _multipart(protocol: str, size: int) -> dict[str, int]:
    """Parts large enough that 10,000 of them hold the file (S3's limit)."""
    if protocol not in _S3:
        return {}
    return {"chunksize": max(_BLOCK_BYTES, size // _MAX_PARTS + 1), "max_concurrency": _PARTS_AT_ONCE}
