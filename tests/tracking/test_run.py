from __future__ import annotations

import asyncio
import logging
import os
import threading
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import numpy as np
import pandas as pd
import pytest

from gitreg import tracking
from gitreg.documents import Digest, paths
from gitreg.errors import AlreadyExists, InvalidName, InvalidValue, RunNotFound
from gitreg.folding import Conflict
from gitreg.tracking import active_run, generated_name
from tests.tracking.builders import Clone, completed, program

NOON = datetime(2026, 11, 21, 12, tzinfo=UTC)


def test_a_run_goes_from_the_training_loop_to_the_ledger(clone: Clone) -> None:
    with clone.tracker.start_run("churn", name="brave-otter", tags={"team": "risk"}) as run:
        run.log_params({"depth": 4, "rate": 0.1, "fast": True, "kind": "forest"})
        for epoch, auc in enumerate([0.5, 0.91, 0.9]):
            run.log_metric("auc", auc, step=epoch)
        run.log_metrics({"loss": 0.2, "auc": 0.7}, step=1)
    found = clone.runs.get(run.run_id)
    assert (found.experiment, found.name, found.status, found.layer) == ("churn", "brave-otter", "finished", "ledger")
    assert found.params == {"depth": 4, "rate": 0.1, "fast": True, "kind": "forest"}
    assert found.tags == {"team": "risk"}
    seen = found.metric("auc")
    assert seen
    assert (seen.count, seen.last.value, seen.last.step, seen.min, seen.max) == (4, 0.9, 2, 0.5, 0.91)
    assert [point.value for point in clone.runs.series(run.run_id, "auc")] == [0.5, 0.91, 0.9, 0.7]
    assert clone.ledger_log() == ["runs: churn brave-otter finished (auc 0.9)"]
    assert clone.journals == []


def test_what_is_on_the_ledger_lies_where_the_format_says(clone: Clone) -> None:
    with clone.tracker.start_run("churn") as run:
        run.log_dataset("customers", b"a,b\n1,2\n")
    tree = clone.store.snapshot(clone.store.ledger_tip())
    found = [path for path, _ in tree.walk()]
    assert paths.run_record(run.run_id, clone.store.writer) in found
    assert paths.experiment("churn") in found
    assert sum(path.startswith("datasets/customers/") for path in found) == 1
    assert len(found) == 3


def test_a_run_is_named_the_same_on_every_machine(clone: Clone) -> None:
    with clone.tracker.start_run() as run:
        assert run.name == generated_name(run.run_id)
    assert run.experiment == "default"


def test_a_block_that_raises_is_a_failed_run_and_the_error_goes_on(clone: Clone) -> None:
    with pytest.raises(ZeroDivisionError), clone.tracker.start_run() as run:
        run.log_metric("auc", 1 / 0)
    assert clone.runs.get(run.run_id).status == "failed"


def test_finishing_twice_is_finishing_once(clone: Clone) -> None:
    run = clone.tracker.start_run()
    run.finish("failed")
    run.finish()
    assert clone.runs.get(run.run_id).status == "failed"
    assert len(clone.ledger_log()) == 1


def test_a_live_run_is_seen_before_it_is_published(clone: Clone) -> None:
    with clone.tracker.start_run() as run:
        run.log_metric("auc", 0.5)
        run.log_text("hello", "notes/a.txt")
        found = clone.runs.get(run.run_id.short)
        assert (found.status, found.layer, found.silent_since) == ("running", "journal", None)
        assert [point.value for point in clone.runs.series("@last", "auc")] == [0.5]
        assert [entry.path for entry in clone.runs.artifacts("@last")] == ["notes/a.txt"]
        assert [live.state for live in clone.tracker.live()] == ["active"]
        assert clone.runs.list(layer="ledger") == []
        assert clone.runs.list(layer="journal") == clone.runs.list()
    assert clone.tracker.live() == []


def test_steps_count_up_when_none_is_given(clone: Clone) -> None:
    with clone.tracker.start_run() as run:
        for value in (1.0, 2.0):
            run.log_metric("loss", value)
        run.log_metric("loss", 3.0, step=10)
        run.log_metrics({"loss": 4.0})
    assert [point.step for point in clone.runs.series(run.run_id, "loss")] == [0, 1, 10, 11]


