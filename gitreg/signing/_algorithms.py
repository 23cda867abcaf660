"""The algorithms, by `cryptography`, the one library of this room. It is loaded at first use: 50 ms that few commands
need.
"""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Final, Literal

from gitreg.errors import BadSignature, CannotTell, InvalidKey
from gitreg.signing._curves import ecdsa_numbers
from gitreg.signing._keys import ECDSA_256, ECDSA_384, ECDSA_521, ED25519, SK_ECDSA, SK_ED25519, PublicKey

if TYPE_CHECKING:
    from collections.abc import Callable

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


def check(public: PublicKey, kind: str, raw: bytes, signed: bytes) -> None:
    """Raises `BadSignature` unless `raw` is the key's signature of `signed` by the algorithm that SSH calls `kind`,
    and `CannotTell` where this machine's OpenSSL has that switched off, as some do by FIPS 140.
    """
    from cryptography.exceptions import InvalidSignature, UnsupportedAlgorithm  # noqa: PLC0415

    try:
        _CHECKS[kind](public, raw, signed)
    except InvalidSignature:
        raise BadSignature("The signature does not fit these bytes.", subject=public.fingerprint) from None
    except UnsupportedAlgorithm:
        raise CannotTell(
            f"A signature by a {public.type} key cannot be checked here: this Python's OpenSSL has it switched off.",
            subject=public.fingerprint,
            hint="Check it on a machine whose OpenSSL has the algorithm.",
        ) from None


def _ed25519(public: PublicKey, raw: bytes, signed: bytes) -> None:
    from cryptography.hazmat.primitives.asymmetric import ed25519  # noqa: PLC0415

    ed25519.Ed25519PublicKey.from_public_bytes(public.fields().string()).verify(raw, signed)


def _ecdsa(public: PublicKey, raw: bytes, signed: bytes) -> None:
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import ec, utils  # noqa: PLC0415

    fields = public.fields()
    # RFC 5656, section 6.2.1: the curve's size decides the hash.
    curve, algorithm = {
        b"nistp256": (ec.SECP256R1(), hashes.SHA256()),
        b"nistp384": (ec.SECP384R1(), hashes.SHA384()),
        b"nistp521": (ec.SECP521R1(), hashes.SHA512()),
    }[fields.string()]
    key = ec.EllipticCurvePublicKey.from_encoded_point(curve, fields.string())
    key.verify(utils.encode_dss_signature(*ecdsa_numbers(raw)), signed, ec.ECDSA(algorithm))


def _rsa(public: PublicKey, raw: bytes, signed: bytes, *, bits: Literal[256, 512]) -> None:
    from cryptography.hazmat.primitives import hashes  # noqa: PLC0415
    from cryptography.hazmat.primitives.asymmetric import padding, rsa  # noqa: PLC0415

    fields = public.fields()
    key = rsa.RSAPublicNumbers(fields.positive(), fields.positive()).public_key()
    key.verify(raw, signed, padding.PKCS1v15(), hashes.SHA256() if bits == 256 else hashes.SHA512())  # noqa: PLR2004


_CHECKS: Final[dict[str, Callable[[PublicKey, bytes, bytes], None]]] = {
    ED25519: _ed25519,
    SK_ED25519: _ed25519,
    ECDSA_256: _ecdsa,
    ECDSA_384: _ecdsa,
    ECDSA_521: _ecdsa,
    SK_ECDSA: _ecdsa,
    "rsa-sha2-256": partial(_rsa, bits=256),
    "rsa-sha2-512": partial(_rsa, bits=512),
}
