"""Rooms that load what they hand out when it is first asked for."""

from __future__ import annotations

import importlib
import pkgutil
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
