"""OpenSSH's signature format, SSHSIG (PROTOCOL.sshsig in OpenSSH's source), and its armour.

Stricter than OpenSSH where two spellings could stand for one signature: the armour is byte for byte what `ssh-keygen`
writes, the reserved field is empty, and nothing follows the last field.
"""

from __future__ import annotations

import base64
import hashlib
import re
import struct
from dataclasses import dataclass
from typing import Self

from gitreg.errors import InvalidKey
from gitreg.signing._curves import ecdsa_numbers
from gitreg.signing._keys import (
    ECDSA_256,
    ECDSA_384,
    ECDSA_521,
    ED25519,
    RSA,
    SK_ECDSA,
    SK_ED25519,
    PublicKey,
    decode_base64,
)
from gitreg.signing._wire import Reader, string

MAX_SIGNATURE_BYTES = 16 * 1024

_MAGIC = b"SSHSIG"
_VERSION = 1
_BEGIN = "-----BEGIN SSH SIGNATURE-----"
_END = "-----END SSH SIGNATURE-----"
_COLUMNS = 70
_HASHES = ("sha256", "sha512")
_NAMESPACE = re.compile(r"[A-Za-z0-9@._/-]{1,128}")
_USER_PRESENT = 0x01

# Which signatures each type of key makes (RFC 8332 leaves no SHA-1 for RSA).
_SIGNATURE_TYPES = {
    ED25519: {ED25519},
    ECDSA_256: {ECDSA_256},
    ECDSA_384: {ECDSA_384},
    ECDSA_521: {ECDSA_521},
    RSA: {"rsa-sha2-256", "rsa-sha2-512"},
    SK_ED25519: {SK_ED25519},
    SK_ECDSA: {SK_ECDSA},
}


@dataclass(frozen=True)
class Touch:
    """What a security key adds to a signature and signs with it (PROTOCOL.u2f).

    Somebody must have touched it. Whether it also asked for a PIN or a finger (the flag 0x04, "verify-required") is
    taken either way, for nobody can ask for that in approvers.json, and so is any counter: many keys leave it at zero.
    """

    flags: int
    counter: int

    def __post_init__(self) -> None:
        if not self.flags & _USER_PRESENT:
            raise InvalidKey("Nobody touched the security key that made this signature.")

    def to_bytes(self) -> bytes:
        return struct.pack(">BI", self.flags, self.counter)


@dataclass(frozen=True)
class Signature:
    """A signature as it was read: the key it names, what it was made for, and the key's own bytes. Not yet checked."""

    public_key: PublicKey
    namespace: str
    hash_name: str
    type: str
    raw: bytes
    """What the key itself made."""
    touch: Touch | None = None
    """Of a security key, and of no other."""

    def __post_init__(self) -> None:
        check_namespace(self.namespace)
        if self.hash_name not in _HASHES:
            raise InvalidKey(f"The signature hashes with {self.hash_name!r:.40}; only sha256 and sha512 are taken.")
        if self.type not in _SIGNATURE_TYPES[self.public_key.type]:
            raise InvalidKey(f"A {self.public_key.type} key does not make {self.type!r:.40} signatures.")
        if self.public_key.is_hardware != (self.touch is not None):
            raise InvalidKey("A signature says how a security key was touched if it is by one, and only then.")
        _check_form(self.public_key, self.raw)

    @classmethod
    def parse(cls, armored: bytes) -> Self:
        """Read the armoured form. Raises `InvalidKey` for anything but the bytes that `ssh-keygen -Y sign` writes."""
        reader = Reader(_unarmor(armored), "signature")
        if reader.take(len(_MAGIC)) != _MAGIC or reader.uint32() != _VERSION:
            raise InvalidKey("This is not an OpenSSH signature of version 1.")
        public_key = PublicKey.from_blob(reader.string())
        namespace, reserved, hash_name = reader.string(), reader.string(), reader.string()
        inner = Reader(reader.string(), "signature")
        reader.end()
        if reserved:
            raise InvalidKey("The signature's reserved field is not empty.")
        kind, raw = inner.string(), inner.string()
        touch = Touch(inner.take(1)[0], inner.uint32()) if public_key.is_hardware else None
        inner.end()
        return cls(public_key, _ascii(namespace), _ascii(hash_name), _ascii(kind), raw, touch)

    def to_armored(self) -> bytes:
        """The bytes of the `.sig` file."""
        touch = self.touch.to_bytes() if self.touch else b""
        blob = b"".join(
            (
                _MAGIC,
                _VERSION.to_bytes(4),
                string(self.public_key.blob),
                string(self.namespace.encode()),
                string(b""),
                string(self.hash_name.encode()),
                string(string(self.type.encode()) + string(self.raw) + touch),
            )
        )
        return _armor(blob)

    def signed_bytes(self, data: bytes) -> bytes:
        """What the key signs in the place of `data`."""
        signed = to_be_signed(data, self.namespace, self.hash_name)
        if self.touch is None:
            return signed
        application = hashlib.sha256(_application(self.public_key)).digest()
        return application + self.touch.to_bytes() + hashlib.sha256(signed).digest()


