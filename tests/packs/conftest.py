"""The command line, a registry with something in production, and its pack."""

from __future__ import annotations

import zipfile
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import ask, gitreg, home, person
from tests.lineage.world import world

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Ask
    from tests.lineage.world import World

__all__ = ["ask", "gitreg", "home", "pack", "person", "world"]


@pytest.fixture
def pack(world: World, ask: Ask, tmp_path: Path) -> Path:
    """A pack with the model's files, unpacked."""
    ask("evidence", "export", "models:/fraud@production", "-o", tmp_path / "pack.zip", "--with-model", at=world.path)
    with zipfile.ZipFile(tmp_path / "pack.zip") as file:
        file.extractall(tmp_path / "pack")
    return tmp_path / "pack"
