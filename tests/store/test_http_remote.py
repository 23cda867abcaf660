"""The same over smart HTTP, against git's own server: credentials, refusals, races, damage on the way."""

from __future__ import annotations

import dataclasses
import hashlib
import socket
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitreg.errors import CredentialsRefused, RaceLost, RemoteError, RemoteRefused
from gitreg.store import RefUpdate, Store, publish_ledger, push_main, sync
from tests.store.builders import LEDGER, MAIN, assert_sound, git, put, revised, run_python, status, surroundings, text
from tests.support.http_server import GitServer, git_server

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.surroundings import Surroundings

USERS = {"ada": "ada's secret", "ben": "s3cr3t-of-ben"}


@pytest.fixture
def server(tmp_path: Path, world: Surroundings) -> Iterator[GitServer]:
    (tmp_path / "served").mkdir()
    with Store.init(tmp_path / "served/origin", world, bare=True) as origin:
        put(origin, gitreg__json="{}\n")
    with git_server(tmp_path / "served", USERS) as running:
        yield running
        assert_sound(running.root / "origin")


@pytest.fixture
def ada(server: GitServer, tmp_path: Path) -> Surroundings:
    """Surroundings in which the environment holds Ada's token for this host."""
    (tmp_path / "home").mkdir(exist_ok=True)
    return surroundings(
        tmp_path / "home", GITREG_TOKEN=USERS["ada"], GITREG_USERNAME="ada", GITREG_TOKEN_HOST=server.host
    )


@pytest.fixture
def clone(server: GitServer, tmp_path: Path, ada: Surroundings) -> Iterator[Store]:
    with Store.clone(server.url("origin"), tmp_path / "clone", ada) as made:
        yield made
        assert_sound(made.path)


def test_a_clone_over_http_is_a_clone(clone: Store) -> None:
    assert (clone.path / "gitreg.json").read_text() == "{}\n"
    assert status(clone.path) == []
    remote = clone.remote()
    assert remote
    assert (remote.is_path, remote.head()) == (False, MAIN)
    assert list(remote.refs(["refs/heads/"])) == [MAIN]


def test_facts_and_decisions_are_published(clone: Store, server: GitServer) -> None:
    publish_ledger(clone, clone.remote(), {"runs/1.json": revised(1, "a")}, text())
    push_main(clone, clone.remote(), lambda _: {"pointer": b"1"}, text())
    git_dir = server.root / "origin"
    assert git(git_dir, "show", "main:pointer") == "1"
    assert git(git_dir, "show", "ledger:runs/1.json") == revised(1, "a").decode()
    assert clone.tip(LEDGER) == clone.tip("refs/remotes/origin/ledger")


def test_a_hot_publish_asks_three_times(clone: Store, server: GitServer) -> None:
    remote = clone.remote()
    publish_ledger(clone, remote, {"runs/1.json": revised(1, "a")}, text())
    before = len(server.requests)
    publish_ledger(clone, remote, {"runs/2.json": revised(1, "a")}, text())
    assert [request.partition("?")[0] for request in server.requests[before:]] == [
        "GET /origin/info/refs",
        "POST /origin/git-receive-pack",
    ]


def test_two_clones_meet(clone: Store, server: GitServer, tmp_path: Path, ada: Surroundings) -> None:
    with Store.clone(server.url("origin"), tmp_path / "other", ada) as other:
        publish_ledger(clone, clone.remote(), {"runs/1.json": revised(1, "a")}, text())
        publish_ledger(other, None, {"runs/2.json": revised(1, "b")}, text())
        other.update("refs/heads/proposals/p", lambda _: {"x": b"1"}, text(), start=other.tip(MAIN))
        remote = other.remote()
        assert remote
        assert sync(other, remote, text()).pushed == ("refs/heads/proposals/p",)
        mine = clone.remote()
        assert mine
        assert sync(clone, mine, text()).fetched == ("refs/heads/proposals/p",)
        assert [path for path, _ in clone.snapshot(LEDGER).walk()] == ["runs/1.json", "runs/2.json"]
        proposal = clone.tip("refs/heads/proposals/p")
        assert proposal
        push_main(
            clone, mine, lambda _: {"x": b"1"}, text(), also=[RefUpdate("refs/heads/proposals/p", None, proposal)]
        )
        assert sync(other, remote, text()).removed == ("refs/heads/proposals/p",)