def test_a_point_keeps_the_time_it_is_given(clone: Clone) -> None:
    with clone.tracker.start_run() as run:
        run.log_metric("a", 1.0, time=NOON)
        run.log_metric("a", 1.0, time=NOON.timestamp())
        run.log_metrics({"a": 1.0}, time=NOON)
    assert {point.time for point in clone.runs.series(run.run_id, "a")} == {NOON}


def test_a_metric_on_another_dataset_is_another_metric(clone: Clone) -> None:
    with clone.tracker.start_run() as run:
        use = run.log_dataset("holdout", b"rows", role="test")
        run.log_metric("auc", 0.5)
        run.log_metric("auc", 0.6, dataset="holdout")
        run.log_metric("auc", 0.7, dataset=use)
        run.log_metrics({"auc": 0.8}, dataset=use.digest if use else None)
    assert [point.value for point in clone.runs.series(run.run_id, "auc")] == [0.5]
    assert [point.value for point in clone.runs.series(run.run_id, "auc", "holdout")] == [0.6, 0.7, 0.8]


def test_numbers_of_other_libraries_are_numbers(clone: Clone) -> None:
    with clone.tracker.start_run() as run:
        run.log_metric("a", np.float32(0.5), step=np.int64(3))  # type: ignore[arg-type]
        run.log_metric("a", np.int16(7))
        run.log_params({"n": np.int64(3), "x": np.float64(0.5), "s": np.str_("text"), "none": None, "list": [1, 2]})
    found = clone.runs.get(run.run_id)
    assert [(point.step, point.value) for point in clone.runs.series(run.run_id, "a")] == [(3, 0.5), (4, 7.0)]
    assert found.params == {"n": 3, "x": 0.5, "s": "text", "none": "None", "list": "[1, 2]"}
    assert found.dropped == ()


def test_nan_and_infinities_are_values(clone: Clone) -> None:
    with clone.tracker.start_run() as run:
        run.log_metrics({"a": float("nan"), "b": float("inf")})
        run.log_metric("a", 1.0)
        run.log_param("rate", float("nan"))
    found = clone.runs.get(run.run_id)
    a, b = found.metric("a"), found.metric("b")
    assert a
    assert b
    assert (a.count, a.min, a.max, b.last.value) == (2, 1.0, 1.0, float("inf"))
    assert found.params == {"rate": "NaN"}


class Hostile:
    def __float__(self) -> float:
        raise RuntimeError("no")

    def __str__(self) -> str:
        raise ValueError("no")


def test_what_cannot_be_recorded_is_dropped_counted_and_told_of_once(
    clone: Clone, caplog: pytest.LogCaptureFixture
) -> None:
    with caplog.at_level(logging.WARNING), clone.tracker.start_run() as run:
        for _ in range(3):
            run.log_metric("auc", "high")  # type: ignore[arg-type]
        run.log_metric("auc", 0.5, step=2**70)
        run.log_metric("auc", 0.5, step="one")  # type: ignore[arg-type]
        run.log_metric("auc", 0.5, time=datetime(2026, 1, 1))  # noqa: DTZ001 - that is what is refused
        run.log_metric("auc", 0.5, time="noon")  # type: ignore[arg-type]
        run.log_metric("auc", 0.5, time=-1.0)
        run.log_metric("auc", 0.5, dataset="unheard of")
        run.log_metric("", 0.5)
        run.log_metric(["auc"], 0.5)  # type: ignore[arg-type]
        run.log_metric("hostile", Hostile())
        run.log_metrics({"bad": "x", "good": 1.0}, step=1)  # type: ignore[dict-item]
        run.log_metrics({"never": 1.0}, time="noon")  # type: ignore[arg-type]
        run.log_param("big", 2**70)
        run.log_param("long", "x" * 20_000)
        run.log_param("half", "\ud800")
        run.log_param("nul\0", 1)
        run.set_tag("t", Hostile())
        run.log_artifact("/there/is/no/such/file")
        run.log_artifacts("/there/is/no/such/folder")
        run.log_text("x", "../escape")
        run.log_dict({"x": {1, 2}}, "/absolute")
        run.log_model("/there/is/no/such/model")
        run.log_dataset("d", object())
        run.log_dataset("d", b"", role="best")  # type: ignore[arg-type]
    found = clone.runs.get(run.run_id)
    counts = {(dropped.key, dropped.reason[:10]): dropped.count for dropped in found.dropped}
    assert counts["auc", "a str is n"] == 3
    assert found.metric("good") is not None
    assert [metric.key for metric in found.metrics] == ["good"]
    assert found.params == {}
    assert sum(counts.values()) == 26
    assert sum("auc: a str is not" in message for message in caplog.messages) == 1
    assert run.health.ok


