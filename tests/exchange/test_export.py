"""What goes to MLflow comes back the same."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

import gitreg
from gitreg.exchange import Wishes, described, export_mlflow, open_mlflow
from tests.exchange.builders import unpacked

if TYPE_CHECKING:
    from gitreg import Registry
    from tests.e2e.clerk import Clerk


def picture(registry: Registry) -> dict[str, Any]:
    """All that must come back, times to the millisecond."""
    found = {}
    for run in registry.runs.list(deleted=True):
        series = {
            metric.key: sorted((point.step, int(point.time.timestamp() * 1000), repr(point.value)) for point in points)
            for metric in run.metrics
            if (points := registry.runs.series(run.run_id, metric.key, metric.dataset))
        }
        files = {entry.path: entry.digest for entry in registry.runs.artifacts(run.run_id)}
        tags = {key: value for key, value in run.tags.items() if not key.startswith("mlflow.")}
        shown = (run.name, run.experiment, run.status, run.parent, run.note, run.deleted is None)
        found[str(run.run_id)] = (shown, dict(run.params), tags, series, files)
    return found


def versions(registry: Registry) -> dict[str, Any]:
    return {
        model.name: (
            [(each.number, each.document.run, each.document.output, each.description) for each in model.versions],
            dict(model.aliases),
            model.remarks.description,
        )
        for model in registry.models.list()
    }


@pytest.mark.parametrize("store", ["mlflow-3.17.2-sqlite", "mlflow-2.22.5-files"])
def test_export_then_import_gives_the_same_runs_and_versions(ada: Clerk, tmp_path: Path, store: str) -> None:
    ada.does("import", "mlflow", unpacked(store, tmp_path / "store"))
    told = ada.reads("export", "mlflow", "-o", tmp_path / "out")
    assert (told["runs"], told["points"], told["versions"], told["left"]) == (10, 52, 3, [])
    ada.at(tmp_path).does("init", "second")
    second = ada.at(tmp_path / "second")
    assert second.reads("import", "mlflow", tmp_path / "out")["agrees"]
    with gitreg.open(ada.folder) as one, gitreg.open(second.folder) as other:
        assert picture(one) == picture(other)
        assert versions(one) == versions(other)


def test_a_name_that_can_be_no_file_is_told(ada: Clerk, tmp_path: Path) -> None:
    run = ada.does("runs", "start").split()[0]
    ada.does("runs", "record", run, "--param", "../b=1", "--param", "c=2")
    ada.does("runs", "finish", run)
    told = ada.reads("export", "mlflow", "-o", tmp_path / "out")
    assert [(each["kind"], each["what"]) for each in told["left"]] == [("param", "../b")]
    assert {path.name for path in (tmp_path / "out").rglob("params/*")} == {"c"}


def test_nothing_is_written_over(ada: Clerk, tmp_path: Path) -> None:
    (tmp_path / "out").mkdir()
    (tmp_path / "out" / "theirs").write_text("x")
    told = ada.run("export", "mlflow", "-o", tmp_path / "out")
    assert told.code == 4
    assert [path.name for path in (tmp_path / "out").iterdir()] == ["theirs"]


def test_a_registry_of_our_own_is_read_by_the_same_rules(ada: Clerk, tmp_path: Path) -> None:
    assert ada.registers() == 1
    with gitreg.open(ada.folder) as registry:
        export_mlflow(registry.runs, registry.models, tmp_path / "out")
        before = picture(registry)
    ada.at(tmp_path).does("init", "second")
    with gitreg.open(tmp_path / "second") as other:
        assert other.bring(open_mlflow(str(tmp_path / "out")), Wishes(described)).agrees
        assert picture(other) == before
        assert [each.number for each in other.models.versions("fraud")] == [1]
