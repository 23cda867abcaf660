"""Who signs: files, agents, passphrases, and machines without OpenSSH."""

from __future__ import annotations

import os
import shutil
import subprocess
import sys
import traceback
from pathlib import Path

import pytest

from gitreg.errors import GitregError, InvalidKey, MissingExtra
from gitreg.signing import (
    NAMESPACE,
    AgentSigner,
    FileSigner,
    agent_keys,
    open_signer,
    parse_public_key,
    sign,
    verify,
)
from tests.signing.openssh import agent

DATA = b"statement"
NOWHERE = {"PATH": "/nonexistent"}


def public(keys: Path, name: str) -> str:
    return parse_public_key((keys / f"{name}.pub").read_bytes()).line


@pytest.mark.parametrize(
    "name", ["ed25519", *(pytest.param(name, marks=pytest.mark.slow) for name in ("rsa", "ecdsa", "pem"))]
)
def test_a_key_file_signs_as_its_key(keys: Path, name: str) -> None:
    signer = FileSigner.open(keys / name)
    assert signer.public_key.line == public(keys, name)
    assert verify(signer.sign(DATA, NAMESPACE), DATA, NAMESPACE) == signer.public_key


def test_an_ed25519_file_needs_no_openssh(keys: Path) -> None:
    signer = FileSigner.open(keys / "ed25519", NOWHERE)
    assert verify(signer.sign(DATA, NAMESPACE), DATA, NAMESPACE) == signer.public_key


@pytest.mark.parametrize("name", ["rsa", "ecdsa"])
def test_other_keys_say_that_they_need_openssh(keys: Path, name: str) -> None:
    signer = FileSigner.open(keys / name, NOWHERE)
    assert signer.public_key.line == public(keys, name)
    with pytest.raises(MissingExtra, match="ssh-keygen"):
        signer.sign(DATA, NAMESPACE)


@pytest.mark.slow
def test_a_key_with_a_passphrase_says_that_it_needs_openssh(locked: Path) -> None:
    signer = FileSigner.open(locked, NOWHERE)
    assert signer.public_key.line == public(locked.parent, "locked")
    with pytest.raises(MissingExtra, match="ssh-keygen"):
        signer.sign(DATA, NAMESPACE)


@pytest.mark.slow
def test_a_passphrase_is_asked_for_by_ssh_keygen(locked: Path, tmp_path: Path) -> None:
    ask = tmp_path / "ask"
    ask.write_text("#!/bin/sh\necho secret\n")
    ask.chmod(0o755)
    environ = {**os.environ, "SSH_ASKPASS": str(ask), "SSH_ASKPASS_REQUIRE": "force"}
    signer = FileSigner.open(locked, environ)
    assert verify(signer.sign(DATA, NAMESPACE), DATA, NAMESPACE) == signer.public_key


@pytest.mark.slow
def test_a_wrong_passphrase_is_said_to_be(locked: Path) -> None:
    environ = {**os.environ, "SSH_ASKPASS": "/bin/false", "SSH_ASKPASS_REQUIRE": "force"}
    with pytest.raises(InvalidKey, match="locked") as caught:
        FileSigner.open(locked, environ).sign(DATA, NAMESPACE)
    assert "ssh-add" in caught.value.hint


@pytest.mark.slow
def test_bytes_of_a_key_with_a_passphrase_are_refused(locked: Path) -> None:
    with pytest.raises(InvalidKey):
        sign(locked.read_bytes(), DATA, NAMESPACE)


def test_bytes_of_another_kind_of_key_are_refused(keys: Path) -> None:
    with pytest.raises(InvalidKey):
        sign((keys / "rsa").read_bytes(), DATA, NAMESPACE)


@pytest.mark.slow
def test_an_agent_signs_for_the_keys_it_holds(keys: Path) -> None:
    with agent(keys / "ed25519", keys / "rsa", keys / "ecdsa", keys / "p384") as environ:
        signers = agent_keys(environ)
        names = ("ed25519", "rsa", "ecdsa", "p384")
        assert [signer.public_key.line for signer in signers] == [public(keys, name) for name in names]
        assert signers[0].comment == str(keys / "ed25519")  # ssh-add names a key that has no comment by its file
        for signer in signers:
            assert verify(signer.sign(DATA, NAMESPACE), DATA, NAMESPACE) == signer.public_key


