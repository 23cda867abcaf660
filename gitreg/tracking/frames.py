"""The frames of a journal: how one record lies in the file, and how a reader tells a torn end from damage.

A journal begins with the 17 bytes `gitreg-journal/1` and a newline. Then come frames, all numbers little-endian:

    offset  size    what
    0       2       FE A7 (0xFE never occurs in UTF-8, so no text looks like the start of a frame)
    2       1       kind: 1 header, 2 metric, 3 point, 4 event, 5 end
    3       1       (kind + the four bytes of length) modulo 256, so that a changed length is always noticed
    4       4       length of the body, unsigned
    8       length  body: of a point `<Iqqd` (metric number, step, microseconds since 1970 UTC, value); else JSON in
    UTF-8 8+l     4       CRC-32 (zlib) of everything before it in the frame

A frame is appended by one `write`, so a killed process leaves whole frames; a full disk or lost power can leave a part
of the last one. Such a torn end (too few bytes, or zeros from a block's border on) is dropped. Anything else that does
not check is damage, and is named instead of being passed over.
"""

from __future__ import annotations

import struct
from dataclasses import dataclass
from typing import TYPE_CHECKING, BinaryIO, Final
from zlib import crc32

from gitreg.errors import CorruptJournal, NewerFormat

if TYPE_CHECKING:
    from collections.abc import Iterator

FILE_MAGIC: Final = b"gitreg-journal/1\n"
MAGIC: Final = b"\xfe\xa7"
HEADER, METRIC, POINT, EVENT, END = range(1, 6)
KINDS: Final = frozenset((HEADER, METRIC, POINT, EVENT, END))
MAX_BODY: Final = 4 * 1024 * 1024

_HEAD: Final = struct.Struct("<2sBBI")
_POINT_BODY: Final = struct.Struct("<Iqqd")
_POINT_TAIL: Final = struct.Struct("<IqqdI")
_POINT_PREFIX: Final = struct.Struct("<2sBBII")
_CRC_BYTES: Final = 4
_CHUNK: Final = 1 << 20
_BLOCK: Final = 512


def _head_sum(kind: int, length: int) -> int:
    return (kind + sum(length.to_bytes(4, "little"))) & 0xFF


_POINT_SUM: Final = _head_sum(POINT, _POINT_BODY.size)
_POINT_HEAD: Final = _HEAD.pack(MAGIC, POINT, _POINT_SUM, _POINT_BODY.size)
_POINT_BYTES: Final = _HEAD.size + _POINT_TAIL.size


@dataclass(frozen=True, slots=True)
class Frame:
    """One record as it lies in the file; `end` is the offset behind it."""

    kind: int
    body: bytes
    end: int


@dataclass(frozen=True, slots=True)
class Points:
    """Points that follow each other, each as (metric number, step, time in microseconds, value)."""

    rows: list[tuple[int, int, int, float]]
    end: int


def encode(kind: int, body: bytes) -> bytes:
    """The frame of a record other than a point."""
    head = _HEAD.pack(MAGIC, kind, _head_sum(kind, len(body)), len(body)) + body
    return head + crc32(head).to_bytes(_CRC_BYTES, "little")


def point_prefix(metric: int) -> tuple[bytes, int]:
    """How every point frame of a metric begins, and the CRC of that: the hot path goes on from there
    (`encode_point`).
    """
    prefix = _POINT_PREFIX.pack(MAGIC, POINT, _POINT_SUM, _POINT_BODY.size, metric)
    return prefix, crc32(prefix)


pack_row: Final = struct.Struct("<qqd").pack
"""Step, time in microseconds and value of a point, as they follow its prefix. Raises `struct.error` for what does not
fit, and whatever the value's `__float__` raises."""


