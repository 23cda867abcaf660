"""`gitreg deployments`: what machines report of targets, and where it is told again."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from tests.cli.conftest import Ask, Gitreg

STAGE = "models:/fraud@production"


@pytest.fixture
def two(gitreg: Gitreg, registry: Path, trained: Callable[..., str]) -> Path:
    """fraud/2 is in production, fraud/1 was; staging holds nothing."""
    for name in ("first", "second"):
        run = trained(name, depth=len(name))
        assert gitreg("register", f"runs:/{run}/model", "--name", "fraud", at=registry).code == 0
    for number in ("1", "2"):
        assert gitreg("promote", "fraud", number, "--to", "production", "-m", "why", at=registry).code == 0
    return registry


def test_what_is_in_force_is_recorded_with_its_decision(two: Path, ask: Ask) -> None:
    decision = ask("resolve", STAGE, at=two)["decision"]
    found = ask("deployments", "add", STAGE, "--target", "eu-cluster", "--detail", "job 7", at=two)
    assert (found["version"], found["stage"], found["decision"]) == (2, "production", decision)
    assert (found["status"], found["by"], found["via"]) == ("deployed", "ada@example.org", "person")
    assert found["warnings"] == []
    (listed,) = ask("deployments", "list", at=two)
    assert {**listed, "warnings": []} == found


def test_the_commit_says_what_happened(two: Path, ask: Ask) -> None:
    ask("deployments", "add", STAGE, "--target", "eu", "--status", "failed", "-m", "out of memory", at=two)
    done = subprocess.run(
        ["git", "log", "-1", "--format=%B", "ledger"], cwd=two, capture_output=True, text=True, check=True
    )
    assert done.stdout.startswith("fraud: version 2 failed on eu\n\nout of memory")


@pytest.mark.parametrize(
    ("words", "warning"),
    [
        (("models:/fraud/1", "--stage", "production"), "fraud@production holds version 2, not version 1."),
        (("models:/fraud/1", "--stage", "staging"), "fraud@staging holds nothing, not version 1."),
        (("models:/fraud/1",), "No stage of fraud holds version 1."),
        ((STAGE, "--status", "removed"), "fraud@production still holds version 2."),
    ],
)
def test_what_is_odd_is_recorded_and_said(two: Path, ask: Ask, words: tuple[str, ...], warning: str) -> None:
    found = ask("deployments", "add", *words, "--target", "eu", at=two)
    assert found["warnings"] == [warning]
    assert len(ask("deployments", "list", at=two)) == 1


def test_lists_are_of_a_model_a_version_a_target(two: Path, ask: Ask, gitreg: Gitreg) -> None:
    ask("deployments", "add", "models:/fraud/1", "--target", "eu", "--at", "2026-01-01T10:00Z", at=two)
    ask("deployments", "add", STAGE, "--target", "us", at=two)
    for words, versions in (
        ((), [2, 1]),
        (("models:/fraud",), [2, 1]),
        (("fraud/1",), [1]),
        (("--target", "us"), [2]),
        (("churn",), []),
    ):
        assert [each["version"] for each in ask("deployments", "list", *words, at=two)] == versions
    assert "2026-01-01 10:00Z" in gitreg("deployments", "list", at=two).out


@pytest.mark.parametrize(
    ("words", "code"),
    [
        ((STAGE, "--at", "2020-01-01"), 2),
        (("models:/fraud/1", "--at", "2999-01-01"), 2),
        (("models:/fraud/9",), 3),
        (("models:/fraud@staging",), 3),
        (("models:/fraud/1", "--stage", "nowhere"), 3),
    ],
)
def test_what_cannot_have_happened_is_refused(
    two: Path, gitreg: Gitreg, ask: Ask, words: tuple[str, ...], code: int
) -> None:
    assert gitreg("deployments", "add", *words, "--target", "eu", at=two).code == code
    assert ask("deployments", "list", at=two) == []


def test_live_and_drift_are_told_wherever_the_stage_is_told(two: Path, ask: Ask, gitreg: Gitreg) -> None:
    drift = "eu runs version 1, approved is version 2."
    ask("deployments", "add", "models:/fraud/1", "--stage", "production", "--target", "eu", at=two)
    ask("deployments", "add", STAGE, "--target", "us", at=two)
    eu, us = ask("as-of", "2099-01-01", STAGE, at=two)["live"]
    assert (eu["target"], eu["version"], eu["claimed"], eu["drift"]) == ("eu", 1, True, drift)
    assert (us["target"], us["version"], us["claimed"], us["drift"]) == ("us", 2, True, None)
    assert ask("as-of", "2020-01-01", STAGE, at=two)["live"] == []
    assert ask("why", STAGE, at=two)["live"] == [eu, us]
    assert ask("inventory", at=two)[0]["stages"][0]["live"] == [eu, us]
    for words in (("as-of", "2099-01-01", STAGE), ("why", STAGE), ("inventory",)):
        out = gitreg(*words, at=two).out
        assert f"Drift: {drift}" in out
        assert "Live: us runs version 2, since" in out


def test_lineage_names_the_targets(two: Path, ask: Ask, gitreg: Gitreg) -> None:
    ask("deployments", "add", "models:/fraud/1", "--target", "eu", at=two)
    ask("deployments", "add", STAGE, "--target", "eu", at=two)
    assert [each["targets"] for each in ask("lineage", "fraud/1", at=two)["versions"]] == [[]]
    (there,) = ask("lineage", STAGE, at=two)["versions"]
    assert (there["version"], there["targets"]) == (2, ["eu"])
    assert "(live on target) deployment eu (fraud@production, deployed" in gitreg("lineage", "fraud/2", at=two).out
    above = ask("lineage", "eu", at=two)["above"]
    assert {"fraud/1", "fraud/2"} <= {node["name"] for node in above["nodes"]}
