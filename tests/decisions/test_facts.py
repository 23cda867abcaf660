"""The ledger grows, and never goes back."""

from __future__ import annotations

from datetime import UTC, datetime

import pytest

from gitreg.decisions import check_facts
from gitreg.decisions.facts import check_kept
from gitreg.documents import (
    Alias,
    Attempt,
    AttemptId,
    Dataset,
    Deployment,
    Digest,
    Experiment,
    MemoryTree,
    Note,
    RunId,
    RunRecord,
    WriterId,
    paths,
)
from tests.decisions.world import actor, version

NOW = datetime(2026, 11, 21, tzinfo=UTC)
W1, W2 = WriterId("1" * 32), WriterId("2" * 32)
RUN = RunId("0192f0c1d2e37abc8def0123456789ab")


def alias(rev: int = 1, writer: WriterId = W1, of: int | None = 1, name: str = "champion") -> Alias:
    digest = version(of).digest if of else None
    return Alias(rev=rev, writer=writer, model="fraud", alias=name, version=digest, actor=actor("ada"), at=NOW)


def record(writer: WriterId = W1, rev: int = 1) -> RunRecord:
    attempt = Attempt(id=AttemptId("a" * 32), host="here", status="running", started_at=NOW)
    return RunRecord(
        rev=rev, writer=writer, run_id=RUN, experiment="e", name="n", actor=actor("ada"), attempts=(attempt,)
    )


DATASET = Dataset(name="customers", content_digest=Digest.of(b"rows"), kind="table", method="csv/1")
EXPERIMENT = Experiment(rev=1, writer=W1, name="churn", created_at=NOW, actor=actor("ada"))
NOTE = Note(rev=1, writer=W1, subject="models/fraud", name="description", value="x", actor=actor("ada"), at=NOW)
DEPLOYMENT = Deployment(
    target="EU cluster", model="fraud", version=version(1).digest, action="deployed", at=NOW, actor=actor("ada")
)
VERSION = paths.version("fraud", 1, version(1).digest)
ALIAS = paths.alias("fraud", "champion")
GOOD = {
    VERSION: version(1).to_bytes(),
    ALIAS: alias().to_bytes(),
    paths.run_record(RUN, W1): record().to_bytes(),
    paths.dataset("customers", DATASET.digest): DATASET.to_bytes(),
    paths.deployment(DEPLOYMENT): DEPLOYMENT.to_bytes(),
    paths.experiment("churn"): EXPERIMENT.to_bytes(),
    paths.note(paths.model_notes("fraud"), "description"): NOTE.to_bytes(),
}
BEFORE = MemoryTree(GOOD)


def rules(before: MemoryTree, **edits: bytes | None) -> set[str]:
    return {finding.rule for finding in check_facts(before, before.with_edits(edits))}


def test_good_facts_have_no_findings() -> None:
    assert list(check_facts(MemoryTree(), BEFORE)) == []
    assert list(check_facts(BEFORE, BEFORE)) == []


@pytest.mark.parametrize("path", sorted(GOOD))
def test_no_file_is_ever_removed(path: str) -> None:
    assert rules(BEFORE, **{path: None}) == {"append-only"}


@pytest.mark.parametrize("path", sorted(GOOD))
def test_a_file_that_was_there_once_is_there_still(path: str) -> None:
    assert list(check_kept(path, GOOD[path], BEFORE)) == []
    assert [each.rule for each in check_kept(path, GOOD[path], BEFORE.with_edits({path: None}))] == ["append-only"]


def test_what_a_file_once_said_is_not_taken_back() -> None:
    for path, once, rule in (
        (VERSION, version(1).to_bytes(), "write-once"),
        (ALIAS, alias(rev=3).to_bytes(), "revision"),
    ):
        now = {VERSION: version(2).to_bytes(), ALIAS: alias(rev=2).to_bytes()}[path]
        assert [each.rule for each in check_kept(path, once, BEFORE.with_edits({path: now}))] == [rule]
        assert list(check_kept(path, once, BEFORE.with_edits({path: b"{}"}))) == []  # check_facts says that
    assert list(check_kept(ALIAS, alias(rev=1).to_bytes(), BEFORE.with_edits({ALIAS: alias(rev=2).to_bytes()}))) == []
    assert list(check_kept("README.md", b"", BEFORE)) == []


