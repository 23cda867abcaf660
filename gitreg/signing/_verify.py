"""Checking a signature: which key made it over these bytes, for this purpose."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.errors import BadSignature
from gitreg.signing import _ed25519
from gitreg.signing._keygen import Programs
from gitreg.signing._keys import ED25519, PublicKey
from gitreg.signing._sshsig import Signature

if TYPE_CHECKING:
    from collections.abc import Mapping


def verify(armored: bytes, data: bytes, namespace: str, *, environ: Mapping[str, str] | None = None) -> PublicKey:
    """The key that signed `data` for `namespace`. Whether that key may sign is for the caller to ask.

    Raises `InvalidKey` where `armored` is not a signature file, `BadSignature` where it does not fit, and `CannotTell`
    where the key is not Ed25519 and ssh-keygen is absent; `environ` says where to look for it.
    """
    signature = Signature.parse(armored)
    if signature.namespace != namespace:
        raise BadSignature(
            f"The signature was made for {signature.namespace!r}, not for {namespace!r}.",
            subject=signature.public_key.fingerprint,
        )
    if signature.public_key.type == ED25519:
        _ed25519.check(signature.public_key, signature.raw, signature.signed_bytes(data))
    else:
        Programs(environ).check(signature, data)
    return signature.public_key