def test_the_first_value_of_a_param_stands(clone: Clone) -> None:
    with clone.tracker.start_run() as run:
        run.log_param("depth", 4)
        run.log_param("depth", 4)
        run.log_param("depth", 5)
    found = clone.runs.get(run.run_id)
    assert found.params == {"depth": 4}
    assert [(dropped.key, dropped.count) for dropped in found.dropped] == [("depth", 1)]


@pytest.mark.parametrize("strict", [True, None])
def test_strict_raises_instead_of_dropping(clone: Clone, strict: bool | None) -> None:  # noqa: FBT001 - a parameter of the test
    def environ(surroundings: object) -> object:
        return replace(surroundings, environ={**clone.tracker.surroundings.environ, "GITREG_STRICT": "1"})  # type: ignore[type-var]

    strictly = clone if strict else clone.as_seen_by(environ)  # type: ignore[arg-type]
    with strictly.tracker.start_run(strict=strict) as run, pytest.raises(InvalidValue, match="'auc' is refused"):
        run.log_metric("auc", "high")  # type: ignore[arg-type]


def test_keys_without_end_do_not_fill_the_memory(clone: Clone) -> None:
    with clone.tracker.start_run() as run:
        for number in range(1_200):
            run.log_metric(f"key {number}", "x")  # type: ignore[arg-type]
    dropped = {each.key: each.count for each in clone.runs.get(run.run_id).dropped}
    assert len(dropped) == 1_001
    assert dropped["(others)"] == 200


def test_logging_after_the_end_is_dropped(clone: Clone) -> None:
    with clone.tracker.start_run() as run:
        run.log_metric("auc", 0.5)
    run.log_metric("auc", 0.6)
    run.log_param("late", 1)
    run.log_text("late", "late.txt")
    assert [dropped.count for dropped in run.health.dropped] == [1, 1, 1]
    assert len(clone.runs.series(run.run_id, "auc")) == 1


@pytest.mark.parametrize(
    "arguments",
    [
        {"experiment": ""},
        {"name": "a\nb"},
        {"run_id": "NOT AN ID"},
        {"parent": "../x"},
        {"run_id": "abc", "key": "k"},
    ],
)
def test_wrong_arguments_of_start_run_raise(clone: Clone, arguments: dict[str, str]) -> None:
    with pytest.raises((InvalidName, InvalidValue)):
        clone.tracker.start_run(**arguments)  # type: ignore[arg-type]
    assert clone.journals == []


def test_artifacts_are_taken_at_once(clone: Clone, tmp_path: Path) -> None:
    report = tmp_path / "report.html"
    report.write_text("<p>good</p>")
    (tmp_path / "plots" / "deep").mkdir(parents=True)
    (tmp_path / "plots" / "deep" / "roc.png").write_bytes(b"png")
    with clone.tracker.start_run() as run:
        run.log_artifact(report)
        report.write_text("overwritten")
        run.log_artifact(report, "later")
        run.log_artifacts(tmp_path / "plots", "plots")
        run.log_dict({"b": 1}, "config.json")
    assert [entry.path for entry in clone.runs.artifacts(run.run_id)] == [
        "config.json",
        "later/report.html",
        "plots/deep/roc.png",
        "report.html",
    ]
    clone.runs.get_artifact(run.run_id, "report.html", tmp_path / "out")
    assert (tmp_path / "out" / "report.html").read_text() == "<p>good</p>"
    clone.runs.get_artifact(run.run_id, "plots/deep", tmp_path / "out2")
    assert (tmp_path / "out2" / "deep" / "roc.png").read_bytes() == b"png"


