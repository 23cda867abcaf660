"""A pack of a real registry, checked with the tools that its README names: none of them is ours."""

from __future__ import annotations

import hashlib
import json
import shlex
import subprocess
import sys
import zipfile
from typing import TYPE_CHECKING

import pytest
from cryptography.hazmat.primitives.asymmetric import ec
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from google.protobuf.json_format import ParseDict  # type: ignore[import-untyped]
from in_toto_attestation.predicates.provenance.v1 import provenance_pb2  # type: ignore[import-untyped]
from in_toto_attestation.v1 import statement_pb2  # type: ignore[import-untyped]

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Ask, Gitreg
    from tests.lineage.world import World

ADDRESS = "models:/fraud@production"


def commands(pack: Path, word: str) -> list[str]:
    """The lines of README.txt that call a program."""
    lines = (pack / "README.txt").read_text(encoding="utf-8").splitlines()
    return [line.strip() for line in lines if line.startswith("    ") and word in line]


def run(line: str, at: Path, **env: str) -> subprocess.CompletedProcess[str]:
    """As a reader would type it."""
    return subprocess.run(
        ["sh", "-c", line], cwd=at, capture_output=True, text=True, check=False, env={"PATH": "/usr/bin:/bin", **env}
    )


def test_every_line_with_sha256sum_and_grep_holds(pack: Path) -> None:
    lines = [*commands(pack, "sha256sum"), *commands(pack, "grep -F")]
    assert len(lines) >= 8
    for line in lines:
        done = run(line, pack)
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"


@pytest.mark.parametrize("name", ["decision/version.json", "README.txt", "history/log.json", "model/files/00001"])
def test_one_changed_byte_is_found_by_sha256sum(pack: Path, name: str) -> None:
    data = (pack / name).read_bytes()
    (pack / name).write_bytes(data[:-1] + bytes([data[-1] ^ 1]))
    assert run("sha256sum -c --quiet SHA256SUMS", pack).returncode != 0


@pytest.mark.slow
@pytest.mark.usefixtures("openssh")
def test_ssh_keygen_finds_both_signatures_good_and_a_changed_statement_bad(pack: Path) -> None:
    lines = commands(pack, "ssh-keygen")
    assert len(lines) == 2
    for line in lines:
        done = run(line, pack)
        assert done.returncode == 0, done.stderr
        assert "Good" in done.stdout
    for statement in (pack / "decision/approvals").glob("*.json"):
        statement.write_bytes(
            statement.read_bytes().replace(b'"approve"', b'"Approve"').replace(b"propose", b"Propose")
        )
    assert all(run(line, pack).returncode != 0 for line in lines)


def test_what_git_has_is_what_the_pack_has(pack: Path, world: World) -> None:
    lines = commands(pack, 'git -C "$CLONE"')
    assert len(lines) >= 7
    for line in lines:
        done = run(line, pack, CLONE=str(world.path))
        assert done.returncode == 0, f"{line}: {done.stdout}{done.stderr}"


def test_the_bill_of_materials_is_cyclonedx(pack: Path) -> None:
    text = (pack / "model/bom.cdx.json").read_text(encoding="utf-8")
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(text) is None
    found = json.loads(text)
    assert found["metadata"]["component"]["licenses"] == [{"license": {"name": "Apache-2.0"}}]
    assert {each["name"] for each in found["components"]} == {"transactions", "holdout", "model.bin", "LICENSE"}


def test_provenance_is_in_toto_and_slsa(pack: Path, world: World) -> None:
    found = json.loads((pack / "model/provenance.intoto.json").read_text(encoding="utf-8"))
    statement = ParseDict(found, statement_pb2.Statement())
    assert statement.type == "https://in-toto.io/Statement/v1"
    assert statement.predicate_type == "https://slsa.dev/provenance/v1"
    predicate = ParseDict(found["predicate"], provenance_pb2.Provenance())
    assert predicate.run_details.metadata.invocation_id == world.run
    digests = [dict(each.digest) for each in predicate.build_definition.resolved_dependencies]
    assert {"gitCommit": world.commit} in digests
    assert {"name": "model.bin", "digest": {"sha256": FIRST}} in found["subject"]


FIRST = hashlib.sha256(b"weights").hexdigest()


