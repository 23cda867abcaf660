"""Bad input: a clear error with its exit code, and nothing changed."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from tests.cli.conftest import make_key, note_of_git
from tests.cli.test_stories import Team, found

if TYPE_CHECKING:
    from collections.abc import Callable

    from tests.cli.conftest import Ask, Gitreg, Told


def git(folder: Path, *args: str | Path) -> str:
    return subprocess.run(["git", "-C", folder, *args], capture_output=True, text=True, check=True).stdout.strip()


class Watched:
    """Calls a command that has to fail and to change no ref."""

    def __init__(self, gitreg: Gitreg, at: Path) -> None:
        self._gitreg = gitreg
        self._at = at

    def fails(self, *args: str | Path, code: int, says: str = "", env: dict[str, str] | None = None) -> Told:
        before = note_of_git(self._at)
        told = self._gitreg(*args, at=self._at, env=env)
        assert told.code == code, told.err + told.out
        assert says in told.err, told.err
        assert told.err.startswith("error: ")
        assert "Traceback" not in told.err
        assert note_of_git(self._at) == before
        return told


@pytest.fixture
def watched(gitreg: Gitreg, registry: Path) -> Watched:
    return Watched(gitreg, registry)


@pytest.fixture
def ready(gitreg: Gitreg, registry: Path, trained: Callable[..., str]) -> Path:
    """A registry with fraud/1 in production."""
    trained("first")
    assert gitreg("register", "runs:/first/model", "--name", "fraud", at=registry).code == 0
    assert gitreg("promote", "fraud", "1", "--to", "production", "-m", "why", at=registry).code == 0
    return registry


# --- which registry -------------------------------------------------------------------------------------------------


def test_where_there_is_no_repository(gitreg: Gitreg, tmp_path: Path) -> None:
    told = gitreg("runs", "list", at=tmp_path)
    assert told.code == 3
    assert "hint: Make one: gitreg init PATH" in told.err


def test_a_repository_that_is_empty_or_no_registry(gitreg: Gitreg, tmp_path: Path) -> None:
    git(tmp_path, "init", "-q", "code")
    told = gitreg("status", at=tmp_path / "code")
    assert (told.code, "no registry" in told.err) == (3, True)


def test_a_folder_that_is_not_there(gitreg: Gitreg, tmp_path: Path) -> None:
    assert gitreg("-C", "nowhere", "status", at=tmp_path).code == 3
    assert gitreg("status", at=tmp_path, env={"GITREG_REPO": "nowhere"}).code == 3


def test_a_registry_that_a_later_gitreg_wrote(watched: Watched, registry: Path) -> None:
    settings = registry / "gitreg.json"
    settings.write_text(settings.read_text().replace("registry/v1", "registry/v2"), encoding="utf-8")
    git(registry, "commit", "-qam", "later")
    watched.fails("status", code=2, says="later gitreg")


@pytest.mark.parametrize(
    "content",
    [
        b"{",
        b"[" * 10_000 + b"]" * 10_000,
        b"\xef\xbb\xbf{}",
        b"\xff\xfe",
        b'{"schema": "gitreg/registry/v1", "schema": 1}',
        b'{"schema": "gitreg/registry/v1"}',
    ],
    ids=["syntax", "deep", "byte-order mark", "not UTF-8", "duplicate key", "fields missing"],
)
def test_settings_that_cannot_be_read(watched: Watched, registry: Path, content: bytes) -> None:
    (registry / "gitreg.json").write_bytes(content)
    git(registry, "commit", "-qam", "broken")
    watched.fails("status", code=2, says="gitreg.json")


def test_a_folder_that_cannot_be_written(gitreg: Gitreg, tmp_path: Path) -> None:
    (tmp_path / "file").touch()
    assert gitreg("init", "file", at=tmp_path).code == 4
    assert gitreg("init", "file/registry", at=tmp_path).code == 5
    (tmp_path / "full").mkdir()
    (tmp_path / "full/precious").touch()
    assert gitreg("init", "full", at=tmp_path).code == 4


@pytest.mark.parametrize(
    "wishes",
    [("--here", "--bare"), ("--ci", "travis"), ("--ci", "bare"), ("--protect", "a\nb"), ("--blobs", "ftp://x")],
)
def test_wishes_that_cannot_be(gitreg: Gitreg, tmp_path: Path, wishes: tuple[str, ...]) -> None:
    told = gitreg("init", "registry", *wishes, at=tmp_path)
    assert told.code in (2, 5, 6), told.err
    assert not (tmp_path / "registry").exists()


def test_who_decides_has_to_be_known(watched: Watched, ready: Path, home: Path) -> None:
    (home / ".gitconfig").unlink()
    watched.fails("withdraw", "fraud", "--stage", "production", "-m", "why", code=2, says="user.email")
    del ready


# --- runs and files -------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    "name", ["", "a\nb", "a\0b", "x" * 300, " a", "\u202ea"], ids=["empty", "newline", "NUL", "long", "space", "bidi"]
)
def test_names_that_no_document_may_carry(watched: Watched, name: str) -> None:
    if "\0" not in name:
        watched.fails("runs", "start", "-e", name, code=2)
    watched.fails("runs", "start", "--name", name.replace("\0", "\x01"), code=2)


def test_an_emoji_is_a_name(gitreg: Gitreg, ask: Ask, registry: Path) -> None:
    run = gitreg("runs", "start", "-e", "🚀 churn", at=registry).out.strip()
    assert ask("runs", "show", run, at=registry)["experiment"] == "🚀 churn"


def test_a_run_that_is_not_there(watched: Watched) -> None:
    watched.fails("runs", "show", "nope", code=3, says="gitreg runs list")
    watched.fails("runs", "show", "@last", code=3)
    watched.fails("runs", "finish", "nope", code=3)
    watched.fails("artifacts", "list", "nope", code=3)


def test_values_that_cannot_be_recorded_leave_nothing_of_their_call(
    watched: Watched, gitreg: Gitreg, ask: Ask, registry: Path
) -> None:
    run = gitreg("runs", "start", at=registry).out.strip()
    fine = ("--param", "depth=4")
    watched.fails("runs", "record", run, *fine, "--metric", "auc=high", code=2, says="not a number")
    watched.fails("runs", "record", run, *fine, "--metric", "a\nb=1", code=2)
    watched.fails("runs", "record", run, *fine, "--tag", "nothing", code=2, says="KEY=VALUE")
    watched.fails("runs", "record", run, *fine, "--artifact", "nowhere.txt", code=2, says="nowhere.txt")
    watched.fails("runs", "record", run, *fine, "--param", "n=99999999999999999999", code=2)
    assert ask("runs", "show", run, at=registry)["params"] == {}


def test_a_secret_is_recorded_by_no_command_and_shown_by_none(
    watched: Watched, gitreg: Gitreg, ask: Ask, registry: Path, tmp_path: Path
) -> None:
    run = gitreg("runs", "start", at=registry).out.strip()
    token = "ghp_" + "0123456789abcdefghij0123456789abcdef"
    (tmp_path / "config").mkdir()
    file = tmp_path / "config" / "settings.yaml"
    file.write_text(f"lr: 0.1\nkey: {token}\n")
    fine = ("--param", "depth=4", "--param", "max_tokens=512")
    for command, says in (
        (
            ("runs", "start", "--tag", f"note={token}"),
            "'note' is refused: it looks like it holds a secret",
        ),
        (("run", "--tag", f"note={token}", "--", "true"), "GitHub token"),
        (("runs", "record", run, *fine, "--param", "db_password=hunter2"), "'db_password' is refused"),
        (("runs", "record", run, *fine, "--tag", f"note=x {token}"), "line 1, column 3"),
        (("runs", "record", run, *fine, "--artifact", file), "settings.yaml:2 looks like it holds a secret"),
        (("runs", "record", run, *fine, "--artifact", file.parent), "--allow-secrets"),
        (("runs", "tag", run, f"note={token}"), "'note' is refused"),
        (("runs", "note", run, f"see {token}"), "'description' is refused"),
    ):
        told = watched.fails(*command, code=2, says=says)
        assert not any(secret in told.out + told.err for secret in (token, "hunter2"))
    assert ask("runs", "show", run, at=registry)["params"] == {}
    assert gitreg("runs", "record", run, *fine, "--artifact", file, "--allow-secrets", at=registry).code == 0


def test_a_finished_run_takes_no_more(watched: Watched, trained: Callable[..., str]) -> None:
    run = trained("first")
    watched.fails("runs", "record", run, "--param", "a=1", code=3)
    watched.fails("runs", "finish", run, code=3)


def test_an_abbreviation_of_two(watched: Watched, trained: Callable[..., str]) -> None:
    trained("same")
    trained("same")
    watched.fails("runs", "show", "same", code=4, says="fits 2 runs")


def test_artifacts_that_are_not_there_or_in_the_way(
    watched: Watched, trained: Callable[..., str], tmp_path: Path
) -> None:
    run = trained("first")
    watched.fails("artifacts", "get", run, "nope", "-o", tmp_path / "out", code=3)
    watched.fails("artifacts", "get", run, "../model", "-o", tmp_path / "out", code=3)
    (tmp_path / "full").mkdir()
    (tmp_path / "full/model").write_text("mine", encoding="utf-8")
    watched.fails("artifacts", "get", run, "-o", tmp_path / "full", code=4)
    assert (tmp_path / "full/model").read_text(encoding="utf-8") == "mine"


def test_a_folder_with_a_link_is_no_model(watched: Watched, gitreg: Gitreg, registry: Path, tmp_path: Path) -> None:
    run = gitreg("runs", "start", at=registry).out.strip()
    folder = tmp_path / "linked"
    folder.mkdir()
    (folder / "secret").symlink_to("/etc/passwd")
    told = gitreg("runs", "record", run, "--model", folder, at=registry)
    assert told.code in (2, 6), told.err
    assert "secret" in told.err
    del watched


# --- models ---------------------------------------------------------------------------------------------------------


def test_registering_what_cannot_be_registered(
    watched: Watched, gitreg: Gitreg, registry: Path, trained: Callable[..., str]
) -> None:
    run = trained("first")
    watched.fails("register", f"runs:/{run}/nope", "--name", "fraud", code=3, says="nope")
    watched.fails("register", "runs:/nope/model", "--name", "fraud", code=3)
    watched.fails("register", "models:/fraud/1", "--name", "fraud", code=2)
    watched.fails("register", f"runs:/{run}/model", "--name", "a/b", code=2)
    running = gitreg("runs", "start", at=registry).out.strip()
    gitreg("runs", "record", running, "--model", registry.parent / "made", at=registry)
    watched.fails("register", f"runs:/{running}/model", "--name", "fraud", code=6)


def test_bytes_that_are_gone_or_changed(
    watched: Watched, gitreg: Gitreg, ready: Path, tmp_path: Path, ask: Ask
) -> None:
    digest = ask("artifacts", "list", "first", at=ready)[0]["digest"].removeprefix("sha256:")
    (blob,) = (ready / ".git/gitreg/blobs").rglob(digest)
    good = blob.read_bytes()
    blob.chmod(0o644)
    blob.write_bytes(bytes([good[0] ^ 1]) + good[1:])
    watched.fails("pull", "models:/fraud/1", "-o", tmp_path / "flipped", code=5)
    told = gitreg("fsck", at=ready)
    assert (told.code, digest[:16] in told.out) == (1, True)
    blob.write_bytes(good[:-1])
    watched.fails("pull", "models:/fraud/1", "-o", tmp_path / "cut", code=5)
    blob.unlink()
    watched.fails("pull", "models:/fraud/1", "-o", tmp_path / "gone", code=5)
    watched.fails("promote", "fraud", "1", "--to", "staging", "-m", "why", code=5)
    assert not any((tmp_path / name).exists() for name in ("flipped", "cut", "gone"))


def test_addresses_that_mean_nothing(watched: Watched, ready: Path) -> None:
    watched.fails("resolve", "fraud", code=2)
    watched.fails("resolve", "https://example.org", code=2)
    watched.fails("resolve", "models:/fraud/9", code=3, says="gitreg versions fraud")
    watched.fails("resolve", "models:/other/1", code=3)
    watched.fails("resolve", "models:/fraud@nope", code=3)
    watched.fails("resolve", "models:/fraud@staging", code=3)
    watched.fails("alias", "fraud", "production", "1", code=2)
    watched.fails("alias", "fraud", "x", code=2, says="Which version?")
    del ready


def test_promotions_that_cannot_be(watched: Watched, ready: Path) -> None:
    watched.fails("promote", "fraud", "9", "--to", "production", "-m", "why", code=3)
    watched.fails("promote", "fraud", "1", "--to", "nowhere", "-m", "why", code=3)
    watched.fails("promote", "fraud", "1", "--to", "production", "-m", "why", code=4)
    watched.fails("promote", "fraud", "1", "--to", "staging", code=2, says="message")
    watched.fails("withdraw", "fraud", "--stage", "staging", "-m", "why", code=3)
    watched.fails("rollback", "fraud", "--stage", "production", "-m", "why", code=3)
    del ready


def test_a_dirty_file_stops_only_what_would_overwrite_it(watched: Watched, gitreg: Gitreg, ready: Path) -> None:
    (ready / "README.md").write_text("mine", encoding="utf-8")
    assert gitreg("promote", "fraud", "1", "--to", "staging", "-m", "why", at=ready).code == 0
    decision = ready / "models/fraud/stages/production/decision.json"
    decision.write_text("mine", encoding="utf-8")
    watched.fails("withdraw", "fraud", "--stage", "production", "-m", "why", code=4, says="decision.json")
    assert decision.read_text(encoding="utf-8") == "mine"
    assert (ready / "README.md").read_text(encoding="utf-8") == "mine"


def test_a_detached_head_hinders_nobody(gitreg: Gitreg, ready: Path) -> None:
    git(ready, "checkout", "-q", "--detach")
    assert gitreg("promote", "fraud", "1", "--to", "staging", "-m", "why", at=ready).code == 0
    assert gitreg("resolve", "models:/fraud@staging", at=ready).code == 0


def test_a_pointer_edited_by_hand_is_not_resolved(watched: Watched, ready: Path) -> None:
    decision = ready / "models/fraud/stages/production/decision.json"
    text = json.loads(decision.read_text(encoding="utf-8"))
    text["reason"] = "because"
    decision.write_text(json.dumps(text, sort_keys=True, indent=2, ensure_ascii=False) + "\n", encoding="utf-8")
    git(ready, "commit", "-qam", "by hand")
    watched.fails("resolve", "models:/fraud@production", code=6, says="not in force")


def test_commits_that_are_not_there(watched: Watched) -> None:
    watched.fails("changes", "nope..HEAD", code=3)
    watched.fails("changes", "HEAD", code=2, says="BASE..HEAD")
    watched.fails("validate", "--base", "nope", code=3)
    watched.fails("validate", "--facts", "nope..HEAD", code=3)


# --- a team ---------------------------------------------------------------------------------------------------------


@pytest.fixture
def team(gitreg: Gitreg, tmp_path: Path, model_folder: Path) -> Team:
    made = Team(gitreg, tmp_path)
    found(made, gitreg, model_folder)
    return made


@pytest.fixture
def proposal(team: Team, ask: Ask) -> str:
    """The id of Ada's proposal, known to Ben."""
    team.run("ada", "promote fraud 1 --to production -m why --key ../ada.key")
    team.run("ben", "sync")
    return str(ask("proposals", "list", at=team.root / "ada")[0]["id"])


