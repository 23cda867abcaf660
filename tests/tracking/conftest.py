"""Fixtures of the tracking tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gitreg.tracking.active import PROCESS
from tests.tracking.builders import Clone, machine


@pytest.fixture
def home(tmp_path: Path) -> Path:
    made = tmp_path / "home"
    made.mkdir()
    return made


@pytest.fixture
def clone(tmp_path: Path, home: Path) -> Iterator[Clone]:
    """A registry on its own, open in this process."""
    made = Clone.make(tmp_path / "registry", machine(home))
    yield made
    for run in list(PROCESS._runs):
        PROCESS.leave(run)
        run.recording.journal.close()
    made.store.close()
