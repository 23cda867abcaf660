"""The files that travel with the code: JSON Schemas and CI templates.

In the repository they are the top-level folders `schemas/` and `ci-templates/`, where people look for them; a wheel
carries them as `gitreg/_data/` (pyproject.toml, force-include). Installed, that copy is read; from a checkout or an
editable install, which have no copy, the folders themselves. Both through `importlib.resources`, so a zip works too.
"""

from __future__ import annotations

from importlib.resources import files
from pathlib import Path
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from importlib.resources.abc import Traversable

__all__ = ["schema_names", "schema_text", "template"]

_SCHEMA_SUFFIX = ".json"


def template(name: str) -> bytes:
    """A CI template by its path below `ci-templates/`, such as `github/gitreg.yml`.

    Names come from code, never from a user. Raises FileNotFoundError for one that does not travel.
    """
    return _folder("ci-templates").joinpath(*name.split("/")).read_bytes()


def schema_text(name: str) -> str:
    """A JSON Schema by its name, one of `schema_names()`. Raises FileNotFoundError for any other, paths included."""
    if name not in schema_names():
        raise FileNotFoundError(name)
    return _folder("schemas").joinpath(*f"{name}{_SCHEMA_SUFFIX}".split("/")).read_text(encoding="utf-8")


def schema_names() -> tuple[str, ...]:
    """Every schema that travels, sorted: its path below `schemas/` without the suffix (`cli/…`: the CLI's shapes)."""
    return tuple(sorted(_schemas_below(_folder("schemas"), "")))


def _schemas_below(folder: Traversable, prefix: str) -> list[str]:
    names: list[str] = []
    for entry in folder.iterdir():
        if entry.is_dir():
            names += _schemas_below(entry, f"{prefix}{entry.name}/")
        elif entry.name.endswith(_SCHEMA_SUFFIX):
            names.append(prefix + entry.name.removesuffix(_SCHEMA_SUFFIX))
    return names


def _folder(name: str) -> Traversable:
    packed = files("gitreg").joinpath("_data", name)
    return packed if packed.is_dir() else Path(__file__).parent.parent / name
