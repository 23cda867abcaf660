"""Runs that go on now are seen while they go on."""

from __future__ import annotations

from typing import TYPE_CHECKING

import gitreg as library

if TYPE_CHECKING:
    from pathlib import Path

    from tests.cli.conftest import Ask, Gitreg


def test_one_look_shows_how_far_each_open_run_is(gitreg: Gitreg, ask: Ask, registry: Path) -> None:
    assert "No run goes on now." in gitreg("top", "--once", at=registry).out
    with library.open(registry) as opened, opened.start_run("churn", name="brave-otter") as run:
        for step in range(10):
            run.log_metrics({"val_loss": 1 / (step + 1), "epoch": step}, step=step)
        told = gitreg("top", at=registry).out
        assert "brave-otter" in told
        assert "val_loss" in told
        assert "█" in told
        assert [each["name"] for each in ask("top", "--once", "-e", "churn", at=registry)] == ["brave-otter"]
        assert ask("top", "--once", "-e", "fraud", at=registry) == []
    assert ask("top", "--once", at=registry) == []
