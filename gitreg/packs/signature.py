"""A model signature as OpenSSF Model Signing makes it, by its own library (`model-signing`)."""

from __future__ import annotations

import tempfile
from pathlib import Path

from gitreg.errors import InvalidKey, MissingExtra

_INSTALL = "pip install 'gitreg[packs]'"


def sign_folder(folder: Path, key: Path) -> bytes:
    """A Sigstore bundle over all files of a folder, made offline with an elliptic-curve key in PEM.

    Raises `InvalidKey`, and `MissingExtra` where the library is not there.
    """
    try:
        from model_signing import signing  # noqa: PLC0415 - nobody else needs it installed
    except ImportError:
        raise MissingExtra("Signing a model needs one more package.", hint=_INSTALL) from None
    with tempfile.TemporaryDirectory() as scratch:
        target = Path(scratch) / "model.sig"
        try:
            config = signing.Config().use_elliptic_key_signer(private_key=key)  # type: ignore[no-untyped-call]
        except (ValueError, TypeError, OSError, AttributeError):
            hint = "openssl ecparam -name prime256v1 -genkey -noout -out EC.pem"
            raise InvalidKey(f"{key} is no elliptic-curve key in PEM.", subject=str(key), hint=hint) from None
        config.sign(folder, target)
        return target.read_bytes()
