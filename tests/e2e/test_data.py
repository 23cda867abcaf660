"""Data between two people: what reaches the other, what erasing takes, what fsck sees, and the commands themselves."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitreg.documents import ChunkList, Digest
from tests.blobs.test_chunks import LARGE
from tests.e2e.clerk import Clerk

if TYPE_CHECKING:
    from pathlib import Path


class Team:
    """Ada and Ben, each with a clone of one bare origin that has the bytes."""

    def __init__(self, root: Path) -> None:
        self.root = root
        self.ada, self.ben = (Clerk.of(name, root, root) for name in ("ada", "ben"))
        self.ada.does("init", "origin.git", "--bare")
        for clerk in (self.ada, self.ben):
            clerk.git("clone", "--quiet", "origin.git", f"clone-{clerk.name}")
        self.ada, self.ben = (each.at(root / f"clone-{each.name}") for each in (self.ada, self.ben))

    def blobs(self, where: str) -> dict[str, Path]:
        """The finished blobs of a clone, or of the origin, by name."""
        return {path.name: path for path in (self.root / where).rglob("sha256/*/*")}

    def chunks(self, where: str) -> list[Digest]:
        """The chunks that lists in a place name."""
        found = (path.read_bytes() for path in self.blobs(where).values())
        lists = (ChunkList.from_bytes(data) for data in found if data.startswith(b"gitreg-chunks/1\n"))
        return [chunk.digest for each in lists for chunk in each.chunks]


@pytest.fixture
def team(tmp_path: Path) -> Team:
    made = Team(tmp_path)
    (tmp_path / "rows.bin").write_bytes(LARGE)
    made.ada.does("data", "add", tmp_path / "rows.bin", "-m", "Up to March.")
    return made


def test_what_one_adds_another_gets_chunk_by_chunk(team: Team) -> None:
    assert len(team.chunks("origin.git")) > 4
    team.ben.does("sync")
    assert team.blobs("clone-ben") == {}, "nothing is fetched before it is asked for"
    (listed,) = team.ben.reads("data", "list")
    assert (listed["name"], listed["versions"], listed["latest"]["added_by"]) == ("rows", 1, "ada@example.org")
    got = team.ben.reads("data", "get", "rows", "-o", team.root / "back.bin")
    assert (got["is_new"], (team.root / "back.bin").read_bytes() == LARGE) == (True, True)
    assert team.blobs("clone-ben").keys() >= {digest.hex for digest in team.chunks("origin.git")}


def test_an_appended_file_sends_only_what_is_new(team: Team) -> None:
    before = team.blobs("origin.git").keys()
    (team.root / "rows.bin").write_bytes(LARGE + b"more")
    team.ada.does("data", "add", team.root / "rows.bin")
    new = [path.stat().st_size for name, path in team.blobs("origin.git").items() if name not in before]
    assert sum(new) < len(LARGE) // 3


def test_data_that_was_added_without_the_remote_is_sent_by_the_next_sync(team: Team) -> None:
    (team.root / "origin.git").rename(team.root / "away.git")
    (team.root / "rows.bin").write_bytes(LARGE[::-1])
    told = team.ada.does("data", "add", team.root / "rows.bin")
    assert "It is on this machine only" in told
    (team.root / "away.git").rename(team.root / "origin.git")
    team.ada.does("sync")
    team.ben.does("sync")
    team.ben.does("data", "get", "rows", "-o", team.root / "back.bin")
    assert (team.root / "back.bin").read_bytes() == LARGE[::-1]


def test_fsck_reads_every_chunk_and_names_the_file_of_a_bad_one(team: Team) -> None:
    assert team.ada.run("fsck").code == 0
    chunk = team.chunks("clone-ada")[3]
    team.blobs("clone-ada")[chunk.hex].chmod(0o644)
    team.blobs("clone-ada")[chunk.hex].write_bytes(b"other rows")
    told = team.ada.run("fsck", "--json")
    assert told.code == 1
    (ailment,) = told.json["findings"]
    assert (ailment["kind"], ailment["subject"].endswith(": rows.bin"), chunk in ailment["message"]) == (
        "bytes",
        True,
        True,
    )


def test_erasing_a_version_takes_its_chunks_and_says_what_else_has_them(team: Team) -> None:
    (team.root / "rows.bin").write_bytes(LARGE + b"more")
    team.ada.does("data", "add", team.root / "rows.bin")
    team.ben.does("sync")
    team.ben.does("data", "get", "rows", "-o", team.root / "back.bin")
    chunks = {digest.hex for digest in team.chunks("origin.git")}
    start = Digest.of(LARGE).hex[:8]
    looked = team.ada.reads("erase", f"datasets:/rows@{start}", "-m", "They asked.", "--dry-run")
    assert any(len(each["named_by"]) == 2 for each in looked["blobs"]), "both versions share most chunks"
    team.ada.does("erase", f"datasets:/rows@{start}", "-m", "They asked.", "--yes")
    team.ben.does("sync")
    for where in ("origin.git", "clone-ada", "clone-ben"):
        assert len(team.blobs(where).keys() & chunks) <= 2, "but for the end that only the later version has"
    told = team.ben.run("data", "get", f"rows@{start}", "-o", team.root / "again.bin")
    assert (told.code, "was erased by ada@example.org" in told.err) == (3, True)
    assert not (team.root / "again.bin").exists()
    assert team.ben.run("fsck").code == 0


def test_personal_data_is_sealed_and_gone_with_its_key(team: Team) -> None:
    (team.root / "people.csv").write_text("name\nada\n")
    team.ada.does("data", "add", team.root / "people.csv", "--personal")
    team.ben.does("sync")
    team.ben.does("data", "get", "people", "-o", team.root / "back.csv")
    assert (team.root / "back.csv").read_text() == "name\nada\n"
    team.ada.does("erase", "datasets:/people", "-m", "They asked.", "--yes")
    assert team.ben.run("data", "get", "people", "-o", team.root / "early.csv").code == 5, "Ben has no key"
    team.ben.does("sync")
    assert team.ben.run("data", "get", "people", "-o", team.root / "again.csv").code == 3


def test_nothing_of_chunks_is_left_out_of_what_documents_name(team: Team) -> None:
    """Whoever collects what nothing names asks the same walk as fsck, sync and erase."""
    everything = set(team.blobs("clone-ada"))
    team.ada.does("fsck")
    checked = team.ada.reads("fsck")
    assert checked["blobs"] == len(everything)


def test_what_changed_is_told_in_words_and_as_json(team: Team) -> None:
    for text in ("id,amount\n1,5\n2,6\n", "id,amount\n2,7\n3,8\n"):
        (team.root / "claims.csv").write_text(text)
        team.ada.does("data", "add", team.root / "claims.csv")
    told = team.ada.does("data", "diff", "claims", "--key", "id")
    assert "rows: 2 -> 2: 1 added, 1 removed, 1 changed" in told
    found = team.ada.reads("data", "diff", "claims", "--key", "id")
    assert (found["same"], found["table"]["changed"], found["table"]["compared"]) == (False, 1, ["id", "amount"])
    refused = team.ada.run("data", "diff", "claims", "--key", "number")
    assert (refused.code, "no column 'number'" in refused.err) == (2, True)
