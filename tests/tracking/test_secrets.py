"""Secrets are found by kind and place, and refused before they are recorded; what only sounds like one is not."""

from __future__ import annotations

import base64
import hashlib
import json
import logging
import random
import time
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ed25519, rsa
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat
from hypothesis import given
from hypothesis import strategies as st

from gitreg.blobs import read_manifest
from gitreg.errors import InvalidValue
from gitreg.secrets import MAX_CHARS, MAX_FOUND, Secret, find_in_value, find_secrets

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.tracking.builders import Clone

ROOT = Path(__file__).parents[2]
LOT = random.Random(1)  # noqa: S311 - made up, and the same every time
LETTERS = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789"


def drawn(size: int, alphabet: str = LETTERS) -> str:
    return "".join(LOT.choice(alphabet) for _ in range(size))


HEX = "0123456789abcdef"
RANDOM = "k3Jx9QvT2mZ8rLw5Yb7N"
PEM = {
    "pkcs8": ed25519.Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.PKCS8, NoEncryption()),
    "openssh": ed25519.Ed25519PrivateKey.generate().private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()),
    "rsa": rsa.generate_private_key(65537, 2048).private_bytes(
        Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()
    ),
}

# Written in two pieces where a scanner of this repository would find what is none.
SHAPES = {
    "AWS access key": ["AKIA" + drawn(16, "ABCDEFGHIJKLMNOPQRSTUVWXYZ234567"), "ASIA" + "Y34FZKBOKMUTVV7A"],
    "GitHub token": [
        "ghp_" + drawn(36),
        "gho_" + drawn(36),
        "ghs_" + drawn(36),
        "github_pat_" + drawn(22) + "_" + drawn(59),
    ],
    "GitLab token": ["glpat-" + drawn(20), "glrt-" + drawn(20), "gldt-" + drawn(20)],
    "Hugging Face token": ["hf_" + drawn(34)],
    "API key of a model provider": ["sk-" + drawn(48), "sk-proj-" + drawn(60), "sk-ant-api03-" + drawn(80)],
    "Slack token": ["xoxb-" + "1234567890-1234567890123-" + drawn(24)],
    "Slack webhook": ["https://hooks.slack.com/services/T0" + drawn(8) + "/B0" + drawn(8) + "/" + drawn(24)],
    "Google API key": ["AIza" + drawn(35)],
    "Google OAuth token": ["ya29." + drawn(60), "GOCSPX-" + drawn(28)],
    "Stripe key": ["sk_live_" + drawn(24), "rk_test_" + drawn(24)],
    "SendGrid key": ["SG." + drawn(22) + "." + drawn(43)],
    "DigitalOcean token": ["dop_v1_" + drawn(64, HEX)],
    "Vault token": ["hvs." + drawn(90)],
    "age key": ["AGE-SECRET-KEY-1" + drawn(58, "QPZRY9X8GF2TVDW0S3JN54KHCE6MUA7L")],
    "PyPI token": ["pypi-" + "AgEIcHlwaS5vcmc" + drawn(150)],
    "npm token": ["npm_" + drawn(36)],
    "Databricks token": ["dapi" + drawn(32, HEX)],
    "JSON web token": ["eyJhbGciOiJIUzI1NiJ9.eyJzdWIiOiIxMjM0In0." + drawn(43)],
    "private key": [data.decode() for data in PEM.values()] + [json.dumps(PEM["pkcs8"].decode())[1:]],
}
ALL_SHAPES = [(kind, text) for kind, texts in SHAPES.items() for text in texts]


def kinds(text: str) -> list[str]:
    return [found.kind for found in find_secrets(text)]


# --- what is found ---------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(("kind", "text"), ALL_SHAPES)
def test_what_a_service_hands_out_is_known_by_its_shape_and_told_by_its_place(kind: str, text: str) -> None:
    for before, after in (("", ""), ('x = "', '"'), ("- ", "\n"), ("(", ")"), ("key:", ""), ("--opt=", " --lr 0.1")):
        assert next(find_secrets(f"one\ntwo {before}{text}{after}")) == Secret(kind, 2, 5 + len(before))