def test_approvals_that_cannot_count(gitreg: Gitreg, team: Team, proposal: str, tmp_path: Path) -> None:
    ben = Watched(gitreg, tmp_path / "ben")
    stranger = make_key(tmp_path, "stranger.key")
    ben.fails("approve", proposal, "--key", stranger.private, code=6, says="nobody")
    ben.fails("approve", proposal, "--key", "../ada.key", code=6, says="ada@example.org")
    ben.fails("approve", proposal, "--key", "../nowhere.key", code=2)
    ben.fails("approve", proposal, "--key", "../ben.key.pub.nope", code=2)
    ben.fails("approve", proposal, "--agent", code=6, says="agent")
    ben.fails("approve", proposal, code=6, says="no key")
    ben.fails("approve", "nope-1-production-0000", "--key", "../ben.key", code=3)
    ben.fails("reject", proposal, "--key", "../ben.key", code=2, says="message")
    ada = Watched(gitreg, tmp_path / "ada")
    ada.fails("reject", proposal, "--key", "../ada.key", "-m", "no", code=6, says="own proposal")
    del team


def test_merges_that_cannot_be(gitreg: Gitreg, team: Team, proposal: str, ask: Ask, tmp_path: Path) -> None:
    ada = Watched(gitreg, tmp_path / "ada")
    ada.fails("merge", proposal, code=6, says="approval")
    ada.fails("merge", "nope", code=3)
    team.run("ada", "promote fraud 1 --to production -m other --key ../ada.key")
    (other,) = [each["id"] for each in ask("proposals", "list", at=tmp_path / "ada") if each["id"] != proposal]
    for each in (proposal, other):
        team.run("ben", f"approve {each} --key ../ben.key")
    team.run("ada", f"merge {proposal}")
    told = gitreg("merge", other, at=tmp_path / "ada")
    assert (told.code, told.err.startswith("error: ")) == (4, True)
    assert ask("proposals", "list", at=tmp_path / "ada")[0]["state"] == "stale"
    ada.fails("merge", proposal, code=4)


