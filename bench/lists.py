"""Lists of models and of one model's versions, beside GTO's of the same repository.

GTO keeps versions as git tags and reads all of them for each answer; ours were imported from that very repository, with
each version's file. Both are the programs that people run, each in a process of its own.
"""

from __future__ import annotations

import subprocess
import tempfile
from pathlib import Path

import gitreg
from bench._figures import GITREG, ROUNDS, Figure, Measure, compare, cost_of
from bench.tracking import peer_python

GTO = "gto==1.9.0"
GTO_NEEDS = ("click<8.2", "typer<0.16")
"""It says nothing of them, and starts with no later ones."""
MODELS, VERSIONS = 20, 10
"""Of more GTO takes minutes to show them once."""


def run(models: int = MODELS, versions: int = VERSIONS, rounds: int = ROUNDS) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="gitreg-bench-", ignore_cleanup_errors=True) as folder:
        tagged, registry = Path(folder, "tagged"), Path(folder, "registry")
        tag(tagged, models, versions)
        bring(tagged, registry)
        gto = peer_python(GTO, *GTO_NEEDS).with_name("gto")
        there = f"{models * versions:,} versions of {models} models"
        return [
            compare(
                f"models listed, {there}",
                _asking(registry, "models", "list"),
                {"gto show": _other(tagged, gto, "show")},
                rounds=rounds,
            ),
            compare(
                f"versions of one model listed, {there}",
                _asking(registry, "versions", "list", "model0"),
                {"gto show MODEL": _other(tagged, gto, "show", "model0")},
                rounds=rounds,
            ),
        ]


def tag(folder: Path, models: int, versions: int) -> None:
    """A repository in which each model has so many versions, each with a file, and each version is put into a stage."""
    subprocess.run(["git", "init", "--quiet", folder], check=True)
    _as_ada(folder)
    named = [f"model{number}" for number in range(models)]
    lines = (f"{name}:\n  type: model\n  path: {name}.bin\n" for name in named)
    (folder / "artifacts.yaml").write_text("".join(lines), encoding="ascii")
    for version in range(1, versions + 1):
        for name in named:
            (folder / f"{name}.bin").write_text(f"{name} {version}", encoding="ascii")
        _git(folder, "add", ".")
        _git(folder, "commit", "--quiet", "-m", f"version {version}")
        for name in named:
            _git(folder, "tag", "-a", f"{name}@v0.{version}.0", "-m", f"{name} {version}")
            _git(folder, "tag", "-a", f"{name}#prod#{version}", "-m", f"{name} {version} in prod")


def bring(tagged: Path, registry: Path) -> None:
    """The same models in a registry, and the latest version of each in the stage: a stage is decided, not imported."""
    cost_of(GITREG, "init", registry)
    _as_ada(registry)
    cost_of(GITREG, "-C", registry, "import", "gto", tagged)
    with gitreg.open(registry) as opened:
        for model in opened.models.list():
            opened.promote(f"models:/{model.name}/latest", "production", "It was there before.")


def _asking(registry: Path, *words: str) -> Measure:
    return _other(registry, GITREG, "-C", registry, *words)


def _other(folder: Path, *words: str | Path) -> Measure:
    """A program, which has run once before it counts."""
    cost_of(*words, folder=folder)
    return lambda _: cost_of(*words, folder=folder).took_s


def _as_ada(folder: Path) -> None:
    """A machine need not know who works at it."""
    _git(folder, "config", "user.name", "Ada")
    _git(folder, "config", "user.email", "ada@example.org")


def _git(folder: Path, *words: str) -> None:
    subprocess.run(["git", *words], cwd=folder, check=True)
