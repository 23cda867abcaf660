"""`-m` on every command that writes: what a person says is found in `git log`."""

from __future__ import annotations

import subprocess
import sys
from typing import TYPE_CHECKING

import click
import pytest

from gitreg.cli import make_root
from gitreg.cli.catalogue import COMMANDS
from tests.cli.conftest import make_key
from tests.cli.test_stories import Team, found

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Ask, Gitreg

KILLED = "import gitreg, os; gitreg.start_run('churn', name='killed').log_metric('auc', 0.9); os.kill(os.getpid(), 9)"

DOCS = ("docs", "--branch", "main", "--path", "docs/**", "--person", "ada@example.org")

READING = {
    "completion",
    "hook diff",
    "hook merge",
    "hook pre-commit",
    "hook textconv",
    "artifacts get",
    "artifacts list",
    "approvers list",
    "as-of",
    "audit verify",
    "bisect",
    "blame",
    "changes",
    "checks list",
    "data diff",
    "data get",
    "data list",
    "data show",
    "deployments list",
    "diff",
    "erased",
    "evaluations list",
    "evidence export",
    "export mlflow",
    "fsck",
    "holds list",
    "inventory",
    "hook pre-receive",
    "lineage",
    "lock",
    "log",
    "policy check",
    "policy diff",
    "policy test",
    "models list",
    "models show",
    "proposals comment",
    "proposals list",
    "proposals show",
    "protect",
    "pull",
    "resolve",
    "rights list",
    "rights show",
    "runs checkpoints",
    "runs compare",
    "runs list",
    "runs logs",
    "runs search",
    "runs series",
    "runs show",
    "schema",
    "sets list",
    "sets show",
    "status",
    "top",
    "validate",
    "versions list",
    "versions search",
    "why",
}
SETTING_UP = {"git-setup", "hook install", "spool init", "doctor", "policy example", "proposals adopt", "use"}
"""They write git's configuration, the user's own, or a branch onto commits that are there: none that could say why."""


class Writer:
    """Calls a command with a message of its own, and looks for that in the history afterwards."""

    def __init__(self, gitreg: Gitreg) -> None:
        self._gitreg = gitreg
        self._count = 0

    def says(self, *words: str | Path, at: Path, kept: Path | None = None) -> None:
        """`kept` is where the history is, if not where the command is called."""
        self._count += 1
        why = f"reason {self._count} for {words[0]}."
        told = self._gitreg(*words, "-m", why, at=at)
        assert told.code == 0, told.err
        assert why in git_log(kept or at)


def git_log(at: Path) -> str:
    """Every commit's message, of every ref."""
    done = subprocess.run(["git", "-C", at, "log", "--all", "--format=%B"], capture_output=True, text=True, check=True)
    return done.stdout


@pytest.fixture
def writer(gitreg: Gitreg) -> Writer:
    return Writer(gitreg)


@pytest.fixture
def team(gitreg: Gitreg, tmp_path: Path) -> Team:
    return Team(gitreg, tmp_path)


def has_message(path: str) -> bool:
    found: click.Command = make_root()
    for word in path.split():
        assert isinstance(found, click.Group)
        command = found.get_command(click.Context(found), word)
        assert command is not None
        found = command
    return any("-m" in each.opts for each in found.params)


def test_each_command_that_writes_takes_a_message_and_no_other_does() -> None:
    without = {entry.path for entry in COMMANDS if not has_message(entry.path)}
    assert without == READING | SETTING_UP


def test_what_is_said_of_facts_stands_in_the_log(writer: Writer, gitreg: Gitreg, tmp_path: Path) -> None:
    here = tmp_path / "registry"
    (tmp_path / "made").mkdir()
    (tmp_path / "made/model.bin").write_bytes(b"weights")
    writer.says("init", "registry", at=tmp_path, kept=here)
    writer.says("runs", "start", "--name", "first", at=here)
    writer.says("runs", "record", "first", "--model", "../made", at=here)
    writer.says("runs", "finish", "first", at=here)
    writer.says("runs", "tag", "first", "team=risk", at=here)
    writer.says("runs", "note", "first", at=here)
    writer.says("runs", "delete", "first", at=here)
    writer.says("runs", "restore", "first", at=here)
    subprocess.run([sys.executable, "-c", KILLED], cwd=here, check=False)
    writer.says("runs", "recover", at=here)
    told = gitreg("run", "-m", "because of run", "--", sys.executable, "-c", "pass", at=here)
    assert told.code == 0
    assert "because of run" in git_log(here)
    writer.says("register", "runs:/first/model", "--name", "fraud", at=here)
    writer.says("describe", "fraud", "Scores payments.", at=here)
    writer.says("tag", "fraud/1", "audited=yes", at=here)
    writer.says("alias", "fraud", "champion", "1", at=here)
    writer.says("data", "add", "../made/model.bin", at=here)
    writer.says("data", "describe", "model", "Weights.", at=here)
    writer.says("data", "tag", "model", "audited=yes", at=here)


