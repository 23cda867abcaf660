"""Keys made by ssh-keygen, once a process."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.signing.openssh import make_key

KINDS = {"ed25519": (), "rsa": ("-b", "2048"), "ecdsa": ("-b", "256")}


@pytest.fixture(scope="session")
def keys(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A folder with `ed25519`, `rsa`, `ecdsa`, `other` (a second ed25519) and `locked` (passphrase `secret`)."""
    folder = tmp_path_factory.mktemp("keys")
    for kind, options in KINDS.items():
        make_key(folder / kind, "-t", kind, *options)
    make_key(folder / "other", "-t", "ed25519")
    make_key(folder / "locked", "-t", "ed25519", passphrase="secret")  # noqa: S106 - a key of this test's own
    make_key(folder / "pem", "-t", "rsa", "-b", "2048", "-m", "PEM")
    make_key(folder / "p384", "-t", "ecdsa", "-b", "384")
    return folder
