"""Ed25519 by `cryptography`, the one library of this room. It is loaded at first use: 50 ms that few commands need."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.errors import BadSignature, InvalidKey
from gitreg.signing._keys import PublicKey

if TYPE_CHECKING:
    from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey


def private_key(data: bytes) -> Ed25519PrivateKey:
    """The key in an OpenSSH private key file without a passphrase. No error carries any of its bytes."""
    from cryptography.exceptions import UnsupportedAlgorithm  # noqa: PLC0415 - see the module's docstring
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415
    from cryptography.hazmat.primitives.serialization import load_ssh_private_key  # noqa: PLC0415

    try:
        key = load_ssh_private_key(data, password=None)
    except (ValueError, TypeError, UnsupportedAlgorithm):
        raise InvalidKey("The private key cannot be read.") from None
    if not isinstance(key, ed25519.Ed25519PrivateKey):
        raise InvalidKey("Only Ed25519 keys are used without ssh-keygen.")
    return key


def public_key(key: Ed25519PrivateKey) -> PublicKey:
    return PublicKey.from_ed25519(key.public_key().public_bytes_raw())


def check(public: PublicKey, raw: bytes, signed: bytes) -> None:
    """Raises `BadSignature` unless `raw` is the key's signature of `signed`."""
    from cryptography.exceptions import InvalidSignature  # noqa: PLC0415 - see the module's docstring
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415

    try:
        ed25519.Ed25519PublicKey.from_public_bytes(public.blob[-32:]).verify(raw, signed)
    except InvalidSignature:
        raise BadSignature("The signature does not fit these bytes.", subject=public.fingerprint) from None
