from __future__ import annotations

import os
import random
import signal
import subprocess
import time
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitreg.documents import RunRecord
from gitreg.errors import StorageError
from gitreg.tracking.landing import Ledger
from tests.tracking.builders import Clone, program
from tests.tracking.killing import kill_once

if TYPE_CHECKING:
    from gitreg.store import Snapshot
    from gitreg.surroundings import Surroundings

WAITING = """
run = tracker.start_run("churn")
for step in range(10):
    run.log_metric("auc", step / 10)
print(run.run_id, flush=True)
time.sleep(60)
"""


def left_by_a_kill(clone: Clone, body: str = WAITING) -> str:
    process = program(clone, body)
    assert process.stdout
    run_id = process.stdout.readline().strip()
    process.send_signal(signal.SIGKILL)
    process.communicate()
    return run_id


@pytest.mark.parametrize("seed", range(6))
def test_a_kill_at_any_moment_loses_nothing_that_was_accepted(clone: Clone, seed: int) -> None:
    kill_once(clone, random.Random(seed))  # noqa: S311 - moments, not secrets


def test_a_killed_run_is_found_and_said_to_be_killed(clone: Clone) -> None:
    run_id = left_by_a_kill(clone)
    assert [live.state for live in clone.tracker.live()] == ["lost"]
    assert clone.runs.get(run_id).status == "running"
    (recovered,) = clone.tracker.recover()
    assert (recovered.run_id, recovered.status, recovered.problem) == (run_id, "killed", None)
    found = clone.runs.get(run_id)
    assert found.status == "killed"
    assert len(clone.runs.series(run_id, "auc")) == 10
    assert clone.ledger_log() == [f"runs: churn {found.name} killed (auc 0.9)"]


def elsewhere(surroundings: Surroundings) -> Surroundings:
    return replace(surroundings, host="another-host")


def after_a_reboot(surroundings: Surroundings) -> Surroundings:
    return replace(surroundings, boot_id="another-boot")


@pytest.mark.parametrize("change", [elsewhere, after_a_reboot])
def test_nobody_else_says_that_a_run_was_killed(clone: Clone, change: object) -> None:
    run_id = left_by_a_kill(clone)
    other = clone.as_seen_by(change)  # type: ignore[arg-type]
    assert other.tracker.recover() == []
    assert [live.state for live in other.tracker.live()] == ["elsewhere"]
    assert other.runs.get(run_id).status == "running"
    assert len(clone.journals) == 1


def test_silence_is_a_view_that_is_never_written(clone: Clone) -> None:
    run_id = left_by_a_kill(clone)
    now = clone.tracker.surroundings.now()
    much_later = clone.as_seen_by(lambda here: replace(elsewhere(here), now=lambda: now.replace(year=now.year + 1)))
    found = much_later.runs.get(run_id)
    assert found.status == "running"
    assert found.silent_since is not None
    assert found.silent_since <= now
    assert clone.ledger_log() == []


def test_a_living_run_is_not_killed(clone: Clone) -> None:
    process = program(clone, WAITING)
    assert process.stdout
    process.stdout.readline()
    try:
        assert clone.tracker.recover() == []
        assert [live.state for live in clone.tracker.live()] == ["active"]
    finally:
        process.kill()
        process.communicate()


def test_a_wrapper_that_was_killed_leaves_what_ran_inside(clone: Clone) -> None:
    body = """
run = tracker.start_run("churn")
from tests.tracking.builders import completed
print(run.run_id, flush=True)
completed(clone, "run = tracker.start_run(); run.log_metric('auc', 0.5); run.finish()", GITREG_RUN_ID=run.run_id)
print("inside has ended", flush=True)
time.sleep(60)
"""
    process = program(clone, body)
    assert process.stdout
    run_id = process.stdout.readline().strip()
    process.stdout.readline()
    process.kill()
    process.communicate()
    clone.tracker.recover()
    assert clone.runs.get(run_id).status == "killed"
    assert [point.value for point in clone.runs.series(run_id, "auc")] == [0.5]