def test_a_model_is_an_output_of_the_run(clone: Clone, tmp_path: Path) -> None:
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "weights").write_bytes(b"1234")
    with clone.tracker.start_run() as run:
        logged = run.log_model(tmp_path / "m", flavors={"sklearn": {"version": "1.9"}})
    output = clone.runs.output(run.run_id, "model")
    assert logged == output
    assert dict(output.flavors) == {"sklearn": {"version": "1.9"}}
    assert [entry.path for entry in clone.runs.artifacts(run.run_id, "model")] == ["model/weights"]


def test_a_dataset_is_recorded_by_content_and_schema(clone: Clone) -> None:
    frame = pd.DataFrame({"age": [1, 2], "name": ["a", None]})
    with clone.tracker.start_run() as run:
        use = run.log_dataset("customers", frame, role="validation", target="age")
    assert use is not None
    assert clone.runs.get(run.run_id).datasets == (use,)
    tree = clone.store.snapshot(clone.store.ledger_tip())
    document = tree.read(paths.dataset("customers", use.document))
    assert document is not None
    assert Digest.of(document) == use.document


# Resuming


def test_a_run_may_be_attempted_again(clone: Clone) -> None:
    with clone.tracker.start_run("churn", name="first") as run:
        run.log_metric("auc", 0.5)
        run.log_param("depth", 1)
    with clone.tracker.start_run(run_id=run.run_id) as again:
        again.log_metric("auc", 0.6, step=1)
        again.log_param("depth", 2)
    found = clone.runs.get(run.run_id)
    assert (found.name, found.experiment, len(found.attempts)) == ("first", "churn", 2)
    assert found.params == {"depth": 1}
    assert found.conflicts == (Conflict("depth", (1, 2)),)
    assert [point.value for point in clone.runs.series(run.run_id, "auc")] == [0.5, 0.6]


def test_the_same_key_is_the_same_run(clone: Clone) -> None:
    with clone.tracker.start_run("churn", key="job-17") as run:
        pass
    with clone.tracker.start_run("churn", key="job-17") as again:
        assert again.run_id == run.run_id
    with clone.tracker.start_run("fraud", key="job-17") as other:
        assert other.run_id != run.run_id
    assert run.run_id.kind == "keyed"
    assert len(clone.runs.get(run.run_id).attempts) == 2


def test_a_run_cannot_move_to_another_experiment(clone: Clone) -> None:
    with clone.tracker.start_run("churn") as run:
        pass
    with pytest.raises(AlreadyExists, match="belongs to the experiment 'churn'"):
        clone.tracker.start_run("fraud", run_id=run.run_id)


# Runs that no process owns


def test_a_shell_records_command_by_command(clone: Clone) -> None:
    tracker = clone.tracker
    with tracker.start_run("churn", key="$JOB", owner="none", strict=True) as run:
        pass
    with tracker.start_run("churn", key="$JOB", owner="none") as again:
        assert again.run_id == run.run_id
    with tracker.attach(run.run_id, owner="none", strict=True) as run:
        run.log_metric("auc", 0.5)
        run.log_param("depth", 1)
    with tracker.attach(run.run_id, owner="none", strict=True) as run:
        run.log_metric("auc", 0.6)
        with pytest.raises(InvalidValue, match="first value of a param stands"):
            run.log_param("depth", 2)
    assert [live.state for live in tracker.live()] == ["open"]
    assert tracker.recover() == []
    assert clone.runs.get(run.run_id).status == "running"
    tracker.attach(run.run_id, owner="none").finish()
    found = clone.runs.get(run.run_id)
    assert (found.status, found.layer, len(found.attempts)) == ("finished", "ledger", 1)
    assert [point.step for point in clone.runs.series(run.run_id, "auc")] == [0, 1]


