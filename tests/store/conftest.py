"""Fixtures of the store's tests."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from gitreg.store import Store
from gitreg.surroundings import Surroundings
from tests.store.builders import surroundings


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