@pytest.mark.parametrize(
    ("text", "kind"),
    [
        ("password=hunter2", "password"),
        ("PGPASSWORD=hunter2 psql", "password"),
        ('password = "correct horse"', "password"),
        ('{"db_password": "hunter2!"}', "password"),
        ("dbPassword: hunter2", "password"),
        ('passphrase: str = "open sesame"', "password"),
        ('   "os.environ[\\"DB_PASSWORD\\"] = \\"hunter2\\"\\n",', "password"),
        ("--password=hunter2", "password"),
        ("postgres://ada:hunter2@db.example/x", "password in a URL"),
        ("see https://ada:hunter2@forge.example/r.git.", "password in a URL"),
        (f"token={RANDOM}", "value named like a secret"),
        (f'"api_key": "{RANDOM}"', "value named like a secret"),
        (f"WANDB_API_KEY={hashlib.sha1(b'x').hexdigest()}", "value named like a secret"),  # noqa: S324 - 40 hex digits
        ("aws_secret_access_key = wJalrXUtnFEMI/K7MDENG/bPxRfiCY7kZ9QwErTy", "value named like a secret"),
        ("AccountKey=" + base64.b64encode(hashlib.sha512(b"x").digest()).decode(), "value named like a secret"),
        ("client_secret: 0b5d3c1e-9d5f-4d3b-8a54-6f1e2b7c9a10", "value named like a secret"),
        (f"Authorization: Bearer {RANDOM}", "credentials in a header"),
    ],
)
def test_what_has_a_telling_name_or_place_is_found(text: str, kind: str) -> None:
    assert kinds(text) == [kind]


NONE_ARE = [
    "max_tokens=512",
    "token_count = 18446744073709551615",
    "num_tokens: 15000000000000",
    "tokenizer=bert-base-uncased-2-v3-large-17",
    'eos_token = "</s>"',
    'bos_token: "<|begin_of_text_2026_v3|>"',
    'pad_token = "[PAD]"',
    "token_ids=101,2023,2003,102",
    "password = getpass.getpass()",
    'password = os.environ["DB_PASSWORD2"]',
    "password: str | None = None",
    "password=password",
    'password: "Enter your password:"',
    "PASSWORD=$PASSWORD",
    "password: ${{ secrets.PASSWORD_2 }}",
    "password: ********",
    "password = changeme",
    "password=",
    "password_length=12",
    "password_file: /run/secrets/password1",
    "secret_name: prod-db-2026-v1-credentials-3",
    "token_embedding=learned-1024-v2-large-768-rotary",
    "api_key_env: OPENAI_API_KEY_2_PROD_7",
    "secret=arn:aws:secretsmanager:eu-west-1:123456789012:secret:db-a1b2c3",
    "token: 2026-01-02T03:04:05Z",
    "password_policy: strong-2-eyes-7",
    "token = next(stream.tokens2)",
    "token = config.v1.tokens2.value3",
    'token = f"{prefix2}-{number3}-{letters45}"',
    "api_key = YOUR-API-KEY-1234-5678-90ab",
    "https://user:password@example.org/",
    "https://$USER:$TOKEN@example.org/",
    "https://{user}:{token}@example.org/",
    "postgres://postgres:postgres@localhost/x",
    "http://localhost:8080/x/@scope/y",
    "git@forge.example:team/r.git ssh://git@forge.example/r.git",
    "-----BEGIN PUBLIC KEY-----\nMCowBQYDK2VwAyEAGb9ECWmEzf6FQbrBZ9w7lshQhqowtrbLDFw4rXAx=\n-----END PUBLIC KEY-----",
    "ssh-keygen writes -----BEGIN OPENSSH PRIVATE KEY----- first, then base64",
    "sk-ecdsa-sha2-nistp256@openssh.com sk-ssh-ed25519@openssh.com sk-learn-contrib-imbalanced-learn",
    "signature: sha256:" + hashlib.sha256(b"x").hexdigest(),
    f'"token_digest": "{hashlib.sha256(b"x").hexdigest()}"',
    f'"token": "sha256:{hashlib.sha256(b"x").hexdigest()}"',
    "commit=" + hashlib.sha1(b"x").hexdigest(),  # noqa: S324 - a git commit
    '"integrity": "sha512-' + base64.b64encode(hashlib.sha512(b"x").digest()).decode() + '"',
    "auth-token==1.0.0.post1 --hash=sha256:" + hashlib.sha256(b"y").hexdigest(),
    "secretstorage==3.3.3\npypi-attestations==0.0.27\nhf_transfer==0.1.9\npasslib==1.7.4",
    "AKIA is the prefix, AIza is the other one, ghp_ a third",
    "The basic authentication of 2026, a bearer of bad news-from-1999-and-2001",
    "experiment 0197a3b2c4d57e8f9a0b1c2d3e4f5a6b",
]