def test_people_that_cannot_be(gitreg: Gitreg, team: Team, tmp_path: Path) -> None:
    ada = Watched(gitreg, tmp_path / "ada")
    ada.fails("approvers", "add", "eve@example.org", "--key", "../ben.key.pub", code=4, says="ben@example.org")
    ada.fails("approvers", "add", "eve", "--key", "../ben.key.pub", code=2)
    ada.fails("approvers", "add", "eve@example.org", "--key", "../ben.key", code=2, says="private")
    ada.fails("approvers", "add", "eve@example.org", "--key", "../nowhere", code=2)
    ada.fails("approvers", "remove", "eve@example.org", code=3)
    ada.fails("approvers", "remove", "ben@example.org", "--key", "../ben.key", code=2, says="private")
    ada.fails("approvers", "remove", "ben@example.org", "--key", "../ada.key.pub", code=3, says="has no key")
    ada.fails("approvers", "remove", "ben@example.org", "--key", "../ben.key.pub", code=6, says="only key")
    ada.fails("govern", "-m", "why", code=2, says="nothing")
    ada.fails("govern", "-m", "why", "README.md", code=2)
    del team


def test_rights_that_cannot_be(gitreg: Gitreg, team: Team, tmp_path: Path) -> None:
    ada = Watched(gitreg, tmp_path / "ada")
    on_main = ("--branch", "main", "--key", "../ada.key")
    ada.fails("rights", "add", "x", *on_main, "--path", "/models/**", "--group", "leads", code=2, says="FOLDER/**")
    ada.fails("rights", "add", "x", *on_main, "--path", "models/**", code=2, says="nobody")
    ada.fails("rights", "add", "x", *on_main, "--path", "models/**", "--person", "eve", code=2)
    ada.fails("rights", "add", "x", "--branch", "proposals", "--path", "a", "--person", "e@example.org", code=2)
    ada.fails("rights", "add", "x", *on_main, "--path", "models/**", "--group", "board", code=6, says="nobody")
    ada.fails("rights", "add", "x", *on_main, "--path", "models/**", "--person", "e@example.org", code=6, says="key")
    ada.fails("rights", "remove", "x", code=3, says="no rule 'x'")
    del team


