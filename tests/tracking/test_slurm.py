"""SLURM: arrays, ranks and requeues, told apart by variables alone."""

from __future__ import annotations

from pathlib import Path

import pytest

from gitreg.documents import RunId
from gitreg.tracking import Spool, tasks_of
from gitreg.tracking.slurm import Job
from tests.tracking.builders import REGISTRY, Clone
from tests.tracking.spooling import forget, on, recorded

JOB = {"SLURM_JOB_ID": "18", "SLURM_CLUSTER_NAME": "hpc", "SLURM_JOB_NAME": "train"}


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool.init(tmp_path / "spool", REGISTRY)


def test_the_tasks_of_an_array_are_children_of_one_run(clone: Clone, spool: Spool, home: Path) -> None:
    tasks = [
        recorded(
            on(spool, home, f"node{task}", **JOB | {"SLURM_JOB_ID": str(18 + task)}, SLURM_ARRAY_JOB_ID="18",
               SLURM_ARRAY_TASK_ID=str(task))
        )
        for task in range(3)
    ]  # fmt: skip

    clone.tracker.publish_spool(spool)

    children = [clone.runs.get(task.run_id) for task in tasks]
    assert len({child.parent for child in children}) == 1
    parent = clone.runs.get(children[0].parent or "")
    assert (parent.name, parent.tags["slurm.array_job_id"]) == ("train-18", "18")
    assert [child.tags["slurm.array_task_id"] for child in children] == ["0", "1", "2"]


@pytest.mark.parametrize(
    ("ended", "stands"),
    [
        ("", ("3 tasks: 3 not heard of yet", "running")),
        ("ff", ("3 tasks: 2 finished, 1 not heard of yet", "running")),
        ("fff", ("3 tasks: 3 finished", "finished")),
        ("fxf", ("3 tasks: 2 finished, 1 failed", "failed")),
        ("fxr", ("3 tasks: 1 finished, 1 failed, 1 running", "running")),
    ],
)
def test_an_array_stands_as_its_tasks_do(
    clone: Clone, spool: Spool, home: Path, ended: str, stands: tuple[str, str]
) -> None:
    """It is running until all that the scheduler counted have ended, then failed if one is, else finished."""
    array = {"SLURM_ARRAY_JOB_ID": "18", "SLURM_ARRAY_TASK_COUNT": "3"}
    parent = RunId.keyed(REGISTRY, "sweep", "slurm-array hpc 18")
    started = [
        on(spool, home, **JOB | {"SLURM_JOB_ID": str(18 + task)} | array, SLURM_ARRAY_TASK_ID=str(task))
        for task in range(3)
    ]
    job = Job.of(JOB | array)
    assert job
    started[0]._array("sweep", job)
    for how, tracker in zip(ended, started, strict=False):
        run = clone.tracker.start_run("sweep", parent=parent) if how == "r" else tracker.start_run("sweep")
        if how != "r":
            run.finish("finished" if how == "f" else "failed")
    clone.tracker.publish_spool(spool)

    tasks = tasks_of(clone.runs.get(parent), clone.runs.children(parent))

    assert tasks is not None
    assert (str(tasks), tasks.status) == stands


def test_a_run_of_no_array_has_no_tasks(clone: Clone) -> None:
    with clone.tracker.start_run() as run:
        pass
    assert tasks_of(clone.runs.get(run.run_id), []) is None


def test_a_task_that_comes_late_changes_nothing_about_its_array(clone: Clone, spool: Spool, home: Path) -> None:
    early = on(spool, home, **JOB, SLURM_ARRAY_JOB_ID="18", SLURM_ARRAY_TASK_ID="0")
    late = on(spool, home, **JOB | {"SLURM_JOB_ID": "19"}, SLURM_ARRAY_JOB_ID="18", SLURM_ARRAY_TASK_ID="1")
    recorded(early)
    clone.tracker.publish_spool(spool)

    task = recorded(late)
    found = clone.tracker.publish_spool(spool)

    assert found.runs == (task.run_id,)


def test_a_requeued_job_is_a_new_attempt_at_the_same_runs(clone: Clone, spool: Spool, home: Path) -> None:
    first, second = on(spool, home, **JOB), on(spool, home, "node2", **JOB, SLURM_RESTART_COUNT="1")
    one, other = recorded(first), recorded(first)
    assert one.run_id != other.run_id

    again = recorded(second)

    assert again.run_id == one.run_id
    clone.tracker.publish_spool(spool)
    assert [each.host for each in clone.runs.get(one.run_id).attempts] == ["node1", "node2"]
    assert len(clone.runs.get(other.run_id).attempts) == 1


def test_an_attempt_without_an_end_is_killed_when_its_job_was_started_again_and_it_is_silent(
    clone: Clone, spool: Spool, home: Path
) -> None:
    lost = on(spool, home, **JOB).start_run("sweep")
    lost.recording.journal.close()
    recorded(on(spool, home, "node2", **JOB, SLURM_RESTART_COUNT="1"))

    assert len(clone.tracker.publish_spool(spool).running) == 1
    forget(lost.recording.journal.path, 7200)
    clone.tracker.publish_spool(spool)

    attempts = clone.runs.get(lost.run_id).attempts
    assert [each.status for each in attempts] == ["killed", "finished"]


def test_the_ranks_of_a_step_share_one_run(clone: Clone, spool: Spool, home: Path) -> None:
    ranks = [
        recorded(on(spool, home, f"node{rank}", **JOB, SLURM_STEP_ID="0", SLURM_PROCID=str(rank)), auc=rank / 10)
        for rank in range(3)
    ]

    clone.tracker.publish_spool(spool)

    assert len({run.run_id for run in ranks}) == 1
    assert sorted(point.value for point in clone.runs.series(ranks[0].run_id, "auc")) == [0.0, 0.1, 0.2]


def test_the_ranks_of_a_launcher_inside_a_step_share_one_run(spool: Spool, home: Path) -> None:
    step = {**JOB, "SLURM_STEP_ID": "0", "SLURM_PROCID": "0", "WORLD_SIZE": "3", "TORCHELASTIC_RUN_ID": "none"}
    ranks = [recorded(on(spool, home, **step, RANK=number, LOCAL_RANK=number)) for number in ("0", "1", "2")]

    assert len({run.run_id for run in ranks}) == 1


def test_what_is_said_counts_before_what_slurm_says(spool: Spool, home: Path) -> None:
    tracker = on(spool, home, **JOB)

    assert recorded(tracker, key="mine").run_id == recorded(tracker, key="mine").run_id


@pytest.mark.parametrize("environ", [{}, {"SLURM_JOB_ID": ""}, {"SLURM_JOB_ID": "../18"}, {"SLURM_JOB_ID": "x" * 99}])
def test_outside_slurm_there_is_no_job(environ: dict[str, str]) -> None:
    assert Job.of(environ) is None
