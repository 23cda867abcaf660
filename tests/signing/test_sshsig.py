"""Signatures against ssh-keygen, both ways, and against everyone who would bend them."""

from __future__ import annotations

import hashlib
from pathlib import Path

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from gitreg.errors import BadSignature, GitregError, InvalidKey
from gitreg.signing import MAX_SIGNATURE_BYTES, NAMESPACE, PublicKey, parse_public_key, sign, verify
from gitreg.signing._sshsig import Signature, to_be_signed
from gitreg.signing._wire import string
from tests.signing.authenticator import BEGIN, END, armor, blob_of
from tests.signing.openssh import keygen_check, keygen_sign

DATA = b'{\n  "verdict": "approve"\n}\n'


def private_bytes(seed: int) -> bytes:
    key = ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(str(seed).encode()).digest())
    return key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption())


KEY = private_bytes(1)
GOOD = sign(KEY, DATA, NAMESPACE)

# --- with ssh-keygen -------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("data", [b"", b"x", DATA, b"\0" * 100_000], ids=["empty", "one byte", "json", "long"])
def test_an_ed25519_signature_is_byte_for_byte_ssh_keygens(keys: Path, data: bytes) -> None:
    assert sign(keys / "ed25519", data, NAMESPACE) == keygen_sign(keys / "ed25519", data)
    assert sign((keys / "ed25519").read_bytes(), data, "git") == keygen_sign(keys / "ed25519", data, "git")


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
def test_each_side_accepts_what_the_other_made(keys: Path, tmp_path: Path, kind: str) -> None:
    public = parse_public_key((keys / f"{kind}.pub").read_bytes())
    assert verify(keygen_sign(keys / kind, DATA), DATA, NAMESPACE) == public
    assert keygen_check(tmp_path, sign(keys / kind, DATA, NAMESPACE), DATA)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
@pytest.mark.parametrize("hash_name", ["sha256", "sha512"])
def test_both_hashes_are_taken(keys: Path, kind: str, hash_name: str) -> None:
    signature = keygen_sign(keys / kind, DATA, NAMESPACE, "-O", f"hashalg={hash_name}")
    assert verify(signature, DATA, NAMESPACE).type == Signature.parse(signature).public_key.type
    assert Signature.parse(signature).hash_name == hash_name


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
def test_other_bytes_are_refused(keys: Path, kind: str) -> None:
    signature = keygen_sign(keys / kind, DATA)
    for other in (b"", DATA[:-1], DATA + b"\n", DATA.replace(b"approve", b"Approve")):
        with pytest.raises(BadSignature):
            verify(signature, other, NAMESPACE)


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
def test_a_signature_for_another_purpose_is_refused(keys: Path, kind: str) -> None:
    signature = keygen_sign(keys / kind, DATA, "git")
    with pytest.raises(BadSignature, match="made for 'git'"):
        verify(signature, DATA, NAMESPACE)


# --- laws ------------------------------------------------------------------------------------------------------------


@given(data=st.binary(), seed=st.integers(0, 1000))
def test_what_was_signed_verifies_as_its_key(data: bytes, seed: int) -> None:
    signature = sign(private_bytes(seed), data, NAMESPACE)
    assert verify(signature, data, NAMESPACE).fingerprint == Signature.parse(signature).public_key.fingerprint
    assert Signature.parse(signature).to_armored() == signature
    assert sign(private_bytes(seed), data, NAMESPACE) == signature


@given(at=st.integers(0, len(GOOD) - 1), byte=st.integers(0, 255))
def test_a_change_to_any_byte_of_the_file_is_found(at: int, byte: int) -> None:
    changed = GOOD[:at] + bytes([byte]) + GOOD[at + 1 :]
    if changed != GOOD:
        with pytest.raises((InvalidKey, BadSignature)):
            verify(changed, DATA, NAMESPACE)


@given(at=st.integers(0, len(blob_of(GOOD)) - 1), bit=st.integers(0, 7))
def test_a_change_to_any_bit_inside_is_found(at: int, bit: int) -> None:
    blob = bytearray(blob_of(GOOD))
    blob[at] ^= 1 << bit
    with pytest.raises((InvalidKey, BadSignature)):
        verify(armor(bytes(blob)), DATA, NAMESPACE)


@given(at=st.integers(0, len(blob_of(GOOD))), extra=st.binary(min_size=1, max_size=5))
def test_bytes_added_anywhere_are_found(at: int, extra: bytes) -> None:
    blob = blob_of(GOOD)
    with pytest.raises((InvalidKey, BadSignature)):
        verify(armor(blob[:at] + extra + blob[at:]), DATA, NAMESPACE)


