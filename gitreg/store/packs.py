"""dulwich's object store, fenced: nothing is inflated past a limit, no alternate, commit graph or multi-pack index is
believed. This and `packing.py` are where a hostile repository meets us first.
"""

from __future__ import annotations

import os
import zlib
from contextlib import suppress
from pathlib import Path
from typing import IO, TYPE_CHECKING, TypeVar

from dulwich.object_store import DiskObjectStore
from dulwich.pack import OFS_DELTA, REF_DELTA, Pack, PackData, PackFileDisappeared, UnpackedObject

from gitreg.errors import UnsafeRepository

if TYPE_CHECKING:
    from collections.abc import Callable
    from mmap import mmap

    from dulwich.object_format import ObjectFormat
    from dulwich.objects import ObjectID, ShaFile

_T = TypeVar("_T")
MAX_OBJECT_BYTES = 64 * 2**20
"""No tree, commit or document is near it; a person's file beside ours may be, and is then not read."""
MAX_FETCHED_BYTES = 256 * 2**20
"""A person's file in a repository of code may be larger than what we read; what a server sends is inflated in memory to
index it, and a pack of two hundred bytes can say that it makes gigabytes.
"""
_PACK_HEAD_BYTES = 12
_PIECE_BYTES = 2**16
_DELTA_HEAD_BYTES = 20
"""Two sizes of at most 64 bits, seven a byte."""
_MOST_INFLATION = 1032
"""What a byte of deflate can become at most (zlib's own documentation, "Maximum Compression Factor")."""


class ObjectTooLarge(UnsafeRepository):
    """An object says that it is larger than we are ready to inflate."""


class BoundedPackData(PackData):
    """Pack data that looks at an object's declared size before inflating it, and at a delta's before applying it."""

    def get_unpacked_object_at(self, offset: int, *, include_comp: bool = False) -> UnpackedObject:
        """See `PackData`. Raises `ObjectTooLarge`."""
        _check_size(_declared_size(self._buffer(), offset))
        unpacked = super().get_unpacked_object_at(offset, include_comp=include_comp)
        if unpacked.pack_type_num in (OFS_DELTA, REF_DELTA):
            _check_size(_delta_result_size(b"".join(unpacked.decomp_chunks)))
        return unpacked


class FencedObjectStore(DiskObjectStore):
    """A `DiskObjectStore` that opens bounded packs and reads nothing outside its own folder."""

    @classmethod
    def at(cls, folder: Path, object_format: ObjectFormat) -> FencedObjectStore:
        """The store in a repository's `objects` folder."""
        store = cls(
            os.fspath(folder),
            object_format=object_format,
            loose_object_size_limit=MAX_OBJECT_BYTES,
            delta_base_cache_limit=MAX_OBJECT_BYTES,
            fsync_object_files=True,
        )
        store._alternates = []
        store._use_commit_graph = False
        store._use_midx = False
        return store

    def _get_loose_object(self, sha: ObjectID) -> ShaFile | None:
        """See `DiskObjectStore`, which would inflate up to the limit before it says no."""
        path = Path(os.fsdecode(self._get_shafile_path(sha)))
        with suppress(FileNotFoundError):
            if path.stat().st_size * _MOST_INFLATION > MAX_OBJECT_BYTES:
                _check_size(_loose_size(path))
        return super()._get_loose_object(sha)

    _last_hit = ""

    def _lookup_in_packs(self, lookup: Callable[[Pack], _T]) -> _T:
        """What is read next lies most often where the last thing lay: with fifty packs that is most of the work."""
        pack = self._pack_cache.get(self._last_hit)
        if pack is not None:
            with suppress(KeyError, PackFileDisappeared):
                return lookup(pack)

        def noting(pack: Pack) -> _T:
            found = lookup(pack)
            self._last_hit = Path(pack._basename).name  # noqa: SLF001 - dulwich gives a pack no public name
            return found

        return super()._lookup_in_packs(noting)

    def _update_pack_cache(self) -> list[Pack]:
        packs = super()._update_pack_cache()
        for pack in packs:
            _fence(pack)
        return packs


def _fence(pack: Pack) -> None:
    path, object_format = pack._data_path, pack.object_format  # noqa: SLF001 - dulwich has no hook for it
    pack._data_load = lambda: BoundedPackData(path, object_format=object_format)  # noqa: SLF001 - see above


