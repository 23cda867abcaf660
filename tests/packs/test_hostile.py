"""What documents say becomes no path, no command and no markup of a pack."""

from __future__ import annotations

import json
import re
import zipfile
from dataclasses import replace
from datetime import UTC, datetime, timedelta, timezone
from io import BytesIO
from typing import TYPE_CHECKING, Any

import pytest
from cyclonedx.schema import SchemaVersion
from cyclonedx.validation.json import JsonStrictValidator
from hypothesis import given
from hypothesis import strategies as st

from gitreg.documents import (
    Actor,
    Descriptor,
    Digest,
    Manifest,
    ManifestEntry,
    ModelCard,
    Principal,
    RegistryId,
    Statement,
    Version,
)
from gitreg.errors import CorruptBlob, InvalidValue
from gitreg.packs import Bytes, Landed, Material, Member, Signed, members, write
from gitreg.packs.archive import ordered
from gitreg.report import StageStanding
from tests.report.builders import ADA, AT, decision, digest

if TYPE_CHECKING:
    from pathlib import Path

KEY = "a" * 64
BAD = "../../x\"'`$(rm)|<script>alert(1)</script>[a](b)"


def statement() -> Statement:
    actor = Actor(principal=ADA, via="person")
    return Statement(decision=digest("d"), verdict="approve", reason=BAD, conditions=(BAD,), actor=actor, signed_at=AT)


def material(bad: str = BAD, **fields: Any) -> Material:  # noqa: ANN401 - any field of it
    made, said = decision(reason=bad), statement()
    version = Version(
        model="fraud",
        output="model",
        artifacts=Descriptor(media_type="application/json", digest=digest("m"), size=1),
        params={"depth": bad},
    )
    given: dict[str, Any] = {
        "address": "models:/fraud@production",
        "registry": RegistryId("0" * 32),
        "standing": StageStanding(made, made.digest, made.moves[0], "c" * 40, AT, (), is_unreviewed=False),
        "version": version,
        "card": ModelCard(name="fraud", owner=ADA, use=bad),
        "documents": {},
        "signed": (Signed(KEY, said, said.to_bytes(), b"", ADA, trouble=bad),),
        "runs": (),
        "datasets": (),
        "evaluations": (),
        "log": (Landed(bad, "c" * 40, AT, made.digest, "pass", False, (bad,), bad),),  # noqa: FBT003 - reviewed
        "lineage": {"nodes": [bad]},
        "holds": (bad,),
        "now": AT,
    }
    return Material(**{**given, **fields})


def read(found: tuple[Member, ...]) -> dict[str, bytes]:
    return {each.name: each.open().read() for each in found}


NAMES = {
    "README.txt",
    "SHA256SUMS",
    "index.md",
    "page.html",
    f"decision/approvals/{KEY}.json",
    f"decision/approvals/{KEY}.json.sig",
    "history/log.json",
    "history/lineage.json",
    "model/bom.cdx.json",
    "model/LICENCES.md",
}


@given(st.text(alphabet=st.characters(exclude_categories=["Cs"], exclude_characters="\x00"), max_size=60))
def test_no_text_makes_a_name_or_markup(text: str) -> None:
    bad = f"{text}<script>"
    files = read(members(material(bad)))
    assert files.keys() == NAMES
    assert b"<script>" not in files["page.html"]
    assert b"<script>" not in files["index.md"]
    assert JsonStrictValidator(SchemaVersion.V1_6).validate_str(files["model/bom.cdx.json"].decode()) is None


def test_no_text_makes_a_line_of_the_readme() -> None:
    lines = read(members(material("x\n    rm -rf ~\x1b[2J")))["README.txt"].decode().splitlines()
    assert not [line for line in lines if line.lstrip().startswith("rm")]
    assert not [line for line in lines if "\x1b" in line]


def test_a_person_is_quoted_for_the_shell() -> None:
    who = Principal("ada[bot]@example.org")
    (signed,) = material().signed
    lines = read(members(material(signed=(replace(signed, person=who),))))["README.txt"].decode().splitlines()
    (line,) = [each for each in lines if "ssh-keygen -Y verify" in each]
    assert "-I 'ada[bot]@example.org' -n" in line


def test_a_key_that_is_valid_for_a_time_is_asked_about_that_time() -> None:
    (signed,) = material().signed
    text = read(members(material(signed=(replace(signed, validity_is_bounded=True),))))["README.txt"].decode()
    assert f"-O verify-time={AT.astimezone(UTC):%Y%m%d%H%M%S}Z -f" in text


def a_manifest(path: str, data: bytes) -> Manifest:
    entry = ManifestEntry(path=path, mediaType="application/octet-stream", digest=Digest.of(data), size=len(data))
    return Manifest(files=(entry,))


def test_a_models_file_lies_under_a_number() -> None:
    listed = a_manifest("../../etc/passwd", b"x")
    found = members(material(bytes=Bytes(listed, lambda _: BytesIO(b"x"))))
    assert {each.name for each in found} == NAMES | {"model/files/00001", "model/manifest.json", "model/FILES"}


def test_bytes_that_are_not_theirs_make_no_pack(tmp_path: Path) -> None:
    found = members(material(bytes=Bytes(a_manifest("model.bin", b"right"), lambda _: BytesIO(b"wrong"))))
    with pytest.raises(CorruptBlob):
        write(found, tmp_path / "pack.zip")
    assert [*tmp_path.iterdir()] == []


@pytest.mark.parametrize("name", ["../x", "/x", "a//b", "a/../b", "-rf", "C:x", "a\\b", "", "é"])
def test_a_name_that_could_lead_elsewhere_is_refused(name: str) -> None:
    with pytest.raises(InvalidValue):
        ordered([Member.of("README.txt", b""), Member.of(name, b"")])


def test_two_names_that_differ_in_case_are_refused() -> None:
    with pytest.raises(InvalidValue):
        ordered([Member.of("README.txt", b""), Member.of("readme.TXT", b"")])


def test_the_clock_of_the_machine_is_nowhere(tmp_path: Path) -> None:
    east = AT.astimezone(timezone(timedelta(hours=9)))
    first = write(members(material()), tmp_path / "a.zip")
    second = write(members(material(now=east)), tmp_path / "b.zip")
    assert first == second
    assert datetime.now(UTC).strftime("%Y-%m-%dT%H") not in read(members(material()))["history/log.json"].decode()


def test_the_sums_are_those_of_all_other_files(tmp_path: Path) -> None:
    write(members(material()), tmp_path / "a.zip")
    with zipfile.ZipFile(tmp_path / "a.zip") as file:
        lines = file.read("SHA256SUMS").decode().splitlines()
        said = {line[66:]: line[:64] for line in lines}
        assert all(re.fullmatch("[0-9a-f]{64}  .+", line) for line in lines)
        assert said == {name: Digest.of(file.read(name)).hex for name in file.namelist() if name != "SHA256SUMS"}
        assert json.loads(file.read("history/log.json"))[0]["title"] == BAD
