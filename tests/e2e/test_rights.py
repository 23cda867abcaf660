"""Who may write what, over a server that asks everybody for a password and tells its hook who came in."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING
from urllib.parse import quote

import pytest

from tests.e2e.clerk import Clerk, commit_by_hand
from tests.e2e.desk import Desk
from tests.support.http_server import GitServer, git_server

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

GROUPS = {"ada": "leads", "ben": "leads", "cara": "risk"}
RULES = (
    {"name": "docs", "branch": "main", "paths": ["docs/**"], "groups": [], "people": ["ben@example.org"]},
    {"name": "fraud", "branch": "main", "paths": ["models/fraud/**"], "groups": ["risk"], "people": []},
    {
        "name": "facts",
        "branch": "ledger",
        "paths": ["versions/fraud/**", "aliases/fraud/*"],
        "groups": ["risk"],
        "people": [],
    },
)


@dataclass(frozen=True)
class House:
    """A server with one registry, and everybody's clone of it."""

    root: Path
    server: GitServer

    @property
    def origin(self) -> Path:
        return self.root / "served/origin.git"

    def clerk(self, name: str) -> Clerk:
        home = self.root / f"home-{name}"
        return Clerk(Desk(name, home, self.root) if home.exists() else Desk.of(name, self.root), self.root / name)

    def url(self, name: str) -> str:
        """Where somebody comes in, with her own password."""
        return f"http://{quote(f'{name}@example.org', safe='')}:{name}@127.0.0.1:{self.server.port}/origin.git"

    def moves_in(self, name: str) -> Clerk:
        clerk = self.clerk(name)
        clerk.git("clone", "--quiet", self.url(name), name, cwd=self.root)
        clerk.does("use", "--blobs", str(self.root / "bytes"))
        return clerk


@pytest.fixture(scope="module")
def house(tmp_path_factory: pytest.TempPathFactory) -> Iterator[House]:
    """Ada leads, Ben too, Cara is of risk; paths are left to people, and Cara has registered a version."""
    root = tmp_path_factory.mktemp("house")
    (root / "served").mkdir()
    (root / "bytes").mkdir()
    with git_server(root / "served", {f"{name}@example.org": name for name in GROUPS}) as server:
        house = House(root, server)
        founded(house)
        for name in GROUPS:
            house.moves_in(name)
        house.clerk("cara").registers()
        yield house


def founded(house: House) -> None:
    """By one landing that brings people, keys and rights, on the server itself."""
    founder = house.clerk("ada").at(house.root / "served")
    founder.does("init", "origin.git", "--bare", "--ci", "bare", "--protect", "production")
    founder.git("clone", "--quiet", "origin.git", "../founding")
    people = {house.clerk(name).email: approver(house.clerk(name), group) for name, group in GROUPS.items()}
    rules = [{**rule, "message": "Ask the desk." if rule["name"] == "fraud" else None} for rule in RULES]
    folder = house.root / "founding"
    (folder / "approvers.json").write_text(json.dumps({"schema": "gitreg/approvers/v1", "people": people}))
    (folder / "rights.json").write_text(json.dumps({"schema": "gitreg/rights/v1", "rules": rules}))
    told = founder.at(folder).reads("govern", "-m", "people and rights", "--key", founder.key)
    assert told["landed"], told


def approver(person: Clerk, group: str) -> dict[str, object]:
    kind, key, _ = person.public_key.read_text().split()
    keys = [{"type": kind, "key": key, "valid_after": None, "valid_before": None}]
    return {"groups": [group], "keys": keys}


def pushed(clerk: Clerk, where: str, ref: str) -> tuple[int, str]:
    """What plain git is told."""
    done = clerk.desk.shell("git", "push", "--quiet", where, f"{ref}:{ref}", cwd=clerk.folder)
    return done.returncode, " ".join(done.stderr.split())


def test_who_may_write_a_path_is_told(house: House) -> None:
    ada = house.clerk("ada")
    assert [each["rule"] for each in ada.reads("rights", "list")] == ["docs", "fraud", "facts"]
    page = ada.does("rights", "show", "models/fraud/stages/production/decision.json")
    assert page.splitlines() == [
        "models/fraud/stages/production/decision.json on main: cara@example.org (fraud)",
        "models/fraud/stages/production/decision.json on ledger: everybody",
    ]


