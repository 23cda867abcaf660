"""CI signs what its checks came to, and an override stands in every report until it is regularised."""

from __future__ import annotations

import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import Key, Told, make_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Ask, Gitreg

POLICY = {
    "schema": "gitreg/policy/v1",
    "requirements": [
        {"kind": "approvals", "rule": "reviewed", "count": 1, "group": "risk"},
        {"kind": "check", "rule": "tests", "name": "integration", "group": "ci"},
    ],
    "override": {"count": 1, "group": "leads", "hours": 24},
}


def as_person(name: str) -> dict[str, str]:
    """The environment in which git takes somebody for that person."""
    who = {"NAME": name.capitalize(), "EMAIL": f"{name}@example.org"}
    return {f"GIT_{role}_{field}": value for role in ("AUTHOR", "COMMITTER") for field, value in who.items()}


@pytest.fixture
def keys(tmp_path: Path) -> dict[str, Key]:
    return {name: make_key(tmp_path, f"{name}.key") for name in ("ada", "ben", "ci")}


@pytest.fixture
def guarded(gitreg: Gitreg, keys: dict[str, Key], tmp_path: Path, trained: Callable[..., str]) -> Path:
    """A registry whose production asks for somebody of risk and for CI, with one version."""
    assert gitreg("init", "guarded", "--protect", "production").code == 0
    here = tmp_path / "guarded"
    trained("first", at=here)
    assert gitreg("register", "runs:/first/model", "--name", "fraud", at=here).code == 0
    for name, group in (("ada", "leads"), ("ben", "risk"), ("ci", "ci")):
        words = ("approvers", "add", f"{name}@example.org", "--key", keys[name].public, "--group", group, "-m", "why")
        landed(gitreg, here, keys, gitreg(*words, "--sign", keys["ada"].private, "--json", at=here))
    return here


def landed(gitreg: Gitreg, here: Path, keys: dict[str, Key], told: Told) -> None:
    """What was decided, approved by Ben where somebody is asked."""
    assert told.code == 0, told.err
    if told.json["proposal"] is not None:
        name = told.json["proposal"]["id"]
        approve = gitreg("approve", name, "--key", keys["ben"].private, at=here, env=as_person("ben"))
        assert approve.code == 0, approve.err
        merge = gitreg("merge", name, at=here)
        assert merge.code == 0, merge.err


def govern_policy(gitreg: Gitreg, here: Path, keys: dict[str, Key], policy: dict[str, object]) -> None:
    """The policy as it is to be."""
    canonical = json.dumps(policy, indent=2, sort_keys=True) + "\n"
    (here / "policies/production.json").write_text(canonical, encoding="utf-8")
    landed(gitreg, here, keys, gitreg("govern", "-m", "why", "--key", keys["ada"].private, "--json", at=here))


def whole(policy: dict[str, object]) -> dict[str, object]:
    """Every field of the schema written, as documents have it."""
    from gitreg.documents import Policy  # noqa: PLC0415 - the fixture alone needs it

    found: dict[str, object] = json.loads(Policy.model_validate(policy).to_bytes())
    return found


@pytest.fixture
def strict(gitreg: Gitreg, guarded: Path, keys: dict[str, Key]) -> Path:
    govern_policy(gitreg, guarded, keys, whole({k: v for k, v in POLICY.items() if k != "schema"}))
    return guarded


def promoted(gitreg: Gitreg, here: Path, keys: dict[str, Key]) -> str:
    told = gitreg(
        "promote", "fraud", "1", "--to", "production", "-m", "w", "--key", keys["ada"].private, "--json", at=here
    )
    assert told.code == 0, told.err
    name: str = told.json["proposal"]["id"]
    return name


