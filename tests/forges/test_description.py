"""The slice of GitHub's description, and that it covers all that the stand-in answers."""

from __future__ import annotations

import importlib.util
import json
import re
from pathlib import Path
from types import ModuleType

from gitreg.testing.forges import GitHubStandIn
from tests.forges.serving import DESCRIPTION

SCRIPT = Path(__file__).parents[2] / "scripts" / "slice_openapi.py"


def script() -> ModuleType:
    spec = importlib.util.spec_from_file_location("slice_openapi", SCRIPT)
    assert spec
    assert spec.loader
    module = importlib.util.module_from_spec(spec)
    spec.loader.exec_module(module)
    return module


def anonymous(path: str) -> str:
    return re.sub(r"\{[^}]*\}", "{}", path)


def test_the_description_the_script_and_the_stand_in_know_the_same_operations() -> None:
    described = json.loads(DESCRIPTION.read_text(encoding="utf-8"))["paths"]
    in_file = {f"{m.upper()} {anonymous(path)}" for path, item in described.items() for m in item if m != "parameters"}
    in_script = {f"{m.upper()} {anonymous(path)}" for path, methods in script().OPERATIONS.items() for m in methods}
    assert in_file == in_script == {anonymous(route) for route in GitHubStandIn.routes}


def test_the_slice_is_small_and_names_its_licence() -> None:
    assert DESCRIPTION.stat().st_size < 400_000
    assert "MIT License" in (DESCRIPTION.parent / "LICENSE-octokit-openapi").read_text(encoding="utf-8")


def test_cutting_the_slice_again_changes_nothing() -> None:
    whole = json.loads(DESCRIPTION.read_text(encoding="utf-8"))
    assert script().sliced(whole) == whole
