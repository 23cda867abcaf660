"""Bytes that have to go are gone, for everybody, for good; and whoever looks is told so."""

from __future__ import annotations

import os
import pty
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import gitreg
from gitreg.blobs import FolderBlobs
from gitreg.documents import Actor, Digest, Erased, Principal, paths
from gitreg.errors import CredentialsRefused, StorageError
from tests.e2e.clerk import Clerk, assert_told, commit_by_hand, refused
from tests.e2e.test_comparisons import RULE, Stage, scores

if TYPE_CHECKING:
    from tests.e2e.conftest import Office

ROWS = b"name,income\nada,1\n"
OTHERS = b"name,income\nben,2\n"


class Team:
    """Ada and Ben, each with a clone of one bare origin that has the bytes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ada, self.ben = (Clerk.of(name, root, root) for name in ("ada", "ben"))
        self.ada.does("init", "origin.git", "--bare")
        for clerk in (self.ada, self.ben):
            clerk.git("clone", "--quiet", "origin.git", f"clone-{clerk.name}")
        self.ada, self.ben = (each.at(root / f"clone-{each.name}") for each in (self.ada, self.ben))

    def records(self, *, personal: bool = True) -> str:
        """A run of Ada's with two files that Ben has fetched; its id."""
        for name, data in (("rows.csv", ROWS), ("others.csv", OTHERS)):
            (self.root / name).write_bytes(data)
        run: str = self.ada.does("runs", "start").split()[0]
        option = ("--personal",) if personal else ()
        files = ("--artifact", self.root / "rows.csv", "--artifact", self.root / "others.csv")
        self.ada.does("runs", "record", run, *files, *option)
        self.ada.does("runs", "finish", run)
        self.ada.does("sync")
        self.ben.does("sync")
        self.ben.does("artifacts", "get", run, "-o", self.root / "fetched")
        assert (self.root / "fetched/rows.csv").read_bytes() == ROWS
        return run

    def digest(self, run: str, path: str = "rows.csv") -> Digest:
        (found,) = self.ada.reads("artifacts", "list", run, path)
        return Digest(found["digest"])

    def copies(self, digest: Digest) -> list[str]:
        """Every file that is named after a blob: its bytes, its key."""
        found = (path for path in self.root.rglob(digest.hex) if path.is_file())
        return sorted(path.relative_to(self.root).as_posix() for path in found)


@pytest.fixture
def team(tmp_path: Path) -> Team:
    return Team(tmp_path)


def test_a_key_that_is_destroyed_takes_every_copy_with_it(team: Team) -> None:
    run = team.records()
    digest = team.digest(run)
    key, *_ = copies = team.copies(digest)
    assert len(copies) == 4, "the key at the origin, and sealed bytes at the origin and in two clones"
    assert key.startswith("clone-ada/.git/gitreg/blobs") or "/keys/" in "".join(copies)
    looked = team.ada.reads("erase", f"runs:/{run}/rows.csv", "-m", "They asked for it.", "--dry-run")
    assert [(each["kind"], each["file"]) for each in looked["blobs"][0]["named_by"]] == [("run", "rows.csv")]
    assert (looked["dry_run"], looked["blobs"][0]["sealed"], team.copies(digest)) == (True, True, copies)

    told = team.ada.does("erase", f"runs:/{run}/rows.csv", "-m", "They asked for it.", "--yes")
    assert "Erased 1 blob." in told
    assert [path for path in team.copies(digest) if not path.startswith("clone-ben")] == []
    before = team.ben.run("artifacts", "get", run, "rows.csv", "-o", team.root / "again")
    assert_told(before, 5, "key")

    assert "Took away 1 erased blob" in team.ben.does("sync")
    assert team.copies(digest) == []
    after = team.ben.run("artifacts", "get", run, "rows.csv", "-o", team.root / "again")
    assert_told(after, 3, "was erased by ada@example.org", "They asked for it.")
    team.ben.does("artifacts", "get", run, "others.csv", "-o", team.root / "again")
    (listed,) = team.ben.reads("erased")
    assert (listed["blob"], listed["by"], listed["sealed"]) == (digest, "ada@example.org", True)
    for clerk in (team.ada, team.ben):
        checked = clerk.reads("fsck")
        assert (checked["erased"], checked["findings"]) == (1, [])
    team.ada.does("sync")
    assert team.copies(digest) == []


