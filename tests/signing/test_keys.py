"""Public keys: one spelling each, whatever a person pastes."""

from __future__ import annotations

import base64
import hashlib
import subprocess
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitreg.errors import GitregError, InvalidKey
from gitreg.signing import PublicKey, parse_public_key
from gitreg.signing._wire import string

P256_GENERATOR = bytes.fromhex(
    "046b17d1f2e12c4247f8bce6e563a440f277037d812deb33a0f4a13945d898c296"
    "4fe342e2fe1a7f9b8ee7eb4a7c0f9e162bce33576b315ececbb6406837bf51f5"
)
ED25519_BASE = bytes.fromhex("58" + "66" * 31)


def blob(*fields: bytes) -> bytes:
    return b"".join(map(string, fields))


def line(kind: str, data: bytes) -> str:
    return f"{kind} {base64.b64encode(data).decode()}"


def mpint(value: int) -> bytes:
    return value.to_bytes(value.bit_length() // 8 + 1)


MODULUS = (1 << 2047) + 1

GOOD = {
    "ssh-ed25519": blob(b"ssh-ed25519", ED25519_BASE),
    "ssh-rsa": blob(b"ssh-rsa", mpint(65537), mpint(MODULUS)),
    "ecdsa-sha2-nistp256": blob(b"ecdsa-sha2-nistp256", b"nistp256", P256_GENERATOR),
    "sk-ssh-ed25519@openssh.com": blob(b"sk-ssh-ed25519@openssh.com", ED25519_BASE, b"ssh:"),
    "sk-ecdsa-sha2-nistp256@openssh.com": blob(
        b"sk-ecdsa-sha2-nistp256@openssh.com", b"nistp256", P256_GENERATOR, b"ssh:gitreg"
    ),
}


@pytest.mark.parametrize("kind", GOOD)
def test_every_kind_we_take_is_read_and_written_the_same(kind: str) -> None:
    key = parse_public_key(line(kind, GOOD[kind]) + " ada@laptop with a comment\n")
    assert (key.type, key.blob) == (kind, GOOD[kind])
    assert key.line == line(kind, GOOD[kind])
    assert parse_public_key(key.line.encode()) == key == PublicKey.from_blob(key.blob)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
def test_the_fingerprint_is_the_sha256_that_ssh_keygen_shows(keys: Path, kind: str) -> None:
    key = parse_public_key((keys / f"{kind}.pub").read_text())
    shown = subprocess.run(["ssh-keygen", "-l", "-f", keys / f"{kind}.pub"], capture_output=True, text=True, check=True)
    assert str(key).split()[0] == shown.stdout.split()[1]
    assert key.fingerprint == hashlib.sha256(key.blob).hexdigest()


BAD = {
    "empty": "",
    "one word": "ssh-ed25519",
    "two lines": line("ssh-ed25519", GOOD["ssh-ed25519"]) + "\n" + line("ssh-ed25519", GOOD["ssh-ed25519"]),
    "options before it": 'command="x" ' + line("ssh-ed25519", GOOD["ssh-ed25519"]),
    "a private key": "-----BEGIN OPENSSH PRIVATE KEY-----",
    "not base64": "ssh-ed25519 !!!!",
    "unpadded": "ssh-rsa " + base64.b64encode(GOOD["ssh-rsa"] + b"\0").decode().rstrip("=")[:-1],
    "another type before it": line("ssh-rsa", GOOD["ssh-ed25519"]),
    "dsa": line("ssh-dss", blob(b"ssh-dss", b"x")),
    "p384": line("ecdsa-sha2-nistp384", blob(b"ecdsa-sha2-nistp384", b"nistp384", b"\4" + bytes(96))),
    "a certificate": line("ssh-ed25519-cert-v01@openssh.com", blob(b"ssh-ed25519-cert-v01@openssh.com", b"x")),
    "cut short": line("ssh-ed25519", GOOD["ssh-ed25519"][:-1]),
    "too long": line("ssh-ed25519", GOOD["ssh-ed25519"] + b"\0"),
    "31 bytes": line("ssh-ed25519", blob(b"ssh-ed25519", bytes(31))),
    "a huge length": line("ssh-ed25519", b"\xff\xff\xff\xff"),
    "rsa with a spare zero": line("ssh-rsa", blob(b"ssh-rsa", b"\0" + mpint(65537), mpint(MODULUS))),
    "rsa with a negative exponent": line("ssh-rsa", blob(b"ssh-rsa", b"\xff", mpint(MODULUS))),
    "rsa with exponent 1": line("ssh-rsa", blob(b"ssh-rsa", mpint(1), mpint(MODULUS))),
    "rsa with an even exponent": line("ssh-rsa", blob(b"ssh-rsa", mpint(65538), mpint(MODULUS))),
    "rsa of 1024 bits": line("ssh-rsa", blob(b"ssh-rsa", mpint(65537), mpint(1 << 1023 | 1))),
    "rsa of 17000 bits": line("ssh-rsa", blob(b"ssh-rsa", mpint(65537), mpint(1 << 16999 | 1))),
    "a huge key": line("ssh-rsa", blob(b"ssh-rsa", mpint(65537), mpint(1 << 80_000))),
    "a compressed point": line(
        "ecdsa-sha2-nistp256", blob(b"ecdsa-sha2-nistp256", b"nistp256", b"\2" + P256_GENERATOR[1:33])
    ),
    "another curve": line("ecdsa-sha2-nistp256", blob(b"ecdsa-sha2-nistp256", b"nistp384", P256_GENERATOR)),
    "a key of a web site": line(
        "sk-ssh-ed25519@openssh.com", blob(b"sk-ssh-ed25519@openssh.com", ED25519_BASE, b"webauthn")
    ),
}


@pytest.mark.parametrize("text", BAD.values(), ids=BAD)
def test_what_is_not_a_key_or_not_its_only_spelling_is_refused(text: str) -> None:
    with pytest.raises(InvalidKey) as caught:
        parse_public_key(text)
    assert len(str(caught.value)) < 400


@pytest.mark.parametrize(
    "point",
    [
        bytes(32),
        b"\x01" + bytes(31),
        bytes.fromhex("26e8958fc2b227b045c3f489f2ef98f0d5dfac05d3c63339b13802886d53fc05"),
        bytes.fromhex("c7176a703d4dd84fba3c0b760d10670f2a2053fa2c39ccc64ec7fd7792ac037a"),
        bytes.fromhex("ecffffffffffffffffffffffffffffffffffffffffffffffffffffffffffff7f"),
    ],
    ids=["order 4", "order 1", "order 8", "order 8 too", "order 2"],
)
@pytest.mark.parametrize("sign", [0, 0x80])
def test_a_key_for_which_any_signature_fits_is_refused(point: bytes, sign: int) -> None:
    with pytest.raises(InvalidKey):
        PublicKey.from_ed25519(point[:-1] + bytes([point[-1] | sign]))


@pytest.mark.parametrize("above", [0, 1, 18])
def test_a_coordinate_that_is_not_reduced_is_refused(above: int) -> None:
    with pytest.raises(InvalidKey):
        PublicKey.from_ed25519((2**255 - 19 + above).to_bytes(32, "little"))


@given(text=st.text(max_size=100) | st.builds(line, st.sampled_from(sorted(GOOD)), st.binary(max_size=80)))
def test_arbitrary_text_is_a_key_or_refused_in_words(text: str) -> None:
    try:
        key = parse_public_key(text)
    except GitregError:
        return
    assert parse_public_key(key.line) == key
