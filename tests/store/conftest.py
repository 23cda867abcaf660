"""Fixtures of the store's tests."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitreg.store import Store
from tests.store.builders import surroundings

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gitreg.surroundings import Surroundings


@pytest.fixture
def world(tmp_path: Path) -> Surroundings:
    """A user with an empty home."""
    home = tmp_path / "home"
    home.mkdir()
    return surroundings(home)


@pytest.fixture
def store(tmp_path: Path, world: Surroundings) -> Iterator[Store]:
    """An empty repository with a work tree."""
    with Store.init(tmp_path / "registry", world) as made:
        yield made


@pytest.fixture
def bare(tmp_path: Path, world: Surroundings) -> Iterator[Store]:
    """An empty bare repository."""
    with Store.init(tmp_path / "bare.git", world, bare=True) as made:
        yield made
