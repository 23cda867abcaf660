from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitreg.errors import AlreadyExists, Ambiguous, ArtifactNotFound, InvalidName, InvalidValue, NotFound, RunNotFound
from gitreg.tracking import Run, direction, generated_name

if TYPE_CHECKING:
    from tests.tracking.builders import Clone


def record(clone: Clone, name: str | None = None, **metrics: float) -> Run:
    with clone.tracker.start_run("churn", name=name) as run:
        run.log_metrics(metrics)
    return run


def test_a_run_is_found_by_any_reference(clone: Clone) -> None:
    record(clone, "older")
    run = record(clone, "brave-otter")
    for ref in (run.run_id, run.run_id[-8:], run.run_id[:31], "brave-otter", "@last", f"runs:/{run.run_id}"):
        assert clone.runs.get(ref).run_id == run.run_id, ref


def test_a_reference_that_fits_two_runs_is_ambiguous(clone: Clone) -> None:
    one, other = record(clone, "same"), record(clone, "same")
    with pytest.raises(Ambiguous, match="fits 2 runs") as caught:
        clone.runs.get("same")
    assert one.run_id.short in caught.value.hint
    assert other.run_id.short in caught.value.hint


def test_a_whole_id_that_begins_another_is_not_ambiguous(clone: Clone) -> None:
    for run_id in ("abc", "abcd"):
        clone.tracker.start_run(run_id=run_id).finish()
    assert clone.runs.get("abc").run_id == "abc"


def test_a_whole_name_is_not_ambiguous_with_the_digits_of_an_id(clone: Clone) -> None:
    clone.tracker.start_run(name="other", run_id="beef-f00d").finish()
    record(clone, "f00d")
    assert clone.runs.get("f00d").name == "f00d"


@pytest.mark.parametrize("ref", ["", "nothing", "@last", "runs:/"])
def test_a_run_that_is_not_there_is_not_found(clone: Clone, ref: str) -> None:
    with pytest.raises(RunNotFound):
        clone.runs.get(ref)


def test_runs_are_listed_the_latest_first(clone: Clone) -> None:
    names = ["a", "b", "c"]
    for name in names:
        record(clone, name)
    with clone.tracker.start_run("fraud", name="live"):
        assert [run.name for run in clone.runs.list()] == ["live", "c", "b", "a"]
        assert [run.name for run in clone.runs.list("churn", limit=2)] == ["c", "b"]
        assert [run.name for run in clone.runs.list(layer="journal")] == ["live"]
        assert [run.name for run in clone.runs.list(layer="ledger")] == ["c", "b", "a"]


def test_a_deleted_run_leaves_the_list_and_comes_back(clone: Clone) -> None:
    run = record(clone, "bad")
    clone.runs.delete("bad", "wrong data")
    assert clone.runs.list() == []
    (found,) = clone.runs.list(deleted=True)
    assert found.deleted == "wrong data"
    assert clone.runs.get(run.run_id).deleted == "wrong data"
    clone.runs.restore("bad")
    assert clone.runs.get("bad").deleted is None
    assert len(clone.runs.list()) == 1


def test_deleting_needs_a_reason(clone: Clone) -> None:
    record(clone, "bad")
    with pytest.raises(InvalidValue, match="needs a reason"):
        clone.runs.delete("bad", " ")


def test_tags_and_notes_are_changed_later_in_sentences(clone: Clone) -> None:
    with clone.tracker.start_run("churn", name="r", tags={"team": "risk", "old": "x"}):
        pass
    clone.runs.tag("r", {"team": "fraud", "old": None, "new": "y"})
    clone.runs.note("r", "the good one")
    found = clone.runs.get("r")
    assert (dict(found.tags), found.note) == ({"team": "fraud", "new": "y"}, "the good one")
    before = clone.store.ledger_tip()
    clone.runs.tag("r", {"team": "fraud"})
    assert clone.store.ledger_tip() == before
    clone.runs.note("r", None)
    assert clone.runs.get("r").note is None
    assert clone.ledger_log()[:3] == [
        "runs: churn r described",
        "runs: churn r described\n\nthe good one",
        "runs: churn r tagged new, old, team",
    ]
    with pytest.raises(InvalidName):
        clone.runs.tag("r", {"a\nb": "x"})


