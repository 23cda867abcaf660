"""Many writers in one run: ranks of a launcher, processes, machines; nothing is lost, nothing counts twice."""

from __future__ import annotations

import shutil
import sys
from collections import Counter
from pathlib import Path
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitreg.documents import RunId
from gitreg.tracking.active import PROCESS
from gitreg.tracking.ranks import Rank
from tests.tracking.builders import REGISTRY, Clone, machine, program

if TYPE_CHECKING:
    from collections.abc import Mapping

TORCHRUN = {"RANK": "3", "LOCAL_RANK": "1", "WORLD_SIZE": "8", "LOCAL_WORLD_SIZE": "2", "TORCHELASTIC_RUN_ID": "job-7"}
OPEN_MPI = {
    "OMPI_COMM_WORLD_RANK": "3",
    "OMPI_COMM_WORLD_LOCAL_RANK": "1",
    "OMPI_COMM_WORLD_SIZE": "8",
    "OMPI_COMM_WORLD_LOCAL_SIZE": "2",
    "PMIX_NAMESPACE": "job-7",
}
MPICH = {"PMI_RANK": "3", "PMI_SIZE": "8", "MPI_LOCALRANKID": "1", "PMI_JOBID": "job-7"}
SLURM = {
    "SLURM_PROCID": "3",
    "SLURM_LOCALID": "1",
    "SLURM_NTASKS": "8",
    "SLURM_JOB_ID": "7",
    "SLURM_STEP_ID": "0",
}


@pytest.mark.parametrize("environ", [TORCHRUN, OPEN_MPI, MPICH, SLURM], ids=["torchrun", "Open MPI", "MPICH", "SLURM"])
def test_each_launcher_says_which_of_how_many_a_process_is(environ: Mapping[str, str]) -> None:
    rank = Rank.of(environ)
    assert rank
    assert (rank.rank, rank.local_rank, rank.size) == (3, 1, 8)
    first = Rank.of({**environ, **{name: "0" for name in environ if environ[name] == "3"}})
    assert first
    assert first.key("churn", 0) == rank.key("churn", 0) != rank.key("churn", 1)


@pytest.mark.parametrize(
    "environ",
    [
        {},
        {**TORCHRUN, "WORLD_SIZE": "1"},
        {**TORCHRUN, "RANK": "three"},
        {name: value for name, value in SLURM.items() if name != "SLURM_STEP_ID"},
    ],
    ids=["none", "alone", "no number", "a batch script"],
)
def test_a_process_on_its_own_is_no_rank(environ: Mapping[str, str]) -> None:
    assert Rank.of(environ) is None


def test_ranks_of_one_host_belong_together_by_who_started_them() -> None:
    unnamed = {**TORCHRUN, "TORCHELASTIC_RUN_ID": "none", "WORLD_SIZE": "2"}
    mine, others = Rank.of(unnamed, "host boot 77 1"), Rank.of(unnamed, "host boot 78 1")
    assert mine
    assert others
    assert mine.launch != others.launch
    scattered = Rank.of({**unnamed, "WORLD_SIZE": "8"}, "host boot 77 1")
    assert scattered
    assert scattered.key("churn", 0) is None


def as_rank(clone: Clone, home: Path, rank: int, **environ: str) -> Clone:
    """The clone as another process sees it, one that starts its first run."""
    PROCESS._joined.clear()
    given = {**TORCHRUN, "RANK": str(rank), "LOCAL_RANK": str(rank), **environ}
    return clone.as_seen_by(lambda _: machine(home, **given))


def test_ranks_share_one_run_and_rank_0_says_how_it_stands(clone: Clone, home: Path) -> None:
    for rank in (1, 0, 2):
        seen = as_rank(clone, home, rank)
        run = seen.tracker.start_run("churn")
        run.log_metric("loss", rank, step=5)
        run.finish("failed" if rank == 2 else "finished")
        seen.store.close()
    (found,) = clone.runs.list("churn")
    metric = found.metric("loss")
    assert metric
    assert (found.status, len(found.attempts), metric.count) == ("finished", 3, 3)
    assert "gitreg.rank" not in found.tags
    assert clone.runs.search("status = 'finished'").runs == (found,)
    assert clone.runs.search("status = 'failed'").runs == ()


def test_the_second_run_of_the_ranks_is_another_one_for_all(clone: Clone, home: Path) -> None:
    ids = []
    for rank in (0, 1):
        seen = as_rank(clone, home, rank)
        for _ in range(2):
            with seen.tracker.start_run("churn") as run:
                ids.append(run.run_id)
        seen.store.close()
    assert ids[:2] == ids[2:]
    assert ids[0] != ids[1]


