"""Public keys: one spelling for each, so that a fingerprint names a key and not a way to write it down."""

from __future__ import annotations

import base64
import binascii
import re
from collections.abc import Callable
from dataclasses import dataclass
from functools import partial
from typing import Self

from gitreg.documents import Fingerprint
from gitreg.errors import InvalidKey
from gitreg.signing._curves import P256, P384, P521, Curve
from gitreg.signing._wire import Reader, string

ED25519 = "ssh-ed25519"
RSA = "ssh-rsa"
ECDSA_256 = "ecdsa-sha2-nistp256"
ECDSA_384 = "ecdsa-sha2-nistp384"
ECDSA_521 = "ecdsa-sha2-nistp521"
SK_ED25519 = "sk-ssh-ed25519@openssh.com"
SK_ECDSA = "sk-ecdsa-sha2-nistp256@openssh.com"

MAX_KEY_BYTES = 8192
MIN_RSA_BITS = 2048
MAX_RSA_BITS = 16384

_CONTROL = re.compile(rb"[\x00-\x1f\x7f]")
_ONE_LINE = "A public key is one line: TYPE BASE64 [COMMENT], as in the .pub file that ssh-keygen writes."


@dataclass(frozen=True)
class PublicKey:
    """A public key by its type and its SSH wire form. Making one checks it; raises `InvalidKey`.

    Certificates, DSA and RSA under 2048 bits are refused, and so is every unusual encoding of a key:
    otherwise one key could be two people's.
    """

    type: str
    blob: bytes

    def __post_init__(self) -> None:
        check = _CHECKS.get(self.type)
        if check is None:
            known = ", ".join(_CHECKS)
            raise InvalidKey(f"Keys of type {self.type!r:.60} are not taken.", hint=f"These are: {known}.")
        reader = self.fields()
        check(reader)
        reader.end()

    @classmethod
    def from_blob(cls, blob: bytes) -> Self:
        """A key from its wire form alone, which begins with its type."""
        return cls(Reader(blob, "public key").string().decode("ascii", "replace"), blob)

    @classmethod
    def from_ed25519(cls, raw: bytes) -> Self:
        """A key from the 32 bytes of RFC 8032."""
        return cls(ED25519, string(ED25519.encode()) + string(raw))

    def fields(self) -> Reader:
        """What follows the type in the wire form."""
        reader = Reader(self.blob, f"{self.type} public key")
        if len(self.blob) > MAX_KEY_BYTES or reader.string() != self.type.encode():
            raise InvalidKey(f"The key is not of the type that stands before it, {self.type}.", hint=_ONE_LINE)
        return reader

    @property
    def is_hardware(self) -> bool:
        """Whether the key lives in a security key that people touch (FIDO)."""
        return self.type in (SK_ED25519, SK_ECDSA)

    @property
    def base64(self) -> str:
        """The wire form as text, as `.pub` files and approvers.json carry it."""
        return base64.b64encode(self.blob).decode()

    @property
    def line(self) -> str:
        """`<type> <base64>`, without a comment."""
        return f"{self.type} {self.base64}"

    @property
    def fingerprint(self) -> Fingerprint:
        """What names this key in paths and refs: the hex sha256 of its wire form."""
        return Fingerprint.of(self.blob)

    def __str__(self) -> str:
        """The fingerprint as `ssh-keygen -l` shows it."""
        digest = base64.b64encode(bytes.fromhex(self.fingerprint)).decode().rstrip("=")
        return f"SHA256:{digest} ({self.type})"


def parse_public_key(text: str | bytes) -> PublicKey:
    """The key in a line of a `.pub` file; what follows the base64 is a comment. Raises `InvalidKey`."""
    if isinstance(text, bytes):
        text = text[: 2 * MAX_KEY_BYTES].decode("utf-8", "replace")
    lines = text.strip().splitlines()
    if len(lines) != 1:
        raise InvalidKey("This is not one public key.", hint=_ONE_LINE)
    if "PRIVATE KEY" in lines[0]:
        raise InvalidKey("This is a private key; give the public one.", hint=_ONE_LINE)
    words = lines[0].split(None, 2)
    if len(words) < 2:  # noqa: PLR2004 - a type and a key
        raise InvalidKey("This is not a public key.", hint=_ONE_LINE)
    return PublicKey(words[0], decode_base64(words[1], "public key"))


def decode_base64(text: str, what: str) -> bytes:
    """Base64 in its only spelling: padded, no blanks, no stray bits. Raises `InvalidKey`."""
    try:
        data = binascii.a2b_base64(text, strict_mode=True)
    except (binascii.Error, ValueError):
        data = b""
    if not data or base64.b64encode(data).decode() != text:
        raise InvalidKey(f"The {what} is not base64 as OpenSSH writes it.")
    return data


def _ed25519(reader: Reader) -> None:
    raw = reader.string()
    y = int.from_bytes(raw, "little") & (1 << 255) - 1
    if len(raw) != 32 or y >= 2**255 - 19 or y in _LOW_ORDER:  # noqa: PLR2004 - RFC 8032, section 5.1.3
        raise InvalidKey("This is not an Ed25519 public key.")


# The y coordinates of the points of order 1, 2, 4 and 8. Such a "key" has signatures that fit every message.
_LOW_ORDER = frozenset(
    {
        0,
        1,
        2**255 - 20,
        2707385501144840649318225287225658788936804267575313519463743609750303402022,
        55188659117513257062467267217118295137698188065244968500265048394206261417927,
    }
)


def _rsa(reader: Reader) -> None:
    exponent, modulus = reader.positive(), reader.positive()
    bits = modulus.bit_length()
    if not MIN_RSA_BITS <= bits <= MAX_RSA_BITS:
        raise InvalidKey(f"An RSA key of {bits} bits is not taken.", hint="Make an Ed25519 one: ssh-keygen -t ed25519")
    if exponent < 3 or exponent % 2 == 0 or exponent.bit_length() > 32:  # noqa: PLR2004 - RFC 8017, section 3.1
        raise InvalidKey("This RSA key's public exponent is not one.")
    if modulus % 2 == 0:
        raise InvalidKey("This RSA key's modulus is even, so that it is no product of two large primes.")


def _ecdsa(reader: Reader, curve: Curve) -> None:
    name, point = reader.string(), reader.string()
    if name != curve.name.encode():
        raise InvalidKey(f"This is not a key on the curve {curve.name}.")
    if not curve.has(point):
        raise InvalidKey(f"This key is no point of {curve.name} in its uncompressed form.")


def _sk_ed25519(reader: Reader) -> None:
    _ed25519(reader)
    _application(reader)


def _sk_ecdsa(reader: Reader) -> None:
    _ecdsa(reader, P256)
    _application(reader)


def _application(reader: Reader) -> None:
    """OpenSSH reads `ssh:` and `ssh:` with a NUL behind it as one application: of two spellings neither is taken."""
    application = reader.string()
    if not application.startswith(b"ssh:"):
        raise InvalidKey("This security key was not made for SSH.")
    if _CONTROL.search(application):
        raise InvalidKey("This security key's application holds a control character.")


_CHECKS: dict[str, Callable[[Reader], None]] = {
    ED25519: _ed25519,
    ECDSA_256: partial(_ecdsa, curve=P256),
    ECDSA_384: partial(_ecdsa, curve=P384),
    ECDSA_521: partial(_ecdsa, curve=P521),
    RSA: _rsa,
    SK_ED25519: _sk_ed25519,
    SK_ECDSA: _sk_ecdsa,
}