@pytest.mark.parametrize("text", NONE_ARE)
def test_what_only_looks_a_bit_like_one_passes(text: str) -> None:
    assert kinds(text) == []


def test_this_projects_own_texts_hold_none() -> None:
    folders = ("gitreg", "docs", "locks", "schemas", "ci-templates", "scripts", "tests/signing", "tests/documents")
    files = [file for folder in folders for file in (ROOT / folder).rglob("*") if file.is_file()]
    files += [ROOT / "README.md", ROOT / "pyproject.toml", ROOT / "Makefile", ROOT / "CHANGELOG.md"]
    texts = {file: file.read_bytes() for file in files if "__pycache__" not in file.parts}
    assert len(texts) > 200
    found = {
        f"{file}:{each.line}: {each.kind}"
        for file, data in texts.items()
        if b"\0" not in data
        for each in find_secrets(data.decode(errors="replace"))
    }
    assert found == set()


@given(data=st.binary(min_size=1, max_size=200))
def test_digests_and_base64_of_them_pass_under_any_name_that_is_not_a_secrets(data: bytes) -> None:
    digest = hashlib.sha256(data)
    text = (
        f"digest: {digest.hexdigest()}\nvalue={base64.b64encode(digest.digest()).decode()}\nsha256:{digest.hexdigest()}"
    )
    assert kinds(text) == []


@given(data=st.binary(min_size=3000, max_size=3000))
def test_bytes_spelled_as_text_pass(data: bytes) -> None:
    noise = hashlib.shake_256(data).digest(30_000)
    for text in (
        base64.b64encode(noise),
        base64.urlsafe_b64encode(noise),
        base64.b85encode(noise),
        noise.hex().encode(),
    ):
        assert kinds(text.decode()) == []


# --- bounds ----------------------------------------------------------------------------------------------------------


@given(st.text(max_size=300))
def test_any_text_is_searched_and_every_place_lies_within_it(text: str) -> None:
    lines = text.split("\n")
    for found in find_secrets(text):
        assert 1 <= found.line <= len(lines)
        assert 1 <= found.column <= len(lines[found.line - 1])


@given(before=st.text(max_size=60), after=st.text(max_size=60))
def test_a_token_on_a_line_of_its_own_is_found_whatever_stands_around_it(before: str, after: str) -> None:
    token = "ghp_" + "0123456789abcdefghij0123456789abcdef"
    text = f"{before}\n{token}\n{after}"
    assert Secret("GitHub token", before.count("\n") + 2, 1) in find_secrets(text)


def test_only_the_beginning_of_a_long_text_is_searched_and_only_so_many_are_told() -> None:
    token = " ghp_" + "0123456789abcdefghij0123456789abcdef\n"
    assert kinds("x" * MAX_CHARS + token) == []
    assert len(kinds(token * 10_000)) == MAX_FOUND