WRITER = """
import sys
from pathlib import Path
from gitreg.store import Store, publish_ledger
from tests.store.builders import surroundings, revised, text
path, name, host = Path(sys.argv[1]), sys.argv[2], sys.argv[3]
world = surroundings(path.parent / "home", GITREG_TOKEN="s3cr3t-of-ben", GITREG_USERNAME="ben", GITREG_TOKEN_HOST=host)
url = f"http://{host}/origin"
with Store.clone(url, path, world) as store:
    remote = store.remote()
    for n in range(5):
        publish_ledger(store, remote, {f"runs/{name}-{n}.json": revised(1, name)}, text())
"""


def test_four_writers_at_once_lose_nothing(server: GitServer, tmp_path: Path) -> None:
    names = [f"w{n}" for n in range(4)]
    processes = [run_python(WRITER, str(tmp_path / name), name, server.host, wait=False) for name in names]
    assert [process.communicate(timeout=110)[1] for process in processes] == [""] * 4
    paths = git(server.root / "origin", "ls-tree", "-r", "--name-only", "ledger").split()
    assert paths == sorted(f"runs/{name}-{n}.json" for name in names for n in range(5))


def test_a_stale_push_never_overwrites(clone: Store, server: GitServer) -> None:
    old = clone.tip(MAIN)
    assert old
    new = clone.write_commit((old,), clone.snapshot(old), {"a": b"1"}, text())
    origin = server.root / "origin"
    other = git(origin, "commit-tree", "main^{tree}", "-p", "main", "-m", "x").strip()
    git(origin, "update-ref", MAIN, other)
    remote = clone.remote()
    assert remote
    with pytest.raises(RaceLost):
        remote.push([RefUpdate(MAIN, new, old)])
    assert git(origin, "rev-parse", "main").strip() == other


def test_a_ref_locked_by_another_push_is_a_lost_race(clone: Store, server: GitServer) -> None:
    old = clone.tip(MAIN)
    assert old
    new = clone.write_commit((old,), clone.snapshot(old), {"a": b"1"}, text())
    (server.root / "origin/refs/heads/main.lock").write_text("")
    remote = clone.remote()
    assert remote
    with pytest.raises(RaceLost):
        remote.push([RefUpdate(MAIN, new, old)])
    (server.root / "origin/refs/heads/main.lock").unlink()


def _install_hook(server: GitServer, script: str) -> None:
    hook = server.root / "origin/hooks/pre-receive"
    hook.parent.mkdir(exist_ok=True)
    hook.write_text(f"#!/bin/sh\n{script}\n")
    hook.chmod(0o755)


def test_a_hooks_refusal_is_told_in_its_own_words_and_made_harmless(clone: Store, server: GitServer) -> None:
    _install_hook(server, r"printf 'rule X: \033[31mno\007 pointer by hand for %s\n' $REMOTE_USER >&2; exit 1")
    before = clone.tip(MAIN)
    with pytest.raises(RemoteRefused) as refusal:
        push_main(clone, clone.remote(), lambda _: {"a": b"1"}, text())
    assert "pre-receive hook declined" in str(refusal.value)
    assert "pointer by hand for ada" in str(refusal.value)
    assert all(character.isprintable() or character == "\n" for character in str(refusal.value))
    assert clone.tip(MAIN) == before
    assert status(clone.path) == []


def test_a_hook_sees_what_we_sent_in_its_quarantine(clone: Store, server: GitServer, world: Surroundings) -> None:
    seen = server.root / "seen"
    _install_hook(
        server, f'cat > {seen}; echo "$GIT_OBJECT_DIRECTORY" >> {seen}; cp -r "$GIT_OBJECT_DIRECTORY" {seen}.objects'
    )
    landed = push_main(clone, clone.remote(), lambda _: {"a": b"new"}, text())
    assert landed
    assert landed in seen.read_text()
    with Store.open(server.root / "origin", world, quarantine=Path(f"{seen}.objects")) as judge:
        assert judge.snapshot(landed).read("a") == b"new"


