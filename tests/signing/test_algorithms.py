"""Every kind of key, checked in Python: by what OpenSSH made, by a security key in software, and by who bends either.

`vectors/` was made once by OpenSSH 9.2: `ssh-keygen -t TYPE -b BITS -f KEY`, then
`ssh-keygen -Y sign -f KEY -n gitreg-approval-v1 -O hashalg=HASH < message`; the private halves were thrown away.
"""

from __future__ import annotations

from pathlib import Path

import pytest
from cryptography.exceptions import UnsupportedAlgorithm
from cryptography.hazmat.primitives import hashes
from cryptography.hazmat.primitives.asymmetric import ec, ed25519, rsa, utils
from cryptography.hazmat.primitives.serialization import Encoding, PublicFormat
from hypothesis import given
from hypothesis import strategies as st

from gitreg.errors import BadSignature, CannotTell, GitregError, InvalidKey
from gitreg.signing import NAMESPACE, PublicKey, parse_public_key, verify
from gitreg.signing._curves import P256, P384, P521, Curve
from gitreg.signing._sshsig import Signature, to_be_signed
from gitreg.signing._wire import string
from tests.signing.authenticator import (
    ASKED_FOR_A_PIN,
    TOUCHED,
    SecurityKey,
    armor,
    blob_of,
    mpint,
    numbers,
    rsa_public,
    rsa_sign,
    sealed,
)
from tests.signing.openssh import keygen_check, keygen_verify

VECTORS = Path(__file__).with_name("vectors")
DATA = (VECTORS / "message").read_bytes()
MADE_BY_OPENSSH = {file.stem: file.read_bytes() for file in sorted(VECTORS.glob("*.sig"))}
NAMES = sorted({name.rpartition("-")[0] for name in MADE_BY_OPENSSH})

RSA_KEY = rsa.generate_private_key(65537, 2048)
EC_KEY = ec.derive_private_key(0xC0FFEE, ec.SECP256R1())
P256_ORDER = 0xFFFFFFFF00000000FFFFFFFFFFFFFFFFBCE6FAADA7179E84F3B9CAC2FC632551


def ed_key(seed: int = 1) -> ed25519.Ed25519PrivateKey:
    return ed25519.Ed25519PrivateKey.from_private_bytes(seed.to_bytes(32))


def security_key(kind: str, **how: int | bytes) -> SecurityKey:
    return SecurityKey(ed_key() if kind == "sk-ed25519" else EC_KEY, **how)  # type: ignore[arg-type]


GOOD = {name: MADE_BY_OPENSSH[f"{name}-sha512"] for name in NAMES} | {
    "rsa-sha2-256": rsa_sign(RSA_KEY, "rsa-sha2-256", DATA, NAMESPACE),
    "sk-ed25519": security_key("sk-ed25519").sign(DATA, NAMESPACE),
    "sk-ecdsa": security_key("sk-ecdsa").sign(DATA, NAMESPACE),
}

# --- what fits -------------------------------------------------------------------------------------------------------


@pytest.fixture(autouse=True)
def _no_programs(request: pytest.FixtureRequest, monkeypatch: pytest.MonkeyPatch) -> None:
    """Nothing here may start a program, but for the tests that compare with one."""
    if not request.node.get_closest_marker("slow"):
        monkeypatch.setenv("PATH", "/nonexistent")


def test_there_is_a_vector_of_every_kind_of_key_that_ssh_keygen_makes_without_hardware() -> None:
    assert NAMES == ["ed25519", "nistp256", "nistp384", "nistp521", "rsa2048", "rsa4096"]


@pytest.mark.parametrize("hash_name", ["sha256", "sha512"])
@pytest.mark.parametrize("name", NAMES)
def test_what_openssh_signed_is_verified_without_openssh(name: str, hash_name: str) -> None:
    signature = MADE_BY_OPENSSH[f"{name}-{hash_name}"]
    assert verify(signature, DATA, NAMESPACE) == parse_public_key((VECTORS / f"{name}.pub").read_text())
    assert Signature.parse(signature).hash_name == hash_name
    assert Signature.parse(signature).to_armored() == signature


