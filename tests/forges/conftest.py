from __future__ import annotations

import subprocess
from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from gitreg.forges import Clock, Forge, ForgeSetting, Kind, forge_of
from gitreg.testing.forges import GitHubStandIn, Project
from tests.forges.serving import Checked, github_description, serving

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping
    from pathlib import Path

    from openapi_core import OpenAPI

PROJECT = "acme/models"
SECRET = "a-secret-that-nobody-prints"  # noqa: S105 - opens nothing
NOW = datetime(2026, 5, 1, 12, 0, tzinfo=UTC)


@dataclass
class Slept:
    """A clock that goes only while somebody sleeps, and remembers for how long."""

    pauses: list[float] = field(default_factory=list)

    def clock(self) -> Clock:
        return Clock(now=self.now, sleep=self.pauses.append, jitter=lambda: 0.5)

    def now(self) -> datetime:
        return NOW + timedelta(seconds=sum(self.pauses))


def git(folder: Path, *command: str) -> str:
    setting = ["-c", "user.name=Ada", "-c", "user.email=ada@example.org", "-c", "commit.gpgsign=false"]
    done = subprocess.run(["git", *setting, "-C", str(folder), *command], capture_output=True, text=True, check=True)
    return done.stdout.strip()


@dataclass(frozen=True)
class Repository:
    """A bare repository with a clone to push from."""

    bare: Path
    clone: Path

    def push(self, branch: str, files: dict[str, str], *, start: str = "main", title: str = "a change") -> str:
        git(self.clone, "checkout", "-q", "-B", branch, start)
        return self.more(branch, files, title=title)

    def more(self, branch: str, files: dict[str, str], *, title: str = "a change") -> str:
        git(self.clone, "checkout", "-q", branch)
        for name, text in files.items():
            (self.clone / name).write_text(text)
        git(self.clone, "add", "-A")
        git(self.clone, "commit", "-q", "-m", title)
        git(self.clone, "push", "-q", "--force", "origin", branch)
        return git(self.clone, "rev-parse", "HEAD")

    def log(self, branch: str) -> list[str]:
        return git(self.bare, "log", "--topo-order", "--format=%s", branch).splitlines()


@pytest.fixture
def repository(tmp_path: Path) -> Repository:
    bare, clone = tmp_path / "models.git", tmp_path / "clone"
    git(tmp_path, "init", "-q", "--bare", "-b", "main", str(bare))
    git(tmp_path, "init", "-q", "-b", "main", str(clone))
    git(clone, "remote", "add", "origin", str(bare))
    (clone / "gitreg.json").write_text("{}\n")
    git(clone, "add", "-A")
    git(clone, "commit", "-q", "-m", "a registry")
    git(clone, "push", "-q", "origin", "main")
    return Repository(bare, clone)


@dataclass
class Served:
    """A stand-in that runs, and what the description says of it."""

    app: GitHubStandIn
    checked: Checked
    project: Project
    address: str

    def forge(self, token: str = SECRET) -> Forge:
        return forge_at("github", self.address, {"GITREG_FORGE_TOKEN": token})


def forge_at(kind: Kind, address: str, environ: Mapping[str, str], slept: Slept | None = None) -> Forge:
    setting = ForgeSetting(kind, address)
    return forge_of(f"{address}/{PROJECT}.git", environ, (slept or Slept()).clock(), None, setting)


@pytest.fixture(scope="session")
def description() -> OpenAPI:
    return github_description()


@pytest.fixture
def github(repository: Repository, description: OpenAPI) -> Iterator[Served]:
    app = GitHubStandIn(lambda: NOW)
    project = app.add_project(PROJECT, repository.bare)
    app.add_token(SECRET, "ada")
    app.add_token("bens", "ben")
    app.add_token("apps", "gitreg[bot]", is_app=True)
    checked = Checked(app, description)
    with serving(checked) as address:
        yield Served(app, checked, project, address)
    assert checked.answered_wrongly == []
    assert checked.asked_wrongly == []
