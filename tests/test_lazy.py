"""Rooms that load what they hand out when it is first asked for."""

from __future__ import annotations

import importlib
import pkgutil
import subprocess
import sys
from pathlib import Path
from types import ModuleType

import pytest

import gitreg
from gitreg.lazy import lazily

ROOMS = sorted(
    found.name
    for found in pkgutil.walk_packages(gitreg.__path__, "gitreg.")
    if found.ispkg and "testing" not in found.name
)


@pytest.mark.parametrize("room", ROOMS)
def test_a_room_has_everything_that_it_lists(room: str) -> None:
    opened = importlib.import_module(room)
    for name in getattr(opened, "__all__", ()):
        found = getattr(opened, name)
        is_module = isinstance(found, ModuleType)
        assert not is_module or (room, name) == ("gitreg.documents", "paths"), f"{room}.{name} is a module"


def test_a_name_that_a_room_does_not_have_is_told_as_python_tells_it() -> None:
    with pytest.raises(AttributeError, match=r"module 'gitreg\.decisions' has no attribute 'nobody'"):
        importlib.import_module("gitreg.decisions").nobody  # noqa: B018 - asking is what fails


def test_a_name_that_its_module_would_hide_is_refused() -> None:
    with pytest.raises(ValueError, match=r"hands out .'sync'., and has modules of these names"):
        lazily("gitreg.store", {"sync": ("sync",)})


_RECORDING = """
import sys, gitreg
run = gitreg.open(sys.argv[1]).start_run("churn")
known = set(sys.modules)
run.log_param("depth", 4)
run.log_metric("auc", 0.9)
run.log_text("fine", "notes.txt")
run.finish()
print(run.health.unpublished, sorted(each for each in set(sys.modules) - known if each.startswith("gitreg")))
"""


def test_a_run_that_ends_loads_nothing_that_an_upgrade_may_have_replaced(tmp_path: Path) -> None:
    gitreg.init(tmp_path / "origin", bare=True, ci="bare").close()
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", tmp_path / "origin", clone], check=True)
    words = [sys.executable, "-c", _RECORDING, str(clone)]
    done = subprocess.run(words, capture_output=True, text=True, check=True, timeout=60)
    assert done.stdout == "None []\n"