def test_a_governance_change_that_nobody_could_ever_approve(gitreg: Gitreg, team: Team, tmp_path: Path) -> None:
    ada = Watched(gitreg, tmp_path / "ada")
    ada.fails("approvers", "remove", "ben@example.org", "--sign", "../ada.key", code=6)
    del team


def test_a_main_that_diverged_is_said_in_words(gitreg: Gitreg, team: Team, tmp_path: Path) -> None:
    for who in ("ada", "ben"):
        git(tmp_path / who, "commit", "-q", "--allow-empty", "-m", f"by {who}")
    team.run("ada", "sync")
    told = gitreg("sync", at=tmp_path / "ben")
    assert told.code == 4
    assert "each have commits" in told.err


def test_a_remote_that_is_gone(gitreg: Gitreg, team: Team, tmp_path: Path) -> None:
    (tmp_path / "origin.git").rename(tmp_path / "moved.git")
    ada = Watched(gitreg, tmp_path / "ada")
    ada.fails("sync", code=5)
    ada.fails("promote", "fraud", "1", "--to", "production", "-m", "why", code=5)
    assert gitreg("runs", "list", at=tmp_path / "ada").code == 0
    del team


# --- the hook -------------------------------------------------------------------------------------------------------


def push(folder: Path, *refs: str, environ: dict[str, str]) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        ["git", "-C", folder, "push", "-q", "origin", *refs],
        capture_output=True,
        text=True,
        check=False,
        env={**os.environ, **environ},
    )


