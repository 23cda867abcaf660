"""Policies are tried out before they count: on examples, and on what is in production."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING, Any

import pytest

from gitreg.documents import Policy

if TYPE_CHECKING:
    from tests.e2e.conftest import Office

AUC = {"rule": "good-enough", "kind": "threshold", "metric": "auc", "at_least": 0.9}


def edits(office: Office, *rules: dict[str, Any]) -> None:
    """The policy in the work tree, decided by nobody yet; as people write files, not as gitreg does."""
    path = office.registry / "policies/production.json"
    policy = json.loads(path.read_text())
    approvals = [rule for rule in policy["requirements"] if rule["kind"] == "approvals"]
    wanted = Policy.from_json({**policy, "requirements": [*approvals, *rules]})
    path.write_text(json.dumps(wanted.to_json()))


def decided(office: Office) -> None:
    proposal = office.ada.reads("govern", "-m", "policy", "--key", office.ada.key)["proposal"]["id"]
    office.ben.does("approve", proposal, "--key", office.ben.key)
    office.ada.does("merge", proposal)


def test_an_example_is_kept_and_answers_until_the_policy_changes(protected: Office) -> None:
    ada = protected.ada
    assert "There are no example cases." in ada.does("policy", "test")
    edits(protected, AUC, {"rule": "named", "kind": "expression", "cel": "candidate.model == 'fraud'"})
    decided(protected)
    ada.does("policy", "example", "models:/fraud/2", "--for", "production", "--name", "the good one")
    answers = ada.reads("policy", "test")
    assert [(each["rule"], each["found"]) for each in answers] == [("good-enough", "pass"), ("named", "pass")]
    decided(protected)
    assert "1 case answered as expected" in ada.does("policy", "test")
    edits(protected, {**AUC, "at_least": 0.99})
    proposal = ada.reads("govern", "-m", "policy", "--key", ada.key)["proposal"]["id"]
    told = ada.run("validate", "--base", "main", "--head", f"proposals/{proposal}", "--json")
    assert {each["rule"] for each in told.json} >= {"policy-case"}
    told = ada.run("policy", "test")
    assert told.code == 1
    assert "the good one: good-enough answers fail." in told.out
    assert "the good one: named answers nothing." in told.out


def test_what_a_change_loosens_is_said_with_whom_it_concerns(protected: Office) -> None:
    ada = protected.ada
    assert "as they stand on main" in ada.does("policy", "diff")
    edits(protected, {**AUC, "at_least": 0.99})
    (found,) = ada.reads("policy", "diff")
    assert [(each["rule"], each["direction"]) for each in found["changes"]] == [("good-enough", "tighter")]
    (effect,) = found["effects"]
    assert (effect["model"], effect["version"], effect["before"], effect["after"]) == ("fraud", 1, "pass", "fail")
    edits(protected, {**AUC, "severity": "warn"})
    decided(protected)
    edits(protected)
    told = ada.run("policy", "diff")
    assert told.code == 1
    assert "looser  good-enough: The rule is gone." in told.out


@pytest.mark.parametrize("text", ["{", '{"schema": "gitreg/policy/v1"}', "[]"])
def test_a_policy_that_is_none_is_told(protected: Office, text: str) -> None:
    (protected.registry / "policies/production.json").write_text(text)
    for command in ("test", "diff"):
        told = protected.ada.run("policy", command)
        assert told.code == 2
        assert "policies/production.json" in told.err
