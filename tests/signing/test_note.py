"""Signed notes as tools for witnessed logs write and read them."""

from __future__ import annotations

import base64
from datetime import UTC, datetime
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitreg.errors import BadSignature, InvalidDocument, InvalidKey
from gitreg.signing import NoteKey, PublicKey, SignedNote
from tests.decisions.world import private_key, public_key

if TYPE_CHECKING:
    from pathlib import Path

# The example of c2sp.org/signed-note, with the key that its verifier line holds.
EXAMPLE = (
    "This is an example message.\n\n"
    "— example.com/foo Uw2QOkn8srV1yJGh2VYRlL1Tnagv1YEq6TfXppzi2ONncAlTgK7Ztg1ERYNZXsYjOBH3mFXmRKuwHjG1Yu72IneyaQM=\n"
)
VERIFIER = "example.com/foo+530d903a+AekyeRrm56hApGFkyQR4ZCbV54Id2LKaANYcrnKv3U2k"
AT = datetime(2026, 11, 21, 9, tzinfo=UTC)
TEXT = "gitreg/0123\n4\nAAAA\n"
ADA = NoteKey.of("ada@example.org", public_key("ada"))
BEN = NoteKey.of("ben@example.org", public_key("ben"))


@pytest.fixture
def ada(tmp_path: Path) -> Path:
    return key_file(tmp_path, "ada")


def key_file(folder: Path, name: str) -> Path:
    path = folder / name
    path.write_bytes(private_key(name))
    return path


def example_key() -> NoteKey:
    name, _, rest = VERIFIER.partition("+")
    raw = base64.b64decode(rest.partition("+")[2])[1:]
    return NoteKey(name, PublicKey.from_ed25519(raw))


def test_a_note_that_another_tool_signed_is_verified() -> None:
    key = example_key()
    assert key.verifier == VERIFIER
    note = SignedNote.from_bytes(EXAMPLE.encode())
    assert [each.signer for each in note.signatures([key])] == [key]
    assert note.to_bytes() == EXAMPLE.encode()


def test_what_we_sign_we_verify(ada: Path) -> None:
    note = SignedNote.from_bytes(SignedNote(TEXT).signed(ada, "ada@example.org").to_bytes())
    (found,) = note.signatures([ADA, BEN])
    assert (found.signer, found.at) == (ADA, None)


def test_a_second_party_countersigns_with_a_time(ada: Path, tmp_path: Path) -> None:
    note = SignedNote(TEXT).signed(ada, "ada@example.org").signed(key_file(tmp_path, "ben"), "ben@example.org", AT)
    assert [(each.signer, each.at) for each in note.signatures([ADA, BEN])] == [(ADA, None), (BEN, AT)]


def test_a_line_of_an_unknown_key_says_nothing(ada: Path) -> None:
    assert SignedNote(TEXT).signed(ada, "ada@example.org").signatures([BEN]) == ()
    assert SignedNote(TEXT).signed(ada, "mallory@example.org").signatures([ADA]) == ()


def test_a_changed_text_is_not_what_was_signed(ada: Path) -> None:
    note = SignedNote(TEXT).signed(ada, "ada@example.org")
    for changed in (SignedNote(TEXT.replace("4", "5"), note.lines), SignedNote(TEXT + "more\n", note.lines)):
        with pytest.raises(BadSignature):
            changed.signatures([ADA])


def test_a_cosignatures_time_is_signed_too(ada: Path) -> None:
    (line,) = SignedNote(TEXT).signed(ada, "ada@example.org", AT).lines
    head, _, data = line.rpartition(" ")
    raw = bytearray(base64.b64decode(data))
    raw[11] ^= 1
    with pytest.raises(BadSignature):
        SignedNote(TEXT, (f"{head} {base64.b64encode(raw).decode()}",)).signatures([ADA])


def test_an_openssh_signature_of_the_text_is_no_signature_of_the_note(ada: Path) -> None:
    from gitreg.signing import NAMESPACE, sign  # noqa: PLC0415 - beside the claim

    armored = sign(private_key("ada"), TEXT.encode(), NAMESPACE)
    raw = base64.b64decode(b"".join(armored.splitlines()[1:-1]))[-64:]
    line = f"— {ADA.name} {base64.b64encode(ADA.id(1) + raw).decode()}"
    with pytest.raises(BadSignature):
        SignedNote(TEXT, (line,)).signatures([ADA])
    assert SignedNote(TEXT).signed(ada, "ada@example.org").signatures([ADA])


def test_a_name_with_a_plus_sign_is_spelled_without(ada: Path) -> None:
    note = SignedNote(TEXT).signed(ada, "ada+ci@example.org")
    assert note.lines[0].startswith("— ada%2Bci@example.org ")
    assert note.signatures([NoteKey.of("ada+ci@example.org", public_key("ada"))])


@pytest.mark.parametrize(
    "data",
    [
        b"",
        b"no signature\n",
        b"text\n\nnot a signature line\n",
        b"text\n\n\xe2\x80\x94 ada AAAA",
        b"te\x1bxt\n\n\xe2\x80\x94 ada AAAA\n",
        b"te\xffxt\n\n\xe2\x80\x94 ada AAAA\n",
        b"text\n\n" + b"\xe2\x80\x94 ada AAAA\n" * 101,
        b"text" * 20_000 + b"\n\n\xe2\x80\x94 ada AAAA\n",
    ],
)
def test_what_is_no_note_is_refused(data: bytes) -> None:
    with pytest.raises(InvalidDocument):
        SignedNote.from_bytes(data)


@given(st.binary(max_size=200))
def test_no_bytes_raise_anything_else(data: bytes) -> None:
    for given_ in (data, b"text\n\n\xe2\x80\x94 ada " + base64.b64encode(data) + b"\n"):
        try:
            SignedNote.from_bytes(given_).signatures([ADA, NoteKey("ada", public_key("ada"))])
        except (InvalidDocument, BadSignature):
            continue


def test_only_ed25519_keys_sign_notes() -> None:
    line = "ecdsa-sha2-nistp256 AAAAE2VjZHNhLXNoYTItbmlzdHAyNTYAAAAIbmlzdHAyNTYAAABBBO"
    with pytest.raises(InvalidKey):
        NoteKey("ada", PublicKey.from_blob(base64.b64decode(line.split()[1] + "==")))