@pytest.mark.slow
def test_an_agent_does_not_sign_for_another_key(keys: Path) -> None:
    other = parse_public_key((keys / "other.pub").read_text())
    with agent(keys / "ed25519") as environ:
        programs = agent_keys(environ)[0].programs
        with pytest.raises(InvalidKey):
            AgentSigner(other, programs=programs).sign(DATA, NAMESPACE)


@pytest.mark.slow
def test_where_no_agent_answers_there_are_no_keys(tmp_path: Path) -> None:
    assert agent_keys({**os.environ, "SSH_AUTH_SOCK": str(tmp_path / "none")}) == ()
    with agent() as environ:
        assert agent_keys(environ) == ()


def test_without_openssh_nobody_asks_an_agent() -> None:
    with pytest.raises(MissingExtra, match="ssh-add"):
        agent_keys(NOWHERE)


@pytest.mark.slow
def test_gits_setting_names_a_file_a_public_file_or_a_key(keys: Path, tmp_path: Path) -> None:
    lonely = tmp_path / "lonely.pub"
    lonely.write_bytes((keys / "ed25519.pub").read_bytes())
    line = public(keys, "ed25519")
    assert isinstance(open_signer(str(keys / "ed25519")), FileSigner)
    assert isinstance(open_signer(str(keys / "ed25519.pub")), FileSigner)
    with agent(keys / "ed25519") as environ:
        for key in (str(lonely), line, f"key::{line} comment"):
            signer = open_signer(key, environ)
            assert isinstance(signer, AgentSigner)
            assert verify(signer.sign(DATA, NAMESPACE), DATA, NAMESPACE).line == line


@pytest.mark.slow
def test_a_program_that_signs_with_another_key_is_found_out(keys: Path, tmp_path: Path) -> None:
    (tmp_path / "ssh-keygen").write_text(
        f"#!/bin/sh\nexec {shutil.which('ssh-keygen')} -Y sign -f {keys / 'other'} -n $6\n"
    )
    (tmp_path / "ssh-keygen").chmod(0o755)
    with pytest.raises(InvalidKey, match="another key"):
        FileSigner.open(keys / "rsa", {"PATH": str(tmp_path)}).sign(DATA, NAMESPACE)


def test_files_that_are_no_keys_are_refused(keys: Path, tmp_path: Path) -> None:
    good = (keys / "ed25519").read_text()
    bad = {
        "empty": "",
        "text": "hello",
        "cut": good[: len(good) // 2],
        "frame only": "-----BEGIN OPENSSH PRIVATE KEY-----\n-----END OPENSSH PRIVATE KEY-----\n",
        "wrong inside": "-----BEGIN OPENSSH PRIVATE KEY-----\naGVsbG8=\n-----END OPENSSH PRIVATE KEY-----\n",
        "huge": good + "x" * 100_000,
    }
    for name, text in bad.items():
        (tmp_path / name).write_text(text)
        (tmp_path / name).chmod(0o600)
        with pytest.raises(InvalidKey):
            FileSigner.open(tmp_path / name).sign(DATA, NAMESPACE)
    for path in (tmp_path / "absent", tmp_path):
        with pytest.raises(InvalidKey) as caught:
            FileSigner.open(path)
        assert "ssh-keygen -t ed25519" in caught.value.hint


def test_nothing_we_say_shows_a_private_key(keys: Path, tmp_path: Path) -> None:
    """A key file damaged inside: neither the error, nor its traceback, nor a signer's repr holds a line of it."""
    lines = (keys / "ed25519").read_text().splitlines()
    middle = lines[4]
    lines[4] = middle[:10] + ("A" if middle[10] != "A" else "B") + middle[11:]
    (tmp_path / "key").write_text("\n".join(lines) + "\n")
    (tmp_path / "key").chmod(0o600)
    shown = repr(FileSigner.open(keys / "ed25519"))
    try:
        signature = FileSigner.open(tmp_path / "key").sign(DATA, NAMESPACE)
        verify(signature, DATA, NAMESPACE)
    except GitregError as error:
        shown += "".join(traceback.format_exception(error)) + repr(error)
    assert not any(line[:20] in shown for line in lines[2:-2])


def test_cryptography_is_loaded_only_when_something_is_signed() -> None:
    program = "import gitreg.signing, sys; print('cryptography' in sys.modules)"
    done = subprocess.run([sys.executable, "-c", program], capture_output=True, text=True, check=True)
    assert done.stdout == "False\n"