HOSTILE = [
    "a-" * 100_000,
    "token=" * 30_000,
    "token='" * 30_000,
    'token="' + "\\" * 200_000,
    "token: a" * 24_000,
    "password = " + "a1" * 100_000,
    "=" * 200_000,
    "eyJ" * 60_000,
    "-eyJaaaaaaaa." * 16_000,
    "a://a:" * 30_000,
    "a://" + "a:" * 100_000,
    "https://" + "@" * 200_000,
    "-----BEGIN PRIVATE KEY-----" * 7_600,
    "-----BEGIN " + "A " * 100_000,
    "Bearer " * 30_000,
    "xoxb-" * 40_000,
    "SG." * 60_000,
    "\n" * 200_000,
    "".join(f"token{at}=k3Jx9QvT2mZ8rLw5Yb7N\n" for at in range(6_000)),
]


@pytest.mark.parametrize("text", HOSTILE, ids=lambda text: text[:12])
def test_no_text_takes_long(text: str) -> None:
    before = time.process_time()
    list(find_secrets(text))
    assert time.process_time() - before < 4


# --- params and tags -------------------------------------------------------------------------------------------------

TOKEN = "ghp_" + "0123456789abcdefghij0123456789abcdef"


def test_a_params_name_tells_what_its_value_is() -> None:
    assert find_in_value("db_password", "correcthorse") == Secret("password", 1, 1)
    assert find_in_value("api_key", RANDOM) == Secret("value named like a secret", 1, 1)
    assert find_in_value("note", f"we used\n {TOKEN}") == Secret("GitHub token", 2, 2)
    for name, value in (
        ("max_tokens", "512"),
        ("token_count", "18446744073709551615"),
        ("eos_token", "</s>"),
        ("password", "***"),
        ("tokenizer", "bert-base-2-uncased-v3"),
        ("data_digest", hashlib.sha256(b"x").hexdigest()),
        ("git.commit", hashlib.sha1(b"x").hexdigest()),  # noqa: S324 - a git commit
    ):
        assert find_in_value(name, value) is None


def test_a_secret_param_or_tag_is_dropped_counted_and_told_of_once_without_its_value(
    clone: Clone, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), clone.tracker.start_run("churn", tags={"who": TOKEN}) as run:
        for _ in range(3):
            run.log_params({"api_key": RANDOM, "depth": 4, "max_tokens": 512, "eos_token": "</s>"})
        run.set_tags({"url": "postgres://ada:hunter2@db.example/x", "team": "risk"})
        run.log_param(TOKEN, 1)
    found = clone.runs.get(run.run_id)
    assert found.params == {"depth": 4, "max_tokens": 512, "eos_token": "</s>"}
    assert found.tags == {"team": "risk"}
    assert {(each.key, each.count) for each in found.dropped} == {
        ("api_key", 3),
        ("who", 1),
        ("url", 1),
        ("(a secret)", 1),
    }
    assert "password in a URL, line 1, column 16" in next(each.reason for each in found.dropped if each.key == "url")
    written = caplog.text + "".join(
        (clone.store.snapshot(clone.store.ledger_tip()).read(path) or b"").decode()
        for path, _ in clone.store.snapshot(clone.store.ledger_tip()).walk()
    )
    assert caplog.text.count("api_key") == 1
    for secret in (TOKEN, RANDOM, "hunter2"):
        assert secret not in written


def test_strict_raises_and_names_kind_and_place_never_the_value(clone: Clone) -> None:
    with clone.tracker.start_run(strict=True) as run:
        for log in (run.log_param, run.set_tag):
            with pytest.raises(InvalidValue, match=r"GitHub token, line 2, column 3") as caught:
                log("note", f"x\n  {TOKEN}")
            assert TOKEN not in str(caught.value)
        names: list[Callable[[], None]] = [lambda: run.log_param(TOKEN, 1), lambda: run.log_metric(TOKEN, 1)]
        for name in names:
            with pytest.raises(InvalidValue, match="its name looks like a secret") as caught:
                name()
            assert TOKEN not in str(caught.value) + caught.value.subject


