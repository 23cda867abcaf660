"""Somebody with an empty registry."""

from __future__ import annotations

from pathlib import Path

import pytest

from tests.e2e.clerk import Clerk


@pytest.fixture
def ada(tmp_path: Path) -> Clerk:
    """At a registry of her own."""
    clerk = Clerk.of("ada", tmp_path / "desk", tmp_path)
    clerk.does("init", "registry")
    return clerk.at(tmp_path / "registry")
