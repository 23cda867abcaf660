"""One function owns each path; every path is short, safe, and read back as what it is."""

from __future__ import annotations

import re
from datetime import UTC, datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitreg.documents import (
    Actor,
    Deployment,
    Digest,
    Fingerprint,
    Principal,
    RegistryId,
    RunId,
    WriterId,
    classify_fact,
    classify_main,
    paths,
)

NAMES = st.text(st.characters(exclude_categories=["Cs", "Cc"]), min_size=1, max_size=250)
DIGEST = Digest.of(b"version")
WRITER = WriterId("b" * 32)
RUNS = [
    RunId.new(datetime(2026, 11, 21, 8, 46, tzinfo=UTC)),
    RunId.keyed(RegistryId("c" * 32), "churn", "job"),
    RunId("mlflow-run_1"),
    RunId("x"),
    RunId("z" * 64),
]


@given(NAMES, NAMES)
def test_every_path_of_main_is_short_and_read_back(model: str, stage: str) -> None:
    folder = paths.stage_folder(model, stage)
    statement = paths.statement(folder, Fingerprint("f" * 64))
    expected = {
        paths.decision(folder): "decision",
        paths.stage_version(folder): "stage-version",
        paths.evidence(folder): "evidence",
        statement: "statement",
        paths.signature(statement): "signature",
        paths.hold(model, DIGEST): "hold",
        paths.model_card(model): "model",
        paths.model_set(model): "set",
        paths.policy(stage): "policy",
    }
    for path, kind in expected.items():
        found = classify_main(path)
        assert found is not None
        assert found.kind == kind
        assert len(path) <= paths.MAX_PATH
        assert paths.is_owned(path)


@given(NAMES, NAMES, st.sampled_from(RUNS))
def test_every_path_of_the_ledger_is_short_and_read_back(model: str, name: str, run: RunId) -> None:
    expected = {
        paths.experiment(name): "experiment",
        paths.run_record(run, WRITER): "run",
        paths.version(model, 0, DIGEST): "version",
        paths.version(model, 17, DIGEST): "version",
        paths.dataset(name, DIGEST): "dataset",
        paths.alias(model, name): "alias",
        paths.note(paths.run_notes(run), name): "note",
        paths.note(paths.version_notes(model, DIGEST), name): "note",
        paths.note(paths.model_notes(model), name): "note",
        paths.note(paths.experiment_notes(model), name): "note",
    }
    for path, kind in expected.items():
        found = classify_fact(path)
        assert found is not None
        assert found.kind == kind
        assert len(path) <= paths.MAX_PATH
        assert re.fullmatch(r"[a-z0-9._/-]+", path)


@pytest.mark.parametrize("target", ["eu-cluster", "EU cluster", "é/~", "x" * 250])
@pytest.mark.parametrize("year", [7, 2026])
def test_a_deployment_lies_by_target_and_day(target: str, year: int) -> None:
    at, actor = datetime(year, 1, 2, tzinfo=UTC), Actor(principal=Principal("ada@example.org"), via="ci")
    event = Deployment(target=target, model="fraud", version=DIGEST, action="failed", at=at, actor=actor)
    path = paths.deployment(event)
    found = classify_fact(path)
    assert found is not None
    assert (found.kind, found.pieces["digest"]) == ("deployment", event.digest.hex)
    assert f"/{year:04d}-01/02/" in path
    assert len(path) <= paths.MAX_PATH


def test_a_timed_run_lies_in_the_minute_its_id_tells() -> None:
    assert paths.run_folder(RUNS[0]) == "runs/2026-11/21/08/46"


@pytest.mark.parametrize(
    "path",
    ["runs/x.json", "models/a/b.json", "versions/fraud/01-0123456789abcdef.json", "Models/x/model.json", "a" * 300, ""],
)
def test_a_path_the_format_does_not_know_is_nothing(path: str) -> None:
    assert classify_fact(path) is None
    assert classify_main(path) is None


@pytest.mark.parametrize(
    ("path", "owned"),
    [
        ("README.md", False),
        ("docs/x.md", False),
        ("gitreg.json", True),
        ("models/x/readme.txt", True),
        (".github/workflows/a.yml", True),
    ],
)
def test_the_people_own_what_gitreg_does_not(path: str, *, owned: bool) -> None:
    assert paths.is_owned(path) is owned
