"""Lock files: an application gets exactly what was locked, and is told of what was taken back."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

import pytest

import gitreg
from gitreg.documents import Lock
from gitreg.errors import AlreadyExists, CorruptBlob, GitregError, NotFound, Refused
from tests.e2e.clerk import Clerk
from tests.e2e.test_sets import registered

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gitreg import Registry

FRAUD = "models:/fraud@production"


@pytest.fixture
def registry(tmp_path: Path) -> Iterator[Registry]:
    with gitreg.init(tmp_path / "registry") as made:
        registered(made, tmp_path, ["fraud", "churn"], "1")
        made.promote("fraud/1", "production", "First.")
        yield made


@pytest.fixture
def file(tmp_path: Path) -> Path:
    (tmp_path / "app").mkdir()
    return tmp_path / "app/gitreg.lock"


def test_a_lock_says_version_decision_landing_and_every_file(registry: Registry, file: Path) -> None:
    lock = registry.locks.lock(file, [FRAUD, "models:/churn/1"])
    assert Lock.from_bytes(file.read_bytes()) == lock
    found = lock.models[FRAUD]
    resolved = registry.resolve(FRAUD)
    assert (found.version, found.decision, found.number) == (resolved.version, resolved.decision, 1)
    assert found.landing == registry.store.main_tip()
    assert list(found.files) == ["weights"]
    assert lock.models["models:/churn/1"].decision is None
    before = file.read_bytes()
    registry.locks.update(file)
    assert file.read_bytes() == before


def test_what_is_behind_is_told_and_an_update_changes_its_lines_alone(
    registry: Registry, file: Path, tmp_path: Path
) -> None:
    registry.locks.lock(file, [FRAUD, "models:/churn/1"])
    before = file.read_text().splitlines()
    registered(registry, tmp_path, ["fraud"], "2")
    registry.promote("fraud/2", "production", "Better.")
    assert [(each.address, each.state) for each in registry.locks.check(file)] == [
        ("models:/churn/1", "current"),
        (FRAUD, "behind"),
    ]
    registry.locks.update(file)
    after = file.read_text().splitlines()
    assert len(before) == len(after)
    changed = [line.split(":")[0].strip() for line, old in zip(after, before, strict=True) if line != old]
    assert changed == ['"digest"', '"decision"', '"weights"', '"landing"', '"number"', '"version"']


def test_exactly_what_was_locked_is_fetched_without_looking_anything_up(
    registry: Registry, file: Path, tmp_path: Path
) -> None:
    registry.locks.lock(file, [FRAUD, "models:/churn/1"])
    registered(registry, tmp_path, ["fraud"], "2")
    registry.promote("fraud/2", "production", "Better.")
    registry.locks.pull(file, tmp_path / "models")
    assert (tmp_path / "models/fraud/weights").read_text() == "fraud 1"
    assert (tmp_path / "models/churn/weights").read_text() == "churn 1"
    with pytest.raises(AlreadyExists):
        registry.locks.pull(file, tmp_path / "models")


def test_a_lock_that_somebody_changed_fetches_nothing(registry: Registry, file: Path, tmp_path: Path) -> None:
    registry.locks.lock(file, [FRAUD])
    good = json.loads(file.read_text())
    for change in ({"weights": "sha256:" + "0" * 64}, {}, {"../weights": "sha256:" + "0" * 64}):
        bad = json.loads(json.dumps(good))
        bad["models"][FRAUD]["files"] = change
        file.write_bytes(Lock.from_json(bad).to_bytes())
        with pytest.raises(CorruptBlob, match="not those that were locked"):
            registry.locks.pull(file, tmp_path / "models")
        assert not (tmp_path / "models").exists()
    for text in ("", "{}", "[1]", file.read_text() + "\n"):
        file.write_text(text)
        with pytest.raises(GitregError):
            registry.locks.read(file)


def test_a_lock_of_another_registry_is_refused(registry: Registry, file: Path, tmp_path: Path) -> None:
    registry.locks.lock(file, [FRAUD])
    with gitreg.init(tmp_path / "other") as other:
        with pytest.raises(Refused, match="is of the registry"):
            other.locks.pull(file, tmp_path / "models")
        with pytest.raises(NotFound, match="no lock file"):
            other.locks.check(tmp_path / "nothing.lock")


def test_a_locked_version_that_was_taken_back_is_exit_code_6(tmp_path: Path) -> None:
    ada = Clerk.of("ada", tmp_path, tmp_path)
    ada.does("init", "registry")
    with gitreg.open(tmp_path / "registry") as made:
        registered(made, tmp_path, ["fraud"], "1")
        made.promote("fraud/1", "production", "First.")
        registered(made, tmp_path, ["fraud"], "2")
        made.promote("fraud/2", "production", "Second.")
    ada = ada.at(tmp_path / "registry")
    lock = tmp_path / "gitreg.lock"
    assert ada.reads("lock", FRAUD, "--file", lock)["models"][0]["version"] == 2
    assert ada.run("lock", "--check", "--file", lock).code == 0
    ada.does("rollback", "fraud", "--stage", "production", "-m", "It was wrong.")
    told = ada.run("lock", "--check", "--file", lock)
    assert (told.code, "is held out of production: It was wrong." in told.out) == (6, True)
    ada.does("lock", "--update", "--file", lock)
    assert ada.run("lock", "--check", "--file", lock).code == 0
    assert ada.reads("pull", "--lock", lock, "-o", tmp_path / "models")["files"][0]["path"] == "fraud/weights"
    ada.does("withdraw", "fraud", "--stage", "production", "-m", "None of them.")
    told = ada.run("lock", "--check", "--file", lock)
    assert (told.code, "withdrawn" in told.out) == (6, True)
    with gitreg.open(tmp_path / "registry") as made:
        registered(made, tmp_path, ["fraud"], "3")
        made.promote("fraud/3", "production", "Third.")
    told = ada.run("lock", "--check", "--file", lock)
    assert (told.code, "behind: it is version 3 now" in told.out) == (1, True)


def test_what_is_to_be_done_has_to_be_said(tmp_path: Path) -> None:
    ada = Clerk.of("ada", tmp_path, tmp_path)
    ada.does("init", "registry")
    for words in (["lock"], ["lock", FRAUD, "--update"], ["pull", FRAUD, "--lock", "gitreg.lock", "-o", "out"]):
        assert ada.at(tmp_path / "registry").run(*words).code == 2
