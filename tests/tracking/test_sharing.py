from __future__ import annotations

import shutil
import time
from collections.abc import Iterator
from dataclasses import replace
from datetime import timedelta
from pathlib import Path

import pytest

from gitreg.documents import LiveState
from gitreg.errors import StorageError
from gitreg.store import CommitText, Store, sync
from gitreg.tracking.beats import Beat, live_key
from gitreg.tracking.yard import Standing
from tests.tracking.builders import Clone, completed, machine


@pytest.fixture
def origin(tmp_path: Path, home: Path) -> Iterator[Store]:
    with Store.init(tmp_path / "origin.git", machine(home), bare=True) as made:
        yield made


def clone_of(origin: Store, path: Path, home: Path) -> Clone:
    here = machine(home)
    with Store.init(path, here) as store:
        store.config.append({"remote.origin.url": str(origin.path)})
    return Clone.open(path, here, shared=str(origin.git_dir / "shared"))


@pytest.fixture
def ada(origin: Store, tmp_path: Path, home: Path) -> Clone:
    return clone_of(origin, tmp_path / "ada", home)


@pytest.fixture
def ben(origin: Store, tmp_path: Path, home: Path) -> Clone:
    return clone_of(origin, tmp_path / "ben", home)


def fetched(clone: Clone) -> Clone:
    remote = clone.store.remote()
    assert remote
    person = clone.store.author().person
    sync(clone.store, remote, CommitText("sync", person, person, clone.tracker.surroundings.now()))
    return clone


def test_a_run_is_announced_at_its_start_and_published_at_its_end(ada: Clone, ben: Clone) -> None:
    run = ada.tracker.start_run("churn", name="r")
    assert ada.tracker._announcing
    ada.tracker._announcing.join()
    seen = fetched(ben).runs.get("r")
    assert (seen.status, seen.layer) == ("running", "ledger")
    run.log_metric("auc", 0.5)
    run.log_text("bytes", "a.txt")
    run.finish()
    seen = fetched(ben).runs.get("r")
    assert (seen.status, len(seen.attempts)) == ("finished", 1)
    assert [point.value for point in ben.runs.series("r", "auc")] == [0.5]
    (entry,) = ben.runs.artifacts("r")
    assert ben.blobs.read(entry.digest) == b"bytes"
    assert ada.ledger_log() == ["runs: churn r finished (auc 0.5)", "runs: churn r running"]


def test_two_clones_at_one_keyed_run_are_two_attempts(ada: Clone, ben: Clone) -> None:
    with ada.tracker.start_run("churn", key="job") as run:
        run.log_metric("auc", 0.5)
    with ben.tracker.start_run("churn", key="job") as run:
        run.log_metric("auc", 0.6)
    found = fetched(ada).runs.get(run.run_id)
    assert len(found.attempts) == 2
    assert sorted(point.value for point in ada.runs.series(run.run_id, "auc")) == [0.5, 0.6]


def test_a_remote_out_of_reach_leaves_the_run_here_for_a_sync(
    ada: Clone, origin: Store, caplog: pytest.LogCaptureFixture
) -> None:
    shutil.rmtree(origin.path)
    with ada.tracker.start_run("churn", name="r") as run:
        run.log_metric("auc", 0.5)
    assert run.health.ok
    found = ada.runs.get("r")
    assert (found.status, found.layer) == ("finished", "ledger")
    assert ada.journals == []
    assert "gitreg sync" in caplog.text


def test_bytes_that_cannot_be_shared_keep_the_run_here(ada: Clone, ben: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object) -> None:
        raise StorageError("The bucket is away.")

    monkeypatch.setattr(ada.blobs, "upload", refuse)
    with ada.tracker.start_run("churn", name="r") as run:
        if ada.tracker._announcing:
            ada.tracker._announcing.join()
        run.log_metric("auc", 0.5)
    assert ada.runs.get("r").status == "finished"
    assert fetched(ben).runs.list() == []


def test_a_live_run_gives_signs_of_life_that_others_see(ada: Clone, ben: Clone) -> None:
    run = ada.tracker.start_run("churn", name="r")
    assert ada.tracker._announcing
    ada.tracker._announcing.join()
    standing = Standing(ada.journals[0], run.header)
    beat = Beat(ada.blobs, standing, ada.tracker.surroundings.now, interval_s=0.01)
    run.log_metric("auc", 0.5)
    beat.start()
    key = live_key(run.run_id, run.header.attempt)
    deadline = time.monotonic() + 30
    while ben.blobs.get_live(key) is None:
        assert time.monotonic() < deadline
        time.sleep(0.01)
    run.log_metric("auc", 0.6)
    beat.tell()
    data = ben.blobs.get_live(key)
    assert data
    state = LiveState.from_bytes(data)
    assert (state.run_id, state.metrics[0].count) == (run.run_id, 2)
    seen = fetched(ben).runs.get("r")
    assert seen.silent_since is None
    assert [(each.count, each.last.value) for each in seen.metrics] == [(2, 0.6)]
    an_hour = timedelta(hours=1)
    later = fetched(ben).as_seen_by(lambda here: replace(here, now=lambda: ada.tracker.surroundings.now() + an_hour))
    shared = later.blobs.shared = ben.blobs.shared
    assert shared
    silent = later.runs.get("r")
    assert silent.metrics == seen.metrics
    silent_since = silent.silent_since
    assert silent_since
    assert silent_since >= state.at
    beat.stop()
    assert ben.blobs.get_live(key) is None
    run.finish()


def test_a_beat_that_fails_does_not_end_the_beats(ada: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    run = ada.tracker.start_run("churn")
    tried = []

    def refuse(*_: object) -> None:
        tried.append(1)
        raise StorageError("away")

    monkeypatch.setattr(ada.blobs, "put_live", refuse)
    monkeypatch.setattr(ada.blobs, "remove_live", refuse)
    beat = Beat(ada.blobs, Standing(ada.journals[0], run.header), ada.tracker.surroundings.now, interval_s=0.001)
    beat.start()
    deadline = time.monotonic() + 30
    while len(tried) < 2:
        assert time.monotonic() < deadline
        time.sleep(0.001)
    beat.stop()
    run.finish()


def test_a_program_that_just_ends_shares_its_bytes_too(ada: Clone, ben: Clone, origin: Store) -> None:
    body = "run = tracker.start_run(name='r'); run.log_metric('m', 1); run.log_text('x', 'x.txt')"
    completed(ada, body, SHARED_BLOBS=str(origin.git_dir / "shared"))
    assert fetched(ben).runs.get("r").status == "finished"
    (entry,) = ben.runs.artifacts("r")
    assert ben.blobs.read(entry.digest) == b"x"


def test_a_run_that_cannot_be_published_as_python_exits_waits_in_its_journal(
    ada: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise RuntimeError("can't create new thread at interpreter shutdown")

    with monkeypatch.context() as patch:
        patch.setattr(ada.tracker.ledger, "land", refuse)
        with ada.tracker.start_run() as run:
            if ada.tracker._announcing:
                ada.tracker._announcing.join()
    assert run.health.unpublished
    ada.tracker.recover()
    assert ada.runs.get(run.run_id).layer == "ledger"
