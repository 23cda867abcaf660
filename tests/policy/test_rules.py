"""Timeless rules: bounds on metrics and required metadata."""

from __future__ import annotations

import math
from typing import Any

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitreg.documents import (
    DatasetUse,
    Descriptor,
    Digest,
    MetadataRequirement,
    ModelCard,
    Outcome,
    PinnedMetric,
    Policy,
    Ran,
    RunId,
    ThresholdRequirement,
    Version,
)
from gitreg.policy import Facts, default_policy, evaluate, verdict

HOLDOUT, OTHER = Digest.of(b"holdout"), Digest.of(b"other")


def version(*metrics: tuple[str, Digest | None, float]) -> Version:
    uses = tuple(
        DatasetUse(name=name, role="test", digest=digest, document=digest)
        for name, digest in (("holdout", HOLDOUT), ("other", OTHER))
    )
    return Version(
        model="fraud",
        output="model",
        artifacts=Descriptor(media_type="application/json", digest=HOLDOUT, size=1),
        datasets=uses,
        metrics=tuple(PinnedMetric(key=key, dataset=dataset, step=1, value=value) for key, dataset, value in metrics),
    )


def threshold(**fields: Any) -> ThresholdRequirement:  # noqa: ANN401 - a builder
    return ThresholdRequirement(**{"kind": "threshold", "rule": "floor", "metric": "auc", **fields})


def answer(rule: ThresholdRequirement, *metrics: tuple[str, Digest | None, float]) -> tuple[Outcome, str]:
    (result,) = evaluate(Policy(requirements=(rule,)), Facts(version(*metrics)))
    return result.outcome, result.text


@given(st.floats(allow_nan=False, allow_infinity=False), st.floats(allow_nan=False, allow_infinity=False))
def test_a_bound_says_what_comparison_says(value: float, bound: float) -> None:
    assert answer(threshold(at_least=bound), ("auc", None, value))[0] == ("pass" if value >= bound else "fail")
    assert answer(threshold(at_most=bound), ("auc", None, value))[0] == ("pass" if value <= bound else "fail")


@pytest.mark.parametrize("value", [math.nan, math.inf, -math.inf])
def test_what_is_not_a_finite_number_never_passes(value: float) -> None:
    assert answer(threshold(at_least=0.5), ("auc", None, value))[0] == "cannot tell"
    assert answer(threshold(at_most=0.5), ("auc", None, value))[0] == "cannot tell"
    assert answer(threshold(at_least=value), ("auc", None, 0.5))[0] == "cannot tell"


def test_a_missing_metric_never_passes() -> None:
    assert answer(threshold(at_least=0.5)) == ("cannot tell", "auc was not pinned at registration.")
    assert answer(threshold(at_least=0.5), ("loss", None, 1.0))[0] == "cannot tell"
    assert answer(threshold(at_least=0.5, dataset="unheard of"), ("auc", HOLDOUT, 1.0))[0] == "cannot tell"


def test_a_metric_on_two_datasets_is_ambiguous_until_the_policy_says_which() -> None:
    both = (("auc", HOLDOUT, 0.9), ("auc", OTHER, 0.1))
    assert answer(threshold(at_least=0.5), *both)[0] == "cannot tell"
    assert answer(threshold(at_least=0.5, dataset="holdout"), *both) == (
        "pass",
        "auc on holdout is 0.9, within at least 0.5.",
    )
    assert answer(threshold(at_least=0.5, dataset="other"), *both)[0] == "fail"


def test_a_metric_without_a_dataset_is_meant_before_those_with_one() -> None:
    assert answer(threshold(at_least=0.5), ("auc", None, 0.9), ("auc", HOLDOUT, 0.1))[0] == "pass"


def test_a_rule_without_a_bound_never_passes() -> None:
    assert answer(threshold(), ("auc", None, 1.0))[0] == "cannot tell"


def test_a_failure_is_told_in_digits_that_tell_value_and_bound_apart() -> None:
    assert answer(threshold(at_least=0.8), ("auc", None, 0.79999999))[1] == (
        "auc is 0.79999999, at least 0.8 is required."
    )


def metadata(schema: dict[str, Any], subject: str = "version") -> tuple[Outcome, str]:
    rule = MetadataRequirement.model_validate(
        {"kind": "metadata", "rule": "documented", "subject": subject, "schema": schema}
    )
    card = ModelCard(name="fraud", owner=None)
    (result,) = evaluate(Policy(requirements=(rule,)), Facts(version(), card))
    return result.outcome, result.text


