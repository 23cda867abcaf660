"""Sealed bytes: what goes in comes out, anything else is found, and memory stays small."""

from __future__ import annotations

import hashlib
import io
import json
import tracemalloc
from pathlib import Path
from typing import BinaryIO, cast

import pytest
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305
from hypothesis import given
from hypothesis import strategies as st

from gitreg.errors import CorruptBlob, InvalidValue
from gitreg.sealing import CHUNK_BYTES, HEADER_BYTES, TAG_BYTES, new_key, opened_size, opening, sealed_size, sealing

KEY = bytes(range(32))
PIECE = CHUNK_BYTES + TAG_BYTES
VECTORS = json.loads((Path(__file__).parent / "vectors.json").read_text(encoding="utf-8"))
EDGES = (0, 1, CHUNK_BYTES - 1, CHUNK_BYTES, CHUNK_BYTES + 1, 2 * CHUNK_BYTES, 3 * CHUNK_BYTES + 7)


def content(size: int) -> bytes:
    return hashlib.shake_256(b"content").digest(size)


def sealed(data: bytes, key: bytes = KEY) -> bytes:
    return sealing(io.BytesIO(data), key).read()


def opened(data: bytes, key: bytes = KEY) -> bytes:
    return opening(io.BytesIO(data), key).read()


@pytest.mark.parametrize("size", EDGES)
def test_what_is_sealed_comes_back(size: int) -> None:
    data = content(size)
    closed = sealed(data)
    assert (len(closed), opened_size(len(closed))) == (sealed_size(size), size)
    assert opened(closed) == data


@given(st.binary(max_size=300), st.integers(1, 100))
def test_it_is_read_in_pieces_of_any_size(data: bytes, step: int) -> None:
    stream = opening(cast("BinaryIO", Short(sealed(data), step)), KEY)
    assert b"".join(iter(lambda: stream.read(step), b"")) == data


@given(st.integers(0, 10 * CHUNK_BYTES))
def test_sizes_follow_from_each_other(size: int) -> None:
    assert opened_size(sealed_size(size)) == size


@given(st.integers(-10, 10 * CHUNK_BYTES))
def test_no_size_is_below_zero(size: int) -> None:
    assert opened_size(size) >= 0


@given(st.sampled_from((0, 5, CHUNK_BYTES + 3)), st.data())
def test_every_flipped_bit_is_found(size: int, data: st.DataObject) -> None:
    closed = bytearray(sealed(content(size)))
    place = data.draw(st.integers(0, len(closed) - 1))
    closed[place] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises(CorruptBlob):
        opened(bytes(closed))


@given(st.sampled_from(EDGES), st.data())
def test_every_other_end_is_found(size: int, data: st.DataObject) -> None:
    closed = sealed(content(size))
    at_edges = st.sampled_from(range(HEADER_BYTES, len(closed), PIECE))
    end = data.draw(st.one_of(st.integers(0, len(closed) - 1), at_edges))
    with pytest.raises(CorruptBlob):
        opened(closed[:end])
    with pytest.raises(CorruptBlob):
        opened(closed + closed[HEADER_BYTES : HEADER_BYTES + 1 + end])


@pytest.mark.parametrize("order", [(1, 0, 2), (0, 0, 1, 2), (0, 2), (1, 2), (0, 1, 1)], ids=str)
def test_pieces_in_another_order_are_found(order: tuple[int, ...]) -> None:
    closed = sealed(content(2 * CHUNK_BYTES + 5))
    pieces = [closed[at : at + PIECE] for at in range(HEADER_BYTES, len(closed), PIECE)]
    with pytest.raises(CorruptBlob):
        opened(closed[:HEADER_BYTES] + b"".join(pieces[number] for number in order))


