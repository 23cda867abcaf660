"""How soon the program answers when nothing is warm but the disk's cache, and how much it takes to install.

Python's bytecode has to be there, so PYTHONDONTWRITEBYTECODE is taken out and every program runs once before it counts.
The targets are design.md's 150 and 250 ms on a machine where `python -c pass` takes 9.6 ms, as ratios.
"""

from __future__ import annotations

import os
import re
import statistics
import subprocess
import sys
import tempfile
from importlib.metadata import Distribution, distribution
from pathlib import Path

from bench._figures import Figure, Measure, compare, timed

ROUNDS = 15
HELP_TARGET = 9.6 / 150
RESOLVE_TARGET = 9.6 / 250
SIZE_TARGET_MB = 75
GITREG = str(Path(sys.executable).with_name("gitreg"))
_NAME = re.compile(r"[A-Za-z0-9._-]+")


def run(rounds: int = ROUNDS) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="gitreg-bench-") as folder:
        registry = make_registry(Path(folder))
        python = program(registry, sys.executable, "-c", "pass")
        log = program(registry, "git", "log", "-1")
        shown = program(registry, GITREG, "--help")
        resolve = program(registry, GITREG, "resolve", "models:/fraud@production")
        runs = program(registry, GITREG, "runs", "list")
        against = {"python -c pass": python}
        return [
            compare("gitreg --help, cold", shown, against, target=HELP_TARGET, rounds=rounds),
            compare("gitreg resolve, cold", resolve, against, target=RESOLVE_TARGET, rounds=rounds),
            compare("gitreg runs list, cold", runs, against, rounds=rounds),
            compare("gitreg runs list, cold, to git", runs, {"git log -1": log}, rounds=rounds),
            size(),
        ]


def environ(folder: Path) -> dict[str, str]:
    """A new user's environment, with bytecode."""
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    who = {"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org"}
    who |= {name.replace("AUTHOR", "COMMITTER"): value for name, value in who.items()}
    return {**kept, **who, "HOME": str(folder)}


def make_registry(folder: Path) -> Path:
    """A registry with one run, one version, and that in production."""
    registry = folder / "registry"
    (folder / "model").mkdir()
    (folder / "model/model.bin").write_bytes(b"weights")
    steps: tuple[list[str | Path], ...] = (
        ["-C", folder, "init", registry],
        ["-C", registry, "runs", "start", "--name", "first"],
        ["-C", registry, "runs", "record", "first", "--metric", "auc=0.9", "--model", folder / "model"],
        ["-C", registry, "runs", "finish", "first"],
        ["-C", registry, "register", "runs:/first/model", "--name", "fraud"],
        ["-C", registry, "promote", "fraud", "1", "--to", "production", "-m", "why"],
    )
    for words in steps:
        subprocess.run([GITREG, *words], env=environ(folder), capture_output=True, check=True)
    return registry


def program(registry: Path, *words: str) -> Measure:
    """A program from its start to its end; it has run once before."""
    around = environ(registry.parent)

    def once(_: int) -> float:
        return timed(lambda: subprocess.run(words, cwd=registry, env=around, capture_output=True, check=True))

    statistics.median(once(number) for number in range(2))
    return once


def size() -> Figure:
    """What the installed files of gitreg and all it needs take, without bytecode; more than the target is below 1."""
    mega = sum(map(size_of, needed("gitreg").values())) / 1e6
    return Figure("installed size", mega, SIZE_TARGET_MB, SIZE_TARGET_MB / mega, "MB", 1.0, "design.md")


def needed(name: str, found: dict[str, Distribution] | None = None) -> dict[str, Distribution]:
    """A distribution and all that it needs, without extras, as installed here."""
    found = {} if found is None else found
    key = name.lower().replace("_", "-")
    if key not in found:
        found[key] = distribution(name)
        for requirement in found[key].requires or []:
            wanted, _, marker = requirement.partition(";")
            match = _NAME.match(wanted)
            if match and not marker:
                needed(match[0], found)
    return found


def size_of(package: Distribution) -> int:
    """Bytes of its files. An editable install lists none of ours, so the package's folder itself is counted."""
    files = [Path(str(package.locate_file(file))) for file in package.files or [] if file.suffix != ".pyc"]
    if package.name == "gitreg":
        root = Path(__file__).parent.parent
        files = [path for folder in ("gitreg", "schemas", "ci-templates") for path in (root / folder).rglob("*.*")]
    return sum(path.stat().st_size for path in files if path.is_file() and path.suffix != ".pyc")