def test_a_launcher_may_hand_out_the_run(clone: Clone, home: Path) -> None:
    given = RunId.new(clone.tracker.surroundings.now())
    for rank in (0, 1):
        PROCESS._attached.discard(given)
        seen = as_rank(clone, home, rank, GITREG_RUN_ID=given)
        with seen.tracker.start_run("churn") as run:
            assert run.run_id == given
        seen.store.close()
    assert len(clone.runs.get(given).attempts) == 2


def test_ranks_that_nothing_ties_together_are_told_and_go_on(
    clone: Clone, home: Path, caplog: pytest.LogCaptureFixture
) -> None:
    seen = as_rank(clone, home, 3, TORCHELASTIC_RUN_ID="none")
    with seen.tracker.start_run("churn") as run:
        pass
    assert "nothing tells which ranks belong together" in caplog.text
    assert clone.runs.get(run.run_id).tags["gitreg.rank"] == "3"
    seen.store.close()


BODY = """
ranked = {name: value for name, value in os.environ.items() if name.endswith(("RANK", "SIZE")) or "ELASTIC" in name}
clone = Clone.open(Path(sys.argv[1]), machine(Path(sys.argv[2]), **ranked))
run = clone.tracker.start_run("churn")
for step in range(100):
    run.log_metric("loss", step, step=step)
run.finish()
print(run.run_id)
"""


def test_real_processes_of_a_launcher_record_into_one_run(clone: Clone) -> None:
    started = [program(clone, BODY, **{**TORCHRUN, "WORLD_SIZE": "4", "RANK": str(rank)}) for rank in range(4)]
    ids = {each.communicate(timeout=100)[0].strip() for each in started}
    assert [each.returncode for each in started] == [0, 0, 0, 0]
    (run_id,) = ids
    metric = clone.runs.get(run_id).metric("loss")
    assert metric
    assert (metric.count, metric.last.step) == (400, 99)
    assert len(clone.runs.series(run_id, "loss")) == 400


def test_a_run_goes_on_elsewhere_while_its_first_machine_is_only_cut_off(tmp_path: Path, home: Path) -> None:
    first = Clone.make(tmp_path / "first", machine(home))
    second = Clone.make(tmp_path / "second", machine(home))
    begun = first.tracker.start_run("churn", key="job")
    begun.log_metric("loss", 1.0, step=1)
    with second.tracker.start_run("churn", key="job") as resumed:
        resumed.log_metric("loss", 2.0, step=2)
    begun.log_metric("loss", 3.0, step=3)
    begun.finish()
    records = [
        record
        for clone in (first, second)
        for record in clone.runs._index.records([begun.run_id])[begun.run_id]  # as a sync brings them together
    ]
    found = sys.modules["gitreg.folding"].fold(records)
    assert resumed.run_id == begun.run_id == RunId.keyed(REGISTRY, "churn", "job")
    assert [attempt.status for attempt in found.attempts] == ["finished", "finished"]
    assert (found.metrics[0].count, found.metrics[0].last.step) == (3, 3)
    first.store.close()
    second.store.close()


WRITERS = st.lists(st.lists(st.integers(0, 20), max_size=4), min_size=1, max_size=4)


@settings(max_examples=8, suppress_health_check=[HealthCheck.function_scoped_fixture], deadline=None)
@given(writers=WRITERS, data=st.data())
def test_however_journals_arrive_each_whole_point_counts_once(
    tmp_path_factory: pytest.TempPathFactory, writers: list[list[int]], data: st.DataObject
) -> None:
    """Journals of one run, published in any order, all of them twice. Kills are in test_kill.py."""
    folder = tmp_path_factory.mktemp("law")
    (folder / "home").mkdir()
    clone = Clone.make(folder / "registry", machine(folder / "home"))
    kept, expected = [], Counter[int]()
    run_id = RunId.new(clone.tracker.surroundings.now())
    for steps in writers:
        run = clone.tracker.start_run(run_id=run_id)
        for step in steps:
            run.log_metric("m", step, step=step)
        path = run.recording.journal.path
        PROCESS.leave(run)
        run.recording.end("finished")
        run.recording.journal.close()
        expected.update(steps)
        kept.append(path.rename(folder / path.name))
    for path in data.draw(st.permutations(kept * 2)):
        shutil.copy(path, clone.tracker.yard.folder / path.name)
        if data.draw(st.booleans()):
            clone.tracker.publish()
    clone.tracker.publish()
    found = clone.runs.get(run_id)
    assert len(found.attempts) == len(writers)
    series = clone.runs.series(run_id, "m") if expected else []
    assert Counter(point.step for point in series) == expected
    metric = found.metric("m")
    assert (metric.count if metric else 0) == expected.total()
    clone.store.close()
