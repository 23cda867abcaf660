"""Runs within runs, groups of runs, and what children take over."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitreg.errors import ExperimentNotFound, RunClosed
from tests.tracking.builders import Clone, machine

if TYPE_CHECKING:
    from pathlib import Path


def test_a_nested_run_is_a_part_of_the_active_one(clone: Clone) -> None:
    with clone.tracker.start_run("sweep", name="outer") as outer:
        with clone.tracker.start_run("sweep", nested=True) as inner:
            inner.log_metric("auc", 0.9)
        with clone.tracker.start_run("sweep") as other:
            pass
    assert clone.runs.get(inner.run_id).parent == outer.run_id
    assert clone.runs.get(other.run_id).parent is None
    assert [run.run_id for run in clone.runs.children("outer")] == [inner.run_id]


def test_parts_and_groups_can_be_asked_for_however_many_they_are(clone: Clone) -> None:
    with clone.tracker.start_run("sweep", name="outer", group='a "quoted" one') as outer:
        for _ in range(3):
            with clone.tracker.start_run("sweep", nested=True):
                pass
    with clone.tracker.start_run("sweep"):
        pass
    found = clone.runs.search(parent=outer.run_id, limit=2)
    assert [run.parent for run in found.runs] == [outer.run_id] * 2
    more = clone.runs.search(parent=outer.run_id, limit=2, page_token=found.next_page_token)
    assert len(more.runs) == 1
    assert len(clone.runs.search(group='a "quoted" one').runs) == 4


@pytest.mark.parametrize(
    ("asked", "told"),
    [
        ("sweeep", "There is no experiment 'sweeep'. Did you mean sweep?"),
        ("x", r"no experiment 'x' \(there are sweep\)"),
    ],
)
def test_an_experiment_that_there_is_not_names_the_near_ones(clone: Clone, asked: str, told: str) -> None:
    with clone.tracker.start_run("sweep"):
        pass
    with pytest.raises(ExperimentNotFound, match=told):
        clone.runs.search(experiment=asked)
    assert clone.runs.search("metrics.auc > 2", experiment="sweep").runs == ()


def test_nesting_needs_something_to_be_nested_in(clone: Clone) -> None:
    with pytest.raises(RunClosed):
        clone.tracker.start_run(nested=True)
    assert clone.journals == []


def test_a_named_parent_goes_before_the_active_run(clone: Clone) -> None:
    with clone.tracker.start_run() as first:
        pass
    with clone.tracker.start_run(), clone.tracker.start_run(nested=True, parent=first.run_id) as child:
        pass
    assert clone.runs.get(child.run_id).parent == first.run_id


@pytest.mark.parametrize("when", ["here", "recorded"])
def test_children_take_over_the_tags_of_their_parent(clone: Clone, when: str) -> None:
    parent = clone.tracker.start_run(group="sweep-7", tags={"team": "risk", "owner": "ada", "gitreg.exit_code": 1})
    if when == "recorded":
        parent.finish()
    with clone.tracker.start_run(parent=parent.run_id, tags={"owner": "bob"}) as child:
        pass
    found = clone.runs.get(child.run_id)
    assert (found.tags["team"], found.tags["owner"], found.group) == ("risk", "bob", "sweep-7")
    assert "gitreg.exit_code" not in found.tags
    parent.finish()


def test_children_of_a_parent_in_another_process_take_them_over_too(clone: Clone) -> None:
    started = clone.tracker.start_run(tags={"team": "risk"}, owner="none")
    started.release()
    with clone.tracker.start_run(parent=started.run_id) as child:
        pass
    assert clone.runs.get(child.run_id).tags["team"] == "risk"


def test_the_job_of_the_parent_is_not_the_childs(tmp_path: Path, home: Path) -> None:
    job = {"SLURM_JOB_ID": "77", "SLURM_JOB_PARTITION": "gpu"}
    clone = Clone.make(tmp_path / "registry", machine(home, **job))
    with clone.tracker.start_run() as parent:
        pass
    elsewhere = clone.as_seen_by(lambda _: machine(home))
    with elsewhere.tracker.start_run(parent=parent.run_id) as child:
        pass
    assert clone.runs.get(parent.run_id).tags["slurm.job_id"] == "77"
    assert "slurm.job_id" not in clone.runs.get(child.run_id).tags
    elsewhere.store.close()
    clone.store.close()


def test_another_attempt_does_not_take_over_again(clone: Clone) -> None:
    with clone.tracker.start_run(tags={"team": "risk"}) as parent:
        pass
    with clone.tracker.start_run(parent=parent.run_id, key="job", tags={"team": "ops"}) as child:
        pass
    with clone.tracker.start_run(key="job"):
        pass
    assert clone.runs.get(child.run_id).tags["team"] == "ops"


def test_groups_are_searched_by_their_tag(clone: Clone) -> None:
    with clone.tracker.start_run(group="a") as run:
        pass
    with clone.tracker.start_run(group="b"):
        pass
    assert [each.run_id for each in clone.runs.search("tags.`gitreg.group` = 'a'").runs] == [run.run_id]


def test_runs_are_searched_by_what_they_are_a_part_of_and_where_they_ran(clone: Clone) -> None:
    with clone.tracker.start_run() as outer, clone.tracker.start_run(nested=True) as inner:
        host = clone.tracker.surroundings.host
    assert [run.run_id for run in clone.runs.search("parent IS NOT NULL").runs] == [inner.run_id]
    assert len(clone.runs.search(f"host = '{host}' AND user = 'ada@example.org'").runs) == 2
    assert clone.runs.search(f"parent = '{inner.run_id}' OR parent != '{outer.run_id}'").runs == ()
