"""What `--json` prints is as schemas/cli/ says, for every command that has it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

from tests.cli.conftest import make_key
from tests.cli.test_stories import Team, found

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Ask, Gitreg


def test_runs(gitreg: Gitreg, ask: Ask, registry: Path, trained: Callable[..., str], tmp_path: Path) -> None:
    first, second = trained("first", 0.91, depth=4, label="x"), trained("second", 0.93, depth=8)
    runs = ask("runs", "list", at=registry)
    assert [run["run_id"] for run in runs] == [second, first]
    assert runs[1]["params"] == {"depth": 4, "label": "x"}
    shown = ask("runs", "show", "first", at=registry)
    assert shown["run_id"] == first
    assert shown["outputs"][0]["name"] == "model"
    assert shown["metrics"][0]["value"] == 0.91
    rows = ask("runs", "compare", "first", "second", at=registry)["rows"]
    assert {row["key"]: row["values"] for row in rows if row["kind"] == "param"}["depth"] == [4, 8]
    assert ask("runs", "series", "first", "auc", at=registry)[0]["step"] == 12
    assert [each["path"] for each in ask("artifacts", "list", "first", at=registry)] == ["model/model.bin"]
    fetched = ask("artifacts", "get", "first", "model/model.bin", "-o", tmp_path / "out", at=registry)
    assert fetched["files"][0]["path"] == "model.bin"
    assert ask("runs", "tag", "first", "a=b", at=registry)["tags"] == {"a": "b"}
    assert ask("runs", "note", "first", "hello", at=registry)["note"] == "hello"
    assert ask("runs", "delete", "first", "-m", "why", at=registry)["deleted"] == "why"
    assert [run["run_id"] for run in ask("runs", "list", at=registry)] == [second]
    assert ask("runs", "restore", "first", at=registry)["deleted"] is None
    assert ask("runs", "recover", at=registry) == []
    started = ask("runs", "start", "-e", "churn", "--key", "job", "--parent", "first", at=registry)
    assert started["parent"] == first
    assert ask("runs", "record", started["run_id"], "--metric", "loss=nan", at=registry)["metrics"][0]["value"] == "NaN"
    assert ask("runs", "finish", started["run_id"], "--failed", at=registry)["status"] == "failed"
    assert gitreg("runs", "start", "-e", "churn", "--key", "job", at=registry).out.strip() == started["run_id"]


def test_models_and_decisions_of_one_person(
    ask: Ask, registry: Path, trained: Callable[..., str], tmp_path: Path
) -> None:
    trained("first")
    trained("second")
    version = ask("register", "runs:/first/model", "--name", "fraud", at=registry)
    assert (version["model"], version["version"]) == ("fraud", 1)
    assert ask("register", "runs:/second/model", "--name", "fraud", at=registry)["version"] == 2
    assert ask("describe", "fraud", "text", at=registry)["description"] == "text"
    assert ask("tag", "fraud/1", "a=b", "--remove", "c", at=registry)["tags"] == {"a": "b", "c": None}
    assert ask("alias", "fraud", "champion", "1", at=registry)["version"] == 1
    assert ask("promote", "fraud", "1", "--to", "production", "-m", "why", at=registry)["unreviewed"]
    assert ask("promote", "fraud", "2", "--to", "production", "-m", "why", "--dry-run", at=registry)["landed"] is None
    assert ask("promote", "fraud", "2", "--to", "production", "-m", "why", at=registry)["landed"]
    assert [each["version"] for each in ask("versions", "fraud", at=registry)] == [1, 2]
    assert ask("models", "list", at=registry)[0]["latest"] == 2
    assert ask("models", "show", "fraud", at=registry)["stages"][0]["version"] == 2
    assert ask("resolve", "models:/fraud@production", at=registry)["version"] == 2
    assert ask("resolve", "runs:/first/model", at=registry)["version"] is None
    assert ask("pull", "models:/fraud/1", "-o", tmp_path / "out", at=registry)["files"][0]["path"] == "model.bin"
    assert ask("changes", "HEAD~1..HEAD", at=registry)[0]["after"] == 2
    assert ask("rollback", "fraud", "--stage", "production", "-m", "why", at=registry)["landed"]
    assert ask("holds", "list", at=registry)[0]["version"] == 2
    assert ask("holds", "lift", "fraud", "2", "--stage", "production", "-m", "why", at=registry)["landed"]
    assert ask("holds", "add", "fraud", "2", "--stage", "production", "-m", "why", at=registry)["landed"]
    assert ask("withdraw", "fraud", "--stage", "production", "-m", "why", at=registry)["title"].startswith("fraud")
    assert [each["version"] for each in ask("log", "fraud", at=registry)] == [None, 1, 1, 1, 2, 1]
    assert ask("validate", "--base", "HEAD~1", "--push", at=registry) == []
    assert ask("fsck", at=registry)["documents"] > 0
    assert ask("doctor", at=registry) == []
    assert ask("sync", at=registry)["remote"] is False
    assert ask("status", at=registry)["models"] == 1


def test_rights(ask: Ask, registry: Path) -> None:
    assert ask("rights", "list", at=registry) == []
    docs = ("docs", "--branch", "main", "--path", "docs/**", "--person", "Ada@example.org", "--says", "Ask Ada.")
    assert ask("rights", "add", *docs, at=registry)["landed"]
    (rule,) = ask("rights", "list", at=registry)
    assert (rule["rule"], rule["allowed"], rule["message"]) == ("docs", ["ada@example.org"], "Ask Ada.")
    found = ask("rights", "show", "docs/plan.md", at=registry)
    assert found["main"] == {"everybody": False, "allowed": ["ada@example.org"], "rules": ["docs"]}
    assert found["ledger"]["everybody"]
    assert ask("rights", "remove", "docs", "--dry-run", at=registry)["landed"] is None
    assert ask("rights", "remove", "docs", at=registry)["landed"]
    assert ask("rights", "list", at=registry) == []


def test_a_registry_that_is_made_and_used(ask: Ask, tmp_path: Path) -> None:
    made = ask("init", "registry", "--protect", "production", at=tmp_path)
    assert made["stages"] == {"production": True, "staging": False}
    code = tmp_path / "code"
    subprocess.run(["git", "init", "-q", code], check=True)
    assert ask("use", tmp_path / "registry", at=code)["path"] == str(tmp_path / "registry")
    assert "gitreg.registry" in ask("status", at=code)["registry"]["why"]
    assert "decision-v1" in ask("schema", at=tmp_path)
    assert ask("schema", "decision", at=tmp_path)["type"] == "object"


def test_a_review(gitreg: Gitreg, ask: Ask, tmp_path: Path, model_folder: Path) -> None:
    team = Team(gitreg, tmp_path)
    found(team, gitreg, model_folder)
    ada, ben = tmp_path / "ada", tmp_path / "ben"
    assert [each["principal"] for each in ask("approvers", "list", at=ada)] == ["ada@example.org", "ben@example.org"]
    made = ask("promote", "fraud", "1", "--to", "production", "-m", "why", "--key", "../ada.key", at=ada)
    assert made["landed"] is None
    name = made["proposal"]["id"]
    assert ask("sync", at=ben)["remote"] is True
    assert ask("proposals", "show", name, at=ben)["people"]["missing"] == ["1 approval from any approver"]
    assert ask("approve", name, "--key", "../ben.key", at=ben)["state"] == "approved"
    assert ask("proposals", "list", at=ben)[0]["people"]["approved_by"] == ["ben@example.org"]
    assert ask("validate", "--head", f"proposals/{name}", at=ben) == []
    assert ask("status", at=ben)["proposals"][0]["id"] == name
    landed = ask("merge", name, at=ada)
    assert ask("log", at=ada)[0]["commit"] == landed["landed"]
    again = ask("withdraw", "fraud", "--stage", "production", "-m", "why", at=ada)["proposal"]["id"]
    assert ask("close", again, at=ada)["state"] == "closed"
    make_key(tmp_path, "eve.key")
    other = ask("approvers", "add", "eve@example.org", "--key", "../eve.key.pub", "--sign", "../ada.key", at=ada)
    assert other["proposal"]["people"]["signed_by_proposer"]