@given(data=st.binary(max_size=300))
def test_arbitrary_bytes_are_refused_in_words(data: bytes) -> None:
    for candidate in (data, armor(data), armor(b"SSHSIG" + data), armor(b"SSHSIG" + (1).to_bytes(4) + data)):
        with pytest.raises(GitregError):
            verify(candidate, DATA, NAMESPACE)


# --- the armour ------------------------------------------------------------------------------------------------------

ARMOURS = {
    "nothing": b"",
    "no frame": blob_of(GOOD),
    "no end": GOOD.removesuffix(END),
    "no last newline": GOOD.removesuffix(b"\n"),
    "a line after": GOOD + b"\n",
    "text after": GOOD + b"trailing",
    "text before": b"signed by ada\n" + GOOD,
    "two signatures": GOOD + GOOD,
    "carriage returns": GOOD.replace(b"\n", b"\r\n"),
    "other columns": armor(blob_of(GOOD), 76),
    "one long line": armor(blob_of(GOOD), 10_000),
    "a blank line": GOOD.replace(b"\n", b"\n\n", 1),
    "spaces": GOOD.replace(b"\n-----END", b" \n-----END"),
    "an empty body": BEGIN + END,
    "an empty line as body": BEGIN + b"\n" + END,
    "another frame": GOOD.replace(b"SSH SIGNATURE", b"PGP SIGNATURE"),
    "no padding": GOOD.replace(b"=", b""),
    "more padding": GOOD.replace(b"\n-----END", b"====\n-----END"),
    "not ascii": GOOD.replace(b"U1NI", "U1NÍ".encode()),
    "bytes after the blob": armor(blob_of(GOOD) + b"\0"),
    "too long": armor(blob_of(GOOD) + bytes(MAX_SIGNATURE_BYTES)),
}


@pytest.mark.parametrize("armoured", ARMOURS.values(), ids=ARMOURS)
def test_only_the_bytes_that_ssh_keygen_writes_are_a_signature(armoured: bytes) -> None:
    with pytest.raises(InvalidKey):
        verify(armoured, DATA, NAMESPACE)


def rebuilt(**changes: bytes) -> bytes:
    """The good signature with some of its fields changed, in its armour."""
    key = ed25519.Ed25519PrivateKey.from_private_bytes(hashlib.sha256(b"1").digest())
    raw = key.sign(to_be_signed(DATA, NAMESPACE, "sha512"))
    fields = {
        "magic": b"SSHSIG",
        "version": (1).to_bytes(4),
        "key": PublicKey.from_ed25519(key.public_key().public_bytes_raw()).blob,
        "namespace": NAMESPACE.encode(),
        "reserved": b"",
        "hash": b"sha512",
        "signature": string(b"ssh-ed25519") + string(raw),
    } | changes
    head = fields.pop("magic") + fields.pop("version")
    return armor(head + b"".join(map(string, fields.values())))


def test_the_builder_of_these_tests_builds_the_good_one() -> None:
    assert rebuilt() == GOOD


@pytest.mark.parametrize(
    "changes",
    [
        {"magic": b"SSHSAG"},
        {"version": (0).to_bytes(4)},
        {"version": (2).to_bytes(4)},
        {"reserved": b"x"},
        {"hash": b"sha1"},
        {"hash": b"SHA512"},
        {"hash": b""},
        {"namespace": b""},
        {"namespace": b"a b"},
        {"namespace": "gitreg-approval-v1\u00e9".encode()},
        {"signature": string(b"ssh-rsa") + string(bytes(64))},
        {"signature": string(b"ssh-ed25519") + string(bytes(63))},
        {"signature": string(b"ssh-ed25519") + string(bytes(64)) + b"\0"},
        {"signature": b""},
        {"key": b""},
        {"key": string(b"ssh-dss") + string(bytes(32))},
        {"key": string(b"ssh-ed25519-cert-v01@openssh.com") + string(bytes(32))},
    ],
    ids=repr,
)
def test_each_field_is_held_to_its_form(changes: dict[str, bytes]) -> None:
    with pytest.raises(InvalidKey):
        verify(rebuilt(**changes), DATA, NAMESPACE)


def test_a_signature_moved_to_another_key_is_refused(keys: Path) -> None:
    other = parse_public_key((keys / "other.pub").read_text())
    with pytest.raises(BadSignature):
        verify(rebuilt(key=other.blob), DATA, NAMESPACE)


def test_a_namespace_that_is_none_is_not_signed_for() -> None:
    for namespace in ("", "a b", "x" * 200, "a\n"):
        with pytest.raises(InvalidKey):
            sign(KEY, DATA, namespace)
