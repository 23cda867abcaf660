"""Checkpoints: outputs of a run, each with an id of its own, found by how a metric stood at their step."""

from __future__ import annotations

import json
import math
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gitreg
from gitreg.documents import AttemptId
from gitreg.errors import InvalidValue
from gitreg.tracking import SeriesPoint
from gitreg.tracking.checkpoints import pinned_at
from tests.tracking.builders import later

if TYPE_CHECKING:
    from pathlib import Path

    from gitreg.tracking import Run
    from tests.tracking.builders import Clone

AUC = {10: 0.7, 20: 0.9, 30: 0.8}


def trained(run: Run, folder: Path) -> None:
    folder.mkdir()
    run.log_metric("loss", 1.0, step=0)
    for step, auc in AUC.items():
        (folder / "weights.bin").write_bytes(f"at {step}".encode())
        run.log_metric("auc", auc, step=step)
        run.log_model(folder, step=step)


def test_each_checkpoint_is_an_output_of_its_own(clone: Clone, tmp_path: Path) -> None:
    with clone.tracker.start_run() as run:
        trained(run, tmp_path / "model")
    found = clone.runs.checkpoints(run.run_id)
    assert [(each.name, each.step) for each in found] == [("model", 10), ("model", 20), ("model", 30)]
    assert len({each.output.id for each in found}) == 3
    (file,) = clone.runs.artifacts(run.run_id, "model@20")
    assert clone.blobs.read(file.digest) == b"at 20"


def test_the_best_is_found_by_a_metric_at_its_step(clone: Clone, tmp_path: Path) -> None:
    with clone.tracker.start_run() as run:
        trained(run, tmp_path / "model")
        run.log_metric("oddity", 1.0, step=15)
    found = clone.runs.checkpoints(run.run_id, "auc")
    assert [(each.value, each.is_best) for each in found] == [(0.7, False), (0.9, True), (0.8, False)]
    assert [each.value for each in clone.runs.checkpoints(run.run_id, "oddity", better="lower")] == [None, 1.0, 1.0]
    with pytest.raises(InvalidValue, match="which way"):
        clone.runs.checkpoints(run.run_id, "oddity")


def test_a_step_that_is_none_is_refused_and_training_goes_on(clone: Clone, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    with clone.tracker.start_run() as run:
        assert run.log_model(tmp_path / "model", step="ten") is None  # type: ignore[arg-type]
    assert [each.key for each in clone.runs.get(run.run_id).dropped] == ["model"]


def test_a_registered_checkpoint_pins_its_metrics_as_they_stood(tmp_path: Path) -> None:
    with gitreg.init(tmp_path / "registry") as registry:
        with registry.start_run("churn") as run:
            trained(run, tmp_path / "model")
        version = registry.register(f"runs:/{run.run_id}/model@20", "fraud")
        assert version.document.output == "model@20"
        assert {each.key: (each.step, each.value) for each in version.document.metrics} == {
            "auc": (20, 0.9),
            "loss": (0, 1.0),
        }
        assert json.loads(version.document.to_bytes())["output"] == "model@20"


@given(st.lists(st.tuples(st.integers(0, 5), st.floats(0, 1)), max_size=12), st.integers(0, 5))
def test_a_metric_stands_as_its_last_point_up_to_the_step(points: list[tuple[int, float]], step: int) -> None:
    series = [SeriesPoint(at, later(2026), value, AttemptId("a" * 32)) for at, value in points]
    pinned = pinned_at(step, "auc", None, series)
    before = [(at, place, value) for place, (at, value) in enumerate(points) if at <= step]
    assert (pinned.value if pinned else math.inf) == (max(before)[2] if before else math.inf)
