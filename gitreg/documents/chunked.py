"""What says that a blob is a list of chunks, and the list itself: `gitreg-chunks/1` in docs/format.md.

A list is read by anybody, so it is hostile: its length says how many chunks it has, and their sizes have to add up.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import Final

from gitreg.documents.ids import Digest
from gitreg.errors import InvalidDocument

_CHUNKED: Final = "+chunked"
_MAGIC: Final = b"gitreg-chunks/1\n"
_HEADER: Final = struct.Struct("<16s32sQQ")
_CHUNK: Final = struct.Struct("<32sQ")

MAX_CHUNK_BYTES: Final = 4 * 1024 * 1024
"""No chunk is longer: whoever reads one takes it into memory."""
MAX_CHUNK_LIST_BYTES: Final = 64 * 1024 * 1024
"""A list of 1.6 million chunks: more than a terabyte."""


def is_chunked(media_type: str) -> bool:
    """Whether a descriptor of this media type is of a list of chunks (docs/format.md, "Chunks")."""
    return media_type.endswith(_CHUNKED)


def chunked_media_type(media_type: str) -> str:
    """The media type of a list whose chunks together are what `media_type` says."""
    return f"{media_type}{_CHUNKED}"


@dataclass(frozen=True)
class Chunk:
    """One piece of a file: a blob, and its length in bytes."""

    digest: Digest
    size: int


@dataclass(frozen=True)
class ChunkList:
    """A file as the chunks it was cut into, in order. `content` is the sha256 of the whole, `size` its bytes."""

    content: Digest
    size: int
    chunks: tuple[Chunk, ...]

    def to_bytes(self) -> bytes:
        """The blob."""
        head = _HEADER.pack(_MAGIC, bytes.fromhex(self.content.hex), self.size, len(self.chunks))
        return head + b"".join(_CHUNK.pack(bytes.fromhex(each.digest.hex), each.size) for each in self.chunks)

    @classmethod
    def from_bytes(cls, data: bytes, subject: str = "") -> ChunkList:
        """Read a blob that may be hostile. Raises `InvalidDocument`."""
        if len(data) < _HEADER.size:
            raise _invalid(subject, "it is too short")
        magic, content, size, count = _HEADER.unpack_from(data)
        if magic != _MAGIC:
            raise _invalid(subject, "it does not begin as one")
        if len(data) != _HEADER.size + count * _CHUNK.size:
            raise _invalid(subject, f"{count:,} chunks have another length")
        chunks = tuple(Chunk(_digest(raw), length) for raw, length in _CHUNK.iter_unpack(data[_HEADER.size :]))
        if any(not 0 < each.size <= MAX_CHUNK_BYTES for each in chunks) or sum(each.size for each in chunks) != size:
            raise _invalid(subject, "the sizes of its chunks do not fit")
        return cls(_digest(content), size, chunks)


def _digest(raw: bytes) -> Digest:
    return Digest(f"sha256:{raw.hex()}")


def _invalid(subject: str, why: str) -> InvalidDocument:
    prefix = f"{subject}: " if subject else ""
    return InvalidDocument(f"{prefix}This is no list of chunks: {why}.", subject=subject)
