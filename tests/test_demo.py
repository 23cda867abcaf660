"""The main job, whole: from an empty folder to a rolled-back model and a log that says how."""

from __future__ import annotations

import subprocess
import sys
from pathlib import Path

import pytest

DEMO = Path(__file__).parents[1] / "examples/demo.py"


@pytest.mark.timeout(300)
def test_the_demo_does_what_it_says(tmp_path: Path) -> None:
    done = subprocess.run(
        [sys.executable, DEMO, tmp_path / "demo"], cwd=tmp_path, capture_output=True, text=True, check=False
    )
    assert done.returncode == 0, done.stdout[-4000:] + done.stderr[-2000:]
    for said in ("all the same as in training", 'Good "gitreg-approval-v1" signature for ben@example.org', "Try:"):
        assert said in done.stdout


def test_the_demo_leaves_a_folder_alone_that_it_did_not_make(tmp_path: Path) -> None:
    (tmp_path / "precious").touch()
    done = subprocess.run([sys.executable, DEMO, tmp_path], capture_output=True, text=True, check=False)
    assert done.returncode == 1
    assert "not empty" in done.stderr
    assert (tmp_path / "precious").exists()