def test_the_pack_is_the_same_twice_and_readme_is_first(world: World, ask: Ask, tmp_path: Path) -> None:
    first = ask("evidence", "export", ADDRESS, "-o", tmp_path / "a.zip", at=world.path)
    second = ask("evidence", "export", ADDRESS, "-o", tmp_path / "b.zip", at=world.path)
    assert first["digest"] == second["digest"]
    with zipfile.ZipFile(tmp_path / "a.zip") as file:
        names = file.namelist()
        assert {each.date_time for each in file.infolist()} == {(1980, 1, 1, 0, 0, 0)}
    assert names[:2] == ["README.txt", "SHA256SUMS"]
    assert names[2:] == sorted(names[2:])
    assert not [name for name in names if name.startswith("model/files/")]
    assert [each["name"] for each in first["files"]] == names


def test_the_chapters_say_what_was_recorded_and_escape_it(pack: Path) -> None:
    index = (pack / "index.md").read_text(encoding="utf-8")
    page = (pack / "page.html").read_text(encoding="utf-8")
    for word in ("ada@example", "ben@example", "transactions", "Recalibrate by 2030", "Apache"):
        assert word in index.replace("\\", "").replace("<!-- -->", "")
    assert "<b>" not in index.replace("\\<b\\>", "")
    assert "Scores &lt;b&gt;card&lt;/b&gt; payments." in page
    assert "compliant" not in index.lower() + page.lower()


def test_the_models_files_are_there_under_numbers(pack: Path) -> None:
    listed = (pack / "model/FILES").read_text(encoding="utf-8").splitlines()
    found = {line.split("  ")[1]: pack / f"model/files/{place:05}" for place, line in enumerate(listed, 1)}
    assert found["model.bin"].read_bytes() == b"weights"
    assert found["LICENSE"].read_bytes() == b"Apache"


def elliptic(folder: Path) -> tuple[Path, Path]:
    key = ec.generate_private_key(ec.SECP256R1())
    private, public = folder / "EC.pem", folder / "PUBLIC.pem"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.TraditionalOpenSSL, NoEncryption()))
    public.write_bytes(key.public_key().public_bytes(Encoding.PEM, PublicFormat.SubjectPublicKeyInfo))
    return private, public


def test_a_model_signature_is_checked_by_its_own_program(world: World, ask: Ask, tmp_path: Path) -> None:
    private, _ = elliptic(tmp_path)
    ask("evidence", "export", ADDRESS, "-o", tmp_path / "p.zip", "--sign-key", private, at=world.path)
    with zipfile.ZipFile(tmp_path / "p.zip") as file:
        file.extractall(tmp_path / "pack")
    ask("pull", "models:/fraud/1", "-o", tmp_path / "pulled", at=world.path)
    (line,) = commands(tmp_path / "pack", "model_signing verify")
    words = line.replace("FOLDER", "../pulled").replace("PUBLIC.pem", "../PUBLIC.pem")
    program = "import sys; from model_signing._cli import main; main(sys.argv[1:])"
    check = [*shlex.split(words)]

    def verify() -> subprocess.CompletedProcess[str]:
        return subprocess.run(
            [sys.executable, "-c", program, *check[1:]],
            cwd=tmp_path / "pack",
            capture_output=True,
            text=True,
            check=False,
        )

    done = verify()
    assert done.returncode == 0, done.stdout + done.stderr
    (tmp_path / "pulled/model.bin").write_bytes(b"Weights")
    assert verify().returncode != 0


def test_a_key_of_another_kind_is_refused(world: World, gitreg: Gitreg, tmp_path: Path) -> None:
    (tmp_path / "no.pem").write_text("no key", encoding="utf-8")
    told = gitreg(
        "evidence", "export", ADDRESS, "-o", tmp_path / "p.zip", "--sign-key", tmp_path / "no.pem", at=world.path
    )
    assert (told.code, (tmp_path / "p.zip").exists()) == (2, False)


@pytest.mark.parametrize(("words", "code"), [("models:/fraud/1", 2), ("models:/fraud@staging", 3), ("models:/x@y", 3)])
def test_only_what_is_in_a_stage_has_a_pack(
    words: str, code: int, world: World, gitreg: Gitreg, tmp_path: Path
) -> None:
    assert gitreg("evidence", "export", words, "-o", tmp_path / "p.zip", at=world.path).code == code


def test_a_place_that_cannot_be_written_is_said(world: World, gitreg: Gitreg, tmp_path: Path) -> None:
    told = gitreg("evidence", "export", ADDRESS, "-o", tmp_path / "nowhere/p.zip", "--json", at=world.path)
    assert (told.code, told.error["code"]) == (5, "storage-error")