def test_plain_bytes_are_taken_away_and_not_taken_again(team: Team) -> None:
    run = team.records(personal=False)
    digest = team.digest(run)
    assert digest == Digest.of(ROWS)
    team.ada.does("erase", digest, "-m", "An order of the court.", "--yes")
    with gitreg.open(team.ben.folder) as registry, registry.start_run() as again:  # Ben does not know of it yet
        again.log_artifact(team.root / "rows.csv")
    team.ben.does("sync")
    assert team.copies(digest) == []
    other = team.ben.does("runs", "start").split()[0]
    told = team.ben.run("runs", "record", other, "--artifact", team.root / "rows.csv")
    assert_told(told, 2, "was erased by ada@example.org", "not stored again", hint=False)
    assert team.copies(digest) == []
    assert team.ben.reads("fsck")["findings"] == []


@pytest.mark.parametrize("step", ["the key", "the bytes"])
def test_what_breaks_in_between_is_finished_by_the_next_sync(
    team: Team, monkeypatch: pytest.MonkeyPatch, step: str
) -> None:
    run = team.records()
    digest = team.digest(run)
    broken = {"the key": "remove_key", "the bytes": "_discard"}[step]

    def breaks(*_: object) -> None:
        raise StorageError("The network went away.")

    with monkeypatch.context() as patch:
        patch.setattr(FolderBlobs, broken, breaks)
        told = team.ada.run("erase", digest, "-m", "They asked for it.", "--yes")
    assert_told(told, 5, "network", hint=False)
    assert_told(team.ada.run("artifacts", "get", run, "rows.csv", "-o", team.root / "again"), 3, "was erased")
    team.ada.does("sync")
    team.ben.does("sync")
    assert team.copies(digest) == []