@pytest.mark.parametrize(
    ("schema", "outcome", "text"),
    [
        ({"properties": {"model": {"const": "fraud"}}}, "pass", "The document fits the schema."),
        ({"required": ["owner"]}, "fail", "the document: owner is missing."),
        (
            {"properties": {"signature": {"type": "object"}}},
            "fail",
            "signature: nothing stands where object is required.",
        ),
        ({"properties": {"metrics": {"minItems": 2}}}, "fail", "metrics: 0 given, at least 2 required."),
        ({"properties": {"model": {"enum": ["churn", "credit"]}}}, "fail", "model: 'fraud' is none of churn, credit."),
        (
            {"properties": {"datasets": {"contains": {"properties": {"role": {"const": "train"}}}}}},
            "fail",
            "datasets: none of them is as the policy requires.",
        ),
    ],
)
def test_required_metadata_is_told_in_words(schema: dict[str, Any], outcome: str, text: str) -> None:
    assert metadata(schema) == (outcome, text)


@pytest.mark.parametrize(
    ("schema", "text"),
    [
        ({"type": "nonsense"}, "not a JSON Schema"),
        ({"$ref": "https://example.org/schema.json"}, "refers to 'https://example.org/schema.json'"),
        ({"$ref": "file:///etc/passwd"}, "which it does not hold"),
        ({"$ref": "#"}, "refers to itself"),
    ],
)
def test_a_schema_that_cannot_be_applied_never_passes_and_fetches_nothing(schema: dict[str, Any], text: str) -> None:
    outcome, words = metadata(schema)
    assert outcome == "cannot tell"
    assert text in words


def test_the_model_card_may_be_asked_for_and_may_be_missing() -> None:
    assert metadata({"properties": {"owner": {"type": "string"}}}, "model")[0] == "fail"
    rule = MetadataRequirement.model_validate({"kind": "metadata", "rule": "card", "subject": "model", "schema": {}})
    (result,) = evaluate(Policy(requirements=(rule,)), Facts(version()))
    assert (result.outcome, result.text) == ("fail", "fraud has no model card (model.json).")


def test_a_rule_about_the_run_reads_what_was_observed_of_that_run_and_of_no_other() -> None:
    mine, other = RunId("1" * 32), RunId("2" * 32)
    rule = MetadataRequirement.model_validate(
        {
            "kind": "metadata",
            "rule": "ticket",
            "subject": "run",
            "schema": {"properties": {"tags": {"minProperties": 1}}},
        }
    )

    def answered(of: RunId, tags: dict[str, str]) -> tuple[Outcome, str]:
        seen = Ran(rule="ticket", run=of, experiment="e", name="n", status="finished", params={}, tags=tags)
        facts = Facts(version().model_copy(update={"run": mine}), observations=(seen,))
        (result,) = evaluate(Policy(requirements=(rule,)), facts)
        return result.outcome, result.text

    assert answered(mine, {"ticket": "RISK-1"}) == ("pass", "The document fits the schema.")
    assert answered(mine, {}) == ("fail", "tags: 0 given, at least 1 required.")
    assert answered(other, {"ticket": "RISK-1"}) == ("cannot tell", "Nobody looked at the run.")
    (result,) = evaluate(Policy(requirements=(rule,)), Facts(version().model_copy(update={"run": None})))
    assert (result.outcome, result.text) == ("fail", "The version names no run.")


def test_the_policys_own_words_come_first() -> None:
    assert answer(threshold(at_least=0.5, message="Too weak for customers."), ("auc", None, 0.1))[1] == (
        "Too weak for customers. (auc is 0.1, at least 0.5 is required.)"
    )


def test_a_warning_blocks_nothing() -> None:
    policy = Policy(requirements=(threshold(at_least=0.5, severity="warn"),))
    results = evaluate(policy, Facts(version()))
    assert results[0].outcome == "cannot tell"
    assert verdict(results) == "pass"


def test_fail_is_said_before_cannot_tell() -> None:
    rules = (threshold(at_least=0.5), threshold(at_least=0.5, dataset="holdout", rule="there"))
    results = evaluate(Policy(requirements=rules), Facts(version(("auc", None, 0.1))))
    assert [result.outcome for result in results] == ["fail", "cannot tell"]
    assert verdict(results) == "fail"


def test_the_default_policy_has_no_timeless_rule() -> None:
    assert evaluate(default_policy(), Facts(version())) == ()