def test_a_torn_end_is_cut_before_a_shell_goes_on(clone: Clone) -> None:
    with clone.tracker.start_run(owner="none") as run:
        run.log_metric("auc", 0.5)
    with clone.journals[0].open("ab") as file:
        file.write(b"\xfe\xa7\x03")
    with clone.tracker.attach(run.run_id, owner="none") as run:
        run.log_metric("auc", 0.6)
    clone.tracker.attach(run.run_id, owner="none").finish()
    assert [point.value for point in clone.runs.series(run.run_id, "auc")] == [0.5, 0.6]


def test_only_an_open_run_can_be_attached_to(clone: Clone) -> None:
    with pytest.raises(RunNotFound, match="is open here"):
        clone.tracker.attach("abc")
    with clone.tracker.start_run() as run, pytest.raises(RunNotFound, match="that a shell could record into"):
        clone.tracker.attach(run.run_id, owner="none")


def test_a_program_attaches_to_the_run_around_it(clone: Clone) -> None:
    with clone.tracker.start_run("churn") as run:
        body = """
with tracker.start_run("ignored", tags={"inside": "yes"}) as run:
    run.log_metric("auc", 0.9)
    run.log_text("x", "from-inside.txt")
with tracker.start_run("child") as child:
    print(run.run_id, child.run_id)
"""
        inside, child = completed(clone, body, GITREG_RUN_ID=run.run_id).split()
        run.log_metric("auc", 0.1)
        run.log_text("x", "from-outside.txt")
    assert inside == run.run_id
    found = clone.runs.get(run.run_id)
    assert (found.status, len(found.attempts), found.tags["inside"]) == ("finished", 1, "yes")
    assert sorted(point.value for point in clone.runs.series(run.run_id, "auc")) == [0.1, 0.9]
    assert [entry.path for entry in clone.runs.artifacts(run.run_id)] == ["from-inside.txt", "from-outside.txt"]
    assert clone.runs.get(child).parent == run.run_id
    assert clone.journals == []


# The active run


def test_module_functions_reach_the_active_run(clone: Clone, tmp_path: Path) -> None:
    (tmp_path / "f.txt").write_text("x")
    (tmp_path / "m").mkdir()
    (tmp_path / "m" / "f").write_text("x")
    with clone.tracker.start_run() as run:
        assert active_run() is run
        tracking.log_param("a", 1)
        tracking.log_params({"b": 2})
        tracking.log_metric("m", 1.0)
        tracking.log_metrics({"n": 1.0})
        tracking.set_tag("t", "x")
        tracking.set_tags({"u": "y"})
        tracking.log_artifact(tmp_path / "f.txt")
        tracking.log_artifacts(tmp_path / "m", "m")
        tracking.log_text("x", "t.txt")
        tracking.log_dict({}, "d.json")
        tracking.log_dataset("d", b"x")
        tracking.log_model(tmp_path / "m")
        tracking.flush()
    found = clone.runs.get(run.run_id)
    assert (dict(found.params), dict(found.tags)) == ({"a": 1, "b": 2}, {"t": "x", "u": "y"})
    assert len(found.metrics) == 2
    assert len(clone.runs.artifacts(run.run_id)) == 5
    assert active_run() is None


def test_without_an_active_run_nothing_is_recorded_and_nothing_raises(caplog: pytest.LogCaptureFixture) -> None:
    tracking.active.PROCESS._told_of_none = False
    with caplog.at_level(logging.WARNING):
        tracking.log_metric("auc", 0.5)
        tracking.log_param("a", 1)
    assert len(caplog.messages) == 1


def test_runs_inside_runs_end_where_they_began(clone: Clone) -> None:
    with clone.tracker.start_run() as outer:
        with clone.tracker.start_run(parent=outer.run_id) as inner:
            assert active_run() is inner
        assert active_run() is outer


def test_threads_find_the_run_of_their_process(clone: Clone) -> None:
    def log_many() -> None:
        for value in range(500):
            tracking.log_metric("m", value)

    with clone.tracker.start_run() as run:
        threads = [threading.Thread(target=log_many) for _ in range(8)]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()
    points = clone.runs.series(run.run_id, "m")
    assert sorted(point.step for point in points) == list(range(4_000))