@pytest.mark.parametrize("name", GOOD)
def test_other_bytes_and_other_purposes_are_refused(name: str) -> None:
    for other in (b"", DATA[:-1], DATA + b"\n", DATA.replace(b"approve", b"Approve")):
        with pytest.raises(BadSignature):
            verify(GOOD[name], other, NAMESPACE)
    with pytest.raises(BadSignature, match="made for"):
        verify(GOOD[name], DATA, "git")


@pytest.mark.parametrize("kind", ["rsa-sha2-256", "rsa-sha2-512"])
def test_an_rsa_key_signs_by_either_hash_of_rfc_8332(kind: str) -> None:
    signature = rsa_sign(RSA_KEY, kind, DATA, NAMESPACE)
    assert verify(signature, DATA, NAMESPACE).blob == rsa_public(RSA_KEY)
    assert Signature.parse(signature).type == kind


def test_an_rsa_signature_by_sha1_is_refused() -> None:
    with pytest.raises(InvalidKey, match="ssh-rsa"):
        verify(rsa_sign(RSA_KEY, "ssh-rsa", DATA, NAMESPACE), DATA, NAMESPACE)


def test_an_rsa_signature_under_the_name_of_the_other_hash_does_not_fit() -> None:
    made = Signature.parse(rsa_sign(RSA_KEY, "rsa-sha2-256", DATA, NAMESPACE))
    renamed = string(b"rsa-sha2-512") + string(made.raw)
    with pytest.raises(BadSignature):
        verify(sealed(rsa_public(RSA_KEY), NAMESPACE, renamed), DATA, NAMESPACE)


@pytest.mark.parametrize("off", [-1, 1])
def test_an_rsa_signature_of_another_length_than_the_modulus_is_refused(off: int) -> None:
    raw = bytes(256 + off)
    with pytest.raises(InvalidKey, match="as long as"):
        verify(sealed(rsa_public(RSA_KEY), NAMESPACE, string(b"rsa-sha2-512") + string(raw)), DATA, NAMESPACE)


# --- security keys ---------------------------------------------------------------------------------------------------

SECURITY_KEYS = ["sk-ed25519", "sk-ecdsa"]


@pytest.mark.parametrize("hash_name", ["sha256", "sha512"])
@pytest.mark.parametrize("flags", [TOUCHED, TOUCHED | ASKED_FOR_A_PIN])
@pytest.mark.parametrize("kind", SECURITY_KEYS)
def test_a_security_key_that_was_touched_counts_with_and_without_a_pin(kind: str, flags: int, hash_name: str) -> None:
    key = security_key(kind, flags=flags, application=b"ssh:gitreg")
    for _ in range(3):  # the counter goes up
        signature = key.sign(DATA, NAMESPACE, hash_name)
        assert verify(signature, DATA, NAMESPACE).blob == key.public
        assert Signature.parse(signature).to_armored() == signature


@pytest.mark.parametrize("flags", [0, ASKED_FOR_A_PIN, 0xFE])
@pytest.mark.parametrize("kind", SECURITY_KEYS)
def test_a_security_key_that_nobody_touched_does_not_count(kind: str, flags: int) -> None:
    with pytest.raises(InvalidKey, match="Nobody touched"):
        verify(security_key(kind, flags=flags).sign(DATA, NAMESPACE), DATA, NAMESPACE)


@pytest.mark.parametrize("kind", SECURITY_KEYS)
@pytest.mark.parametrize("application", [b"https://bank.example", b"", b"ssh", b"ssh:\0", b"ssh:\n"])
def test_a_key_made_for_another_application_does_not_count(kind: str, application: bytes) -> None:
    with pytest.raises(InvalidKey, match="security key"):
        verify(security_key(kind, application=application).sign(DATA, NAMESPACE), DATA, NAMESPACE)


@pytest.mark.parametrize("kind", SECURITY_KEYS)
@pytest.mark.parametrize("at", [-5, -1], ids=["flags", "counter"])
def test_flags_and_counter_are_signed(kind: str, at: int) -> None:
    blob = bytearray(blob_of(GOOD[kind]))
    blob[at] ^= 0x04
    with pytest.raises(BadSignature):
        verify(armor(bytes(blob)), DATA, NAMESPACE)


