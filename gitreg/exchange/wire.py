"""Protobuf messages without their description, and the two logs of records that trackers put them in. All bounded.

Wire format: protobuf.dev/programming-guides/encoding. Record logs: tensorflow/core/lib/io/record_writer.h (TFRecord)
and leveldb's doc/log_format.md, as wandb/core/pkg/leveldb writes it (zlib's CRC-32, a header of seven bytes in front).
"""

from __future__ import annotations

import struct
import zlib
from collections.abc import Iterator
from typing import BinaryIO, Final

from gitreg.errors import InvalidDocument

MAX_RECORD: Final = 64 * 1024 * 1024
_CHECKED_BYTES: Final = 8192
"""Longer records (images) are framed by a checked length on both sides; reading them in Python would take minutes."""
_VARINT_BYTES: Final = 10
_BLOCK: Final = 32 * 1024
_HEAD: Final = struct.Struct("<IHB")
_WANDB_HEAD: Final = b":W&B" + struct.pack("<HB", 0xBEE1, 0)
_FULL, _FIRST, _MIDDLE, _LAST = 1, 2, 3, 4

Field = tuple[int, "int | bytes"]
"""A field's number, and its value: an integer, or the bytes of a text, a message, or a fixed-width number."""


class Torn(InvalidDocument):
    """The log ends in the middle of a record, or a record's checksum is wrong: what came before it is good."""


def fields(data: bytes) -> Iterator[Field]:
    """The fields of a message in their order. Raises `InvalidDocument` where they are none."""
    at, end = 0, len(data)
    while at < end:
        key, at = _varint(data, at)
        wire = key & 7
        if wire == 0:
            value, at = _varint(data, at)
            yield key >> 3, value
            continue
        if wire == 2:  # noqa: PLR2004 - LEN
            size, at = _varint(data, at)
        else:
            size = {1: 8, 5: 4}.get(wire, end)
        if size > end - at or wire not in (1, 2, 5):
            raise InvalidDocument("A message of the log makes no sense.")
        yield key >> 3, data[at : at + size]
        at += size


def _varint(data: bytes, at: int) -> tuple[int, int]:
    value = 0
    for place in range(_VARINT_BYTES):
        if at + place >= len(data):
            break
        byte = data[at + place]
        value |= (byte & 0x7F) << (7 * place)
        if not byte & 0x80:
            return value & 0xFFFFFFFFFFFFFFFF, at + place + 1
    raise InvalidDocument("A number in a message of the log does not end.")


def messages(data: bytes, number: int) -> Iterator[bytes]:
    """The values of one field that are bytes."""
    return (value for found, value in fields(data) if found == number and isinstance(value, bytes))


def message(data: bytes, number: int) -> bytes:
    """The last of them, as protobuf has it; empty where there is none."""
    found = b""
    for value in messages(data, number):
        found = value
    return found


def text(data: bytes, number: int) -> str:
    """The same as text."""
    return message(data, number).decode(errors="replace")


def integer(data: bytes, number: int) -> int | None:
    """The last value of a field of integers, signed."""
    found = None
    for place, value in fields(data):
        if place == number and isinstance(value, int):
            found = value
    return found if found is None or found < 1 << 63 else found - (1 << 64)


def double(data: bytes) -> float:
    """Eight bytes as a number."""
    return float(struct.unpack("<d", data)[0]) if len(data) == 8 else 0.0  # noqa: PLR2004 - binary64


def _table() -> tuple[int, ...]:
    found = []
    for number in range(256):
        crc = number
        for _ in range(8):
            crc = crc >> 1 ^ (0x82F63B78 if crc & 1 else 0)
        found.append(crc)
    return tuple(found)


_CRC32C: Final = _table()
"""Castagnoli's, reflected: RFC 3720, appendix B.4."""


def masked_crc32c(data: bytes) -> int:
    """The checksum of TFRecord: rotated by fifteen bits, and a constant added."""
    crc = 0xFFFFFFFF
    for byte in data:
        crc = _CRC32C[(crc ^ byte) & 0xFF] ^ crc >> 8
    crc ^= 0xFFFFFFFF
    return ((crc >> 15 | crc << 17) + 0xA282EAD8) & 0xFFFFFFFF


def tf_records(file: BinaryIO) -> Iterator[bytes]:
    """The records of an event file. Raises `Torn` where the file does."""
    while head := file.read(12):
        if len(head) < 12 or masked_crc32c(head[:8]) != int.from_bytes(head[8:], "little"):  # noqa: PLR2004 - see above
            raise Torn("it ends in the middle of a record.")
        size = int.from_bytes(head[:8], "little")
        if size > MAX_RECORD:
            raise Torn(f"it has a record of more than {MAX_RECORD:,} bytes.")
        data, crc = file.read(size), file.read(4)
        if len(data) < size or len(crc) < 4:  # noqa: PLR2004 - a 32-bit checksum
            raise Torn("it ends in the middle of a record.")
        if size <= _CHECKED_BYTES and masked_crc32c(data) != int.from_bytes(crc, "little"):
            raise Torn("a record's checksum is wrong.")
        yield data


def wandb_records(file: BinaryIO) -> Iterator[bytes]:
    """The records of a `.wandb` file. Raises `InvalidDocument` for another file, `Torn` where it is torn."""
    parts, size = list[bytes](), 0
    for kind, data in _pieces(file):
        if kind in (_FULL, _FIRST):
            parts, size = [], 0
        parts.append(data)
        size += len(data)
        if size > MAX_RECORD:
            raise Torn(f"it has a record of more than {MAX_RECORD:,} bytes.")
        if kind in (_FULL, _LAST):
            yield b"".join(parts)
            parts = []
    if parts:
        raise Torn("it ends in the middle of a record.")


def _pieces(file: BinaryIO) -> Iterator[tuple[int, bytes]]:
    """Records lie in blocks; one that does not fit into what is left of a block goes on in the next."""
    block = file.read(_BLOCK)
    if not block.startswith(_WANDB_HEAD):
        raise InvalidDocument("it does not begin as a .wandb file.")
    at = len(_WANDB_HEAD)
    while block:
        while _BLOCK - at >= _HEAD.size and at < len(block):
            kind, data = _piece(block, at)
            if not kind:
                break  # zeros up to the end of the block
            yield kind, data
            at += _HEAD.size + len(data)
        block, at = file.read(_BLOCK), 0


def _piece(block: bytes, at: int) -> tuple[int, bytes]:
    if at + _HEAD.size > len(block):
        raise Torn("it ends in the middle of a record.")
    crc, size, kind = _HEAD.unpack_from(block, at)
    data = block[at + _HEAD.size : at + _HEAD.size + size]
    if not kind and not size and not crc:
        return 0, b""
    if len(data) < size or kind > _LAST:
        raise Torn("it ends in the middle of a record.")
    if zlib.crc32(data, zlib.crc32(bytes([kind]))) != crc:
        raise Torn("a record's checksum is wrong.")
    return kind, data
