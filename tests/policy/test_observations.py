"""Rules that rest on what was observed: judged from the observation alone, and never passed without one."""

from __future__ import annotations

from typing import Any

import pytest

from gitreg.documents import (
    Alternatives,
    Compared,
    Descriptor,
    Digest,
    Environment,
    Evaluated,
    Listed,
    ModelCard,
    Observation,
    Policy,
    Reached,
    RuleResult,
    Shared,
    Source,
    Subject,
    Unknown,
    Version,
)
from gitreg.documents import DatasetUse as Use
from gitreg.policy import CEL_METHOD, Facts, evaluate, facts_digest

FILES = Descriptor(media_type="application/vnd.gitreg.manifest.v1+json", digest=Digest.of(b"files"), size=5)
COMMIT = "a" * 40
TRAIN, TEST = Digest.of(b"train"), Digest.of(b"test")
USES = (
    Use(name="old", role="train", digest=TRAIN, document=TRAIN),
    Use(name="new", role="test", digest=TEST, document=TEST),
)
VERSION = Version(
    model="fraud",
    output="model",
    artifacts=FILES,
    source=Source(commit=COMMIT, dirty=False),
    environment=Environment(lock=FILES),
    datasets=USES,
)
BASELINE = Subject(model="fraud", number=1, version=Digest.of(b"one"))


def one(rule: dict[str, Any], *seen: Observation, version: Version = VERSION, **facts: Any) -> RuleResult:  # noqa: ANN401 - any field
    policy = Policy.from_json({"schema": "gitreg/policy/v1", "requirements": [{"rule": "it", **rule}]})
    return evaluate(policy, Facts(version, observations=tuple(seen), **facts))[0]


def compared(**changed: Any) -> Compared:  # noqa: ANN401 - any field
    values: dict[str, Any] = {
        "rule": "it",
        "metric": "auc",
        "dataset": TEST,
        "rows": 100,
        "candidate": Digest.of(b"c"),
        "baseline": Digest.of(b"b"),
        "candidate_value": 0.9,
        "baseline_value": 0.8,
        "difference": 0.1,
        "low": 0.05,
        "high": 0.15,
        "confidence": 0.95,
        "comparisons": 1,
        "method": "paired-bootstrap/1",
    }
    return Compared(**{**values, **changed})


COMPARISON = {"kind": "comparison", "metric": "auc", "dataset": "new", "better_by": 0.0}


@pytest.mark.parametrize(
    ("low", "difference", "outcome"), [(0.05, 0.1, "pass"), (-0.05, 0.1, "cannot tell"), (-0.3, -0.1, "fail")]
)
def test_a_comparison_passes_only_where_its_whole_interval_does(low: float, difference: float, outcome: str) -> None:
    result = one(COMPARISON, compared(low=low, difference=difference), baseline=BASELINE)
    assert (result.outcome, result.observed) == (outcome, difference)


def test_the_first_version_is_compared_with_nothing() -> None:
    assert one(COMPARISON).outcome == "pass"


@pytest.mark.parametrize(
    "seen",
    [
        (),
        (compared(rule="another"),),
        (compared(), compared()),
        (compared(metric="accuracy"),),
        (compared(method="delong/1"),),
        (compared(low=0.2),),
        (compared(high=0.05),),
        (compared(confidence=0.9),),
        (compared(low=float("nan")),),
        (compared(slice="region=EU"),),
        (Unknown(rule="it", text="The bytes are gone."),),
    ],
)
def test_a_comparison_that_is_not_what_the_rule_asks_for_cannot_tell(seen: tuple[Observation, ...]) -> None:
    assert one(COMPARISON, *seen, baseline=BASELINE).outcome == "cannot tell"


def test_no_group_may_get_worse() -> None:
    rule = {**COMPARISON, "slices": ["region"], "slices_not_worse_by": 0.02}
    worse = compared(slice="region=EU", difference=-0.05, low=-0.1, high=0.0)
    result = one(rule, compared(), worse, baseline=BASELINE)
    assert result.outcome == "fail"
    assert "where region=EU" in result.text
    fine = compared(slice="region=EU", difference=0.0, low=-0.01, high=0.01)
    assert one(rule, compared(), fine, baseline=BASELINE).outcome == "pass"
    assert one(rule, compared(), baseline=BASELINE).outcome == "cannot tell"


def test_a_run_that_was_picked_out_of_many_needs_a_wider_interval() -> None:
    rule = {**COMPARISON, "picked": True}
    many = Alternatives(rule="it", metric="auc", dataset=TEST, runs=10)
    assert one(rule, compared(), many, baseline=BASELINE).outcome == "cannot tell"
    assert one(rule, compared(comparisons=10, confidence=0.995), many, baseline=BASELINE).outcome == "pass"
    assert one(rule, compared(), baseline=BASELINE).outcome == "cannot tell"


@pytest.mark.parametrize("margins", [{"better_by": None}, {"not_worse_by": 0.1}])
def test_a_comparison_has_one_margin(margins: dict[str, Any]) -> None:
    assert one({**COMPARISON, **margins}, compared(), baseline=BASELINE).outcome == "cannot tell"


