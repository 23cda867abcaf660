"""Whole days at the terminal, as golden transcripts (GOLDEN=update make unit PYTEST_ARGS=tests/cli)."""

from __future__ import annotations

import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import Key, make_key
from tests.cli.transcript import Transcript

if TYPE_CHECKING:
    from tests.cli.conftest import Ask, Gitreg


def test_a_person_alone_goes_from_nothing_to_production_and_back(
    gitreg: Gitreg, tmp_path: Path, model_folder: Path
) -> None:
    story = Transcript(gitreg, tmp_path)
    story.run("init registry", tmp_path)
    here = tmp_path / "registry"
    (model_folder / "notes.txt").write_text("hello", encoding="utf-8")
    for name, depth, auc in (("first", 4, 0.91), ("second", 8, 0.93)):
        story.run(f"runs start -e churn --name {name}", here)
        story.run(
            f"runs record {name} --param depth={depth} --param seed=1 --metric auc={auc}@12 --tag team=risk", here
        )
        story.run(f"runs record {name} --model ../made --artifact ../made/notes.txt", here)
        story.run("status", here)
        story.run(f"runs finish {name}", here)
    story.run("runs list -e churn", here)
    story.run("runs show second", here)
    story.run("runs compare first second", here)
    story.run("runs tag second checked=yes --remove team", here)
    story.run("runs note second 'Deeper is better.'", here)
    story.run("runs delete first -m 'too shallow'", here)
    story.run("runs list", here)
    story.run("runs restore first", here)
    story.run("artifacts list second", here)
    story.run("artifacts get second notes.txt -o ../fetched", here)
    story.run("register runs:/first/model --name fraud", here)
    story.run("register runs:/second/model --name fraud -m 'For the pilot.'", here)
    story.run("describe fraud 'Scores card payments.'", here)
    story.run("tag fraud/2 audited=yes", here)
    story.run("alias fraud champion 2", here)
    story.run("versions fraud", here)
    story.run("promote fraud 1 --to production -m 'The first.' --dry-run", here)
    story.run("promote fraud 1 --to production -m 'The first.'", here)
    story.run("promote fraud 2 --to production -m 'Better.'", here)
    story.run("models list", here)
    story.run("models show fraud", here)
    story.run("resolve models:/fraud@production", here)
    story.run("pull models:/fraud@champion -o ../pulled", here)
    story.run("changes HEAD~1..HEAD", here)
    story.run("rollback fraud --stage production -m 'It drifted.'", here)
    story.run("holds list", here)
    story.run("promote fraud 2 --to production -m 'Again.'", here, code=6)
    story.run("holds lift fraud 2 --stage production -m 'Retested.'", here)
    story.run("withdraw fraud --stage production -m 'The data was wrong.'", here)
    story.run("resolve models:/fraud@production", here, code=3)
    story.run("log fraud", here)
    story.run("doctor", here)
    story.run("sync", here)
    story.check("alone")
    assert (tmp_path / "pulled/model.bin").read_bytes() == b"weights"
    assert (tmp_path / "fetched/notes.txt").read_text(encoding="utf-8") == "hello"


class Team:
    """A bare origin, and a clone and a key for each of two people."""

    def __init__(self, gitreg: Gitreg, root: Path) -> None:
        self.story = Transcript(gitreg, root)
        self.root = root
        self.keys: dict[str, Key] = {}
        self.story.run("init origin.git --bare --ci bare --protect production", root)
        for name in ("ada", "ben"):
            self._join(name)

    def _join(self, name: str) -> None:
        clone = self.root / name
        subprocess.run(["git", "clone", "-q", self.root / "origin.git", clone], check=True)
        for key, value in (("user.name", name.capitalize()), ("user.email", f"{name}@example.org")):
            subprocess.run(["git", "-C", clone, "config", key, value], check=True)
        self.keys[name] = make_key(self.root, f"{name}.key")

    def run(self, who: str, line: str, *, code: int = 0) -> None:
        """One of them types a line."""
        self.story.run(line, self.root / who, code=code)


@pytest.fixture
def team(gitreg: Gitreg, tmp_path: Path) -> Team:
    return Team(gitreg, tmp_path)


def found(team: Team, gitreg: Gitreg, model_folder: Path) -> None:
    """People, and one registered version."""
    del gitreg
    team.run("ada", "approvers add ada@example.org --key ../ada.key.pub --group leads")
    team.run("ada", "approvers add ben@example.org --key ../ben.key.pub --group leads")
    team.run("ada", "runs start -e churn --name first")
    team.run("ada", f"runs record first --metric auc=0.91@12 --model ../{model_folder.name}")
    team.run("ada", "runs finish first")
    team.run("ada", "register runs:/first/model --name fraud")


def test_two_people_review_a_promotion(team: Team, gitreg: Gitreg, ask: Ask, model_folder: Path) -> None:
    found(team, gitreg, model_folder)
    team.run("ada", "approvers list")
    team.run("ada", "promote fraud 1 --to production -m 'The first.'")
    (proposal,) = ask("proposals", "list", at=team.root / "ada")
    name = proposal["id"]
    team.run("ada", f"approve {name} --key ../ada.key")
    team.run("ada", f"merge {name}", code=6)
    team.run("ben", "sync")
    team.run("ben", "proposals list")
    team.run("ben", f"proposals show {name}")
    team.run("ben", f"approve {name} --key ../ben.key --decision 0123", code=6)
    team.run("ben", f"approve {name} --key ../ben.key -m 'I read it.' --condition 'Watch it for a week.'")
    team.run("ada", f"merge {name}")
    team.run("ada", f"proposals show {name}")
    team.run("ben", "sync")
    team.run("ben", "resolve models:/fraud@production")
    team.run("ben", "log")
    team.run("ben", "status")
    team.story.check("review")


def test_a_rejection_blocks_until_it_is_taken_back(team: Team, gitreg: Gitreg, ask: Ask, model_folder: Path) -> None:
    found(team, gitreg, model_folder)
    team.run("ada", "promote fraud 1 --to production -m 'The first.' --key ../ada.key")
    name = ask("proposals", "list", at=team.root / "ada")[0]["id"]
    team.run("ben", "sync")
    team.run("ben", f"reject {name} --key ../ben.key -m 'The test set leaked.'")
    team.run("ada", "sync")
    team.run("ada", f"merge {name}", code=6)
    team.run("ada", "proposals list")
    team.run("ada", f"close {name}")
    team.run("ada", f"merge {name}", code=4)
    team.run("ada", "proposals list")
    team.run("ada", "proposals list --all")
    team.story.check("rejection")
