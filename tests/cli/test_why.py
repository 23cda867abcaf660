"""Why a version is where it is, the inventory, and the page of a proposal, as the command line tells them."""

from __future__ import annotations

import csv
import io
import json
import subprocess
from typing import TYPE_CHECKING

import pytest

from tests.cli.test_stories import Team, found

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Ask, Gitreg


@pytest.fixture
def landed(gitreg: Gitreg, ask: Ask, tmp_path: Path, model_folder: Path) -> Path:
    """A version that Ben approved under conditions: Ada's clone."""
    team = Team(gitreg, tmp_path)
    found(team, gitreg, model_folder)
    ada, ben = tmp_path / "ada", tmp_path / "ben"
    made = ask("promote", "fraud", "1", "--to", "production", "-m", "The first.", "--key", "../ada.key", at=ada)
    name = made["proposal"]["id"]
    ask("sync", at=ben)
    asked = ("--condition", "Recalibrate by 2020-03-31.", "--condition", "Tell the board.")
    ask("approve", name, "--key", "../ben.key", *asked, at=ben)
    ask("merge", name, at=ada)
    return ada


def test_why_names_people_keys_and_whether_their_signatures_hold(landed: Path, ask: Ask, gitreg: Gitreg) -> None:
    why = ask("why", "models:/fraud@production", at=landed)
    keys = {each["principal"]: each["keys"] for each in ask("approvers", "list", at=landed)}
    said = {each["person"]: each for each in why["signatures"]}
    assert {person: each["verdict"] for person, each in said.items()} == {
        "ada@example.org": "propose",
        "ben@example.org": "approve",
    }
    assert all(each["holds"] and each["counts"] and each["key"] in keys[person] for person, each in said.items())
    assert (why["version"], why["approved_by"], why["reason"]) == (1, ["ben@example.org"], "The first.")
    assert why["commit"] == ask("log", "fraud", at=landed)[0]["commit"]
    assert why["undo"] == "gitreg withdraw fraud --stage production -m WHY"
    assert [(each["due"], each["overdue"]) for each in why["conditions"]] == [("2020-03-31", True), (None, False)]
    assert (
        "OVERDUE: Recalibrate by 2020-03-31. (ben@example.org)"
        in gitreg("why", "models:/fraud@production", at=landed).out
    )


def test_why_asks_for_a_stage(landed: Path, gitreg: Gitreg) -> None:
    told = gitreg("why", "models:/fraud/1", at=landed)
    assert told.code == 3
    assert "names no stage" in told.err


def test_why_does_not_explain_what_is_not_in_force(landed: Path, gitreg: Gitreg) -> None:
    folder = landed / "models/fraud/stages/production"
    version = folder / "version.json"
    version.write_bytes(version.read_bytes().replace(b'"model"', b'"Model"', 1))
    subprocess.run(["git", "-C", landed, "commit", "-qam", "by hand"], check=True)
    told = gitreg("why", "models:/fraud@production", at=landed)
    assert told.code == 6
    (entry,) = json.loads(gitreg("inventory", "--json", at=landed).out)
    assert "was changed after it landed" in entry["stages"][0]["trouble"]


def test_the_inventory_has_what_is_due_what_waits_and_what_is_held(
    landed: Path, ask: Ask, gitreg: Gitreg, tmp_path: Path
) -> None:
    waiting = ask("withdraw", "fraud", "--stage", "production", "-m", "why", at=landed)["proposal"]["id"]
    (entry,) = ask("inventory", at=landed)
    (stage,) = entry["stages"]
    assert (entry["model"], stage["stage"], stage["version"], stage["unreviewed"]) == ("fraud", "production", 1, False)
    assert stage["approved_by"] == ["ben@example.org"]
    assert [each["overdue"] for each in stage["conditions"]] == [True, False]
    assert entry["proposals"] == [waiting]
    (row,) = csv.DictReader(io.StringIO(gitreg("inventory", "--csv", at=landed).out))
    assert (row["model"], row["next_due"], row["overdue"], row["proposals"]) == ("fraud", "2020-03-31", "yes", waiting)
    page = tmp_path / "inventory.html"
    assert gitreg("inventory", "--html", page, at=landed).out == f"Written to {page}.\n"
    assert "OVERDUE" in page.read_text(encoding="utf-8")
    assert "1 condition overdue" in gitreg("inventory", at=landed).out


def test_a_page_that_cannot_be_written_is_an_error(landed: Path, gitreg: Gitreg, tmp_path: Path) -> None:
    told = gitreg("inventory", "--html", tmp_path / "nowhere/page.html", at=landed)
    assert told.code == 5
    assert "cannot be written: No such file or directory." in told.err


def test_one_person_alone_asks_why(gitreg: Gitreg, ask: Ask, registry: Path, trained: Callable[..., str]) -> None:
    assert ask("inventory", at=registry) == []
    for name in ("first", "second"):
        trained(name)
        ask("register", f"runs:/{name}/model", "--name", "fraud", at=registry)
    ask("promote", "fraud", "1", "--to", "production", "-m", "why", at=registry)
    ask("promote", "fraud", "2", "--to", "production", "-m", "Better.", at=registry)
    why = ask("why", "models:/fraud@production", at=registry)
    assert why["unreviewed"]
    assert why["signatures"] == []
    assert why["undo"] == "gitreg rollback fraud --stage production -m WHY"
    assert "it is unreviewed" in gitreg("why", "models:/fraud@production", at=registry).out
    assert ask("inventory", at=registry)[0]["stages"][0]["unreviewed"]
