"""Signed notes (c2sp.org/signed-note) by Ed25519 keys, and cosignatures with a time (c2sp.org/tlog-cosignature).

The signature of a note is over its text as it is, so that any tool for witnessed logs can check it; it is no OpenSSH
signature, and neither can pass for the other.
"""

from __future__ import annotations

import base64
import binascii
import hashlib
import re
import struct
from dataclasses import dataclass
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Literal, Self

from gitreg.errors import BadSignature, InvalidDocument, InvalidKey
from gitreg.signing import _algorithms
from gitreg.signing._keys import ED25519, PublicKey
from gitreg.signing._signers import FileSigner, read_key_file

if TYPE_CHECKING:
    from collections.abc import Iterable
    from pathlib import Path

MAX_NOTE_BYTES = 64 * 1024
MAX_SIGNATURES = 100

Kind = Literal[1, 4]
PLAIN: Kind = 1
COSIGNATURE: Kind = 4

_LINE = re.compile(r"— (?P<name>[^\s+]{1,200}) (?P<data>[A-Za-z0-9+/]{1,400}={0,2})")
_CONTROL = re.compile(r"[\x00-\x09\x0b-\x1f\x7f]")
_ID_BYTES, _TIME_BYTES = 4, 8


@dataclass(frozen=True)
class NoteKey:
    """A key under the name by which notes know it. Raises `InvalidKey` for another kind of key than Ed25519."""

    name: str
    key: PublicKey

    def __post_init__(self) -> None:
        if self.key.type != ED25519:
            raise InvalidKey(f"Notes are signed by Ed25519 keys, and this is {self.key.type}.")

    @classmethod
    def of(cls, person: str, key: PublicKey) -> Self:
        """A person's key; a name has no plus sign."""
        return cls(person.replace("+", "%2B"), key)

    def id(self, kind: Kind) -> bytes:
        """The four bytes by which a signature of this kind names the key."""
        return hashlib.sha256(self.name.encode() + b"\n" + bytes([kind]) + self._raw).digest()[:_ID_BYTES]

    @property
    def verifier(self) -> str:
        """The line by which other tools know the key: `<name>+<hex id>+<base64>`."""
        return f"{self.name}+{self.id(PLAIN).hex()}+{base64.b64encode(bytes([PLAIN]) + self._raw).decode()}"

    @property
    def _raw(self) -> bytes:
        return self.key.blob[-32:]


@dataclass(frozen=True)
class NoteSignature:
    """One signature that fits. `at` is when a cosignature says it was made."""

    signer: NoteKey
    at: datetime | None = None


@dataclass(frozen=True)
class SignedNote:
    """A text with its signature lines. `text` ends with a newline."""

    text: str
    lines: tuple[str, ...] = ()

    @classmethod
    def from_bytes(cls, data: bytes) -> Self:
        """Read a note that may be hostile. Raises `InvalidDocument`."""
        try:
            whole = data.decode() if len(data) <= MAX_NOTE_BYTES else ""
        except UnicodeDecodeError:
            whole = ""
        text, blank, signatures = whole.rpartition("\n\n")
        lines = signatures.splitlines()
        is_whole = bool(blank and text and signatures.endswith("\n")) and _CONTROL.search(whole) is None
        if not is_whole or len(lines) > MAX_SIGNATURES or not all(map(_LINE.fullmatch, lines)):
            raise InvalidDocument("This is not a signed note.", hint="See c2sp.org/signed-note.")
        return cls(f"{text}\n", tuple(lines))

    def to_bytes(self) -> bytes:
        """The note as it is written and sent."""
        return "\n".join([self.text, *self.lines, ""]).encode()

    def signed(self, key_file: Path, name: str, at: datetime | None = None) -> SignedNote:
        """The note with one more signature; a cosignature where `at` is given. Raises `InvalidKey`."""
        signer = FileSigner.open(key_file)
        key = NoteKey.of(name, signer.public_key)
        private = _algorithms.private_key(read_key_file(key_file))
        seconds = b"" if at is None else struct.pack(">Q", int(at.timestamp()))
        kind = PLAIN if at is None else COSIGNATURE
        data = key.id(kind) + seconds + private.sign(_signed_bytes(self.text, seconds))
        return SignedNote(self.text, (*self.lines, f"— {key.name} {base64.b64encode(data).decode()}"))

    def signatures(self, known: Iterable[NoteKey]) -> tuple[NoteSignature, ...]:
        """The signatures by known keys; lines of others say nothing.

        Raises `BadSignature` where a line names a known key and does not fit: then the note is not what was signed.
        """
        keys = {(key.name, kind, key.id(kind)): key for key in known for kind in (PLAIN, COSIGNATURE)}
        return tuple(found for line in self.lines if (found := self._checked(line, keys)) is not None)

    def _checked(self, line: str, keys: dict[tuple[str, Kind, bytes], NoteKey]) -> NoteSignature | None:
        match = _LINE.fullmatch(line)
        data = _decoded(match["data"]) if match else b""
        for kind in (PLAIN, COSIGNATURE):
            key = keys.get((match["name"], kind, data[:_ID_BYTES])) if match else None
            if key is not None:
                seconds = data[_ID_BYTES : _ID_BYTES + _TIME_BYTES] if kind == COSIGNATURE else b""
                raw = data[_ID_BYTES + len(seconds) :]
                _algorithms.check(key.key, ED25519, raw, _signed_bytes(self.text, seconds))
                return NoteSignature(key, _time(seconds) if seconds else None)
        return None


def _signed_bytes(text: str, seconds: bytes) -> bytes:
    if not seconds:
        return text.encode()
    return f"cosignature/v1\ntime {struct.unpack('>Q', seconds)[0]}\n{text}".encode()


def _time(seconds: bytes) -> datetime:
    try:
        return datetime.fromtimestamp(struct.unpack(">Q", seconds)[0], UTC)
    except (OverflowError, OSError, ValueError):
        raise BadSignature("The cosignature's time is none that a calendar has.") from None


def _decoded(text: str) -> bytes:
    try:
        return binascii.a2b_base64(text, strict_mode=True)
    except (binascii.Error, ValueError):
        return b""
