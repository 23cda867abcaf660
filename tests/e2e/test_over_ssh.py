"""A registry behind a real SSH server: pushes, fetches, the hook's words, and a key that opens nothing."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path

import pytest

from tests.e2e.desk import Desk, trained_run
from tests.support.ssh_server import SshServer, ssh_server

pytestmark = [pytest.mark.slow, pytest.mark.usefixtures("openssh")]


@pytest.fixture
def people(tmp_path: Path) -> dict[str, Desk]:
    return {name: Desk.of(name, tmp_path) for name in ("ada", "ben", "eve")}


@pytest.fixture
def server(people: dict[str, Desk], tmp_path: Path) -> Iterator[SshServer]:
    """It lets Ada and Ben in; each has a clone of its protected registry."""
    people["ada"].does("init", "origin.git", "--bare", "--ci", "bare", "--protect", "production")
    (tmp_path / "bytes").mkdir()
    with ssh_server(tmp_path / "sshd", [people[name].home / "key.pub" for name in ("ada", "ben")]) as server:
        for desk in people.values():
            desk.extra["GIT_SSH_COMMAND"] = server.command(desk.key)
        for name in ("ada", "ben"):
            people[name].git("clone", "--quiet", server.url(tmp_path / "origin.git"), name)
            people[name].folder = tmp_path / name
            people[name].does("use", "--blobs", str(tmp_path / "bytes"))
        yield server


@pytest.mark.usefixtures("server")
def test_a_model_is_proposed_approved_and_resolved_over_ssh(people: dict[str, Desk]) -> None:
    ada, ben = people["ada"], people["ben"]
    for desk in (ada, ben):
        public = str(desk.home / "key.pub")
        ada.does("approvers", "add", desk.email, "--key", public, "--group", "leads", "-m", "team")
    run = trained_run(ada, ada.folder)
    ada.does("register", f"runs:/{run}/model", "--name", "fraud")
    promoted = ada.reads("promote", "fraud", "1", "--to", "production", "-m", "first", "--key", str(ada.key))
    ben.does("sync")
    ben.does("approve", promoted["proposal"]["id"], "--key", str(ben.key))
    ada.does("merge", promoted["proposal"]["id"])
    ben.does("sync")
    assert ben.reads("resolve", "models:/fraud@production")["version"] == 1
    ben.does("pull", "models:/fraud@production", "-o", "pulled")
    assert (ben.folder / "pulled/weights.bin").read_bytes() == b"weights"


@pytest.mark.usefixtures("server")
def test_the_hook_refuses_over_ssh_in_words(people: dict[str, Desk], tmp_path: Path) -> None:
    ada = people["ada"]
    before = ada.git("rev-parse", "main", cwd=tmp_path / "origin.git")
    (ada.folder / "gitreg.json").write_text("{}\n")
    ada.git("commit", "--quiet", "-am", "by hand")
    done = ada.shell("git", "push", "--quiet", "origin", "main")
    assert done.returncode == 1
    assert "remote: gitreg refuses gitreg.json" in done.stderr
    assert ada.git("rev-parse", "main", cwd=tmp_path / "origin.git") == before


@pytest.mark.usefixtures("server")
def test_the_hook_knows_by_whose_key_somebody_came_in(people: dict[str, Desk]) -> None:
    ada, ben = people["ada"], people["ben"]
    docs = ("docs", "--branch", "main", "--path", "docs/**", "--person", ben.email)
    ada.does("rights", "add", *docs, "-m", "Ben writes them.", "--key", str(ada.key))
    ben.does("sync")
    for desk in (ada, ben):
        (desk.folder / "docs").mkdir()
        (desk.folder / "docs/plan.md").write_text("a plan\n")
        desk.git("add", "docs")
        desk.git("commit", "--quiet", "-m", "a plan")
    refused = ada.shell("git", "push", "--quiet", "origin", "main")
    assert refused.returncode == 1
    assert "ada@example.org may not write this path" in " ".join(refused.stderr.replace("remote:", "").split())
    ben.git("push", "--quiet", "origin", "main")


def test_a_key_that_the_server_does_not_know_reads_nothing(
    people: dict[str, Desk], server: SshServer, tmp_path: Path
) -> None:
    people["ada"].does("runs", "start", "-e", "churn")
    eve = people["eve"]
    people["ada"].extra["GIT_SSH_COMMAND"] = server.command(eve.key)
    done = people["ada"].run("sync")
    assert done.returncode == 5, done.stderr
    assert "Permission denied" in done.stderr, done.stderr
    assert "Traceback" not in done.stderr
    cloned = eve.run("use", server.url(tmp_path / "origin.git"))
    assert cloned.returncode == 5, cloned.stderr
