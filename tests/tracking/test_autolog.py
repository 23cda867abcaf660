"""The hook of autologgers: loaded into a program without a change to it, and honest where there is none."""

from __future__ import annotations

import os
import subprocess
import sys
from typing import TYPE_CHECKING

from gitreg._startup import FOLDER
from gitreg.autolog import unwatched

if TYPE_CHECKING:
    from pathlib import Path


def test_what_was_used_without_an_autologger_is_told() -> None:
    assert unwatched(["os", "torch", "sklearn", "xgboost"], frozenset({"xgboost"})) == ["sklearn", "torch"]


def package(folder: Path, name: str, files: dict[str, str]) -> None:
    for path, text in files.items():
        (folder / path).parent.mkdir(parents=True, exist_ok=True)
        (folder / path).write_text(text)
    info = folder / f"{name}-1.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: {name}\nVersion: 1\n")
    (info / "entry_points.txt").write_text(
        "[gitreg.autolog]\nmyframe = watching:watch\nbroken = watching:nothing_there\n"
    )


def test_an_autologger_is_called_once_its_framework_was_imported(tmp_path: Path) -> None:
    files = {
        "myframe/__init__.py": "print('framework')\n",
        "broken.py": "print('other framework')\n",
        "xgboost.py": "",
        "sitecustomize.py": "print('the user\\'s own')\n",
        "watching.py": "def watch():\n    import myframe\n    print('watching', myframe.__name__)\n",
    }
    package(tmp_path, "watching", files)
    root = str(FOLDER.parent.parent)
    environ = {**os.environ, "PYTHONPATH": os.pathsep.join([str(FOLDER), str(tmp_path), root])}
    body = "import myframe, broken, xgboost; import myframe; print('end')"
    done = subprocess.run(
        [sys.executable, "-c", body], env=environ, capture_output=True, text=True, check=True, cwd=tmp_path
    )
    assert done.stdout.split("\n")[:5] == ["the user's own", "framework", "watching myframe", "other framework", "end"]
    assert "watching:nothing_there did not start" in done.stderr
    assert "no autologger for xgboost" in done.stderr
