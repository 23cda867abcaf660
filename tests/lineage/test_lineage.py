"""Both ways through a real registry: from what is in production to people and data, and back."""

from __future__ import annotations

import base64
import hashlib
import json
import subprocess
from typing import TYPE_CHECKING, Any

import pytest

from gitreg.lineage import dot, lineage_of, mermaid
from tests.lineage.test_graph import graph

if TYPE_CHECKING:
    from tests.cli.conftest import Ask, Gitreg
    from tests.lineage.world import World


def kinds(walk: dict[str, Any]) -> dict[str, set[str]]:
    found: dict[str, set[str]] = {}
    for node in walk["nodes"]:
        found.setdefault(node["kind"], set()).add(node["name"])
    return found


def hows(walk: dict[str, Any]) -> set[str]:
    return {edge["how"] for edge in walk["edges"]}


def test_a_stage_leads_to_people_evidence_code_and_data(world: World, ask: Ask) -> None:
    above = ask("lineage", "models:/fraud@production", at=world.path)["above"]
    found = kinds(above)
    assert found["version"] == {"fraud/1"}
    assert found["person"] == {"ada@example.org", "ben@example.org"}
    assert found["dataset"] == {"transactions", "holdout"}
    assert found["run"] == {"first"}
    assert found["code"] == {world.commit[:12]}
    assert len(found["decision"]) == len(found["evidence"]) == len(found["evaluation"]) == 1
    assert hows(above) >= {"proposed by", "approved with", "proposed with", "registered by", "trained on", "tested on"}


@pytest.mark.parametrize("words", ["models:/fraud/1", "fraud/1", "fraud@production"])
def test_a_version_is_found_by_any_address(words: str, world: World, ask: Ask) -> None:
    found = ask("lineage", words, at=world.path)
    assert "ben@example.org" in kinds(found["above"])["person"]


def test_data_leads_to_every_version_and_the_stage_that_holds_it(world: World, ask: Ask) -> None:
    by_name = ask("lineage", "transactions", at=world.path)
    by_digest = ask("lineage", world.content, at=world.path)
    assert [(each["version"], each["stages"]) for each in by_name["versions"]] == [
        (1, [{"model": "fraud", "stage": "production"}]),
        (2, []),
    ]
    assert [each["version"] for each in by_digest["versions"]] == [1]
    assert by_digest["withdraw"] == [
        f"gitreg withdraw fraud --stage production -m 'It rests on {world.content}.'",
    ]


def test_code_and_runs_lead_to_versions(world: World, ask: Ask) -> None:
    assert [each["version"] for each in ask("lineage", world.commit[:10], at=world.path)["versions"]] == [1, 2]
    assert [each["version"] for each in ask("lineage", f"runs:/{world.run}", at=world.path)["versions"]] == [1]


def test_a_key_leads_to_the_decisions_it_signed(world: World, ask: Ask) -> None:
    people = {each["principal"]: each["keys"] for each in ask("approvers", "list", at=world.path)}
    decision = ask("log", "fraud", at=world.path)[0]["decision"]
    (key,) = people["ben@example.org"]
    as_printed = f"SHA256:{base64.b64encode(bytes.fromhex(key)).decode().rstrip('=')}"
    for words in (key, as_printed, key[:9]):
        found = ask("lineage", words, at=world.path)
        assert found["decisions"] == [decision]
        assert found["versions"][0]["stages"] == [{"model": "fraud", "stage": "production"}]
    assert decision in ask("lineage", "ben@example.org", at=world.path)["decisions"]


def test_bytes_a_decision_and_a_version_are_found_by_digest(world: World, ask: Ask) -> None:
    resolved = ask("resolve", "models:/fraud@production", at=world.path)
    blob = ask("lineage", resolved["artifacts"]["digest"], at=world.path)
    assert "first" in kinds(blob["above"])["run"]
    assert [each["version"] for each in blob["versions"]] == [1]
    assert "ben@example.org" in kinds(ask("lineage", resolved["decision"], at=world.path)["above"])["person"]
    assert ask("lineage", resolved["digest"], at=world.path)["start"][0]["name"] == "fraud/1"


def test_one_file_of_a_models_folder_leads_to_the_versions_that_have_it(world: World, ask: Ask) -> None:
    def versions(content: bytes) -> list[int]:
        digest = f"sha256:{hashlib.sha256(content).hexdigest()}"
        return [each["version"] for each in ask("lineage", digest, at=world.path)["versions"]]

    assert versions(b"Apache") == [1, 2]
    assert versions(b"other weights") == [2]


def test_what_is_withdrawn_is_in_no_stage(world: World, ask: Ask, gitreg: Gitreg) -> None:
    made = ask("withdraw", "fraud", "--stage", "production", "-m", "why", "--key", "../ada.key", at=world.path)
    if made["landed"] is None:
        name = made["proposal"]["id"]
        ask("approve", name, "--key", "../ben.key", at=world.path.parent / "ben")
        ask("merge", name, at=world.path)
    found = ask("lineage", "transactions", at=world.path)
    assert [each["stages"] for each in found["versions"]] == [[], []]
    assert "No stage holds anything of it." in gitreg("lineage", "transactions", "--withdraw", at=world.path).out


def test_withdraw_prints_and_does_nothing(world: World, gitreg: Gitreg) -> None:
    before = head(world)
    told = gitreg("lineage", "transactions", "--withdraw", at=world.path)
    assert "    gitreg withdraw fraud --stage production -m 'It rests on transactions.'" in told.out.splitlines()
    assert head(world) == before


def head(world: World) -> str:
    return subprocess.run(
        ["git", "-C", world.path, "rev-parse", "HEAD"], capture_output=True, text=True, check=True
    ).stdout


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ("nothing", 3),
        ("0123456789", 3),
        ("models:/other/1", 3),
        ("fraud@nowhere", 3),
        ("a:/b", 3),
        ("models:/fraud", 2),
    ],
)
def test_what_is_not_there_is_said(words: str, code: int, world: World, gitreg: Gitreg) -> None:
    told = gitreg("lineage", words, "--json", at=world.path)
    assert told.code == code
    assert json.loads(told.err)["error"]["message"]


def test_the_page_is_a_tree(world: World, gitreg: Gitreg) -> None:
    lines = gitreg("lineage", "fraud@production", at=world.path).out.splitlines()
    assert any(line.startswith("    approved with key") and "ben@example.org" in line for line in lines)
    assert "Comes from" in lines
    assert any(line.split() == ["fraud/1", "production", "-"] for line in lines)


def test_drawings_quote_what_documents_say() -> None:
    found = lineage_of(graph([('a"];x', "b\\")]), "a", ['run:a"];x'])
    assert r'label="run a\"];x"' in dot(found)
    assert "a#34;#93;#59;x" in mermaid(found)


@pytest.mark.parametrize(("form", "first"), [("dot", "digraph lineage {"), ("mermaid", "flowchart LR")])
def test_the_command_line_draws(form: str, first: str, world: World, gitreg: Gitreg) -> None:
    lines = gitreg("lineage", "fraud/1", "--format", form, at=world.path).out.splitlines()
    assert lines[0] == first
    assert any("trained on" in line for line in lines)