def test_without_credentials_the_answer_says_what_to_do(server: GitServer, tmp_path: Path, world: Surroundings) -> None:
    with pytest.raises(CredentialsRefused, match="GITREG_TOKEN_HOST"):
        Store.clone(server.url("origin"), tmp_path / "clone", world)
    assert not (tmp_path / "clone").exists()


def test_wrong_credentials_are_refused_and_never_shown(server: GitServer, tmp_path: Path, ada: Surroundings) -> None:
    wrong = dataclasses.replace(ada, environ={**ada.environ, "GITREG_TOKEN": "wrong-and-secret"})
    with pytest.raises(CredentialsRefused) as refusal:
        Store.clone(server.url("origin"), tmp_path / "clone", wrong)
    assert "wrong-and-secret" not in f"{refusal.value!r}{refusal.value}{refusal.value.__cause__}"


def test_a_token_goes_to_its_host_alone(server: GitServer, tmp_path: Path, ada: Surroundings) -> None:
    elsewhere = dataclasses.replace(ada, environ={**ada.environ, "GITREG_TOKEN_HOST": "example.org"})
    with pytest.raises(CredentialsRefused):
        Store.clone(server.url("origin"), tmp_path / "clone", elsewhere)


def test_a_login_in_the_url_is_used_and_never_shown(server: GitServer, tmp_path: Path, world: Surroundings) -> None:
    with Store.clone(server.url("origin", user="ben"), tmp_path / "clone", world) as made:
        remote = made.remote()
        assert remote
        assert "s3cr3t" not in remote.url
        with pytest.raises(RemoteError) as error:
            Store.clone(server.url("absent", user="ben"), tmp_path / "other", world)
        assert "s3cr3t" not in f"{error.value}{error.value.subject}"


def _helper(tmp_path: Path, name: str) -> Path:
    helper = tmp_path / name
    helper.write_text(f"#!/bin/sh\ntouch {helper}.asked\necho username=ben\necho 'password={USERS['ben']}'\n")
    helper.chmod(0o755)
    return helper


def test_the_users_credential_helper_is_asked(server: GitServer, tmp_path: Path, world: Surroundings) -> None:
    (world.home / ".gitconfig").write_text(f"[credential]\n\thelper = {_helper(tmp_path, 'mine')}\n")
    with Store.clone(server.url("origin"), tmp_path / "clone", world) as made:
        push_main(made, made.remote(), lambda _: {"a": b"1"}, text())
    assert (tmp_path / "mine.asked").exists()


def test_a_helper_that_the_clone_names_is_never_asked(clone: Store, tmp_path: Path, world: Surroundings) -> None:
    git(clone.path, "config", "credential.helper", str(_helper(tmp_path, "evil")))
    with Store.open(clone.path, world) as again:
        remote = again.remote()
        assert remote
        with pytest.raises(CredentialsRefused):
            remote.refs()
    assert not (tmp_path / "evil.asked").exists()


def test_a_repository_that_is_not_there_is_a_remote_error(server: GitServer, tmp_path: Path, ada: Surroundings) -> None:
    with pytest.raises(RemoteError, match="no git repository"):
        Store.clone(server.url("absent"), tmp_path / "clone", ada)


def test_a_host_that_is_not_there_is_a_remote_error(tmp_path: Path, world: Surroundings) -> None:
    with socket.create_server(("127.0.0.1", 0)) as listener:
        port = listener.getsockname()[1]
    with pytest.raises(RemoteError, match="cannot be reached"):
        Store.clone(f"http://127.0.0.1:{port}/origin", tmp_path / "clone", world)


@contextmanager
def _answering(answer: bytes) -> Iterator[str]:
    """A server that answers every request so."""
    with socket.create_server(("127.0.0.1", 0)) as listener:

        def serve() -> None:
            while True:
                try:
                    connection, _ = listener.accept()
                except OSError:
                    return
                with connection:
                    connection.recv(65536)
                    connection.sendall(answer)

        threading.Thread(target=serve, daemon=True).start()
        yield f"http://127.0.0.1:{listener.getsockname()[1]}/origin"
        listener.shutdown(socket.SHUT_RDWR)


