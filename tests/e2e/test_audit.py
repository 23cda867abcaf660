"""The audit as an auditor runs it: in a clone, from the command line."""

from __future__ import annotations

import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING

from tests.e2e.clerk import assert_told

if TYPE_CHECKING:
    from tests.e2e.conftest import Office

DECISION = "models/fraud/stages/production/evidence.json"


def test_a_good_registry_passes_and_says_what_it_cannot_prove(shared: Office) -> None:
    said = shared.ada.does("audit", "verify")
    assert "pass: every decision in force" in said
    assert "Nothing outside this clone vouches for that" in said
    found = shared.ada.reads("audit", "verify")
    assert (found["outcome"], found["objections"], found["rooted"]) == ("pass", [], False)


def test_the_digest_of_the_founding_roots_it(shared: Office) -> None:
    founding = shared.ada.reads("audit", "verify")["founding"]["digest"]
    assert shared.ada.reads("audit", "verify", "--root", founding)["rooted"]
    told = shared.ada.run("audit", "verify", "--root", f"sha256:{'0' * 64}")
    assert told.code == 1
    assert "not by the digest that was brought along" in told.out


def test_tampering_names_commit_rule_path_and_person(shared: Office) -> None:
    ada = shared.ada
    ada.git("pull", "--quiet")
    path = shared.registry / DECISION
    path.write_text(path.read_text().replace('"production"', '"prodaction"', 1))
    ada.git("commit", "--quiet", "-am", "a small correction")
    commit = ada.git("rev-parse", "HEAD").strip()
    told = ada.run("audit", "verify", "--json")
    assert told.code == 1
    (objection,) = told.json["objections"]
    assert (objection["rule"], objection["path"]) == ("owned-path", DECISION)
    assert (objection["commit"], objection["title"]) == (commit, "a small correction")
    assert objection["author"] == f"Ada <{ada.email}>"
    assert ada.run("audit", "verify", "--from", commit).code == 0


def test_what_is_taken_on_trust_is_not_judged_again_and_all_else_is(shared: Office) -> None:
    ada = shared.ada
    ada.git("pull", "--quiet")
    commit = ada.git("rev-parse", "HEAD").strip()
    before = ada.reads("audit", "verify")
    with closing(sqlite3.connect(shared.registry / ".git/gitreg/index.sqlite")) as index:
        index.execute("UPDATE verdicts SET verdict = replace(verdict, '\"pass\"', '\"fail\"')")
        index.commit()
    assert ada.reads("audit", "verify") == before
    trusting = ada.run("audit", "verify", "--from", commit, "--json").json
    assert trusting["landings"] == before["landings"]
    assert trusting["founding"] != before["founding"]


def test_what_is_no_digest_or_no_commit_is_told(shared: Office) -> None:
    assert_told(shared.ada.run("audit", "verify", "--root", "abc"), 2, "sha256 digest", hint=False)
    assert_told(shared.ada.run("audit", "verify", "--from", "nowhere"), 3, "nowhere", hint=False)


def test_a_checkpoint_is_signed_countersigned_and_found_to_hold(shared: Office) -> None:
    ada, ben = shared.ada, shared.ben
    ours, theirs = shared.root / "ours.note", shared.root / "theirs.note"
    made = ada.reads("audit", "checkpoint", "--key", ada.key, "-o", ours)
    assert made["verdict"] == "pass"
    assert ours.read_text() == made["note"] == ada.git("show", f"ledger:{made['path']}")
    ben.does("sync")
    ben.does("audit", "checkpoint", "--key", ben.key, "--countersign", ours, "-o", theirs)
    said = ben.does("audit", "verify", "--against", theirs)
    assert f"signed by {ada.email} and {ben.email}" in said
    anchor = ben.reads("audit", "verify", "--against", theirs)["anchor"]
    assert (anchor["tail"], [each["at"] is None for each in anchor["signers"]]) == (0, [True, False])


def test_what_is_no_checkpoint_is_told(shared: Office) -> None:
    note = shared.root / "some.note"
    note.write_text("hello\n")
    told = shared.ada.run("audit", "verify", "--against", note)
    assert_told(told, told.code, "not a signed note", hint=False)
    assert told.code != 0
    assert_told(shared.ada.run("audit", "checkpoint", "--key", note), 2, hint=False)


def test_nobody_countersigns_what_the_clone_does_not_bear_out(shared: Office) -> None:
    ada, note = shared.ada, shared.root / "ours.note"
    ada.does("audit", "checkpoint", "--key", ada.key, "-o", note)
    note.write_text(note.read_text().replace("verdict pass", "verdict fail"))
    assert_told(ada.run("audit", "checkpoint", "--key", ada.key, "--countersign", note), 6, "does not bear")


def test_a_stolen_key_is_reported_and_what_rests_on_it_is_listed(protected: Office) -> None:
    ada, ben = protected.ada, protected.ben
    new = protected.clerk("ben-anew").public_key
    given = ("--last-trusted", "none", "--new-key", new, "-m", "The laptop was stolen.", "--sign", ada.key)
    proposal = ada.reads("approvers", "compromised", ben.public_key, *given)["proposal"]["id"]
    shown = ada.does("proposals", "show", proposal)
    assert "The laptop was stolen." in shown
    assert ben.run("approve", proposal, "--key", ben.key).code == 0  # until it lands the key is his
    ada.does("merge", proposal)
    told = ada.run("audit", "verify")
    assert told.code == 6
    assert "compromised: It rests on the key" in told.out
    again = protected.promoted(2)
    assert ben.run("approve", again, "--key", ben.key).code != 0