def test_runs_are_compared_by_what_differs(clone: Clone) -> None:
    for depth, auc, loss in ((1, 0.5, 0.3), (2, 0.9, 0.4), (2, 0.9, 0.1)):
        with clone.tracker.start_run("churn", name=f"r{depth}{loss}", tags={"team": "risk"}) as run:
            run.log_params({"depth": depth, "same": 1})
            run.log_metrics({"auc": auc, "val_loss": loss, "epochs": 3})
            run.log_dataset("d", b"x" * depth)
    shown = clone.runs.compare([run.run_id for run in reversed(clone.runs.list())])
    rows = {row.key: row for row in shown.different}
    assert set(rows) == {"auc", "val_loss", "d (train)", "depth"}
    assert rows["depth"].values == (1, 2, 2)
    assert rows["auc"].best == (1, 2)
    assert rows["val_loss"].best == (2,)
    assert {row.key for row in shown.rows} > {"same", "epochs", "team"}


def test_runs_are_judged_by_the_metric_whose_name_tells_which_way_is_better(clone: Clone) -> None:
    for name, values in (("a", {"auc": 0.5, "score": 1}), ("b", {"auc": 0.9, "score": 2}), ("c", {"auc": 0.7})):
        record(clone, name, **values)
    shown = clone.runs.compare(where="metrics.auc > 0.6", order_by="name")
    assert [run.name for run in shown.runs] == ["b", "c"]
    primary = shown.primary()
    assert primary is not None
    assert (primary.key, primary.towards, primary.best) == ("auc", "higher", (0,))
    chosen = shown.primary("score", "lower")
    assert chosen is not None
    assert (chosen.best, chosen.values) == ((0,), (2.0, None))
    assert shown.primary("loss") is None


def test_a_course_keeps_the_peaks(clone: Clone) -> None:
    with clone.tracker.start_run("churn", name="long") as run:
        for step in range(500):
            run.log_metric("loss", 9.0 if step == 250 else 1.0, step=step)
    shown = clone.runs.compare(["long"])
    course = clone.runs.course(shown.runs[0], shown.rows[0], 20)
    assert len(course) <= 20
    assert (course[0][0], course[-1][0]) == (0, 499)
    assert (250, 9.0) in course


def test_a_run_without_the_metric_has_an_empty_cell(clone: Clone) -> None:
    record(clone, "a", auc=0.5)
    record(clone, "b", auc=float("nan"))
    record(clone, "c")
    (row,) = (row for row in clone.runs.compare(["c", "b", "a"]).rows if row.kind == "metric")
    assert row.values[0] is None
    assert row.best == (2,)
    assert row.differs


def test_the_direction_of_a_metric_is_known_only_by_its_name() -> None:
    assert direction("val/AUC") == "higher"
    assert direction("train_loss") == "lower"
    assert direction("accuracy_loss") == "lower"
    assert direction("epochs") is None


def test_a_series_that_is_not_there_says_what_is(clone: Clone) -> None:
    record(clone, "r", auc=0.5)
    with pytest.raises(NotFound, match="no metric 'loss'") as caught:
        clone.runs.series("r", "loss")
    assert "auc" in caught.value.hint
    with pytest.raises(NotFound, match="no dataset 'd'"):
        clone.runs.series("r", "auc", "d")


def test_a_metric_logged_on_one_dataset_needs_no_dataset_to_be_read(clone: Clone) -> None:
    with clone.tracker.start_run(name="r") as run:
        run.log_dataset("holdout", b"rows", role="test")
        run.log_metric("auc", 0.5, dataset="holdout")
    assert [point.value for point in clone.runs.series("r", "auc")] == [0.5]


def test_what_is_not_in_a_run_cannot_be_fetched(clone: Clone, tmp_path: Path) -> None:
    with clone.tracker.start_run(name="r") as run:
        run.log_text("x", "a/b.txt")
    with pytest.raises(ArtifactNotFound, match="nothing at 'a/c'"):
        clone.runs.get_artifact("r", "a/c", tmp_path / "out")
    with pytest.raises(ArtifactNotFound, match="no output 'model'"):
        clone.runs.output("r", "model")
    (tmp_path / "full").mkdir()
    (tmp_path / "full" / "x").touch()
    with pytest.raises(AlreadyExists):
        clone.runs.get_artifact("r", "", tmp_path / "full")
    clone.runs.get_artifact("r", "", tmp_path / "all")
    assert (tmp_path / "all" / "a" / "b.txt").read_text() == "x"


def test_names_are_made_of_an_adjective_a_noun_and_a_number(clone: Clone) -> None:
    name = generated_name(record(clone).run_id)
    adjective, noun, number = name.split("-")
    assert adjective.isalpha()
    assert noun.isalpha()
    assert 0 <= int(number) < 1000
