"""Conditions answer true or false in a process of their own, or cannot tell; they cost us no time and no memory."""

from __future__ import annotations

import subprocess
import sys
import time
from typing import Any

import pytest

from gitreg.errors import CannotTell
from gitreg.gathering import conditions
from gitreg.gathering.conditions import evaluate_condition

FACTS: dict[str, Any] = {"candidate": {"model": "fraud", "params": {"depth": 4}, "tags": None}, "list": [1, 2]}


@pytest.mark.parametrize(
    ("condition", "value"),
    [
        ("candidate.model == 'fraud'", True),
        ("candidate.params.depth > 4", False),
        ("list.all(x, x > 0)", True),
        ("1 < 2.5", True),
    ],
)
def test_a_condition_is_true_or_false(condition: str, value: bool) -> None:  # noqa: FBT001
    assert evaluate_condition(condition, FACTS) is value


@pytest.mark.parametrize(
    "condition",
    ["candidate.nothing > 1", "candidate.tags > 1", "1 +", "candidate.model", "1", "unknown", "candidate.model > 1"],
)
def test_everything_else_cannot_tell(condition: str) -> None:
    with pytest.raises(CannotTell, match="cannot be evaluated"):
        evaluate_condition(condition, FACTS)


def test_a_condition_that_never_ends_is_ended(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conditions, "SECONDS", 3)
    facts: dict[str, Any] = {"n": list(range(200))}
    nested = "true"
    for name in "abcdefg":
        nested = f"n.all({name}, {nested})"
    begun = time.monotonic()
    with pytest.raises(CannotTell, match=r"longer than 3 seconds|more time or memory"):
        evaluate_condition(nested, facts)
    assert time.monotonic() - begun < 60


def test_a_condition_sees_no_environment_and_no_file(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("GITREG_SECRET", "hidden")
    seen: list[dict[str, Any]] = []
    run = subprocess.run

    def spy(*arguments: Any, **named: Any) -> Any:  # noqa: ANN401
        seen.append(named["env"])
        return run(*arguments, **named)

    monkeypatch.setattr(subprocess, "run", spy)
    assert evaluate_condition("true", {})
    assert "GITREG_SECRET" not in seen[0]


def test_without_the_package_people_are_told_which(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(conditions, "_CHILD", f"import sys; sys.exit({conditions._MISSING})")
    with pytest.raises(CannotTell, match="one more package") as error:
        evaluate_condition("true", {})
    assert error.value.hint == "pip install 'gitreg[cel]'"
    monkeypatch.setattr(sys, "executable", "/nowhere/python")
    with pytest.raises(CannotTell, match="could not be evaluated"):
        evaluate_condition("true", {})
