"""The audit as an auditor runs it: in a clone, from the command line."""

from __future__ import annotations

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


def test_what_is_no_digest_or_no_commit_is_told(shared: Office) -> None:
    assert_told(shared.ada.run("audit", "verify", "--root", "abc"), 2, "sha256 digest", hint=False)
    assert_told(shared.ada.run("audit", "verify", "--from", "nowhere"), 3, "nowhere", hint=False)