def test_recovery_that_is_itself_killed_is_done_again_with_the_same_result(
    clone: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    """The journal is still there although its commit has landed: nothing is counted twice."""
    run_id = left_by_a_kill(clone)
    with monkeypatch.context() as patch:
        patch.setattr("gitreg.tracking.journal.Journal.remove", lambda _: None)
        clone.tracker.recover()
    before = clone.store.ledger_tip()
    assert len(clone.journals) == 1
    clone.tracker.recover()
    assert clone.store.ledger_tip() == before
    assert clone.journals == []
    metric = clone.runs.get(run_id).metric("auc")
    assert metric
    assert metric.count == 10


def test_a_segment_that_was_counted_in_is_not_counted_again(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    body = """
run = tracker.start_run()
run.log_metric("m", 1)
child = os.fork()
if not child:
    run.log_metric("m", 2)
    os._exit(0)
os.waitpid(child, 0)
print(run.run_id, flush=True)
time.sleep(60)
"""
    run_id = left_by_a_kill(clone, body)
    with monkeypatch.context() as patch:
        patch.setattr("gitreg.tracking.journal.Journal.remove", lambda _: None)
        clone.tracker.recover()
    clone.journals[0].unlink()  # as if the kill had come between the two removals
    clone.tracker.recover()
    metric = clone.runs.get(run_id).metric("m")
    assert metric
    assert metric.count == 2
    assert clone.journals == []


def test_many_runs_that_ended_together_are_one_commit(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    def refuse(*_: object, **__: object) -> None:
        raise StorageError("No space is left.")

    with monkeypatch.context() as patch:
        patch.setattr(Ledger, "land", refuse)
        for _ in range(3):
            with clone.tracker.start_run("churn") as run:
                run.log_metric("auc", 0.5)
            assert run.health.unpublished == "No space is left."
    assert [live.state for live in clone.tracker.live()] == ["ended"] * 3
    clone.tracker.publish()
    assert clone.ledger_log() == ["runs: 3 of churn (3 finished)"]


def test_a_damaged_journal_is_named_and_keeps_nothing_else_back(clone: Clone) -> None:
    left_by_a_kill(clone)
    journal = clone.journals[0]
    data = bytearray(journal.read_bytes())
    data[len(data) // 2] ^= 0xFF
    journal.write_bytes(bytes(data))
    with clone.tracker.start_run() as run:
        pass
    assert clone.runs.get(run.run_id).layer == "ledger"
    (recovered,) = clone.tracker.recover()
    assert recovered.journal == journal
    assert "is damaged at byte" in (recovered.problem or "")
    assert journal.read_bytes() == bytes(data)


def test_a_journal_without_a_readable_header_is_reported(clone: Clone) -> None:
    folder = clone.tracker.yard.folder
    folder.mkdir(parents=True)
    (folder / "x.journal").write_bytes(b"nonsense, and more of it")
    (live,) = clone.tracker.live()
    assert (live.state, live.header) == ("damaged", None)
    (recovered,) = clone.tracker.recover()
    assert "does not begin as a journal" in (recovered.problem or "")


# Trouble with the disk

FULL = """
import resource, warnings
run = tracker.start_run()
print(run.run_id, flush=True)
size = os.fstat(run.recording.journal.fileno()).st_size
resource.setrlimit(resource.RLIMIT_FSIZE, (size + 1000, resource.RLIM_INFINITY))
for step in range(200):
    run.log_metric("m", step, step=step)
health = run.health
assert not health.ok and health.waiting > 150 and health.lost == 0 and health.trouble, health
try:
    run.flush()
    raise SystemExit("flush promised what it cannot keep")
except Exception as error:
    assert type(error).__name__ == "StorageError", error
resource.setrlimit(resource.RLIMIT_FSIZE, (resource.RLIM_INFINITY, resource.RLIM_INFINITY))
run.flush()
assert run.health.ok, run.health
run.log_metric("m", 200, step=200)
run.finish()
"""


def test_a_full_disk_lets_training_go_on_and_loses_nothing_when_space_comes_back(clone: Clone) -> None:
    process = program(clone, FULL)
    out, err = process.communicate(timeout=60)
    assert process.returncode == 0, err
    assert err.count("cannot record to") == 1
    assert [point.step for point in clone.runs.series(out.strip(), "m")] == list(range(201))


def test_memory_is_bounded_while_the_disk_is_full(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    run = clone.tracker.start_run()
    journal = run.recording.journal
    journal._backlog_bytes = 4_000
    real = os.write

    def refuse(fd: int, data: bytes) -> int:
        if fd == journal.fileno():
            raise OSError(28, "No space left on device")
        return real(fd, data)

    with monkeypatch.context() as patch:
        patch.setattr(os, "write", refuse)
        for step in range(1_000):
            run.log_metric("m", step, step=step)
        with pytest.raises(StorageError, match="No space left"):
            run.finish()
    assert run.health.waiting < 110
    assert run.health.lost > 800
    run.finish()
    found = clone.runs.get(run.run_id)
    assert found.status == "finished"
    assert {each.key: each.count for each in found.dropped} == {"(records)": run.health.lost}


def test_a_registry_that_vanishes_is_told_of_and_training_goes_on(clone: Clone, tmp_path: Path) -> None:
    run = clone.tracker.start_run()
    run.log_metric("m", 1)
    clone.store.path.rename(tmp_path / "moved")
    next((tmp_path / "moved").glob(".git/gitreg/journals/*.journal")).unlink()
    time.sleep(1.1)
    for _ in range(10):
        run.log_metric("m", 2)
    assert not run.health.ok
    assert "deleted" in (run.health.trouble or "")
    with pytest.raises(StorageError, match="deleted"):
        run.recording.flush()


def test_a_ledger_that_somebody_edits_keeps_the_points_in_the_journal(clone: Clone) -> None:
    with clone.tracker.start_run("churn") as first:
        pass
    tree = clone.store.path
    subprocess.run(["git", "-C", str(tree), "checkout", "-q", "ledger"], check=True)
    edited = tree / "experiments" / "churn.json"
    record = next(tree.glob("runs/**/*.json"))
    record.write_text("edited")
    edited.write_text("edited")
    with clone.tracker.start_run("churn", run_id=first.run_id) as run:
        run.log_metric("auc", 0.5)
    assert run.health.unpublished
    assert [live.state for live in clone.tracker.live()] == ["ended"]
    subprocess.run(["git", "-C", str(tree), "checkout", "-q", "--", "."], check=True)
    clone.tracker.publish()
    assert len(clone.runs.get(run.run_id).attempts) == 2


def test_a_record_of_ours_is_read_before_it_is_written(clone: Clone) -> None:
    with clone.tracker.start_run() as run:
        pass
    with clone.tracker.start_run(run_id=run.run_id):
        pass
    tree: Snapshot = clone.store.snapshot(clone.store.ledger_tip())
    (path,) = [path for path, _ in tree.walk("runs")]
    data = tree.read(path)
    assert data
    assert RunRecord.from_bytes(data).rev == 2


def test_what_is_left_of_a_journal_in_the_making_is_swept_up(clone: Clone) -> None:
    folder = clone.tracker.yard.folder
    folder.mkdir(parents=True)
    old, young = folder / "old.new", folder / "young.new"
    for path in (old, young):
        path.touch()
    os.utime(old, (0, 0))
    clone.tracker.recover()
    assert (old.exists(), young.exists()) == (False, True)
