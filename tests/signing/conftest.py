"""Keys as ssh-keygen makes them, once a process."""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from tests.signing.openssh import make_key


@pytest.fixture(autouse=True)
def _openssh_for_the_slow(request: pytest.FixtureRequest) -> None:
    """What is slow in this room is so because it needs OpenSSH's programs."""
    if request.node.get_closest_marker("slow"):
        request.getfixturevalue("openssh")


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `ed25519`, `rsa`, `ecdsa`, `p384`, `other` (a second ed25519) and `pem` (an RSA key in that form).

    Made without ssh-keygen, in the form it writes; the slow tests show that it reads them.
    """
    folder = tmp_path_factory.mktemp("keys")
    made: dict[str, ed25519.Ed25519PrivateKey | rsa.RSAPrivateKey | ec.EllipticCurvePrivateKey] = {
        "ed25519": ed25519.Ed25519PrivateKey.generate(),
        "other": ed25519.Ed25519PrivateKey.generate(),
        "rsa": rsa.generate_private_key(65537, 2048),
        "pem": rsa.generate_private_key(65537, 2048),
        "ecdsa": ec.generate_private_key(ec.SECP256R1()),
        "p384": ec.generate_private_key(ec.SECP384R1()),
    }
    for name, key in made.items():
        form = PrivateFormat.TraditionalOpenSSL if name == "pem" else PrivateFormat.OpenSSH
        (folder / name).write_bytes(key.private_bytes(Encoding.PEM, form, NoEncryption()))
        (folder / name).chmod(0o600)
        public = key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH)
        (folder / f"{name}.pub").write_bytes(public + f" {name} comment\n".encode())
    return folder


@pytest.fixture(scope="session")
def locked(tmp_path_factory: pytest.TempPathFactory, openssh: None) -> Path:
    """A key with the passphrase `secret`, which only ssh-keygen makes and reads."""
    del openssh
    file = tmp_path_factory.mktemp("locked") / "locked"
    make_key(file, "-t", "ed25519", passphrase="secret")  # noqa: S106 - a key of this test's own
    return file
