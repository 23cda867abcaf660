"""Rooms that load what they hand out when it is first asked for (PEP 562): a command starts with what it uses."""

from __future__ import annotations

import sys
from importlib import import_module
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence


def lazily(package: str, modules: Mapping[str, Sequence[str]]) -> Callable[[str], object]:
    """A package's `__getattr__`: `modules` has the names that each module below it defines.

    The package imports the same names under TYPE_CHECKING, for readers and type checkers. Raises `ValueError` for a
    name that one of the modules has as well: once that is loaded, the package's attribute is the module.
    """
    homes = {name: module for module, names in modules.items() for name in names}
    if hidden := homes.keys() & modules.keys():
        message = f"{package} hands out {sorted(hidden)}, and has modules of these names."
        raise ValueError(message)

    def find(name: str) -> object:
        if name not in homes:
            message = f"module {package!r} has no attribute {name!r}"
            raise AttributeError(message)
        found: object = getattr(import_module(f"{package}.{homes[name]}"), name)
        setattr(sys.modules[package], name, found)
        return found

    return find
