"""The wheel in an environment that was empty before: what somebody has who typed `pip install gitreg`.

What it depends on comes by the lock file, with its hashes, from wherever `make env` brought it; wheels only, because a
user's machine has no compiler.
"""

from __future__ import annotations

import json
import os
import re
import subprocess
import sys
import venv
from pathlib import Path

import pytest

from gitreg.resources import template
from tests.e2e.desk import Desk, trained_run

ROOT = Path(__file__).parents[2]
BESIDE = Path(sys.executable).parent

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]


def _does(*command: str | Path) -> str:
    done = subprocess.run(command, capture_output=True, text=True, check=False, cwd=ROOT)
    assert done.returncode == 0, f"{command}\n{done.stdout}{done.stderr}"
    return done.stdout


@pytest.fixture(scope="module")
def installed(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """The Python of a new environment with the wheel and what it depends on; nothing else, no pip."""
    folder = tmp_path_factory.mktemp("installed")
    _does(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", folder / "dist", ROOT)
    (wheel,) = (folder / "dist").glob("*.whl")
    venv.create(folder / "environment", symlinks=True)
    python = folder / "environment/bin/python"
    locked = ("--only-binary", ":all:", "--constraints", ROOT / "locks/environment.txt")
    _does(BESIDE / "uv", "pip", "install", "--quiet", "--python", python, *locked, wheel)
    return python


@pytest.fixture
def ada(installed: Path, tmp_path: Path) -> Desk:
    """Somebody with that environment first on her path."""
    desk = Desk.of("ada", tmp_path, installed)
    desk.extra["PATH"] = os.pathsep.join((str(installed.parent), os.environ["PATH"]))
    return desk


@pytest.fixture
def ada_without_git(installed: Path, tmp_path: Path) -> Desk:
    """Somebody on whose path is nothing but that environment."""
    desk = Desk.of("ada", tmp_path, installed)
    desk.extra["PATH"] = str(installed.parent)
    return desk


def the_main_job(ada: Desk, registry: Path) -> None:
    """From nothing to the bytes of what is in production."""
    ada.does("init", str(registry), "--ci", "github")
    run = trained_run(ada, registry, content=b"the weights")
    ada.does("register", f"runs:/{run}/model", "--name", "fraud", cwd=registry)
    ada.does("promote", "fraud", "1", "--to", "production", "-m", "first", cwd=registry)
    assert ada.reads("resolve", "models:/fraud@production", cwd=registry)["version"] == 1
    ada.does("pull", "models:/fraud@production", "-o", "pulled", cwd=registry)
    assert (registry / "pulled/weights.bin").read_bytes() == b"the weights"
    for checked in ("fsck", "validate", "doctor"):
        ada.does(checked, cwd=registry)


def test_it_depends_on_nothing_that_a_developer_has(installed: Path) -> None:
    listed = json.loads(_does(BESIDE / "uv", "pip", "list", "--format", "json", "--python", installed))
    names = {package["name"] for package in listed}
    assert "gitreg" in names
    assert names.isdisjoint({"pytest", "pandas", "scikit-learn", "matplotlib", "hatchling", "ruff", "mypy", "waitress"})


def test_the_main_job_and_the_workflow_that_travels_in_it(ada: Desk, tmp_path: Path) -> None:
    registry = tmp_path / "registry"
    the_main_job(ada, registry)
    assert (registry / ".github/workflows/gitreg.yml").read_bytes() == template("github/gitreg.yml")
    assert ada.git("status", "--porcelain", "--untracked-files=no", cwd=registry) == ""


def test_the_main_job_on_a_machine_without_git(ada_without_git: Desk, tmp_path: Path) -> None:
    with pytest.raises(FileNotFoundError):
        ada_without_git.shell("git", "--version")
    the_main_job(ada_without_git, tmp_path / "registry")


def test_the_hook_that_travels_in_it_names_the_program_that_installed_it(
    ada: Desk, installed: Path, tmp_path: Path
) -> None:
    ada.does("init", "origin.git", "--bare", "--ci", "bare")
    assert str(installed.parent / "gitreg") in (tmp_path / "origin.git/hooks/pre-receive").read_text()
    ada.git("clone", "--quiet", "origin.git", "clone")
    (tmp_path / "clone/gitreg.json").write_text("{}\n")
    ada.git("commit", "--quiet", "-am", "by hand", cwd=tmp_path / "clone")
    done = ada.shell("git", "push", "--quiet", "origin", "main", cwd=tmp_path / "clone")
    assert done.returncode == 1
    assert "gitreg refuses gitreg.json" in done.stderr


def test_it_installs_from_a_wheelhouse_without_an_index(tmp_path: Path) -> None:
    wheelhouse, python = tmp_path / "wheelhouse", tmp_path / "environment/bin/python"
    _does(sys.executable, "-m", "build", "--no-isolation", "--wheel", "--outdir", wheelhouse, ROOT)
    (wheel,) = wheelhouse.glob("*.whl")
    pinned = tmp_path / "pinned.txt"  # without the hashes: pip would ask for one of the wheel that we just built
    locks = (ROOT / "locks/environment.txt").read_text()
    pinned.write_text("\n".join(re.findall(r"^[\w.-]+==[\w.+!-]+", locks, re.MULTILINE)))
    locked = ("--only-binary", ":all:", "--constraint", pinned)
    _does(sys.executable, "-m", "pip", "download", "--quiet", *locked, "--dest", wheelhouse, wheel)
    venv.create(tmp_path / "environment", symlinks=True)

    alone = ("--offline", "--no-index", "--no-cache", "--find-links", wheelhouse)
    _does(BESIDE / "uv", "pip", "install", "--quiet", "--python", python, *alone, "gitreg")

    assert "gitreg" in _does(python.parent / "gitreg", "--version")
