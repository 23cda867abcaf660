"""A security key in software: what a FIDO key makes of a message, by OpenSSH's PROTOCOL.u2f; and RSA by either hash."""

from __future__ import annotations

import base64
import hashlib
import struct
from dataclasses import dataclass, field

from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, padding, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat

from gitreg.signing._sshsig import to_be_signed
from gitreg.signing._wire import string

BEGIN, END = b"-----BEGIN SSH SIGNATURE-----\n", b"-----END SSH SIGNATURE-----\n"
TOUCHED, ASKED_FOR_A_PIN = 0x01, 0x04


def armor(blob: bytes, columns: int = 70) -> bytes:
    text = base64.b64encode(blob)
    lines = b"".join(text[at : at + columns] + b"\n" for at in range(0, len(text), columns))
    return BEGIN + lines + END


def blob_of(armored: bytes) -> bytes:
    return base64.b64decode(armored.removeprefix(BEGIN).removesuffix(END))


def sealed(public: bytes, namespace: str, inner: bytes, hash_name: str = "sha512") -> bytes:
    """A signature file around what a key made (PROTOCOL.sshsig)."""
    fields = (public, namespace.encode(), b"", hash_name.encode(), inner)
    return armor(b"SSHSIG" + (1).to_bytes(4) + b"".join(map(string, fields)))


def mpint(value: int) -> bytes:
    """A positive number as RFC 4251, section 5, spells it."""
    return value.to_bytes(value.bit_length() // 8 + 1)


def numbers(der: bytes) -> bytes:
    """An ECDSA signature as SSH spells it (RFC 5656, section 3.1.2)."""
    return b"".join(string(mpint(value)) for value in utils.decode_dss_signature(der))


@dataclass
class SecurityKey:
    """A key that somebody touches, or that answers with other `flags`."""

    key: ed25519.Ed25519PrivateKey | ec.EllipticCurvePrivateKey
    application: bytes = b"ssh:"
    flags: int = TOUCHED
    counter: int = field(default=7)

    @property
    def kind(self) -> bytes:
        is_ecdsa = isinstance(self.key, ec.EllipticCurvePrivateKey)
        return b"sk-ecdsa-sha2-nistp256@openssh.com" if is_ecdsa else b"sk-ssh-ed25519@openssh.com"

    @property
    def public(self) -> bytes:
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            point = self.key.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
            return b"".join(map(string, (self.kind, b"nistp256", point, self.application)))
        return b"".join(map(string, (self.kind, self.key.public_key().public_bytes_raw(), self.application)))

    def sign(self, data: bytes, namespace: str, hash_name: str = "sha512") -> bytes:
        """Touch it: `data` signed, armoured. Each signature counts up."""
        tail = struct.pack(">BI", self.flags, self.counter)
        self.counter += 1
        message = hashlib.sha256(to_be_signed(data, namespace, hash_name)).digest()
        made = self._made(hashlib.sha256(self.application).digest() + tail + message)
        return sealed(self.public, namespace, string(self.kind) + string(made) + tail, hash_name)

    def _made(self, signed: bytes) -> bytes:
        if isinstance(self.key, ec.EllipticCurvePrivateKey):
            return numbers(self.key.sign(signed, ec.ECDSA(hashes.SHA256())))
        return self.key.sign(signed)


def rsa_public(key: rsa.RSAPrivateKey) -> bytes:
    public = key.public_key().public_numbers()
    return b"".join(map(string, (b"ssh-rsa", mpint(public.e), mpint(public.n))))


def rsa_sign(key: rsa.RSAPrivateKey, kind: str, data: bytes, namespace: str) -> bytes:
    """Sign as `rsa-sha2-256`, `rsa-sha2-512` or, as nobody should, `ssh-rsa`."""
    algorithm: hashes.HashAlgorithm = {
        "rsa-sha2-256": hashes.SHA256(),
        "rsa-sha2-512": hashes.SHA512(),
        "ssh-rsa": hashes.SHA1(),  # noqa: S303 - what is refused
    }[kind]
    made = key.sign(to_be_signed(data, namespace, "sha512"), padding.PKCS1v15(), algorithm)
    return sealed(rsa_public(key), namespace, string(kind.encode()) + string(made))