def test_a_message_stands_below_the_subject_which_stays_as_it_is(
    gitreg: Gitreg, trained: Callable[..., str], registry: Path
) -> None:
    trained("first")
    gitreg("register", "runs:/first/model", "--name", "fraud", at=registry)
    gitreg("tag", "fraud/1", "audited=yes", "-m", "Eve looked.", at=registry)
    assert git_log(registry).startswith("fraud 1: tagged audited=yes\n\nEve looked.\n")


def test_what_is_said_of_decisions_stands_in_the_log(
    writer: Writer, team: Team, gitreg: Gitreg, ask: Ask, model_folder: Path
) -> None:
    ada, ben = team.root / "ada", team.root / "ben"
    found(team, gitreg, model_folder)
    team.run("ada", "runs start -e churn --name second")
    team.run("ada", "runs record second --model ../made")
    team.run("ada", "runs finish second")
    team.run("ada", "register runs:/second/model --name fraud")
    writer.says("promote", "fraud", "1", "--to", "staging", at=ada)
    writer.says("promote", "fraud", "2", "--to", "staging", at=ada)
    writer.says("rollback", "fraud", "--stage", "staging", at=ada)
    writer.says("holds", "lift", "fraud", "2", "--stage", "staging", at=ada)
    writer.says("holds", "add", "fraud", "2", "--stage", "staging", at=ada)
    writer.says("withdraw", "fraud", "--stage", "staging", at=ada)

    writer.says("promote", "fraud", "1", "--to", "production", "--key", "../ada.key", at=ada)
    name = only_proposal(ask, ada)
    team.run("ben", "sync")
    writer.says("reject", name, "--key", "../ben.key", at=ben)
    writer.says("approve", name, "--key", "../ben.key", at=ben)
    writer.says("merge", name, at=ada)
    writer.says("withdraw", "fraud", "--stage", "production", at=ada)
    writer.says("close", only_proposal(ask, ada), at=ada)


def test_what_is_said_of_people_and_rules_stands_in_the_log(
    writer: Writer, team: Team, gitreg: Gitreg, ask: Ask, model_folder: Path
) -> None:
    ada = team.root / "ada"
    found(team, gitreg, model_folder)
    eve = make_key(team.root, "eve.key")
    writer.says("approvers", "add", "eve@example.org", "--key", eve.public, "--sign", "../ada.key", at=ada)
    name = only_proposal(ask, ada)
    team.run("ben", "sync")
    team.run("ben", f"approve {name} --key ../ben.key")
    team.run("ada", f"merge {name}")
    writer.says("approvers", "remove", "eve@example.org", "--sign", "../ada.key", at=ada)
    (ada / ".github").mkdir()
    (ada / ".github/x.yml").write_text("on: push\n", encoding="utf-8")
    writer.says("govern", "--key", "../ada.key", at=ada)
    writer.says("audit", "checkpoint", "--key", "../ada.key", at=ada)


def test_what_is_said_of_rights_stands_in_the_log(writer: Writer, registry: Path) -> None:
    writer.says("rights", "add", *DOCS, at=registry)
    writer.says("rights", "remove", "docs", at=registry)


def only_proposal(ask: Ask, at: Path) -> str:
    (view,) = ask("proposals", "list", at=at)
    return str(view["id"])


def test_what_is_said_of_a_sync_stands_in_the_log_that_all_share(
    writer: Writer, team: Team, gitreg: Gitreg, model_folder: Path
) -> None:
    found(team, gitreg, model_folder)
    origin, away = team.root / "origin.git", team.root / "away.git"
    origin.rename(away)
    team.run("ben", "runs start -e churn --name alone")
    team.run("ben", "runs finish alone")
    away.rename(origin)
    writer.says("sync", at=team.root / "ben", kept=origin)
