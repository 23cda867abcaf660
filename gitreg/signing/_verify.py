"""Checking a signature: which key made it over these bytes, for this purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.errors import BadSignature
from gitreg.signing import _algorithms
from gitreg.signing._sshsig import Signature

if TYPE_CHECKING:
    from gitreg.signing._keys import PublicKey


def verify(armored: bytes, data: bytes, namespace: str) -> PublicKey:
    """The key that signed `data` for `namespace`. Whether that key may sign is for the caller to ask.

    Raises `InvalidKey` where `armored` is not a signature file, `BadSignature` where it does not fit, and `CannotTell`
    where this machine's OpenSSL has the key's algorithm switched off.
    """
    signature = Signature.parse(armored)
    key = signature.public_key
    if signature.namespace != namespace:
        message = f"The signature was made for {signature.namespace!r}, not for {namespace!r}."
        raise BadSignature(message, subject=key.fingerprint)
    _algorithms.check(key, signature.type, signature.raw, signature.signed_bytes(data))
    return key