def test_ci_signs_a_check_with_its_report_and_the_proposal_can_land(
    gitreg: Gitreg, ask: Ask, strict: Path, keys: dict[str, Key]
) -> None:
    name = promoted(gitreg, strict, keys)
    (waiting,) = ask("checks", "list", name, at=strict)
    assert (waiting["name"], waiting["status"], waiting["asked_for"]) == ("integration", None, True)
    report = strict.parent / "junit.xml"
    report.write_text("<testsuite tests='1'/>", encoding="utf-8")
    words = ("checks", "add", name, "--name", "integration", "--status", "pass", "--report", report)
    (said,) = ask(*words, "--key", keys["ci"].private, at=strict, env=as_person("ci"))
    assert (said["status"], said["by"], said["ignored"]) == ("pass", "ci@example.org", "")
    assert said["report"]["mediaType"] == "application/xml"
    assert gitreg("merge", name, at=strict).code == 6
    assert gitreg("approve", name, "--key", keys["ben"].private, at=strict, env=as_person("ben")).code == 0
    assert gitreg("merge", name, at=strict).code == 0
    assert "integration" in gitreg("checks", "list", name, at=strict).out
    assert gitreg("fsck", at=strict).code == 0
    kept = said["report"]["digest"].removeprefix("sha256:")
    (blob,) = (strict / ".git").rglob(f"sha256/{kept[:2]}/{kept}")
    blob.unlink()
    told = gitreg("fsck", at=strict)
    assert (told.code, "/approvals/" in told.out) == (1, True)


def test_a_failed_check_is_a_rule_that_says_no(gitreg: Gitreg, strict: Path, keys: dict[str, Key]) -> None:
    name = promoted(gitreg, strict, keys)
    words = ("checks", "add", name, "--name", "integration", "--status", "fail", "--key", keys["ci"].private)
    told = gitreg(*words, at=strict, env=as_person("ci"))
    assert told.code == 0, told.err
    assert "integration fail" in told.out
    assert gitreg("approve", name, "--key", keys["ben"].private, at=strict, env=as_person("ben")).code == 0
    merge = gitreg("merge", name, at=strict)
    assert merge.code == 6
    assert "failed, says ci@example.org" in merge.err


def test_a_report_that_is_not_there_is_said(gitreg: Gitreg, strict: Path, keys: dict[str, Key]) -> None:
    name = promoted(gitreg, strict, keys)
    words = ("checks", "add", name, "--name", "integration", "--status", "pass", "--report", "nowhere.xml")
    told = gitreg(*words, "--key", keys["ci"].private, at=strict, env=as_person("ci"))
    assert told.code == 3
    assert "no report" in told.err


def test_an_override_lands_stands_in_log_and_status_and_goes_when_it_is_regularised(
    gitreg: Gitreg, ask: Ask, strict: Path, keys: dict[str, Key]
) -> None:
    words = ("override", "fraud", "1", "--to", "production", "-m", "the old one fails", "--key", keys["ada"].private)
    found = ask(*words, at=strict)
    assert found["landed"]
    assert found["title"] == "fraud: production -> 1 (override)"
    (entry,) = [each for each in ask("log", "fraud", at=strict) if each["action"] == "override"]
    assert entry["override"]["overdue"] is False
    assert ask("status", at=strict)["overrides"] == [entry["override"]]
    assert "override, to be regularised by" in gitreg("log", "fraud", at=strict).out
    assert "fraud@production is version 1: override" in gitreg("status", at=strict).out
    name = promoted(gitreg, strict, keys)
    for who, line in (
        ("ci", ("checks", "add", name, "--name", "integration", "--status", "pass")),
        ("ben", ("approve", name)),
    ):
        assert gitreg(*line, "--key", keys[who].private, at=strict, env=as_person(who)).code == 0
    assert gitreg("merge", name, at=strict).code == 0
    assert ask("status", at=strict)["overrides"] == []


def test_an_override_without_a_clause_says_how_to_allow_it(gitreg: Gitreg, guarded: Path, keys: dict[str, Key]) -> None:
    words = ("override", "fraud", "1", "--to", "production", "-m", "w", "--key", keys["ada"].private)
    told = gitreg(*words, at=guarded)
    assert told.code == 6
    assert '"override": {"count": 1, "hours": 72} to policies/production.json' in told.err


def test_an_override_in_a_dry_run_changes_nothing(gitreg: Gitreg, strict: Path, keys: dict[str, Key]) -> None:
    before = subprocess.run(["git", "-C", strict, "rev-parse", "HEAD"], capture_output=True, check=True).stdout
    words = ("override", "fraud", "1", "--to", "production", "-m", "w", "--dry-run", "--key", keys["ada"].private)
    assert "(override)" in gitreg(*words, at=strict).out
    after = subprocess.run(["git", "-C", strict, "rev-parse", "HEAD"], capture_output=True, check=True).stdout
    assert before == after