def test_a_file_by_hand_is_pushed_by_who_may_write_it(house: House) -> None:
    ada, ben = house.clerk("ada"), house.clerk("ben")
    for clerk in (ada, ben):
        clerk.does("sync")
    before = ada.git("rev-parse", "main").strip()
    commit_by_hand(ada, {"docs/plan.md": b"Ada's\n"})
    code, said = pushed(ada, "origin", "main")
    assert code == 1
    assert "gitreg refuses docs/plan.md: ada@example.org may not write this path" in said
    assert "the rule 'docs' leaves it to ben@example.org" in said
    ada.git("reset", "--quiet", "--hard", before)
    commit_by_hand(ben, {"docs/plan.md": b"Ben's\n"})
    assert pushed(ben, "origin", "main") == (0, "")


def test_whoever_does_not_come_in_by_the_door_is_nobody(house: House) -> None:
    """Ben can write to the server's disk. His name he can only claim there."""
    ben = house.clerk("ben")
    ben.does("sync")
    before = ben.git("rev-parse", "main").strip()
    commit_by_hand(ben, {"docs/more.md": b"more\n"})
    code, said = pushed(ben, str(house.origin), "main")
    assert code == 1
    assert "Nobody says who pushes this" in said
    assert "says who you are" in said
    ben.git("reset", "--quiet", "--hard", before)


def test_a_fact_is_published_by_who_may_write_it(house: House) -> None:
    ada, cara = house.clerk("ada"), house.clerk("cara")
    ada.does("sync")
    told = ada.run("alias", "fraud", "champion", "1")
    assert told.code != 0
    assert "ada@example.org may not write this path: the rule 'facts' leaves it to cara@example.org" in told.err
    told = cara.having(GIT_AUTHOR_EMAIL="ben@example.org").run("alias", "fraud", "champion", "1")
    assert told.code != 0
    assert "cara@example.org pushes what ben@example.org wrote" in told.err
    cara.does("alias", "fraud", "champion", "1")
    ada.does("sync")
    assert ada.reads("resolve", "models:/fraud@champion")["version"] == 1


def test_a_model_is_promoted_by_who_may_write_it_and_merged_by_anybody(house: House) -> None:
    ada, ben, cara = (house.clerk(name) for name in GROUPS)
    promotion = ("promote", "fraud", "1", "--to", "production", "-m", "why", "--key")
    for clerk in (ada, cara):
        clerk.does("sync")
    told = ada.run(*promotion, ada.key)
    assert told.code == 6
    assert "ada@example.org may not write this path" in told.err
    assert "Ask the desk." in told.err
    proposal = cara.reads(*promotion, cara.key)["proposal"]["id"]
    ben.does("sync")
    ben.does("approve", proposal, "--key", ben.key)
    ben.does("merge", proposal)
    assert ben.reads("resolve", "models:/fraud@production")["version"] == 1
    assert ben.reads("audit", "verify")["outcome"] == "pass"


def test_what_got_past_the_hook_is_not_in_force_and_the_audit_names_it(house: House) -> None:
    """The rule is forced away on the server's disk, and a promotion by somebody whom it kept out is merged there."""
    mallory = house.clerk("ada").at(house.root / "mallory")
    mallory.git("clone", "--quiet", str(house.origin), "mallory", cwd=house.root)
    mallory.does("use", "--blobs", str(house.root / "bytes"))
    commit_by_hand(mallory, {"rights.json": None})
    found = mallory.run("audit", "verify", "--json")
    assert found.code == 1
    assert "rights.json" in {each["path"] for each in found.json["objections"]}
    told = mallory.run("validate", "--base", "origin/main", "--head", "main", "--push")
    assert told.code == 1
    assert "rights.json" in told.out
    told = mallory.run("alias", "fraud", "mine", "1")
    assert told.code != 0
    assert "Nobody says who pushes this" in told.err
    told = mallory.run("withdraw", "fraud", "--stage", "production", "-m", "why", "--key", mallory.key)
    assert told.code != 0