def test_a_run_is_not_tagged_or_noted_with_a_secret_afterwards(clone: Clone) -> None:
    with clone.tracker.start_run() as run:
        pass
    before = clone.store.ledger_tip()
    changes: list[Callable[[], object]] = [
        lambda: clone.runs.tag(run.run_id, {"ok": "yes", "url": "https://ada:hunter2@db.example"}),
        lambda: clone.runs.note(run.run_id, f"see {TOKEN}"),
        lambda: clone.runs.delete(run.run_id, f"see {TOKEN}"),
    ]
    for change in changes:
        with pytest.raises(InvalidValue, match="is refused: it looks like it holds a secret") as caught:
            change()
        assert TOKEN not in str(caught.value)
        assert "hunter2" not in str(caught.value)
    assert clone.store.ledger_tip() == before


# --- files -----------------------------------------------------------------------------------------------------------


def test_text_files_with_a_secret_are_refused_with_path_line_and_kind(clone: Clone, tmp_path: Path) -> None:
    folder = tmp_path / "config"
    (folder / "deep").mkdir(parents=True)
    (folder / "good.txt").write_text("lr: 0.1\n")
    (folder / "deep" / "bad.yaml").write_text(f"lr: 0.1\n\nkey: {TOKEN}\n")
    with clone.tracker.start_run(strict=True) as run:
        attempts: list[Callable[[], None]] = [
            lambda: run.log_artifact(folder / "deep" / "bad.yaml"),
            lambda: run.log_artifacts(folder, "config"),
            lambda: run.log_text(f"a\nb\nkey: {TOKEN}\n", "bad.yaml"),
            lambda: run.log_dict({"a": 1, "password": "hunter2"}, "bad.yaml"),
        ]
        for refused in attempts:
            with pytest.raises(
                InvalidValue, match=r"bad\.yaml:3 looks like it holds a secret \(.*, column \d+\)"
            ) as caught:
                refused()
            assert TOKEN not in str(caught.value)
            assert "allow_secrets=True" in caught.value.hint
    assert clone.runs.get(run.run_id).artifacts == ()


def test_what_is_allowed_or_no_text_or_no_secret_is_taken(clone: Clone, tmp_path: Path) -> None:
    folder = tmp_path / "files"
    folder.mkdir()
    (folder / "bad.txt").write_text(TOKEN)
    (folder / "weights.bin").write_bytes(b"\0\1\2" + TOKEN.encode())
    (folder / "latin1.txt").write_bytes(b"caf\xe9 max_tokens=512")
    with clone.tracker.start_run(strict=True) as run:
        run.log_artifact(folder / "bad.txt", "one", allow_secrets=True)
        run.log_artifacts(folder, "all", allow_secrets=True)
        run.log_text(TOKEN, "text.txt", allow_secrets=True)
        run.log_dict({"key": TOKEN}, "dict.json", allow_secrets=True)
        assert run.log_model(folder, allow_secrets=True)
        with pytest.raises(InvalidValue, match=r"bad\.txt:1 looks like it holds a secret"):
            run.log_model(folder)
        run.log_artifact(folder / "weights.bin")
        run.log_artifact(folder / "latin1.txt")
    (artifacts,) = clone.runs.get(run.run_id).artifacts
    assert [entry.path for entry in read_manifest(clone.blobs, artifacts.digest).files] == [
        *("all/bad.txt", "all/latin1.txt", "all/weights.bin"),
        *("dict.json", "latin1.txt", "one/bad.txt", "text.txt", "weights.bin"),
    ]


def test_a_latin1_text_is_searched_like_any_other(clone: Clone, tmp_path: Path) -> None:
    (tmp_path / "latin1.txt").write_bytes(b"caf\xe9\n" + TOKEN.encode())
    with clone.tracker.start_run() as run:
        run.log_artifact(tmp_path / "latin1.txt")
    (dropped,) = clone.runs.get(run.run_id).dropped
    assert "latin1.txt:2" in dropped.reason
    assert dropped.count == 1
