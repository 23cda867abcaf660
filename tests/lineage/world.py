"""A registry with everything in it that others ask about: data, code, a run, two approvals, an evaluation."""

from __future__ import annotations

import shutil
import subprocess
from typing import TYPE_CHECKING, NamedTuple

import pytest

import gitreg
from tests.cli.test_stories import Team

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Ask, Gitreg

CARD = '{"schema":"gitreg/model/v1","name":"fraud","owner":"ada@example.org","use":"Scores <b>card</b> payments.",'
CARD += '"tier":"high","licence":"Apache-2.0"}'


class World(NamedTuple):
    """Ada's clone, in which fraud/1 was approved by Ben and stands in production, and fraud/2 stands nowhere."""

    path: Path
    run: str
    content: str
    """The digest of what it was trained on."""
    commit: str
    """Of the code that trained."""


def trained(clone: Path, folder: Path, name: str) -> tuple[str, str]:
    """Record a run from the repository we are in: its id, and the digest of what it was trained on."""
    with gitreg.open(clone) as registry:
        run = registry.start_run("churn", name=name, tags={"team": "risk"})
        run.log_params({"depth": 4})
        use = run.log_dataset("transactions", f"a,b\n{name},2\n".encode(), role="train")
        test = run.log_dataset("holdout", b"a,b\n3,4\n", role="test")
        assert use is not None
        assert test is not None
        run.log_evaluation(test, [0.2, 0.8, 0.6, 0.4], [0, 1, 1, 0], task="binary")
        run.log_model(folder)
        run.finish()
        return run.run_id, use.digest


def code_repository(at: Path) -> str:
    """A repository of code with one commit: its id."""
    for words in (
        ["init", "-q", str(at)],
        ["-C", str(at), "config", "user.email", "ada@example.org"],
        ["-C", str(at), "config", "user.name", "Ada"],
        ["-C", str(at), "commit", "-q", "--allow-empty", "-m", "train"],
    ):
        subprocess.run(["git", *words], check=True)
    done = subprocess.run(["git", "-C", at, "rev-parse", "HEAD"], check=True, capture_output=True, text=True)
    return done.stdout.strip()


def build(gitreg: Gitreg, ask: Ask, root: Path, monkeypatch: pytest.MonkeyPatch) -> World:
    """The world below `root`, which takes seconds."""
    team = Team(gitreg, root)
    ada, ben, folder = root / "ada", root / "ben", root / "made"
    folder.mkdir()
    (folder / "model.bin").write_bytes(b"weights")
    (folder / "LICENSE").write_text("Apache", encoding="utf-8")
    team.run("ada", "approvers add ada@example.org --key ../ada.key.pub --group leads")
    (ada / "models/fraud").mkdir(parents=True)
    (ada / "models/fraud/model.json").write_text(CARD, encoding="utf-8")
    team.run("ada", "govern models/fraud/model.json -m 'Who answers for it.'")
    team.run("ada", "approvers add ben@example.org --key ../ben.key.pub --group leads")
    commit = code_repository(root / "code")
    monkeypatch.chdir(root / "code")
    first, content = trained(ada, folder, "first")
    (folder / "model.bin").write_bytes(b"other weights")
    trained(ada, folder, "second")
    for name in ("first", "second"):
        ask("register", f"runs:/{name}/model", "--name", "fraud", at=ada)
    made = ask("promote", "fraud", "1", "--to", "production", "-m", "The first.", "--key", "../ada.key", at=ada)
    name = made["proposal"]["id"]
    ask("sync", at=ben)
    ask("approve", name, "--key", "../ben.key", "--condition", "Recalibrate by 2030-03-31.", at=ben)
    ask("merge", name, at=ada)
    return World(ada, first, content, commit)


_BUILT: list[World] = []
"""Built once a process; every test gets a copy."""


@pytest.fixture
def world(
    gitreg: Gitreg,
    ask: Ask,
    tmp_path: Path,
    tmp_path_factory: pytest.TempPathFactory,
    monkeypatch: pytest.MonkeyPatch,
) -> World:
    if not _BUILT:
        _BUILT.append(build(gitreg, ask, tmp_path_factory.mktemp("world"), monkeypatch))
    root = tmp_path / "world"
    shutil.copytree(_BUILT[0].path.parent, root, symlinks=True)
    for name in ("ada", "ben"):
        subprocess.run(["git", "-C", root / name, "config", "remote.origin.url", root / "origin.git"], check=True)
    return _BUILT[0]._replace(path=root / "ada")
