"""Offices that are made once for each process of the tests and copied for each test."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path

import pytest

from tests.e2e.clerk import Clerk
from tests.e2e.desk import Desk
from tests.e2e.forge_hub import PROJECT, Hub, running


@dataclass(frozen=True)
class Office:
    """People and the registry that they share, in one folder."""

    root: Path

    @property
    def registry(self) -> Path:
        return self.root / "registry"

    def clerk(self, name: str) -> Clerk:
        """Somebody at the registry; her home is made when she first comes."""
        home = self.root / f"home-{name}"
        desk = Desk(name, home, self.root) if home.exists() else Desk.of(name, self.root)
        return Clerk(desk, self.registry)

    @property
    def ada(self) -> Clerk:
        return self.clerk("ada")

    @property
    def ben(self) -> Clerk:
        return self.clerk("ben")

    @property
    def eve(self) -> Clerk:
        """A stranger."""
        return self.clerk("eve")

    def people_join(self) -> None:
        for person in (self.ada, self.ben):
            key = ("--key", person.public_key, "--group", "leads")
            self.ada.does("approvers", "add", person.email, *key, "-m", "team")

    def promoted(self, number: int) -> str:
        """Ada's signed proposal for production; its id."""
        told = self.ada.reads("promote", "fraud", str(number), "--to", "production", "-m", "why", "--key", self.ada.key)
        return str(told["proposal"]["id"])

    def landed(self, number: int) -> None:
        """The same, approved by Ben and merged."""
        proposal = self.promoted(number)
        self.ben.does("approve", proposal, "--key", self.ben.key)
        self.ada.does("merge", proposal)


def _alone(office: Office) -> None:
    office.ada.at(office.root).does("init", "registry")
    for content, auc in ((b"one", 0.93), (b"two", 0.95)):
        office.ada.registers(content, auc)
    office.ada.does("promote", "fraud", "1", "--to", "production", "-m", "first")


def _protected(office: Office) -> None:
    office.ada.at(office.root).does("init", "registry", "--protect", "production")
    office.people_join()
    for content, auc in ((b"one", 0.93), (b"two", 0.95)):
        office.ada.registers(content, auc)
    office.landed(1)


def _with_origin(office: Office) -> None:
    """As the protected one, with everything published to a bare `origin.git` that has the hook."""
    ada = office.ada.at(office.root)
    ada.does("init", "origin.git", "--bare", "--ci", "bare", "--protect", "production")
    ada.git("clone", "--quiet", "origin.git", "registry")
    office.people_join()
    for content, auc in ((b"one", 0.93), (b"two", 0.95)):
        office.ada.registers(content, auc)
    office.landed(1)
    office.ada.does("sync")


_KINDS = {"alone": _alone, "protected": _protected, "with origin": _with_origin}
Offices = Callable[[str], Office]


@pytest.fixture(scope="session")
def templates(tmp_path_factory: pytest.TempPathFactory) -> Callable[[str], Path]:
    made: dict[str, Path] = {}

    def template(kind: str) -> Path:
        if kind not in made:
            folder = tmp_path_factory.mktemp("office")
            _KINDS[kind](Office(folder))
            made[kind] = folder
        return made[kind]

    return template


@pytest.fixture
def offices(templates: Callable[[str], Path], tmp_path: Path) -> Offices:
    """An office of a kind, a copy of its own."""

    def copy(kind: str) -> Office:
        office = Office(tmp_path / "office")
        shutil.copytree(templates(kind), office.root, symlinks=True)
        if (office.root / "origin.git").exists():
            office.ada.git("remote", "set-url", "origin", str(office.root / "origin.git"))
        return office

    return copy


@pytest.fixture
def alone(offices: Offices) -> Office:
    """One person, nothing protected; versions 1 and 2 of fraud, 1 in production."""
    return offices("alone")


@pytest.fixture
def protected(offices: Offices) -> Office:
    """Ada and Ben, production protected; versions 1 and 2 of fraud, 1 approved into production."""
    return offices("protected")


@pytest.fixture
def shared(offices: Offices) -> Office:
    """The same, as a clone of a bare origin on this file system."""
    return offices("with origin")


@pytest.fixture(scope="session")
def forge_template(tmp_path_factory: pytest.TempPathFactory) -> Path:
    root = tmp_path_factory.mktemp("forge")
    for _ in running(root, found=False):
        pass
    return root


@pytest.fixture
def hub(forge_template: Path, tmp_path: Path) -> Iterator[Hub]:
    root = tmp_path / "hub"
    shutil.copytree(forge_template, root, symlinks=True)
    for hub in running(root, found=True):
        for name in ("ada", "ben", "cleo"):
            hub.clerk(name).git("remote", "set-url", "origin", hub.server.url(PROJECT))
        for name in ("ada", "ben", "cleo"):
            hub.clerk(name).does("use", "--blobs", str(root / "bytes"))
        yield hub