@pytest.mark.parametrize("kind", SECURITY_KEYS)
def test_the_application_is_signed(kind: str) -> None:
    good = Signature.parse(GOOD[kind])
    other = PublicKey.from_blob(security_key(kind, application=b"ssh:other").public)
    moved = Signature(other, good.namespace, good.hash_name, good.type, good.raw, good.touch)
    with pytest.raises(BadSignature):
        verify(moved.to_armored(), DATA, NAMESPACE)


def test_a_plain_signature_by_a_security_keys_key_does_not_fit() -> None:
    """Bytes signed without flags and application are no word of a security key, though its key made them."""
    key = security_key("sk-ed25519")
    raw = ed_key().sign(to_be_signed(DATA, NAMESPACE, "sha512"))
    inner = string(key.kind) + string(raw) + bytes([TOUCHED]) + (7).to_bytes(4)
    with pytest.raises(BadSignature):
        verify(sealed(key.public, NAMESPACE, inner), DATA, NAMESPACE)


# --- hostile keys and signatures -------------------------------------------------------------------------------------


def ec_public(point: bytes, kind: bytes = b"ecdsa-sha2-nistp256", curve: bytes = b"nistp256") -> bytes:
    return b"".join(map(string, (kind, curve, point)))


POINT = EC_KEY.public_key().public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
MADE = EC_KEY.sign(to_be_signed(DATA, NAMESPACE, "sha512"), ec.ECDSA(hashes.SHA256()))
R, S = utils.decode_dss_signature(MADE)


def by_p256(raw: bytes, kind: bytes = b"ecdsa-sha2-nistp256") -> bytes:
    return sealed(ec_public(POINT), NAMESPACE, string(kind) + string(raw))


def test_the_builder_of_these_tests_builds_a_good_one() -> None:
    assert verify(by_p256(numbers(MADE)), DATA, NAMESPACE).blob == ec_public(POINT)


BAD_NUMBERS = {
    "nothing": b"",
    "DER": MADE,
    "r alone": string(mpint(R)),
    "cut short": numbers(MADE)[:-1],
    "bytes after": numbers(MADE) + b"\0",
    "a third number": numbers(MADE) + string(mpint(1)),
    "r zero": string(b"") + string(mpint(S)),
    "s zero": string(mpint(R)) + string(b""),
    "r zero in a byte": string(b"\0") + string(mpint(S)),
    "a leading zero too many": string(b"\0" + mpint(R)) + string(mpint(S)),
    "a negative number": string(b"\xff" * 32) + string(mpint(S)),
    "a length past the end": (2**32 - 1).to_bytes(4) + b"\1",
    "fixed width": R.to_bytes(32) + S.to_bytes(32),
}


@pytest.mark.parametrize("raw", BAD_NUMBERS.values(), ids=BAD_NUMBERS)
def test_an_ecdsa_signature_has_one_spelling(raw: bytes) -> None:
    with pytest.raises(InvalidKey):
        verify(by_p256(raw), DATA, NAMESPACE)


@pytest.mark.parametrize("r", [P256_ORDER, P256_ORDER + R, 1 << 2000, 1], ids=["order", "above", "huge", "one"])
def test_numbers_outside_the_group_do_not_fit(r: int) -> None:
    for raw in (string(mpint(r)) + string(mpint(S)), string(mpint(R)) + string(mpint(r))):
        with pytest.raises(BadSignature):
            verify(by_p256(raw), DATA, NAMESPACE)


OTHER_KINDS = sorted({Signature.parse(each).type for each in GOOD.values()})


@pytest.mark.parametrize("kind", [*OTHER_KINDS, "ssh-rsa", "webauthn-sk-ecdsa-sha2-nistp256@openssh.com", ""])
@pytest.mark.parametrize("name", GOOD)
def test_a_signature_is_of_the_kind_that_its_key_makes(name: str, kind: str) -> None:
    good = Signature.parse(GOOD[name])
    if kind != good.type:
        touch = good.touch.to_bytes() if good.touch else b""
        bent = sealed(good.public_key.blob, NAMESPACE, string(kind.encode()) + string(good.raw) + touch)
        with pytest.raises((InvalidKey, BadSignature)):
            verify(bent, DATA, NAMESPACE)


