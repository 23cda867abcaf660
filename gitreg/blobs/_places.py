"""Files that others keep: read where they lie, and what their server claims about them."""

from __future__ import annotations

import contextlib
from dataclasses import dataclass
from functools import cached_property
from pathlib import Path
from typing import TYPE_CHECKING, Any, BinaryIO, Final
from urllib.parse import unquote, urlsplit

from gitreg.blobs._refusals import CREDENTIALS_HINT, bucket_refusals, without_credentials
from gitreg.blobs._save import save
from gitreg.blobs._stream import Content, Guarded, guarded, hash_stream, opened
from gitreg.errors import CorruptBlob, InvalidValue, MissingExtra

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.blobs._store import Progress

_BUCKETS: Final = ("s3", "gs", "az", "abfs")
_SCHEMES: Final = (*_BUCKETS, "https", "http", "file")
_PACKAGES: Final = dict.fromkeys(_SCHEMES, "fsspec") | {"gs": "gcsfs", "az": "adlfs", "abfs": "adlfs"}
_MAX_CLAIM: Final = 1000


@dataclass(frozen=True)
class Claims:
    """What whoever keeps a file says of it: nobody has checked."""

    size: int | None
    etag: str | None
    version_id: str | None


def check_place_url(url: str) -> str:
    """`url`, if a document may carry it: of a file, without credentials. Raises `InvalidValue`, without a secret."""
    parts = urlsplit(url)
    shown = without_credentials(url)
    if parts.scheme not in _SCHEMES or not parts.path.strip("/"):
        hint = f"Write {', '.join(f'{scheme}:' for scheme in _SCHEMES)} and where the file lies there."
        raise InvalidValue(f"{shown!r:.200} is no file that can be referred to.", hint=hint)
    if "@" in parts.netloc or parts.query or parts.fragment:
        message = f"The URL of {shown:.200} holds more than a place: what is recorded stays for ever."
        raise InvalidValue(message, hint=CREDENTIALS_HINT if parts.scheme == "s3" else "Leave out what follows '?'.")
    return url


def claims_of(url: str) -> Claims:
    """What a place says of a file. Raises `InvalidValue`, `StorageError`, `CredentialsRefused`."""
    if urlsplit(url).scheme == "file":
        with opened(_path(url)) as stream:
            return Claims(stream.seek(0, 2), None, None)
    files, path = _files(url)
    with bucket_refusals(without_credentials(url)):
        found = files.info(path)
    size = found.get("size")
    return Claims(int(size) if size is not None else None, _text(found, "ETag"), _text(found, "VersionId"))


def _text(found: dict[str, Any], name: str) -> str | None:
    value = str(found.get(name) or "").strip('"')
    return value[:_MAX_CLAIM] if value and value != "null" else None


def hash_place(url: str, limit: int | None = None, progress: Progress | None = None) -> Content:
    """What a file elsewhere holds, read once from front to back; of one that is longer than `limit` only the beginning.

    Raises as `claims_of`.
    """
    with _open(url) as stream:
        bounded: Any = stream if limit is None else _Bounded(stream, limit + 1)
        return hash_stream(bounded, progress)


def get_place(url: str, content: Content, target: Path, progress: Progress | None = None) -> None:
    """Write a file from elsewhere to a file here, if it is that content. Raises as `claims_of`, and `CorruptBlob`."""
    with _open(url) as stream:
        bounded: Any = _Bounded(stream, content.size + 1)
        try:
            save(bounded, content.digest, target, location=url, durable=True, progress=progress)
        except CorruptBlob:
            message = f"What lies at {url} is not {content.digest} any more."
            raise CorruptBlob(message, subject=url, hint="Its keeper may have another version of it.") from None


class FarFolder:
    """A folder in a bucket that others keep, for reading.

    Its methods raise `StorageError`, `CredentialsRefused`, and `MissingExtra` for a scheme whose package is missing.
    """

    def __init__(self, url: str) -> None:
        """Nothing is asked yet. Raises `InvalidValue` for what is no place in a bucket, without a secret."""
        parts = urlsplit(url)
        self.url = without_credentials(url)
        if parts.scheme not in _BUCKETS or not parts.netloc or self.url != url.rstrip("/"):
            hint = f"Write {', '.join(f'{scheme}://' for scheme in _BUCKETS)} and a bucket, without credentials."
            raise InvalidValue(f"{self.url!r:.200} is no place in a bucket.", hint=hint)

    def files(self, below: str, most: int) -> tuple[str, ...]:
        """The paths of the files below a path of it, from there, in order; at most `most` of them."""
        files, top = self._at(below)
        found: set[str] = set()
        with bucket_refusals(f"{self.url}/{below}"), contextlib.suppress(FileNotFoundError):
            for folder, _, inside in files.walk(top, on_error="raise"):
                found |= {f"{folder}/{name}".removeprefix(f"{top}/") for name in inside if name}
                if len(found) >= most:
                    break
        return tuple(sorted(found)[:most])

    def fetch(self, path: str, target: Path) -> None:
        """Write one of its files to a file here."""
        files, there = self._at(path)
        with bucket_refusals(f"{self.url}/{path}"):
            files.get_file(there, str(target))

    def _at(self, path: str) -> tuple[Any, str]:
        files, base = self._opened
        return files, f"{base}/{path}".rstrip("/")

    @cached_property
    def _opened(self) -> tuple[Any, str]:
        return _file_system(self.url)


class _Bounded:
    """The beginning of a stream."""

    def __init__(self, stream: BinaryIO, left: int) -> None:
        self._stream = stream
        self._left = left

    def read(self, count: int = -1) -> bytes:
        data = self._stream.read(min(count, self._left) if count >= 0 else self._left)
        self._left -= len(data)
        return data


@contextlib.contextmanager
def _open(url: str) -> Iterator[BinaryIO]:
    if urlsplit(url).scheme == "file":
        with opened(_path(url)) as stream:
            yield stream
        return
    location = without_credentials(url)
    files, path = _files(url)
    with bucket_refusals(location):
        stream = files.open(path, "rb", block_size=16 << 20, cache_type="readahead")
    with Guarded(stream, lambda: bucket_refusals(location)):
        yield guarded(stream, lambda: bucket_refusals(location))


def _path(url: str) -> Path:
    parts = urlsplit(url)
    if parts.netloc not in ("", "localhost"):
        raise InvalidValue(f"{url:.200} is on another machine.", hint="Write file:///PATH.")
    return Path(unquote(parts.path))


def _files(url: str) -> tuple[Any, str]:
    return _file_system(check_place_url(url))


def _file_system(url: str) -> tuple[Any, str]:
    """The file system behind a checked URL, and the path there. Raises `MissingExtra`."""
    import fsspec  # noqa: PLC0415 - 0.1 s

    scheme = urlsplit(url).scheme
    try:
        with bucket_refusals(without_credentials(url)):
            files: Any = fsspec.filesystem(scheme, skip_instance_cache=True)  # what it knew before may have changed
    except ImportError:
        message = f"Reading {scheme}: needs a package of its own."
        raise MissingExtra(message, hint=f"pip install {_PACKAGES[scheme]}") from None
    return files, files._strip_protocol(url)  # noqa: SLF001 - fsspec's own way, which its mappers take too