def test_the_hook_refuses_in_words(team: Team, person: dict[str, str], tmp_path: Path) -> None:
    ada = tmp_path / "ada"
    git(ada, "fetch", "-q", "origin")
    before = note_of_git(tmp_path / "origin.git")
    (ada / "approvers.json").write_text("{}\n", encoding="utf-8")
    git(ada, "commit", "-qam", "by hand")
    for refs, words in (
        (("main",), "owned-path"),
        ((":main",), "never deleted"),
        ((":ledger",), "never deleted"),
        (("+main:ledger",), "does not build on the ledger"),
        (("+main~2:refs/heads/main",), "landings would drop off"),
        ((f"main:refs/gitreg/approvals/x-1-y-0000/{'0' * 64}",), "statement"),
    ):
        done = push(ada, *refs, environ=person)
        assert done.returncode == 1, refs
        assert words in done.stderr, done.stderr
    assert note_of_git(tmp_path / "origin.git") == before
    del team


def test_the_hook_lets_people_have_their_own_branches(team: Team, person: dict[str, str], tmp_path: Path) -> None:
    ada = tmp_path / "ada"
    git(ada, "commit", "-q", "--allow-empty", "-m", "nothing of ours")
    assert push(ada, "main", "main:refs/heads/mine", environ=person).returncode == 0
    del team


def test_the_hook_does_not_guess_what_it_is_told(gitreg: Gitreg, team: Team, tmp_path: Path) -> None:
    at = tmp_path / "origin.git"
    assert gitreg("-C", ".", "hook", "pre-receive", at=at, stdin="").code == 0
    told = gitreg("-C", ".", "hook", "pre-receive", at=at, stdin="nonsense\n")
    assert told.code == 2
    assert gitreg("-C", ".", "hook", "pre-receive", at=at, stdin="x y refs/heads/main\n").code == 2
    del team
