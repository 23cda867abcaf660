"""Real repositories: an origin, and clones in which people with keys work."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

from gitreg.decisions import Candidate, Office, Outcome, Proposals, Record, Target, creation_edits
from gitreg.documents import Approvers, Policy, paths
from gitreg.policy import default_policy
from gitreg.signing import FileSigner, render_allowed_signers
from gitreg.store import CommitText, Store
from gitreg.surroundings import Surroundings
from tests.decisions.world import START, TEAM, private_key, settings

if TYPE_CHECKING:
    from pathlib import Path


class Clock:
    """A clock that a test sets, and that moves by a second at each look."""

    def __init__(self) -> None:
        self.at = START

    def __call__(self) -> datetime:
        self.at += timedelta(seconds=1)
        return self.at


def surroundings(home: Path, name: str, clock: Clock) -> Surroundings:
    home.mkdir(exist_ok=True)
    environ = {"GIT_AUTHOR_NAME": name.title(), "GIT_AUTHOR_EMAIL": f"{name}@example.org"}
    environ |= {key.replace("AUTHOR", "COMMITTER"): value for key, value in environ.items()}
    return Surroundings(environ, "host", "boot", "machine", clock, home)


@dataclass
class Person:
    """Somebody at a clone of hers."""

    name: str
    store: Store
    key: Path

    @property
    def office(self) -> Office:
        return Office(self.store)

    @property
    def proposals(self) -> Proposals:
        return Proposals(self.office)

    @property
    def record(self) -> Record:
        return Record(self.office)

    @property
    def signer(self) -> FileSigner:
        return FileSigner.open(self.key)

    def promote(self, candidate: Candidate, stage: str = "production", *, signed: bool = True) -> Outcome:
        return self.proposals.promote(candidate, stage, "because", signer=self.signer if signed else None)

    def number(self, target: Target) -> int | None:
        return self.record.resolve(target.model, target.stage).move.number


class Town:
    """An origin and everybody's clones of it."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self.clock = Clock()
        self.origin = Store.init(folder / "origin.git", self.surroundings("ada"), bare=True)

    def surroundings(self, name: str) -> Surroundings:
        return surroundings(self.folder / f"home-{name}", name, self.clock)

    def create(self, files: dict[str, bytes | None]) -> None:
        who = self.origin.author().person
        text = CommitText("registry: created\n", who, who, self.clock())
        self.origin.update(self.origin.branches.main, lambda _: files, text)

    def person(self, name: str) -> Person:
        key = self.folder / f"key-{name}"
        key.write_bytes(private_key(name))
        key.chmod(0o600)
        path = self.folder / f"clone-{name}"
        return Person(name, Store.clone(str(self.origin.path), path, self.surroundings(name)), key)


def protected_files(approvers: Approvers = TEAM, policy: Policy | None = None) -> dict[str, bytes | None]:
    rules = settings(staging=False, production=True)
    return {
        **creation_edits(rules),
        paths.policy("production"): (policy or default_policy()).to_bytes(),
        paths.APPROVERS: approvers.to_bytes(),
        paths.ALLOWED_SIGNERS: render_allowed_signers(approvers),
    }
