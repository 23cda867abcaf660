"""`allowed_signers`: rendered from approvers.json, and what ssh-keygen makes of it."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitreg.documents import Approver, Approvers, Key, Principal
from gitreg.errors import InvalidDocument, InvalidKey
from gitreg.signing import (
    AllowedSigner,
    PublicKey,
    parse_allowed_signers,
    parse_public_key,
    public_key_of,
    render_allowed_signers,
    sign,
)
from tests.signing.openssh import keygen_sign, keygen_verify

ADA, BEN = Principal("ada@example.org"), Principal("ben@example.org")
DATA = b"statement"
BASE = "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIFhmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZmZm"
AFTER, BEFORE = datetime(2026, 1, 2, 3, 4, 5, tzinfo=UTC), datetime(2027, 1, 2, 3, 4, 5, tzinfo=UTC)


def key(public: PublicKey, after: datetime | None = None, before: datetime | None = None) -> Key:
    return Key(type=public.type, key=public.base64, valid_after=after, valid_before=before)


def people(**keys: tuple[Key, ...]) -> Approvers:
    return Approvers(people={Principal(f"{name}@example.org"): Approver(keys=each) for name, each in keys.items()})


def test_the_file_is_these_bytes() -> None:
    base = parse_public_key(BASE)
    approvers = people(
        ben=(key(base, before=BEFORE),),
        ada=(key(base, AFTER, BEFORE),),
        cleo=(key(base, AFTER),),
        dan=(key(base),),
        eve=(),
    )
    assert render_allowed_signers(approvers).decode() == (
        f'ada@example.org namespaces="gitreg-approval-v1",valid-after="20260102030405Z",'
        f'valid-before="20270102030405Z" {BASE}\n'
        f'ben@example.org namespaces="gitreg-approval-v1",valid-before="20270102030405Z" {BASE}\n'
        f'cleo@example.org namespaces="gitreg-approval-v1",valid-after="20260102030405Z" {BASE}\n'
        f'dan@example.org namespaces="gitreg-approval-v1" {BASE}\n'
    )


def test_nobody_is_an_empty_file() -> None:
    assert render_allowed_signers(Approvers(people={})) == b""
    assert parse_allowed_signers(b"") == ()


def test_keys_of_one_person_stand_in_the_order_of_their_base64(keys: Path) -> None:
    public = [parse_public_key((keys / f"{name}.pub").read_text()) for name in ("rsa", "ed25519", "ecdsa", "other")]
    lines = render_allowed_signers(people(ada=tuple(map(key, public)))).decode().splitlines()
    assert [line.split()[-1] for line in lines] == sorted(each.base64 for each in public)


def test_a_window_is_narrowed_to_whole_seconds() -> None:
    half = timedelta(milliseconds=500)
    (signer,) = parse_allowed_signers(
        render_allowed_signers(people(ada=(key(parse_public_key(BASE), AFTER + half, BEFORE + half),)))
    )
    assert (signer.valid_after, signer.valid_before) == (AFTER + timedelta(seconds=1), BEFORE)


def test_a_key_that_is_none_of_ours_is_not_rendered() -> None:
    with pytest.raises(InvalidKey):
        render_allowed_signers(people(ada=(Key(type="ssh-dss", key="AAAAB3NzaC1kc3MAAAAA"),)))


# --- with ssh-keygen -------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("kind", ["ed25519", "rsa", "ecdsa"])
@pytest.mark.parametrize("ours", [True, False], ids=["signed by us", "signed by ssh-keygen"])
def test_ssh_keygen_verifies_by_the_file_alone(keys: Path, tmp_path: Path, kind: str, *, ours: bool) -> None:
    public, other = (parse_public_key((keys / f"{name}.pub").read_text()) for name in (kind, "other"))
    allowed, signature = tmp_path / "allowed_signers", tmp_path / "statement.sig"
    allowed.write_bytes(render_allowed_signers(people(ada=(key(public),), ben=(key(other),))))
    signature.write_bytes(sign(keys / kind, DATA, "gitreg-approval-v1") if ours else keygen_sign(keys / kind, DATA))
    assert keygen_verify(allowed, ADA, signature, DATA)
    assert not keygen_verify(allowed, BEN, signature, DATA)
    assert not keygen_verify(allowed, "*", signature, DATA)
    assert not keygen_verify(allowed, ADA, signature, DATA + b"x")
    signature.write_bytes(keygen_sign(keys / kind, DATA, "git"))
    assert not keygen_verify(allowed, ADA, signature, DATA)


@pytest.mark.slow
def test_ssh_keygen_holds_to_the_window_to_the_second(keys: Path, tmp_path: Path) -> None:
    public = parse_public_key((keys / "ed25519.pub").read_text())
    allowed, signature = tmp_path / "allowed_signers", tmp_path / "statement.sig"
    allowed.write_bytes(render_allowed_signers(people(ada=(key(public, AFTER, BEFORE),))))
    signature.write_bytes(sign(keys / "ed25519", DATA, "gitreg-approval-v1"))
    seconds = timedelta(seconds=1)
    for at, expected in (
        (AFTER - seconds, False),
        (AFTER, True),
        (AFTER + seconds, True),
        (BEFORE - seconds, True),
        (BEFORE + seconds, False),
    ):
        when = at.strftime("%Y%m%d%H%M%SZ")
        assert keygen_verify(allowed, ADA, signature, DATA, f"-Overify-time={when}") is expected, when


# --- reading ---------------------------------------------------------------------------------------------------------

LINE = f'ada@example.org namespaces="gitreg-approval-v1" {BASE}'
OTHERS = {
    "no newline at the end": LINE,
    "a comment": f"# people\n{LINE}\n",
    "an empty line": f"{LINE}\n\n",
    "a comment after the key": f"{LINE} ada@laptop\n",
    "another namespace": LINE.replace("approval", "proposal") + "\n",
    "two namespaces": LINE.replace('v1"', 'v1,git"') + "\n",
    "no namespace": f"ada@example.org {BASE}\n",
    "a certificate authority": LINE.replace(" namespaces", " cert-authority,namespaces") + "\n",
    "two principals": f"ben@example.org,{LINE}\n",
    "a pattern": LINE.replace("ada", "*") + "\n",
    "a negation": f"!{LINE}\n",
    "upper case": LINE.replace("ada", "Ada") + "\n",
    "a local time": LINE.replace('v1"', 'v1",valid-after="20260102030405"') + "\n",
    "a date": LINE.replace('v1"', 'v1",valid-after="20260102Z"') + "\n",
    "no such day": LINE.replace('v1"', 'v1",valid-after="20260231000000Z"') + "\n",
    "the window the wrong way round": LINE.replace(
        'v1"', 'v1",valid-before="20270102030405Z",valid-after="20260102030405Z"'
    )
    + "\n",
    "a tab": LINE.replace(" ", "\t") + "\n",
    "two spaces": LINE.replace(" ssh", "  ssh") + "\n",
    "carriage returns": f"{LINE}\r\n",
    "the same line twice": f"{LINE}\n{LINE}\n",
    "one key, two windows": f"{LINE}\n" + LINE.replace('v1"', 'v1",valid-after="20260102030405Z"') + "\n",
    "not sorted": f"{LINE}\n{LINE}\n".replace("ada", "ben", 1),
    "a bad key": LINE.replace("AAAAC3", "AAAAC4") + "\n",
    "another type": LINE.replace("ssh-ed25519", "ssh-rsa") + "\n",
    "not ascii": LINE.replace("ada", "ádá") + "\n",
}


@pytest.mark.parametrize("text", OTHERS.values(), ids=OTHERS)
def test_only_what_we_render_is_read(text: str) -> None:
    with pytest.raises(InvalidDocument, match="allowed_signers"):
        parse_allowed_signers(text.encode())


def test_a_huge_file_is_refused_by_its_size() -> None:
    with pytest.raises(InvalidDocument, match="limit"):
        parse_allowed_signers(b"\n" * (9 * 1024 * 1024))


times = st.none() | st.datetimes(datetime(2000, 1, 1), datetime(2100, 1, 1), timezones=st.just(UTC))  # noqa: DTZ001


@given(windows=st.lists(st.tuples(st.sampled_from("abcdef"), times, times), max_size=8, unique_by=lambda each: each[0]))
def test_what_was_rendered_is_read_back(windows: list[tuple[str, datetime | None, datetime | None]]) -> None:
    public = parse_public_key(BASE)
    data = render_allowed_signers(people(**{name: (key(public, after, before),) for name, after, before in windows}))
    signers = parse_allowed_signers(data)
    assert "".join(f"{signer.line}\n" for signer in signers).encode() == data
    assert [signer.principal.partition("@")[0] for signer in signers] == sorted(name for name, _, _ in windows)


def test_a_line_of_ours_is_a_value(keys: Path) -> None:
    public = parse_public_key((keys / "ed25519.pub").read_text())
    signer = AllowedSigner(ADA, public_key_of(key(public)), AFTER)
    assert parse_allowed_signers(f"{signer.line}\n".encode()) == (signer,)
