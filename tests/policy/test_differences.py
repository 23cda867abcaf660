"""A change of a policy is told in words, and which way it goes."""

from __future__ import annotations

from typing import Any

import pytest

from gitreg.documents import Policy
from gitreg.errors import InvalidDocument
from gitreg.policy import policy_changes


def policy(*rules: dict[str, Any], **clauses: Any) -> Policy:  # noqa: ANN401 - any clause
    return Policy.from_json({"schema": "gitreg/policy/v1", "requirements": [*rules], **clauses})


def rule(kind: str, **fields: Any) -> dict[str, Any]:  # noqa: ANN401 - any field
    return {"rule": "it", "kind": kind, **fields}


def one(old: dict[str, Any], new: dict[str, Any]) -> tuple[str, str]:
    (change,) = policy_changes(policy(old), policy(new))
    return change.direction, change.text


@pytest.mark.parametrize(
    ("kind", "fixed", "loose", "tight"),
    [
        ("threshold", {"metric": "auc"}, {"at_least": 0.8}, {"at_least": 0.9}),
        ("threshold", {"metric": "auc"}, {"at_least": None}, {"at_least": 0.1}),
        ("threshold", {"metric": "loss"}, {"at_most": 0.5}, {"at_most": 0.1}),
        ("threshold", {"metric": "loss"}, {"at_most": None}, {"at_most": 0.5}),
        ("threshold", {"metric": "loss"}, {"severity": "warn"}, {"severity": "block"}),
        ("approvals", {}, {"count": 1}, {"count": 2}),
        ("approvals", {"count": 1}, {"not_trainer": False}, {"not_trainer": True}),
        ("approvals", {"count": 1}, {"max_age_days": None}, {"max_age_days": 30}),
        ("comparison", {"metric": "auc", "dataset": "d"}, {"better_by": 0.0}, {"better_by": 0.1}),
        ("comparison", {"metric": "auc", "dataset": "d"}, {"not_worse_by": 0.2}, {"not_worse_by": 0.1}),
        ("comparison", {"metric": "auc", "dataset": "d"}, {"confidence": 0.9}, {"confidence": 0.99}),
        ("comparison", {"metric": "auc", "dataset": "d"}, {"slices": []}, {"slices": ["region"]}),
        ("source", {}, {"clean": False}, {"clean": True}),
        ("datasets", {"roles": ["test"]}, {"max_shared": 9}, {"max_shared": 0}),
        ("datasets", {}, {"roles": ["test"]}, {"roles": ["test", "train"]}),
        ("files", {}, {"forbidden": []}, {"forbidden": ["*.pkl"]}),
        ("files", {}, {"licences": []}, {"licences": ["MIT"]}),
        ("files", {}, {"licences": ["MIT", "GPL"]}, {"licences": ["MIT"]}),
        ("files", {}, {"max_bytes": None}, {"max_bytes": 5}),
    ],
)
def test_each_bound_goes_one_way(
    kind: str, fixed: dict[str, Any], loose: dict[str, Any], tight: dict[str, Any]
) -> None:
    old, new = rule(kind, **fixed, **loose), rule(kind, **fixed, **tight)
    assert one(old, new)[0] == "tighter"
    assert one(new, old)[0] == "looser"


def test_rules_come_and_go() -> None:
    asked = rule("threshold", metric="auc", at_least=0.9)
    assert [each.direction for each in policy_changes(policy(asked), policy())] == ["looser"]
    assert [each.direction for each in policy_changes(policy(), policy(asked))] == ["tighter"]
    assert [each.direction for each in policy_changes(None, policy({**asked, "severity": "warn"}))] == ["other"]
    assert one(asked, rule("source"))[0] == "other"
    assert one(asked, {**asked, "metric": "f1"}) == ("other", "metric: auc -> f1.")


def test_words_alone_change_nothing() -> None:
    asked = rule("threshold", metric="auc", at_least=0.9)
    assert policy_changes(policy(asked), policy({**asked, "message": "Good enough?", "reference": "SR 11-7"})) == []


def test_an_override_clause_loosens_and_its_hours_too() -> None:
    none, short, long = policy(), policy(override={"hours": 24}), policy(override={"hours": 72})
    assert [each.direction for each in policy_changes(none, short)] == ["looser"]
    assert [each.text for each in policy_changes(short, long)] == ["hours: 24 -> 72."]
    assert [each.direction for each in policy_changes(short, long)] == ["looser"]
    assert [each.direction for each in policy_changes(long, none)] == ["tighter"]
    assert [each.direction for each in policy_changes(none, policy(rollback={"count": 2}))] == ["other"]


def test_two_rules_of_one_name_are_no_policy() -> None:
    with pytest.raises(InvalidDocument, match="two rules are called 'it'"):
        policy(rule("source"), rule("threshold", metric="auc"))
