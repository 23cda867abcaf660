"""Pages in a real browser: Chromium, driven by Node (look_at_page.mjs), with axe-core from package-lock.json."""

from __future__ import annotations

import json
import shutil
import subprocess
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from tests.ci_node import HERE, NODE


@dataclass(frozen=True)
class Seen:
    """What a page is like for whoever looks at it. `said` is what the script came to that was run in it."""

    violations: list[dict[str, Any]]
    overflows: bool
    """Whether the page itself has to be moved sideways."""
    said: Any
    complaints: list[str]


def look_at(page: Path, width: int = 1200, scheme: str = "light", script: str = "") -> Seen:
    """Open a file as a person would, `width` pixels wide, in light or dark; run a script in it; ask axe-core."""
    chromium = shutil.which("chromium")
    assert chromium is not None
    profile = page.parent / f"profile-{width}-{scheme}"
    program = [str(NODE), str(HERE / "look_at_page.mjs"), chromium, str(profile)]
    words = [*program, page.as_uri(), str(width), scheme, script]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=120)
    assert done.returncode == 0, done.stderr
    return Seen(**json.loads(done.stdout))