@pytest.mark.parametrize("path", sorted(GOOD))
def test_every_file_is_a_document(path: str) -> None:
    assert rules(BEFORE, **{path: b"{}\n"}) == {"schema"}
    assert rules(BEFORE, **{path: GOOD[path] + b" "}) == {"schema"}


@pytest.mark.parametrize("path", ["README.md", "runs/x.json", "versions/fraud/one.json", "models/fraud/model.json"])
def test_the_ledger_holds_nothing_else(path: str) -> None:
    assert rules(BEFORE, **{path: b"{}\n"}) == {"unknown-path"}


def test_a_version_is_never_changed() -> None:
    assert rules(BEFORE, **{VERSION: version(2).to_bytes()}) == {"misplaced", "write-once"}


def test_a_version_that_was_not_what_its_path_says_gives_way() -> None:
    before = MemoryTree({VERSION: version(2).to_bytes()})
    assert rules(before, **{VERSION: version(1).to_bytes()}) == set()


@pytest.mark.parametrize(
    ("path", "data"),
    [
        (paths.version("churn", 1, version(1).digest), version(1).to_bytes()),
        (paths.version("fraud", 1, version(2).digest), version(1).to_bytes()),
        (paths.alias("fraud", "other"), alias().to_bytes()),
        (paths.run_record(RUN, W2), record(W1).to_bytes()),
        (paths.dataset("customers", Digest.of(b"")), DATASET.to_bytes()),
        (paths.experiment("other"), EXPERIMENT.to_bytes()),
        (paths.note(paths.model_notes("fraud"), "other"), NOTE.to_bytes()),
    ],
)
def test_a_fact_lies_where_it_says(path: str, data: bytes) -> None:
    assert rules(MemoryTree(), **{path: data}) == {"misplaced"}


def test_a_register_goes_only_forward() -> None:
    before = MemoryTree({ALIAS: alias(5, W1).to_bytes()})
    assert rules(before, **{ALIAS: alias(6, W1, None).to_bytes()}) == set()
    assert rules(before, **{ALIAS: alias(5, W2).to_bytes()}) == set()
    assert rules(before, **{ALIAS: alias(4, W2).to_bytes()}) == {"revision"}
    same = sorted((alias(5, W1, None), alias(5, W1)), key=lambda each: each.digest)
    before = MemoryTree({ALIAS: same[1].to_bytes()})
    assert rules(before, **{ALIAS: same[0].to_bytes()}) == {"revision"}


def test_two_versions_under_one_number_are_pointed_out() -> None:
    other = paths.version("fraud", 1, version(2).digest)
    (found,) = check_facts(BEFORE, BEFORE.with_edits({other: version(2).to_bytes()}))
    assert (found.rule, found.severity) == ("number", "warn")


def test_a_secret_in_a_param_a_tag_or_a_note_is_found_without_being_told() -> None:
    token = "ghp_" + "a1B2c3D4e5F6g7H8i9J0" * 2
    record = next(RunRecord.from_bytes(data) for data in GOOD.values() if b"gitreg/run/" in data)
    attempt = record.attempts[0]
    for field in ("params", "tags"):
        leaky = record.model_copy(update={"attempts": (attempt.model_copy(update={field: {"key": token}}),)})
        path = paths.run_record(leaky.run_id, leaky.writer)
        found = list(check_facts(MemoryTree(), MemoryTree({path: leaky.to_bytes()})))
        assert [each.rule for each in found] == ["secret"]
        assert token not in found[0].message
        assert "GitHub token" in found[0].message


def test_a_deployment_lies_where_its_target_its_day_and_its_bytes_say() -> None:
    elsewhere = paths.deployment(DEPLOYMENT).replace("2026-11", "2026-12")
    assert rules(MemoryTree(), **{elsewhere: DEPLOYMENT.to_bytes()}) == {"misplaced"}


def test_a_deployment_is_written_once_and_holds_no_secret() -> None:
    changed = DEPLOYMENT.model_copy(update={"action": "removed"})
    assert rules(BEFORE, **{paths.deployment(DEPLOYMENT): changed.to_bytes()}) == {"misplaced", "write-once"}
    leaky = DEPLOYMENT.model_copy(update={"detail": "used AKIAIOSFODNN7EXAMPLA to push"})
    assert rules(BEFORE, **{paths.deployment(leaky): leaky.to_bytes()}) == {"secret"}