def test_each_task_keeps_its_own_run(clone: Clone) -> None:
    async def train(name: str) -> None:
        with clone.tracker.start_run(name=name):
            for _ in range(5):
                tracking.log_param(f"by {name}", 1)
                await asyncio.sleep(0)

    async def both() -> None:
        await asyncio.gather(train("one"), train("two"))

    asyncio.run(both())
    found = {run.name: dict(run.params) for run in clone.runs.list()}
    assert found == {"one": {"by one": 1}, "two": {"by two": 1}}


# Processes


def test_a_program_that_just_ends_has_finished_its_run(clone: Clone) -> None:
    run_id = completed(clone, "run = tracker.start_run(); run.log_metric('a', 1); print(run.run_id)").strip()
    assert clone.runs.get(run_id).status == "finished"


def test_a_program_that_dies_of_an_exception_has_failed(clone: Clone) -> None:
    process = program(clone, "run = tracker.start_run(); print(run.run_id, flush=True); 1 / 0")
    out, err = process.communicate(timeout=60)
    assert "ZeroDivisionError" in err
    assert clone.runs.get(out.strip()).status == "failed"


def test_a_forked_child_loses_nothing_doubles_nothing_and_ends_nothing(clone: Clone) -> None:
    body = """
with tracker.start_run() as run:
    run.log_metric("m", 1)
    child = os.fork()
    if not child:
        run.log_metric("m", 2)
        run.log_param("by", "child")
        run.finish("failed")
        os._exit(0)
    os.waitpid(child, 0)
    silent = os.fork()
    if not silent:
        os._exit(0)
    os.waitpid(silent, 0)
    run.log_metric("m", 3)
print(run.run_id)
"""
    run_id = completed(clone, body).strip()
    found = clone.runs.get(run_id)
    assert (found.status, len(found.attempts), found.params["by"]) == ("finished", 1, "child")
    points = clone.runs.series(run_id, "m")
    assert sorted((point.value, point.step) for point in points) == [(1, 0), (2, 1), (3, 1)]
    assert clone.journals == []


def test_a_child_that_outlives_the_run_is_counted_in_later(clone: Clone) -> None:
    body = """
read, write = os.pipe()
run = tracker.start_run()
run.log_metric("m", 1)
if not os.fork():
    os.read(read, 1)
    run.log_metric("m", 2)
    run.log_text("x", "child.txt")
    os._exit(0)
run.log_text("x", "parent.txt")
run.finish()
print(run.run_id, flush=True)
os.write(write, b"x")
os.wait()
"""
    run_id = completed(clone, body).strip()
    assert len(clone.journals) == 1
    assert clone.runs.get(run_id).layer == "both"
    assert [point.value for point in clone.runs.series(run_id, "m")] == [1, 2]
    clone.tracker.recover()
    found = clone.runs.get(run_id)
    metric = found.metric("m")
    assert metric
    assert (metric.count, found.status, found.layer) == (2, "finished", "ledger")
    assert sorted(point.value for point in clone.runs.series(run_id, "m")) == [1, 2]
    assert [entry.path for entry in clone.runs.artifacts(run_id)] == ["child.txt", "parent.txt"]
    assert clone.journals == []


def test_a_forked_child_at_its_exit_leaves_the_run_to_its_parent(clone: Clone) -> None:
    body = """
run = tracker.start_run()
child = os.fork()
if not child:
    sys.exit(3)
os.waitpid(child, 0)
run.log_metric("m", 1)
print(run.run_id)
"""
    run_id = completed(clone, body).split()[0]
    assert clone.runs.get(run_id).metric("m") is not None


def test_the_environment_of_this_test_is_not_that_of_the_run(clone: Clone) -> None:
    with clone.tracker.start_run() as run:
        pass
    found = clone.runs.get(run.run_id)
    assert found.environment
    assert found.environment.python
    assert found.source
    assert found.source.command
    assert found.actor.principal == "ada@example.org"
    assert os.environ.get("GITREG_RUN_ID") is None