def _http(body: bytes, kind: str = "application/x-git-upload-pack-advertisement", status: str = "200 OK") -> bytes:
    head = f"HTTP/1.1 {status}\r\nContent-Type: {kind}\r\nContent-Length: {len(body)}\r\nConnection: close\r\n\r\n"
    return head.encode() + body


@pytest.mark.parametrize(
    "answer",
    [
        b"",
        b"garbage\r\n\r\n",
        _http(b"<html>a login page</html>", "text/html"),
        _http(b""),
        _http(b"zzzz"),
        _http(b"001e# service=git-upload-pack\n0000004400"),
        _http(b"ffff" + b"x" * 100),
        _http(b"oops", status="500 Internal Server Error"),
        _http(b"no", status="403 Forbidden"),
    ],
)
def test_a_server_that_is_no_git_server_is_a_remote_error(tmp_path: Path, world: Surroundings, answer: bytes) -> None:
    with _answering(answer) as url, pytest.raises(RemoteError):
        Store.clone(url, tmp_path / "clone", world)
    assert not (tmp_path / "clone").exists()


@pytest.mark.parametrize("cut_after", [400, 1500, 20_000])
def test_a_transfer_cut_short_leaves_everything_as_it_was(
    clone: Store, server: GitServer, tmp_path: Path, cut_after: int
) -> None:
    with Store.open(server.root / "origin", surroundings(tmp_path)) as origin:
        files = {f"n/{n}": hashlib.sha256(b"%d" % n).digest() * 30 for n in range(200)}
        origin.update(MAIN, lambda _: files, text())
    before = clone.refs()
    remote = clone.remote()
    assert remote
    server.cut_after = cut_after
    with pytest.raises(RemoteError):
        sync(clone, remote, text())
    server.cut_after = None
    assert clone.refs() == before
    assert_sound(clone.path)
    sync(clone, remote, text())
    assert (clone.path / "n/7").exists()


def test_a_repository_that_fails_over_there_is_a_remote_error(clone: Store, server: GitServer) -> None:
    remote = clone.remote()
    assert remote
    config = server.root / "origin/config"
    good = config.read_text()
    config.write_text("[core]\n\trepositoryformatversion = 99\n")
    with pytest.raises(RemoteError):
        sync(clone, remote, text())
    config.write_text(good)


def test_ssh_urls_go_through_the_users_ssh(tmp_path: Path, bare: Store) -> None:
    """A stand-in for ssh that runs the command it is given, as the far shell would."""
    put(bare, a="1")
    ssh = tmp_path / "ssh"
    ssh.write_text(
        f'#!/bin/sh\nwhile [ "$1" != far.example ]; do shift; done\nshift\n'
        f'echo "$@" >> {tmp_path}/said\nexec sh -c "$*"\n'
    )
    ssh.chmod(0o755)
    home = tmp_path / "home"
    home.mkdir(exist_ok=True)
    (home / ".gitconfig").write_text(f"[core]\n\tsshCommand = {ssh}\n")
    with Store.clone(f"ssh://far.example{bare.path}", tmp_path / "clone", surroundings(home)) as made:
        landed = push_main(made, made.remote(), lambda _: {"a": b"2"}, text())
    assert bare.tip(MAIN) == landed
    assert "git-receive-pack" in (tmp_path / "said").read_text()
    assert_sound(bare.path)


def test_an_ssh_command_that_the_clone_names_is_never_run(bare: Store, tmp_path: Path, world: Surroundings) -> None:
    git(bare.path, "config", "remote.origin.url", "ssh://far.invalid/x")
    git(bare.path, "config", "core.sshCommand", f"touch {tmp_path}/touched")
    own = dataclasses.replace(world, environ={**world.environ, "GIT_SSH_COMMAND": "false"})
    with Store.open(bare.path, own) as store:
        remote = store.remote()
        assert remote
        with pytest.raises(RemoteError):
            remote.refs()
    assert not (tmp_path / "touched").exists()