def test_an_empty_piece_at_the_end_is_found() -> None:
    """Else one content would have two sealed forms."""
    cipher, data = ChaCha20Poly1305(KEY), content(CHUNK_BYTES)
    nonces = [number.to_bytes(11, "big") + last for number, last in ((0, b"\0"), (1, b"\1"))]
    closed = sealed(data)[:HEADER_BYTES] + cipher.encrypt(nonces[0], data, None) + cipher.encrypt(nonces[1], b"", None)
    with pytest.raises(CorruptBlob, match="empty piece"):
        opened(closed)


def test_another_key_is_told_from_damage() -> None:
    with pytest.raises(CorruptBlob, match="key"):
        opened(sealed(b"x"), new_key())
    with pytest.raises(CorruptBlob, match="not sealed"):
        opened(b"plain")


def test_a_second_key_opens_nothing_even_where_somebody_made_both() -> None:
    """ChaCha20-Poly1305 alone commits to no key; the header does, and so the digest pins what it holds."""
    other = new_key()
    forged = sealed(b"x", other)[:HEADER_BYTES] + sealed(b"x")[HEADER_BYTES:]
    for key in (KEY, other):
        with pytest.raises(CorruptBlob):
            opened(forged, key)


def test_what_comes_out_before_the_damage_was_right() -> None:
    data = content(3 * CHUNK_BYTES)
    closed = bytearray(sealed(data))
    closed[-1] ^= 1
    out = bytearray()
    with pytest.raises(CorruptBlob):
        drain(opening(io.BytesIO(bytes(closed)), KEY), out)
    assert data.startswith(out)
    assert len(out) <= 2 * CHUNK_BYTES


def test_two_keys_are_never_the_same_and_a_short_one_is_refused() -> None:
    assert len({new_key() for _ in range(100)}) == 100
    with pytest.raises(InvalidValue):
        sealing(io.BytesIO(), b"short")
    with pytest.raises(InvalidValue):
        sealing(cast("BinaryIO", io.StringIO("text")), KEY).read()


def test_the_source_is_left_open_and_what_was_stored_is_closed() -> None:
    source, stored = io.BytesIO(b"x"), io.BytesIO(sealed(b"x"))
    sealing(source, KEY).close()
    opening(stored, KEY).close()
    assert (source.closed, stored.closed) == (False, True)


def test_memory_does_not_grow_with_the_length() -> None:
    zeros = cast("BinaryIO", Zeros(32 * 1024 * 1024))
    tracemalloc.start()
    try:
        stream = opening(sealing(zeros, KEY), KEY)
        assert sum(len(piece) for piece in iter(lambda: stream.read(CHUNK_BYTES), b"")) == 32 * 1024 * 1024
        assert tracemalloc.get_traced_memory()[1] < 2 * 1024 * 1024
    finally:
        tracemalloc.stop()


@pytest.mark.parametrize("vector", VECTORS, ids=lambda vector: vector["name"])
def test_sealed_bytes_are_the_golden_ones(vector: dict[str, str]) -> None:
    """Kept for ever: docs/format.md says how they are made."""
    key, data = bytes.fromhex(vector["key"]), vector["piece"].encode() * int(vector["times"])
    closed = sealed(data, key)
    assert closed[: HEADER_BYTES + 16].hex() == vector["begins"]
    assert hashlib.sha256(closed).hexdigest() == vector["sha256"]
    assert opened(closed, key) == data


def drain(stream: BinaryIO, out: bytearray) -> None:
    while piece := stream.read(1000):
        out += piece


class Short(io.RawIOBase):
    """A pipe that gives a few bytes at a time."""

    def __init__(self, data: bytes, step: int) -> None:
        self._left, self._step = io.BytesIO(data), step

    def read(self, size: int = -1, /) -> bytes:
        return self._left.read(min(size, self._step) if size >= 0 else size)


class Zeros(io.RawIOBase):
    """Many zero bytes that nobody holds."""

    def __init__(self, size: int) -> None:
        self._left = size

    def read(self, size: int = -1, /) -> bytes:
        count = min(size, self._left)
        self._left -= count
        return bytes(count)
