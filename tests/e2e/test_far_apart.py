"""Three people far apart for long: each records and registers alone, they sync in any order, and all have one ledger.

And a ledger that somebody squashed or rewrote on the remote: each who has its facts brings them back.
"""

from __future__ import annotations

import os
import subprocess
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from datetime import timedelta
from itertools import permutations
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitreg import _open
from gitreg.errors import NotPublished
from gitreg.surroundings import Surroundings

if TYPE_CHECKING:
    from gitreg._registry import Registry

PEOPLE = ("ada", "ben", "cleo")
AWAY = "away.git"


def git(*arguments: str | Path, cwd: Path) -> str:
    person = {f"GIT_{role}_{key}": "g@example.org" for role in ("AUTHOR", "COMMITTER") for key in ("NAME", "EMAIL")}
    environ = {**os.environ, **person, "GIT_CONFIG_GLOBAL": "/dev/null"}
    return subprocess.run(["git", *arguments], cwd=cwd, env=environ, capture_output=True, text=True, check=True).stdout


def world_of(home: Path, name: str) -> Surroundings:
    """A person, whose clock is a day ahead of the one before."""
    real = Surroundings.of_process()
    ahead = timedelta(days=PEOPLE.index(name))
    email = f"{name}@example.org"
    environ = {"GIT_AUTHOR_EMAIL": email, "GIT_COMMITTER_EMAIL": email}
    return replace(real, environ=environ, machine_id=name, now=lambda: real.now() + ahead, home=home)


@dataclass
class Team:
    """An origin and three clones of it."""

    root: Path
    registries: dict[str, Registry] = field(default_factory=dict)

    @classmethod
    def make(cls, root: Path) -> Team:
        team = cls(root)
        _open.init(root / "origin.git", bare=True, surroundings=world_of(root, "ada")).close()
        for name in PEOPLE:
            git("clone", "--quiet", root / "origin.git", root / name, cwd=root)
            team.open(name)
        return team

    def open(self, name: str) -> Registry:
        self.registries[name] = _open.open_registry(self.root / name, surroundings=world_of(self.root, name))
        return self.registries[name]

    def close(self) -> None:
        for registry in self.registries.values():
            registry.close()

    def leave(self, url: str | Path) -> None:
        for name in PEOPLE:
            self.registries[name].close()
            git("config", "remote.origin.url", str(url), cwd=self.root / name)
            self.open(name)

    def sync(self, *names: str) -> None:
        for name in names:
            try:
                self.registries[name].sync()
            except NotPublished:  # said once where bytes have no place that others read
                self.registries[name].sync()

    def trees(self) -> set[str]:
        return {git("rev-parse", "ledger^{tree}", cwd=self.root / name) for name in PEOPLE}

    def work_alone(self, name: str) -> None:
        """A week of one person: two runs, a version of each, what people say of them, a bookmark, and a deletion."""
        registry = self.registries[name]
        for number in (1, 2):
            folder = self.root / f"model of {name}" / str(number)
            folder.mkdir(parents=True)
            (folder / "weights.bin").write_bytes(f"{name} {number}".encode())
            with registry.start_run("churn", name=f"{name}-{number}") as run:
                run.log_metric("auc", number / 10)
                run.log_model(folder)
            version = registry.register(f"runs:/{run.run_id}/model", "fraud").digest
            registry.models.alias("fraud", "champion", version)
            registry.models.alias("fraud", f"of-{name}", version)
        registry.runs.tag(f"{name}-2", {"team": name})
        registry.runs.delete(f"{name}-1", "a try")


@pytest.fixture
def team(tmp_path: Path) -> Iterator[Team]:
    made = Team.make(tmp_path)
    yield made
    made.close()


ORDERS = [*permutations(PEOPLE)]


@pytest.mark.parametrize(
    "order",
    [ORDERS[0], *(pytest.param(order, marks=pytest.mark.slow) for order in ORDERS[1:-1]), ORDERS[-1]],
    ids="-".join,
)
def test_after_a_week_apart_they_sync_in_any_order_to_one_ledger(team: Team, order: tuple[str, ...]) -> None:
    team.leave(team.root / AWAY)
    for name in PEOPLE:
        team.work_alone(name)
    assert {view.number for view in team.registries["ada"].models.versions("fraud")} == {None}

    team.leave(team.root / "origin.git")
    team.sync(*order, *order)

    assert len(team.trees()) == 1
    registry = team.registries[order[0]]
    runs = registry.runs.list(deleted=True)
    assert sorted(run.name for run in runs) == sorted(f"{name}-{number}" for name in PEOPLE for number in (1, 2))
    assert {len(run.attempts) for run in runs} == {1}
    assert sorted(run.name for run in registry.runs.list()) == ["ada-2", "ben-2", "cleo-2"]
    assert {run.name: run.tags["team"] for run in registry.runs.list()} == {f"{name}-2": name for name in PEOPLE}
    assert sorted(view.number or 0 for view in registry.models.versions("fraud")) == [1, 2, 3, 4, 5, 6]
    pointed = [each.models.aliases("fraud") for each in team.registries.values()]
    assert pointed[0] == pointed[1] == pointed[2]
    for name in PEOPLE:
        latest = registry.runs.output(f"{name}-2", "model")
        assert registry.models.version(f"fraud@of-{name}").document.artifacts == latest.manifest


def test_syncing_once_more_changes_nothing(team: Team) -> None:
    team.work_alone("ada")
    team.sync(*PEOPLE, *PEOPLE)
    before = git("rev-parse", "ledger", cwd=team.root / "origin.git")

    team.sync(*PEOPLE)

    assert git("rev-parse", "ledger", cwd=team.root / "origin.git") == before


def test_a_squashed_ledger_goes_on_from_there(team: Team) -> None:
    team.work_alone("ada")
    team.sync(*PEOPLE)
    origin = team.root / "origin.git"
    tree = git("rev-parse", "ledger^{tree}", cwd=origin).strip()
    squashed = git("commit-tree", "-m", "squashed", tree, cwd=origin).strip()
    git("update-ref", "refs/heads/ledger", squashed, cwd=origin)

    team.work_alone("ben")
    team.sync(*PEOPLE, *PEOPLE)

    assert len(team.trees()) == 1
    assert git("merge-base", "--is-ancestor", squashed, "ledger", cwd=origin) == ""
    assert len(team.registries["cleo"].runs.list(deleted=True)) == 4


def test_a_rewritten_ledger_gets_back_what_any_clone_still_has(team: Team) -> None:
    for name in PEOPLE:
        team.work_alone(name)
    team.sync(*PEOPLE, *PEOPLE)
    (whole,) = team.trees()
    origin = team.root / "origin.git"
    empty = git("hash-object", "-t", "tree", "-w", "/dev/null", cwd=origin)
    emptied = git("commit-tree", "-m", "lost", empty.strip(), cwd=origin).strip()
    git("update-ref", "refs/heads/ledger", emptied, cwd=origin)

    team.sync("cleo", "ada", "ben")

    assert team.trees() == {whole}
    assert git("rev-parse", "ledger^{tree}", cwd=origin) == whole
