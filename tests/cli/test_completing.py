"""Shells complete commands, runs, models and stages, and are silent where there is nothing to offer."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from click.shell_completion import BashComplete

from gitreg.cli import make_root

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Gitreg


def offered(*words: str, incomplete: str = "") -> list[str]:
    shell = BashComplete(make_root(), {}, "gitreg", "_GITREG_COMPLETE")
    return [item.value for item in shell.get_completions([*words], incomplete)]


def test_commands_are_completed() -> None:
    assert "show" in offered("runs")
    assert offered(incomplete="prop") == ["proposals"]
    assert offered("no-such-thing") != ["show"]


def test_runs_models_and_stages_of_the_registry_are_completed(registry: Path, trained: Callable[..., str]) -> None:
    run_id = trained("brave-otter")
    at = ("-C", str(registry))
    assert offered(*at, "runs", "show", incomplete="brave") == ["brave-otter"]
    assert offered(*at, "runs", "show", incomplete=run_id[-8:-4]) == [run_id[-8:]]
    assert "@last" in offered(*at, "runs", "show")


def test_models_are_completed(registry: Path, gitreg: Gitreg, trained: Callable[..., str]) -> None:
    trained("brave-otter")
    gitreg("register", "runs:/@last/model", "--name", "fraud", at=registry)
    assert offered("-C", str(registry), "models", "show", incomplete="fr") == ["fraud"]


def test_without_a_registry_nothing_is_offered_and_nothing_said(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(tmp_path)
    monkeypatch.setenv("HOME", str(tmp_path))
    assert offered("runs", "show", incomplete="br") == []
    assert capsys.readouterr() == ("", "")


@pytest.mark.parametrize("shell", ["bash", "zsh", "fish"])
def test_each_shell_is_told_what_it_needs(gitreg: Gitreg, tmp_path: Path, shell: str) -> None:
    told = gitreg("completion", shell, at=tmp_path)
    assert told.code == 0
    assert "_GITREG_COMPLETE" in told.out


def test_bash_completes_by_what_it_was_told(tmp_path: Path) -> None:
    """The shell itself, with the program as it is installed."""
    body = (
        'eval "$(gitreg completion bash)"; COMP_WORDS=(gitreg runs che); COMP_CWORD=2; _gitreg_completion gitreg; '
        'echo "${COMPREPLY[@]}"'
    )
    path = os.pathsep.join([str(Path(sys.executable).parent), os.environ["PATH"]])
    environ = {"PATH": path, "HOME": str(tmp_path)}
    done = subprocess.run(["bash", "-c", body], env=environ, capture_output=True, text=True, check=False, cwd=tmp_path)
    assert (done.stdout, done.stderr) == ("checkpoints\n", "")
