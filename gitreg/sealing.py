"""Bytes that only a key of their own opens: how they are sealed, and opened again, piece by piece.

The layout is in docs/format.md, "Sealed blobs". The payload is that of age (https://c2sp.org/age, "Payload"): the
STREAM construction of Hoang, Reyhanitabar, Rogaway and Vizár, "Online Authenticated-Encryption and its Nonce-Reuse
Misuse-Resistance" (CRYPTO 2015), with ChaCha20-Poly1305 (RFC 8439). Before it stands the sha256 of the key: the cipher
does not commit to its key, and without this the digest of the sealed bytes would not pin what they hold.
"""

from __future__ import annotations

import hashlib
import hmac
import io
import secrets
from typing import Any, BinaryIO, cast

from cryptography.exceptions import InvalidTag
from cryptography.hazmat.primitives.ciphers.aead import ChaCha20Poly1305

from gitreg.errors import CorruptBlob, InvalidValue

__all__ = ["KEY_BYTES", "new_key", "opened_size", "opening", "sealed_size", "sealing"]

KEY_BYTES = 32
MAGIC = b"gitreg-sealed/1\n"
CHUNK_BYTES = 64 * 1024
TAG_BYTES = 16
HEADER_BYTES = len(MAGIC) + hashlib.sha256().digest_size
_SEALED_CHUNK_BYTES = CHUNK_BYTES + TAG_BYTES


def new_key() -> bytes:
    """A key for one blob and no other: nonces count from zero, so a key must never seal twice."""
    return secrets.token_bytes(KEY_BYTES)


def sealing(stream: BinaryIO, key: bytes) -> BinaryIO:
    """What `stream` holds, sealed, as it is read. Memory does not grow with its length. Raises `InvalidValue`."""
    return _buffered(_Sealing(stream, key))


def opening(stream: BinaryIO, key: bytes, subject: str = "") -> BinaryIO:
    """What sealed bytes hold, as it is read; each piece comes only after it was found right.

    Reading raises `CorruptBlob` about `subject` for another key, and for bytes that were changed, cut off, extended or
    put in another order.
    """
    return _buffered(_Opening(stream, key, subject))


def sealed_size(size: int) -> int:
    """How many bytes so many bytes are when sealed."""
    return HEADER_BYTES + size + TAG_BYTES * max(1, -(-size // CHUNK_BYTES))


def opened_size(size: int) -> int:
    """The reverse of `sealed_size`, for anything that has the length of sealed bytes; never below zero."""
    payload = size - HEADER_BYTES
    return max(0, payload - TAG_BYTES * -(-payload // _SEALED_CHUNK_BYTES))


def _buffered(raw: io.RawIOBase) -> BinaryIO:
    # A BufferedReader is a BinaryIO in all but its declared type.
    return cast("BinaryIO", io.BufferedReader(raw, CHUNK_BYTES))


def _header(key: bytes) -> bytes:
    return MAGIC + hashlib.sha256(MAGIC + key).digest()


def _cipher(key: bytes) -> ChaCha20Poly1305:
    if len(key) != KEY_BYTES:
        raise InvalidValue(f"A key has {KEY_BYTES} bytes, not {len(key)}.")
    return ChaCha20Poly1305(key)


def _nonce(number: int, *, is_last: bool) -> bytes:
    return number.to_bytes(11, "big") + (b"\1" if is_last else b"\0")


class _Pieces(io.RawIOBase):
    """A stream made piece by piece from another one, reading one piece ahead so that the last one is known."""

    def __init__(self, stream: BinaryIO, key: bytes, piece_bytes: int) -> None:
        self._stream = stream
        self._cipher = _cipher(key)
        self._piece_bytes = piece_bytes
        self._number = 0
        self._ahead: bytes | None = None
        self._is_done = False
        self._made = memoryview(b"")

    def readable(self) -> bool:
        return True

    def readinto(self, buffer: Any, /) -> int:  # noqa: ANN401 - collections.abc.Buffer comes with Python 3.12
        view = memoryview(buffer).cast("B")
        while not self._made and not self._is_done:
            self._made = memoryview(self._next())
        count = min(len(view), len(self._made))
        view[:count] = self._made[:count]
        self._made = self._made[count:]
        return count

    def _start(self) -> bytes:
        """What comes before the first piece, taken or made."""
        raise NotImplementedError

    def _turn(self, piece: bytes, nonce: bytes) -> bytes:
        """One piece as it comes out."""
        raise NotImplementedError

    def _next(self) -> bytes:
        if self._ahead is None:
            started = self._start()
            self._ahead = self._take(self._piece_bytes)
            return started
        piece, self._ahead = self._ahead, self._take(self._piece_bytes)
        self._is_done = not self._ahead
        number, self._number = self._number, self._number + 1
        return self._turn(piece, _nonce(number, is_last=self._is_done))

    def _take(self, count: int) -> bytes:
        """The next `count` bytes, fewer only at the end."""
        pieces: list[bytes] = []
        while count and (piece := self._stream.read(count)):
            if not isinstance(piece, bytes):
                raise InvalidValue("The source gives no bytes; open it in binary, blocking mode.")
            pieces.append(piece)
            count -= len(piece)
        return b"".join(pieces)


class _Sealing(_Pieces):
    def __init__(self, stream: BinaryIO, key: bytes) -> None:
        super().__init__(stream, key, CHUNK_BYTES)
        self._header = _header(key)

    def _start(self) -> bytes:
        return self._header

    def _turn(self, piece: bytes, nonce: bytes) -> bytes:
        return self._cipher.encrypt(nonce, piece, None)


class _Opening(_Pieces):
    def __init__(self, stream: BinaryIO, key: bytes, subject: str) -> None:
        super().__init__(stream, key, _SEALED_CHUNK_BYTES)
        self._header = _header(key)
        self._subject = subject

    def close(self) -> None:
        """The stored bytes were opened for this; what is being sealed is its caller's to close."""
        if not self.closed:
            self._stream.close()
        super().close()

    def _start(self) -> bytes:
        found = self._take(HEADER_BYTES)
        if found[: len(MAGIC)] != MAGIC:
            raise CorruptBlob("These bytes are not sealed ones.", subject=self._subject)
        if not hmac.compare_digest(found, self._header):
            raise CorruptBlob("The key is not the one that these bytes were sealed with.", subject=self._subject)
        return b""

    def _turn(self, piece: bytes, nonce: bytes) -> bytes:
        try:
            opened = self._cipher.decrypt(nonce, piece, None)
        except InvalidTag:
            raise CorruptBlob("The sealed bytes were changed or cut off.", subject=self._subject) from None
        if not opened and self._number > 1:  # one content would otherwise have two sealed forms
            raise CorruptBlob("The sealed bytes end in an empty piece.", subject=self._subject)
        return opened
