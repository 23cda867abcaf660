"""Two hundred kills at random moments: the law of tests/tracking/test_kill.py at the size of `make stress`."""

from __future__ import annotations

import random
import subprocess
from pathlib import Path

import pytest

from tests.tracking.builders import Clone, machine
from tests.tracking.killing import kill_once

pytestmark = pytest.mark.stress
KILLS = 200


def test_two_hundred_kills_lose_nothing_and_block_nothing(tmp_path: Path) -> None:
    home = tmp_path / "home"
    home.mkdir()
    clone = Clone.make(tmp_path / "registry", machine(home))
    chance = random.Random(0)  # noqa: S311 - moments, not secrets
    for _ in range(KILLS):
        kill_once(clone, chance)
    with clone.tracker.start_run() as run:
        run.log_metric("still", 1)
    assert clone.runs.get(run.run_id).status == "finished"
    done = subprocess.run(["git", "-C", str(clone.store.path), "fsck", "--strict"], capture_output=True, check=False)
    assert done.returncode == 0, done.stderr