def check_pack(file: IO[bytes], id_bytes: int) -> None:
    """Look through a pack, in bounded memory, for objects that are too large to be indexed.

    Raises `ObjectTooLarge`, and `ValueError` or `zlib.error` for what is no pack.
    """
    stream = _PackStream(file)
    head = stream.take(_PACK_HEAD_BYTES)
    if not head.startswith(b"PACK"):
        raise ValueError("this is no pack")
    for _ in range(int.from_bytes(head[8:])):
        kind, size = stream.entry()
        _check_size(size, MAX_FETCHED_BYTES)
        if kind == OFS_DELTA:
            while stream.take(1)[0] & 0x80:
                pass
        elif kind == REF_DELTA:
            stream.take(id_bytes)
        start = stream.skip_inflated(size)
        if kind in (OFS_DELTA, REF_DELTA):
            _check_size(_delta_result_size(start), MAX_FETCHED_BYTES)


class _PackStream:
    """A pack's bytes, one after the other."""

    def __init__(self, file: IO[bytes]) -> None:
        self._file = file
        self._piece = b""
        self._at = 0

    def take(self, count: int) -> bytes:
        """The next bytes. Raises `ValueError` where the pack ends before."""
        while len(self._piece) - self._at < count:
            self._more(self._piece[self._at :])
        self._at += count
        return self._piece[self._at - count : self._at]

    def entry(self) -> tuple[int, int]:
        """The kind and size in an entry's header (gitformat-pack: 4 bits, then 7 a byte)."""
        byte = self.take(1)[0]
        kind, size, shift = byte >> 4 & 7, byte & 0x0F, 4
        while byte & 0x80:
            byte = self.take(1)[0]
            size |= (byte & 0x7F) << min(shift, 64)
            shift += 7
        return kind, size

    def skip_inflated(self, size: int) -> bytes:
        """Pass over deflated bytes; their first. Raises `ValueError` where they become more than `size`."""
        inflater = zlib.decompressobj()
        start, length, data = b"", 0, self._piece[self._at :]
        while not inflater.eof:
            made = inflater.decompress(data, _PIECE_BYTES)
            length += len(made)
            if length > size:
                raise ValueError("an object is longer than it says")
            start += made[: _DELTA_HEAD_BYTES - len(start)]
            data = inflater.unconsumed_tail
            if not data and not inflater.eof and len(made) < _PIECE_BYTES:
                self._more(b"")
                data = self._piece
        self._piece, self._at = inflater.unused_data, 0
        return start

    def _more(self, left: bytes) -> None:
        read = self._file.read(_PIECE_BYTES)
        if not read:
            raise ValueError("the pack is cut short")
        self._piece, self._at = left + read, 0


def _check_size(size: int, limit: int | None = None) -> None:
    limit = MAX_OBJECT_BYTES if limit is None else limit
    if size > limit:
        message = f"A git object declares {size} bytes; gitreg reads at most {limit}."
        raise ObjectTooLarge(message)


def _loose_size(path: Path) -> int:
    """The size in a loose object's header, `blob 12` and a zero byte; 0 for what has none: reading it says so."""
    with path.open("rb") as file:
        try:
            header = zlib.decompressobj().decompress(file.read(64), 32)
        except zlib.error:
            return 0
    digits = header.partition(b"\0")[0].partition(b" ")[2]
    return int(digits) if digits.isdigit() else 0


def _declared_size(buffer: bytes | mmap, offset: int) -> int:
    """The inflated size in a pack entry's header (gitformat-pack: 4 bits, then 7 a byte)."""
    byte = buffer[offset]
    size, shift = byte & 0x0F, 4
    while byte & 0x80 and shift < 64:  # noqa: PLR2004 - bits of an integer
        offset += 1
        byte = buffer[offset]
        size |= (byte & 0x7F) << shift
        shift += 7
    return size


def _delta_result_size(delta: bytes) -> int:
    """The second of the two sizes a delta starts with: how long its result is."""
    position = 0
    size = 0
    for _ in range(2):
        size, shift = 0, 0
        while True:
            byte = delta[position]
            position += 1
            size |= (byte & 0x7F) << min(shift, 64)
            shift += 7
            if not byte & 0x80:
                break
    return size
