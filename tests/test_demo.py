"""The main job, whole: from an empty folder to a rolled-back model and a log that says how."""

from __future__ import annotations

import os
import subprocess
import sys
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[1] / "examples/demo.py"


GOOD = 'Good "gitreg-approval-v1" signature for ben@example.org'


def path_without(program: str, folder: Path) -> str:
    """A folder with a link to everything on PATH but that."""
    folder.mkdir()
    for place in os.environ["PATH"].split(os.pathsep):
        for file in Path(place).glob("*"):
            if file.name != program and not (folder / file.name).is_symlink():
                (folder / file.name).symlink_to(file)
    return str(folder)


def demo(tmp_path: Path, path: str) -> str:
    done = subprocess.run(
        [sys.executable, DEMO, tmp_path / "demo"],
        cwd=tmp_path,
        env={**os.environ, "PATH": path},
        capture_output=True,
        text=True,
        check=False,
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    for said in ("all the same as in training", "Try:"):
        assert said in done.stdout
    return done.stdout


@pytest.mark.timeout(300)
def test_the_demo_does_what_it_says_and_needs_no_openssh(tmp_path: Path) -> None:
    said = demo(tmp_path, path_without("ssh-keygen", tmp_path / "bin"))
    assert "Left out: there is no ssh-keygen on this machine" in said
    assert GOOD not in said


@pytest.mark.slow
@pytest.mark.timeout(300)
@pytest.mark.usefixtures("openssh")
def test_the_demo_has_an_approval_checked_by_openssh(tmp_path: Path) -> None:
    said = demo(tmp_path, os.environ["PATH"])
    assert GOOD in said
    assert "Left out" not in said


def test_the_demo_leaves_a_folder_alone_that_it_did_not_make(tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    done = subprocess.run([sys.executable, DEMO, tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "not empty" in done.stderr
    assert (tmp_path / "precious").exists()