def check_namespace(namespace: str) -> str:
    """`namespace` if it may be one. Raises `InvalidKey`."""
    if not _NAMESPACE.fullmatch(namespace):
        raise InvalidKey(f"{namespace!r:.60} cannot be a signature's namespace.")
    return namespace


def to_be_signed(data: bytes, namespace: str, hash_name: str) -> bytes:
    """The blob that binds the hash of `data` to its purpose."""
    digest = hashlib.new(hash_name, data).digest()
    return b"".join((_MAGIC, string(namespace.encode()), string(b""), string(hash_name.encode()), string(digest)))


def _check_form(key: PublicKey, raw: bytes) -> None:
    """Raises `InvalidKey` for what no key of this type makes, and for a second spelling of what one made."""
    if key.type in (ED25519, SK_ED25519):
        if len(raw) != 64:  # noqa: PLR2004 - RFC 8032, section 5.1.6
            raise InvalidKey("An Ed25519 signature has 64 bytes.")
    elif key.type == RSA:
        fields = key.fields()
        _exponent, modulus = fields.positive(), fields.positive()
        if len(raw) != (modulus.bit_length() + 7) // 8:  # RFC 8332, section 3: shorter ones need not be taken
            raise InvalidKey("An RSA signature is as long as its key's modulus.")
    else:
        ecdsa_numbers(raw)


def _application(key: PublicKey) -> bytes:
    """What a security key was made for, the last field of its public key."""
    fields = key.fields()
    skipped = 1 if key.type == SK_ED25519 else 2
    return [fields.string() for _ in range(skipped + 1)][-1]


def _ascii(data: bytes) -> str:
    return data.decode("ascii", "replace")


def _armor(blob: bytes) -> bytes:
    text = base64.b64encode(blob).decode()
    lines = (text[at : at + _COLUMNS] for at in range(0, len(text), _COLUMNS))
    return "\n".join((_BEGIN, *lines, _END, "")).encode()


def _unarmor(armored: bytes) -> bytes:
    if len(armored) > MAX_SIGNATURE_BYTES:
        raise InvalidKey(f"A signature file has at most {MAX_SIGNATURE_BYTES:,} bytes; this has {len(armored):,}.")
    lines = armored.decode("ascii", "replace").split("\n")
    if len(lines) < 4 or (lines[0], *lines[-2:]) != (_BEGIN, _END, ""):  # noqa: PLR2004 - frame, one line, the end
        raise InvalidKey("This is not a signature file as ssh-keygen writes it.")
    blob = decode_base64("".join(lines[1:-2]), "signature")
    if _armor(blob) != armored:
        raise InvalidKey("The signature's lines are not broken as ssh-keygen breaks them.")
    return blob
