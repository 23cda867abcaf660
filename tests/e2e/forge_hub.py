"""A git server and a stand-in GitHub over one bare repository, and people with clones, keys and tokens."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import httpx

from gitreg.testing.forges import GitHubStandIn, Project
from tests.e2e.clerk import Clerk
from tests.e2e.desk import Desk
from tests.forges.serving import Checked, github_description, serving
from tests.support.http_server import GitServer, git_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from openapi_core import OpenAPI

PROJECT = "team/models"
STAGE = "models/fraud/stages/production"


@dataclass
class Hub:
    """A git server and a stand-in GitHub over the same bare repository, and people with clones."""

    root: Path
    server: GitServer
    app: GitHubStandIn
    project: Project
    address: str
    checked: Checked
    clerks: dict[str, Clerk] = field(default_factory=dict)

    def clerk(self, name: str, *, is_app: bool = False) -> Clerk:
        """Somebody with a home, a key, a token, and a clone, which is made when she first comes."""
        if name not in self.clerks:
            home, token = self.root / f"home-{name}", f"token-of-{name}"
            desk = Desk(name, home, self.root) if home.exists() else Desk.of(name, self.root)
            self.app.add_token(token, "gitreg[bot]" if is_app else name, is_app=is_app)
            forge = {"GITREG_FORGE": "github", "GITREG_FORGE_URL": self.address, "GITREG_FORGE_TOKEN": token}
            self.clerks[name] = Clerk(desk, self.root / name, forge)
        return self.clerks[name]

    @property
    def ada(self) -> Clerk:
        return self.clerk("ada")

    @property
    def ben(self) -> Clerk:
        return self.clerk("ben")

    @property
    def cleo(self) -> Clerk:
        return self.clerk("cleo")

    @property
    def ci(self) -> Clerk:
        """A workflow of main: an app's token, a key that nobody gave approval to, and main with all branches."""
        clerk = self.clerk("ci", is_app=True)
        if not clerk.folder.exists():
            clerk.at(self.root).git("clone", "--quiet", self.server.url(PROJECT), "ci")
        clerk.git("fetch", "--quiet", "origin", "+refs/gitreg/*:refs/gitreg/*")
        clerk.git("pull", "--quiet", "--ff-only")
        return clerk

    def proposed(self, number: int) -> str:
        """Ada's signed proposal for production; its id."""
        command = ("promote", "fraud", str(number), "--to", "production", "-m", "why", "--key", self.ada.key)
        return str(self.ada.reads(*command)["proposal"]["id"])

    def only_pull(self) -> Any:  # noqa: ANN401 - the stand-in's own
        (pull,) = self.project.pulls.values()
        return pull

    def presses(self, number: int, method: str, who: str = "ada") -> str:
        """The merge button; main's new tip."""
        url = f"{self.address}/api/v3/repos/{PROJECT}/pulls/{number}/merge"
        headers = {"Authorization": f"Bearer token-of-{who}"}
        done = httpx.put(url, json={"merge_method": method}, headers=headers, timeout=30)
        assert done.status_code == 200, done.text
        return str(done.json()["sha"])


def _found(hub: Hub) -> None:
    """A registry with three people and a policy, pushed; fraud 1 in production, fraud 2 and 3 registered."""
    ada = hub.ada
    ada.at(hub.root).git("init", "--quiet", "--bare", "--initial-branch=main", str(hub.project.git.path))
    ada.at(hub.root).does("init", "ada", "--protect", "production")
    ada.git("remote", "add", "origin", hub.server.url(PROJECT))
    ada.does("use", "--blobs", str(hub.root / "bytes"))
    ada.does("sync")
    for person in (hub.ada, hub.ben):
        ada.does("approvers", "add", person.email, "--key", person.public_key, "--group", "leads", "-m", "team")
    for name in ("ben", "cleo"):
        hub.clerk(name).at(hub.root).git("clone", "--quiet", hub.server.url(PROJECT), name)
        hub.clerk(name).does("use", "--blobs", str(hub.root / "bytes"))
    for content, auc in ((b"one", 0.93), (b"two", 0.95), (b"three", 0.5)):
        ada.registers(content, auc)
    first = hub.proposed(1)
    hub.ben.does("approve", first, "--key", hub.ben.key)
    ada.does("merge", first)
    key = ("--key", hub.cleo.public_key, "--group", "leads")
    told = ada.reads("approvers", "add", hub.cleo.email, *key, "-m", "team", "--sign", ada.key)
    hub.ben.does("approve", told["proposal"]["id"], "--key", hub.ben.key)
    ada.does("merge", told["proposal"]["id"])
    ada.does("sync")


@cache
def _description() -> OpenAPI:
    return github_description()


def running(root: Path, *, found: bool) -> Iterator[Hub]:
    (root / "served/team").mkdir(parents=True, exist_ok=True)
    (root / "bytes").mkdir(exist_ok=True)
    app = GitHubStandIn(lambda: datetime.now(UTC))
    project = app.add_project(PROJECT, root / "served" / PROJECT)
    checked = Checked(app, _description())
    with git_server(root / "served", {}) as server, serving(checked) as address:
        hub = Hub(root, server, app, project, address, checked)
        if not found:
            _found(hub)
        yield hub
    assert checked.answered_wrongly == []
    assert checked.asked_wrongly == []