@pytest.mark.parametrize(
    ("rule", "source", "outcome"),
    [
        ({}, Source(commit=COMMIT, dirty=False), "pass"),
        ({}, Source(commit=COMMIT, dirty=True), "fail"),
        ({"clean": False}, Source(commit=COMMIT, dirty=True), "pass"),
        ({}, Source(commit=COMMIT), "cannot tell"),
        ({}, Source(), "fail"),
        ({}, None, "fail"),
        ({"branch": "main"}, Source(commit=COMMIT, dirty=False), "cannot tell"),
    ],
)
def test_code_has_a_commit_and_nothing_uncommitted(rule: dict[str, Any], source: Source | None, outcome: str) -> None:
    version = VERSION.model_copy(update={"source": source})
    assert one({"kind": "source", **rule}, version=version).outcome == outcome


@pytest.mark.parametrize(("reachable", "outcome"), [(True, "pass"), (False, "fail")])
def test_the_commit_is_in_the_branch_that_the_rule_names(reachable: bool, outcome: str) -> None:  # noqa: FBT001
    seen = Reached(rule="it", commit=COMMIT, branch="main", tip="b" * 40, reachable=reachable)
    assert one({"kind": "source", "branch": "main"}, seen).outcome == outcome
    elsewhere = seen.model_copy(update={"commit": "c" * 40})
    assert one({"kind": "source", "branch": "main"}, elsewhere).outcome == "cannot tell"


def test_a_lock_file_has_to_be_recorded_where_it_is_asked_for() -> None:
    bare = VERSION.model_copy(update={"environment": None})
    assert one({"kind": "source", "lock": True}).outcome == "pass"
    assert one({"kind": "source", "lock": True}, version=bare).outcome == "fail"


APART = {"kind": "datasets", "roles": ["train", "test"], "disjoint": True}


@pytest.mark.parametrize(("rows", "allowed", "outcome"), [(0, 0, "pass"), (3, 0, "fail"), (3, 3, "pass")])
def test_training_and_test_rows_are_apart(rows: int, allowed: int, outcome: str) -> None:
    seen = Shared(rule="it", first=TEST, second=TRAIN, rows=rows, method="row-hashes/1")
    result = one({**APART, "max_shared": allowed}, seen)
    assert result.outcome == outcome
    assert f"share {rows} row" in result.text


def test_rows_that_nobody_counted_are_not_apart() -> None:
    assert one(APART).outcome == "cannot tell"
    same = VERSION.model_copy(update={"datasets": (USES[0], USES[1].model_copy(update={"digest": TRAIN}))})
    assert one(APART, version=same).outcome == "fail"
    assert one({**APART, "roles": ["validation"]}).outcome == "fail"


def listed(**changed: Any) -> Listed:  # noqa: ANN401 - any field
    return Listed(**{"rule": "it", "manifest": FILES.digest, "files": 2, "size_bytes": 10, **changed})


@pytest.mark.parametrize(
    ("seen", "outcome"),
    [
        (listed(), "pass"),
        (listed(forbidden=("model.pkl",)), "fail"),
        (listed(missing=("README.md",)), "fail"),
        (listed(size_bytes=101), "fail"),
        (listed(manifest=Digest.of(b"other")), "cannot tell"),
        (listed(rule="another"), "cannot tell"),
    ],
)
def test_the_folder_holds_what_it_must_and_nothing_that_it_may_not(seen: Listed, outcome: str) -> None:
    assert one({"kind": "files", "forbidden": ["*.pkl"], "max_bytes": 100}, seen).outcome == outcome


@pytest.mark.parametrize(("licence", "outcome"), [("Apache-2.0", "pass"), ("GPL-3.0", "fail"), (None, "fail")])
def test_the_model_card_names_a_licence_that_is_allowed(licence: str | None, outcome: str) -> None:
    card = ModelCard(name="fraud", licence=licence)
    assert one({"kind": "files", "licences": ["Apache-2.0", "MIT"]}, card=card).outcome == outcome


def test_a_condition_counts_only_for_the_facts_it_was_evaluated_on() -> None:
    rule = {"kind": "expression", "cel": "candidate.model == 'fraud'"}
    policy = Policy.from_json({"schema": "gitreg/policy/v1", "requirements": [{"rule": "it", **rule}]})
    digest = facts_digest(policy.requirements[0], Facts(VERSION))  # type: ignore[arg-type]
    seen = Evaluated(rule="it", facts=digest, value=True, method=CEL_METHOD)
    assert one(rule, seen).outcome == "pass"
    assert one(rule, seen.model_copy(update={"value": False})).outcome == "fail"
    assert one(rule, seen, baseline=BASELINE).outcome == "cannot tell"
    assert one({**rule, "cel": "true"}, seen).outcome == "cannot tell"


def test_a_rule_is_for_the_models_that_it_names() -> None:
    rules: Any = [
        {"rule": "mine", "kind": "source", "models": ["fra*"]},
        {"rule": "theirs", "kind": "source", "models": ["churn"]},
    ]
    policy = Policy.from_json({"schema": "gitreg/policy/v1", "requirements": rules})
    assert [each.rule for each in evaluate(policy, Facts(VERSION))] == ["mine"]