def test_who_may_not_remove_from_the_shared_place_is_told_and_goes_on(
    team: Team, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Ada's erasing broke after the ledger knew; Ben may read there and no more."""
    run = team.records()
    digest = team.digest(run)
    whole = FolderBlobs.erase

    def only_here(store: FolderBlobs, blob: Digest) -> None:
        if "origin.git" in store.location:
            raise CredentialsRefused("The bucket refused our credentials.")
        whole(store, blob)

    with monkeypatch.context() as patch:
        patch.setattr(FolderBlobs, "erase", only_here)
        assert team.ada.run("erase", digest, "-m", "They asked for it.", "--yes").code == 5
        for _ in range(2):
            assert "still in the shared place: The bucket refused" in team.ben.does("sync")
        assert {path.split("/")[0] for path in team.copies(digest)} == {"origin.git", "clone-ada"}
        (found,) = team.ben.reads("fsck")["findings"]
        assert (found["kind"], found["severity"]) == ("erased", "warn")
    assert "still in" not in team.ben.does("sync")
    assert {path.split("/")[0] for path in team.copies(digest)} == {"clone-ada"}


def test_fsck_misses_a_key_that_nobody_erased(team: Team) -> None:
    digest = team.digest(team.records())
    (key,) = (team.root / "origin.git").rglob(f"keys/{digest.hex}")
    key.unlink()
    (found,) = team.ben.reads("fsck")["findings"]
    assert (found["kind"], found["severity"]) == ("key", "warn")
    assert f"The key of {digest} is nowhere" in found["message"]


def test_erasing_again_is_once_more_and_one_document(team: Team) -> None:
    run = team.records()
    digest = team.digest(run)
    for _ in range(2):
        team.ada.does("erase", f"blob:{digest}", "-m", "They asked for it.", "--yes")
    team.ben.does("sync")
    team.ben.does("erase", digest, "-m", "Another reason.", "--yes")
    assert [each["reason"] for each in team.ben.reads("erased")] == ["They asked for it."]
    ledger = team.ada.git("ls-tree", "-r", "--name-only", "ledger", "erased/").split()
    assert len(ledger) == 1


def test_two_who_erase_at_once_leave_a_good_ledger(team: Team) -> None:
    digest = team.digest(team.records())
    team.ada.does("erase", digest, "-m", "first", "--yes")
    team.ben.does("erase", digest, "-m", "second", "--yes")
    for clerk in (team.ada, team.ben):
        clerk.does("sync")
        assert clerk.reads("fsck")["findings"] == []


def test_nobody_erases_by_a_slip(team: Team) -> None:
    digest = team.digest(team.records())
    refused(team.ada, ("erase", digest, "-m", "why"), 2, "Nobody is there to be asked")
    refused(team.ada, ("erase", Digest.of(b"absent"), "-m", "why", "--yes"), 3, "Nothing here has or names")
    assert team.ada.run("erase", digest, "--yes").code == 2
    assert team.ada.run("erase", "-m", "why", "--yes").code == 2
    assert team.ada.run("erase", "sha256:beef", "-m", "why", "--yes").code == 2


def test_a_person_is_asked_and_shown_what_rests_on_it(team: Team) -> None:
    digest = team.digest(team.records())
    told = asked(team.ada, "n", "erase", digest, "-m", "They asked for it.")
    assert "rows.csv" in told
    assert "Nothing was erased." in told
    assert "Nobody can bring them back. Erase them? [y/N]" in told
    assert team.ada.reads("erased") == []
    asked(team.ada, "y", "erase", digest, "-m", "They asked for it.")
    assert [each["blob"] for each in team.ada.reads("erased")] == [digest]


def asked(clerk: Clerk, answer: str, *arguments: str) -> str:
    """What the program says to somebody at a terminal who answers so."""
    terminal, hers = pty.openpty()
    os.write(terminal, f"{answer}\n".encode())
    done = subprocess.run(
        [sys.executable, "-m", "gitreg", *arguments],
        cwd=clerk.folder,
        env=clerk.desk.environment,
        stdin=hers,
        capture_output=True,
        text=True,
        check=False,
        timeout=120,
    )
    os.close(hers)
    os.close(terminal)
    assert done.returncode == {"y": 0, "n": 1}[answer], done.stderr
    return done.stdout + done.stderr


# --- what was decided on it -------------------------------------------------------------------------------------------


def test_files_of_a_version_in_a_stage_stay_until_it_is_withdrawn(alone: Office, tmp_path: Path) -> None:
    ada = alone.ada
    (file,) = ada.reads("pull", "models:/fraud/1", "-o", tmp_path / "before")["files"]
    told = refused(ada, ("erase", file["digest"], "-m", "why", "--yes"), 6, "fraud, which stands in production")
    assert "gitreg withdraw" in told.err
    ada.does("withdraw", "fraud", "--stage", "production", "-m", "It has to go.")
    ada.does("erase", file["digest"], "-m", "An order of the court.", "--yes")
    told = ada.run("pull", "models:/fraud/1", "-o", tmp_path / "after")
    assert_told(told, 3, "was erased by ada@example.org")
    assert ada.reads("fsck")["erased"] == 1
    told = ada.run("promote", "fraud", "1", "--to", "production", "-m", "again")
    assert_told(told, 3, "was erased by ada@example.org")


def test_a_document_that_nobody_reviewed_takes_nothing_out_of_a_stage(alone: Office, tmp_path: Path) -> None:
    ada = alone.ada
    (file,) = ada.reads("pull", "models:/fraud/1", "-o", tmp_path / "before")["files"]
    manifest = ada.reads("resolve", "models:/fraud@production")["artifacts"]["digest"]
    (other,) = ada.reads("pull", "models:/fraud/2", "-o", tmp_path / "other")["files"]
    eve = Actor(principal=Principal("eve@example.org"), via="person")
    documents = [
        Erased(blob=Digest(blob), sealed=False, reason="\x1b[2J" + "x" * 90_000, actor=eve, at=datetime.now(UTC))
        for blob in (file["digest"], manifest, other["digest"])
    ]
    files: dict[str, bytes | None] = {paths.erased(each.blob, each.digest): each.to_bytes() for each in documents}
    files[paths.erased(Digest.of(b"x"), Digest.of(b"y"))] = b"{"
    files[f"erased/zz/{'0' * 64}-{'0' * 16}.json"] = documents[0].to_bytes()
    commit_by_hand(ada, files, "refs/heads/ledger")
    ada.does("sync")
    ada.does("pull", "models:/fraud@production", "-o", tmp_path / "after")
    told = ada.run("pull", "models:/fraud/2", "-o", tmp_path / "gone")
    assert_told(told, 3, "was erased by eve@example.org")
    assert len(told.err) < 1_000
    rules = {each["kind"] for each in ada.run("fsck", "--json").json["findings"]}
    assert rules == {"schema", "unknown-path"}
    assert len(ada.reads("erased")) == 3


def test_what_was_decided_long_ago_stands_and_the_audit_says_what_it_cannot_see(stage: Stage) -> None:
    ada = stage.office.ada
    stage.lands(stage.trained(scores(0.9)))
    stage.asks(RULE)
    number = stage.trained(scores(0.3))
    stage.lands(number)
    (found,) = ada.reads("evaluations", "list", f"models:/fraud/{number}")
    looked = ada.reads("erase", found["digest"], "-m", "They asked for it.", "--dry-run")
    (blob,) = looked["blobs"]
    assert blob["blob"] == found["predictions"]["digest"]
    assert {each["kind"] for each in blob["named_by"]} == {"evaluation", "evidence"}
    ada.does("erase", found["digest"], "-m", "They asked for it.", "--yes")
    told = ada.run("audit", "verify", "--json")
    assert told.code == 0, told
    (unseen,) = [each for each in told.json["objections"] if each["rule"] == "evidence-unseen"]
    assert "was erased by ada@example.org" in unseen["message"]
    assert (unseen["severity"], told.json["erased"]) == ("warn", 1)
    (document,) = ada.git("ls-tree", "-r", "--name-only", "ledger", "erased/").split()
    ada.does("resolve", "models:/fraud@production")
    first = ada.git("rev-list", "--max-parents=0", "ledger").split()[0]
    ada.does("validate", "--facts", f"{first}..ledger")
    commit_by_hand(ada, {document: None}, "refs/heads/ledger")
    told = ada.run("audit", "verify", "--json")
    assert told.code == 1
    assert (document, "append-only") in {(each["path"], each["rule"]) for each in told.json["objections"]}


@pytest.fixture
def stage(protected: Office, tmp_path: Path) -> Stage:
    return Stage(protected, tmp_path)


def test_personal_predictions_are_compared_like_any_other(team: Team, tmp_path: Path) -> None:
    run = team.ada.trains()
    team.ada.does("register", f"runs:/{run}/model", "--name", "fraud")
    with gitreg.open(team.ada.folder) as registry, registry.start_run() as noted:
        noted.log_dataset("holdout", ROWS, role="test")
    (tmp_path / "said.csv").write_text("target,prediction\n0,0.1\n1,0.9\n")
    options = ("--dataset", "holdout", "--predictions", tmp_path / "said.csv", "--personal")
    added: dict[str, Any] = team.ada.reads("evaluations", "add", "models:/fraud/1", *options)
    assert added["predictions"]["mediaType"].endswith("+sealed")
    assert added["metrics"]["auc"] == 1.0