@pytest.mark.parametrize("name", GOOD)
@pytest.mark.parametrize("other", GOOD)
def test_a_signature_under_another_key_is_refused(name: str, other: str) -> None:
    if name != other:
        good, public = Signature.parse(GOOD[name]), Signature.parse(GOOD[other]).public_key
        for kind in (good.type, Signature.parse(GOOD[other]).type):
            for touch in (b"", b"\1" + bytes(4)):
                with pytest.raises((InvalidKey, BadSignature)):
                    verify(
                        sealed(public.blob, NAMESPACE, string(kind.encode()) + string(good.raw) + touch),
                        DATA,
                        NAMESPACE,
                    )


CURVES: list[tuple[Curve, ec.EllipticCurve]] = [(P256, ec.SECP256R1()), (P384, ec.SECP384R1()), (P521, ec.SECP521R1())]


@pytest.mark.parametrize(("curve", "theirs"), CURVES, ids=lambda each: each.name)
def test_points_are_told_from_what_is_beside_the_curve(curve: Curve, theirs: ec.EllipticCurve) -> None:
    for secret in (1, 2, 3, 2**255 - 19):
        public = ec.derive_private_key(secret, theirs).public_key()
        point = public.public_bytes(Encoding.X962, PublicFormat.UncompressedPoint)
        size = (len(point) - 1) // 2
        x, y = int.from_bytes(point[1 : 1 + size]), int.from_bytes(point[1 + size :])
        assert curve.has(point)
        beside = [b"", b"\4", point[:-1], point + b"\0", bytes(len(point)), b"\6" + point[1:]]
        beside += [public.public_bytes(Encoding.X962, PublicFormat.CompressedPoint)]
        beside += [point[:-1] + bytes([point[-1] ^ 1]), b"\4" + point[1 + size :] + point[1 : 1 + size]]
        beside += [b"\4" + (x + curve.p).to_bytes(size) + y.to_bytes(size)] if (x + curve.p) >> 8 * size == 0 else []
        assert not any(map(curve.has, beside))


@pytest.mark.parametrize(
    "blob",
    [
        ec_public(POINT[:-1] + bytes([POINT[-1] ^ 1])),
        ec_public(b"\4" + bytes(64)),
        ec_public(b"\0"),
        ec_public(POINT, curve=b"nistp384"),
        ec_public(POINT, kind=b"ecdsa-sha2-nistp384"),
        ec_public(POINT, kind=b"ecdsa-sha2-nistp384", curve=b"nistp384"),
        ec_public(POINT, kind=b"ecdsa-sha2-secp256k1", curve=b"secp256k1"),
        ec_public(POINT) + string(b"ssh:"),
        ec_public(POINT, kind=b"sk-ecdsa-sha2-nistp256@openssh.com"),
        b"".join(map(string, (b"ssh-rsa", mpint(65537), mpint((1 << 2047) + 2)))),
    ],
    ids=["beside", "zero", "infinity", "curve", "kind", "short", "unknown", "more", "less", "even modulus"],
)
def test_a_signature_by_what_is_no_key_is_refused(blob: bytes) -> None:
    with pytest.raises(InvalidKey):
        verify(sealed(blob, NAMESPACE, string(b"ecdsa-sha2-nistp256") + string(numbers(MADE))), DATA, NAMESPACE)


def test_an_algorithm_that_this_machine_has_not_is_not_a_pass(monkeypatch: pytest.MonkeyPatch) -> None:
    def switched_off(_: bytes) -> None:
        raise UnsupportedAlgorithm("by FIPS")

    monkeypatch.setattr(ed25519.Ed25519PublicKey, "from_public_bytes", switched_off)
    with pytest.raises(CannotTell, match="switched off") as caught:
        verify(GOOD["ed25519"], DATA, NAMESPACE)
    assert caught.value.exit_code == 6


