"""Plain git in a registry's clone: what it commits is checked, what it merges and diffs is told in our terms."""

from __future__ import annotations

import json
import os
import shutil
import subprocess
import sys
from pathlib import Path

import pytest

from gitreg import _open
from gitreg._registry import Registry, install_commit_hooks, set_up_git
from gitreg.errors import AlreadyExists
from gitreg.surroundings import Surroundings
from tests.e2e.clerk import Clerk


def git(*words: str | Path, at: Path) -> subprocess.CompletedProcess[str]:
    person = {f"GIT_{role}_{key}": "ada@example.org" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environ = {"PATH": path, "HOME": str(at), "GIT_CONFIG_GLOBAL": "/dev/null", "PYTHONWARNINGS": "error", **person}
    return subprocess.run(["git", *words], cwd=at, env=environ, capture_output=True, text=True, check=False)


def does(*words: str | Path, at: Path) -> str:
    done = git(*words, at=at)
    assert done.returncode == 0, done.stdout + done.stderr
    return done.stdout


@pytest.fixture(scope="module")
def built(tmp_path_factory: pytest.TempPathFactory) -> Clerk:
    """Somebody with a registry whose model has three versions, the first in production."""
    tmp_path = tmp_path_factory.mktemp("built")
    clerk = Clerk.of("ada", tmp_path / "home", tmp_path)
    clerk.does("init", "registry")
    there = clerk.at(tmp_path / "registry")
    (tmp_path / "model").mkdir()
    for number in (1, 2, 3):
        (tmp_path / "model/weights.bin").write_bytes(bytes([number]))
        there.does("runs", "start", "--name", f"run-{number}")
        there.does("runs", "record", f"run-{number}", "--model", "../model")
        there.does("runs", "finish", f"run-{number}")
        there.does("register", f"runs:/run-{number}/model", "--name", "fraud")
    there.does("promote", "fraud", "1", "--to", "production", "-m", "The first.")
    return there


@pytest.fixture
def clerk(built: Clerk, tmp_path: Path) -> Clerk:
    """The same person at a registry of this test's own."""
    shutil.copytree(built.folder, tmp_path / "registry")
    return built.at(tmp_path / "registry")


def open_at(folder: Path) -> Registry:
    return _open.open_registry(folder, surroundings=Surroundings.of_process())


# Commits by hand


def hooked(clerk: Clerk) -> Path:
    with open_at(clerk.folder) as registry:
        install_commit_hooks(registry.store)
    return clerk.folder


def test_a_document_that_is_broken_is_not_committed(clerk: Clerk) -> None:
    here = hooked(clerk)
    decision = here / "models/fraud/stages/production/decision.json"
    decision.write_text(decision.read_text().replace("The first.", "Another."))
    does("add", ".", at=here)

    refused = git("commit", "-m", "by hand", at=here)

    assert refused.returncode == 1
    assert "models/fraud/stages/production" in refused.stderr
    assert "by hand" not in does("log", "--format=%s", at=here)


def test_a_merge_is_judged_before_it_is_a_commit(clerk: Clerk) -> None:
    here = hooked(clerk)
    does("switch", "--quiet", "--create", "ours", at=here)
    (here / "notes.md").write_text("Notes.\n")
    does("add", "notes.md", at=here)
    does("commit", "-m", "notes", at=here)
    does("switch", "--quiet", "--create", "bad", at=here)
    (here / "gitreg.json").write_text("{}\n")
    does("add", ".", at=here)
    does("commit", "--no-verify", "-m", "by hand", at=here)
    does("switch", "--quiet", "main", at=here)

    does("merge", "--no-ff", "-m", "merged", "ours", at=here)
    refused = git("merge", "--no-ff", "-m", "merged badly", "bad", at=here)

    assert refused.returncode == 1
    assert "gitreg.json" in refused.stderr
    assert does("log", "-1", "--format=%s", at=here) == "merged\n"


@pytest.mark.parametrize("other", ["pre-commit", "pre-merge-commit"])
def test_none_is_written_where_one_is_anothers(clerk: Clerk, other: str) -> None:
    hooks = clerk.folder / ".git/hooks"
    hooks.mkdir(exist_ok=True)
    (hooks / other).write_text("#!/bin/sh\n")

    with open_at(clerk.folder) as registry, pytest.raises(AlreadyExists, match="another hook"):
        install_commit_hooks(registry.store)

    assert [each.name for each in hooks.iterdir() if not each.name.endswith(".sample")] == [other]
    assert (hooks / other).read_text() == "#!/bin/sh\n"


def test_what_is_the_peoples_own_is_committed_as_ever(clerk: Clerk) -> None:
    here = hooked(clerk)
    (here / "README.md").write_text("Ours.\n")
    (here / "notes.md").write_text("Notes.\n")
    does("add", "README.md", at=here)
    does("commit", "-m", "readme", at=here)
    does("add", "notes.md", at=here)
    does("commit", "-m", "notes", at=here)

    assert does("log", "-2", "--format=%s", at=here) == "notes\nreadme\n"


def test_a_commit_of_some_paths_is_judged_by_those_alone(clerk: Clerk) -> None:
    here = hooked(clerk)
    (here / "README.md").write_text("Ours.\n")
    settings = here / "gitreg.json"
    settings.write_text("{}\n")
    does("add", ".", at=here)

    does("commit", "-m", "only the readme", "--", "README.md", at=here)

    assert git("commit", "-m", "the settings", at=here).returncode == 1


def test_the_hook_says_what_ci_would_say(clerk: Clerk) -> None:
    here = hooked(clerk)
    decision = here / "models/fraud/stages/production/decision.json"
    decision.write_text(decision.read_text().replace("The first.", "Another."))
    does("add", ".", at=here)
    said = git("commit", "-m", "by hand", at=here).stderr
    does("commit", "--no-verify", "-m", "by hand", at=here)

    judged = clerk.run("validate", "--push", "--base", "HEAD~1", "--head", "HEAD")

    assert judged.code == 1
    assert judged.out.splitlines()[0] in said


def test_the_frameworks_hook_calls_the_same_command() -> None:
    yaml = (Path(__file__).parents[2] / ".pre-commit-hooks.yaml").read_text()

    assert "entry: gitreg -C . hook pre-commit" in yaml


# Merge and diff


@pytest.fixture
def two_sides(clerk: Clerk) -> Path:
    """Main has version 2 in production, the branch `other` has version 3: both made on version 1."""
    here = clerk.folder
    with open_at(here) as registry:
        set_up_git(registry.store)
    does("branch", "other", at=here)
    clerk.does("promote", "fraud", "2", "--to", "production", "-m", "Better.")
    does("branch", "two", at=here)
    does("reset", "--hard", "--quiet", "other", at=here)
    clerk.does("promote", "fraud", "3", "--to", "production", "-m", "Best.")
    return here


def test_git_diff_and_log_tell_a_decision(two_sides: Path) -> None:
    assert "fraud: production 1 -> 3" in does("diff", "HEAD~1", "HEAD", at=two_sides)
    told = does("log", "-1", "-p", at=two_sides)
    assert "-fraud: production -> 1" in told
    assert "+fraud: production -> 3" in told
    assert "+  Best." in told


def test_two_decisions_about_one_stage_conflict_in_words(two_sides: Path) -> None:
    merged = git("merge", "--no-edit", "two", at=two_sides)

    assert merged.returncode == 1
    said = merged.stdout + merged.stderr
    assert "two decisions for models/fraud/stages/production, and only one can stand" in said
    assert "ours:   fraud: production 1 -> 3" in said
    assert "theirs: fraud: production 1 -> 2" in said
    assert "Better." in said
    decision = json.loads((two_sides / "models/fraud/stages/production/decision.json").read_text())
    assert decision["reason"] == "Best."


def test_plain_git_merges_the_ledger_by_its_rule(clerk: Clerk, tmp_path: Path) -> None:
    here, there = clerk.folder, tmp_path / "there"
    does("clone", "--quiet", here, there, at=tmp_path)
    does("fetch", "--quiet", "origin", "ledger:ledger", at=there)
    does("remote", "remove", "origin", at=there)
    clerk.does("alias", "fraud", "champion", "~" + _digest(clerk, 1))
    clerk.at(there).does("alias", "fraud", "champion", "~" + _digest(clerk, 2))
    with open_at(here) as registry:
        set_up_git(registry.store)
    does("fetch", "--quiet", there, "ledger:theirs", at=here)
    does("switch", "--quiet", "ledger", at=here)

    does("merge", "--no-edit", "theirs", at=here)

    rule = json.loads(does("show", "HEAD:aliases/fraud/champion.json", at=here))
    sides = [json.loads(does("show", f"HEAD^{n}:aliases/fraud/champion.json", at=here)) for n in (1, 2)]
    assert rule == max(sides, key=lambda side: (side["rev"], side["writer"]))


def _digest(clerk: Clerk, number: int) -> str:
    with open_at(clerk.folder) as registry:
        return str(registry.models.version(f"fraud/{number}").digest.short[:8])


def test_files_that_are_no_documents_are_merged_as_text(clerk: Clerk) -> None:
    here = clerk.folder
    with open_at(here) as registry:
        set_up_git(registry.store)
    notes = here / "runs/notes.md"
    notes.parent.mkdir()
    notes.write_text("one\ntwo\nthree\n")
    does("add", ".", at=here)
    does("commit", "-m", "notes", at=here)
    does("branch", "other", at=here)
    notes.write_text("ONE\ntwo\nthree\n")
    does("commit", "-am", "upper", at=here)
    does("switch", "--quiet", "other", at=here)
    notes.write_text("one\ntwo\nTHREE\n")
    does("commit", "-am", "lower", at=here)

    does("merge", "--no-edit", "main", at=here)

    assert notes.read_text() == "ONE\ntwo\nTHREE\n"


def test_setting_up_twice_is_once_and_leaves_other_lines(clerk: Clerk) -> None:
    attributes = clerk.folder / ".git/info/attributes"
    attributes.parent.mkdir(exist_ok=True)
    attributes.write_text("*.bin -diff\n")
    for _ in range(2):
        with open_at(clerk.folder) as registry:
            set_up_git(registry.store)

    lines = attributes.read_text().splitlines()
    assert lines[0] == "*.bin -diff"
    assert len(lines) == len(set(lines))
    assert does("config", "--get-all", "merge.gitreg.driver", at=clerk.folder).count("\n") == 1