def read_frames(file: BinaryIO, name: str, start: int = 0) -> Iterator[Frame | Points]:
    """Every whole frame from byte `start` on (0: the magic is checked first); stops before a torn end.

    Raises `CorruptJournal` that names the file and the byte where a record does not check although more follows, and
    `NewerFormat` for a later version of the format.
    """
    file.seek(start)
    if not start:
        _check_magic(file, name)
        start = len(FILE_MAGIC)
    buffer = b""
    while chunk := file.read(_CHUNK):
        buffer += chunk
        at = 0
        while found := _points_at(buffer, at, start) or _frame_at(buffer, at, start):
            yield found
            at = found.end - start
        buffer, start = buffer[at:], start + at
        if not _may_continue(buffer):
            break
    if buffer and not _is_torn(buffer + file.read(), start):
        message = f"The journal {name} is damaged at byte {start}; what follows cannot be trusted to be complete."
        raise CorruptJournal(message, subject=name, hint="The file is left as it is; see: gitreg doctor")


def closes(tail: bytes) -> bool:
    """Whether the last bytes of a journal are those of an end record."""
    at = tail.rfind(MAGIC + bytes([END]))
    frame = _frame_at(tail, at, 0) if at >= 0 else None
    return frame is not None and frame.end == len(tail)


def _check_magic(file: BinaryIO, name: str) -> None:
    found = file.read(len(FILE_MAGIC))
    if found == FILE_MAGIC or (len(found) < len(FILE_MAGIC) and FILE_MAGIC.startswith(found)):
        return
    if found.startswith(FILE_MAGIC[:15]):
        message = f"The journal {name} was written by a later gitreg."
        raise NewerFormat(message, subject=name, hint="Upgrade: pip install --upgrade gitreg")
    message = f"The file {name} does not begin as a journal does."
    raise CorruptJournal(message, subject=name)


def _frame_at(buffer: bytes, at: int, base: int) -> Frame | None:
    """The frame at `at` if it is whole and checks."""
    if len(buffer) - at < _HEAD.size:
        return None
    magic, kind, head_sum, length = _HEAD.unpack_from(buffer, at)
    end = at + _HEAD.size + length
    if magic != MAGIC or kind not in KINDS or head_sum != _head_sum(kind, length) or end + _CRC_BYTES > len(buffer):
        return None
    if crc32(buffer[at:end]) != int.from_bytes(buffer[end : end + _CRC_BYTES], "little"):
        return None
    return Frame(kind, buffer[at + _HEAD.size : end], base + end + _CRC_BYTES)


def _points_at(buffer: bytes, at: int, base: int) -> Points | None:
    """The whole points that begin at `at`; a million of them go by here, so it is written for speed."""
    rows: list[tuple[int, int, int, float]] = []
    while buffer[at : at + _HEAD.size] == _POINT_HEAD and at + _POINT_BYTES <= len(buffer):
        end = at + _POINT_BYTES - _CRC_BYTES
        *row, crc = _POINT_TAIL.unpack_from(buffer, at + _HEAD.size)
        if crc32(buffer[at:end]) != crc:
            break
        rows.append(tuple(row))
        at = end + _CRC_BYTES
    return Points(rows, base + at) if rows else None


def _may_continue(buffer: bytes) -> bool:
    """Whether the next chunk may complete the frame that `buffer` begins with."""
    if len(buffer) < _HEAD.size:
        return True
    magic, kind, head_sum, length = _HEAD.unpack_from(buffer)
    return (
        magic == MAGIC
        and kind in KINDS
        and head_sum == _head_sum(kind, length)
        and len(buffer) < _HEAD.size + length + _CRC_BYTES
    )


def _is_torn(rest: bytes, start: int) -> bool:
    """Whether what is left at `start` can only be a write that did not reach the disk whole."""
    border = -start % _BLOCK
    zeros_follow = len(rest) > border and not any(rest[border:])
    return not any(rest) or (_may_continue(rest) and not _has_frame(rest[1:])) or zeros_follow


def _has_frame(rest: bytes) -> bool:
    at = rest.find(MAGIC)
    while at >= 0:
        if _frame_at(rest, at, 0):
            return True
        at = rest.find(MAGIC, at + 1)
    return False