# --- laws ------------------------------------------------------------------------------------------------------------


@given(name=st.sampled_from(sorted(GOOD)), data=st.data())
def test_a_change_to_any_bit_is_found(name: str, data: st.DataObject) -> None:
    blob = bytearray(blob_of(GOOD[name]))
    blob[data.draw(st.integers(0, len(blob) - 1))] ^= 1 << data.draw(st.integers(0, 7))
    with pytest.raises((InvalidKey, BadSignature)):
        verify(armor(bytes(blob)), DATA, NAMESPACE)


@given(name=st.sampled_from(sorted(GOOD)), data=st.data())
def test_cut_short_or_lengthened_anywhere_it_is_refused(name: str, data: st.DataObject) -> None:
    blob = blob_of(GOOD[name])
    at = data.draw(st.integers(0, len(blob) - 1))
    extra = data.draw(st.binary(min_size=1, max_size=40))
    for bent in (blob[:at], blob[:at] + extra + blob[at:], blob[:at] + blob[at + 1 :], blob + extra):
        with pytest.raises((InvalidKey, BadSignature)):
            verify(armor(bent), DATA, NAMESPACE)


@given(name=st.sampled_from(sorted(GOOD)), raw=st.binary(max_size=300), touch=st.binary(max_size=8))
def test_arbitrary_bytes_in_the_place_of_a_signature_are_refused_in_words(name: str, raw: bytes, touch: bytes) -> None:
    good = Signature.parse(GOOD[name])
    inner = string(good.type.encode()) + string(raw) + touch
    with pytest.raises((InvalidKey, BadSignature)):
        verify(sealed(good.public_key.blob, NAMESPACE, inner), DATA, NAMESPACE)


@given(
    kind=st.sampled_from(OTHER_KINDS),
    fields=st.lists(st.binary(max_size=140) | st.sampled_from([b"nistp256", POINT, b"ssh:", b"\1\0\1"]), max_size=4),
)
def test_arbitrary_fields_are_a_key_or_refused_in_words(kind: str, fields: list[bytes]) -> None:
    name = "ssh-rsa" if kind.startswith("rsa-") else kind
    public = b"".join(map(string, (name.encode(), *fields)))
    with pytest.raises(GitregError):  # of other bytes: Hypothesis puts the good key together
        verify(sealed(public, NAMESPACE, string(kind.encode()) + string(numbers(MADE))), b"other", NAMESPACE)


@given(
    modulus=st.integers(2**2047, 2**2048 - 1), exponent=st.integers(0, 2**33), raw=st.binary(min_size=256, max_size=256)
)
def test_arbitrary_numbers_are_an_rsa_key_that_signed_nothing(modulus: int, exponent: int, raw: bytes) -> None:
    public = b"".join(map(string, (b"ssh-rsa", mpint(exponent), mpint(modulus))))
    with pytest.raises((InvalidKey, BadSignature)):
        verify(sealed(public, NAMESPACE, string(b"rsa-sha2-256") + string(raw)), DATA, NAMESPACE)


# --- with ssh-keygen -------------------------------------------------------------------------------------------------


@pytest.mark.slow
@pytest.mark.parametrize("name", GOOD)
def test_ssh_keygen_agrees(name: str, tmp_path: Path) -> None:
    assert keygen_check(tmp_path, GOOD[name], DATA)
    assert not keygen_check(tmp_path, GOOD[name], DATA + b"x")


@pytest.mark.slow
@pytest.mark.parametrize("name", GOOD)
def test_ssh_keygen_verifies_each_kind_by_a_file_of_allowed_signers(name: str, tmp_path: Path) -> None:
    allowed, signature = tmp_path / "allowed_signers", tmp_path / "statement.sig"
    line = Signature.parse(GOOD[name]).public_key.line
    allowed.write_text(f'ada@example.org namespaces="{NAMESPACE}" {line}\n')
    signature.write_bytes(GOOD[name])
    assert keygen_verify(allowed, "ada@example.org", signature, DATA)
    assert not keygen_verify(allowed, "ben@example.org", signature, DATA)
