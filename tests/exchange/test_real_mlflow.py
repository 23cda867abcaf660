"""What we write for MLflow is read by MLflow itself, from an environment of its own (`make test-full` makes it)."""

from __future__ import annotations

import json
import os
import subprocess
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest

from tests.exchange.builders import unpacked

if TYPE_CHECKING:
    from tests.e2e.clerk import Clerk

pytestmark = [pytest.mark.slow, pytest.mark.timeout(600)]

ROOT = Path(__file__).parents[2]
MLFLOW = ROOT / ".peers/mlflow/bin/python"


def seen_by_mlflow(folder: Path) -> Any:  # noqa: ANN401 - JSON
    """Runs, histories, files, versions and aliases as MLflow's own client tells them."""
    assert MLFLOW.exists(), "make test-full makes the environment that has MLflow"
    environ = {"PATH": os.environ["PATH"], "HOME": str(folder.parent), "MLFLOW_ALLOW_FILE_STORE": "true"}
    words = [MLFLOW, Path(__file__).with_name("mlflow_reads.py"), folder]
    done = subprocess.run(words, capture_output=True, text=True, check=False, timeout=300, env=environ)
    assert done.returncode == 0, done.stderr
    return json.loads(done.stdout)


NOT_COMPARED = ("mlflow.log-model.history", "aws")
"""Where models lie: they come back as MLflow 2 keeps them, among a run's artifacts. And a secret, which never came."""


def compared(run: dict[str, Any]) -> dict[str, Any]:
    """What has to come back of a run, but for its files."""
    tags = {key: value for key, value in run["tags"].items() if key not in NOT_COMPARED}
    return {**{key: value for key, value in run.items() if key != "files"}, "tags": tags}


@pytest.mark.parametrize("store", ["mlflow-3.17.2-files", "mlflow-2.22.5-files"])
def test_mlflow_sees_what_it_once_wrote_after_it_came_and_went(ada: Clerk, tmp_path: Path, store: str) -> None:
    source = unpacked(store, tmp_path / "store")
    ada.does("import", "mlflow", source)
    ada.does("export", "mlflow", "-o", tmp_path / "out")
    before, after = seen_by_mlflow(source / "mlruns"), seen_by_mlflow(tmp_path / "out")
    with_versions = {name: model for name, model in before["models"].items() if model["versions"]}
    assert after["models"] == with_versions, "here a model without a version is none"
    assert after["runs"].keys() == before["runs"].keys()
    for run, was in before["runs"].items():
        assert compared(after["runs"][run]) == compared(was)
        assert after["runs"][run]["files"].items() >= was["files"].items(), "MLflow 3 keeps models elsewhere"


def test_mlflow_reads_what_was_recorded_here(ada: Clerk, tmp_path: Path) -> None:
    (tmp_path / "model").mkdir()
    (tmp_path / "model/weights.bin").write_text("weights")
    run = ada.does("runs", "start", "-e", "churn", "--name", "brave").strip()
    points = ("--metric", "auc=0.8@1", "--metric", "auc=nan@2", "--metric", "auc=0.9@3")
    ada.does("runs", "record", run, "--param", "depth=4", "--tag", "team=risk", *points, "--model", tmp_path / "model")
    ada.does("runs", "finish", run)
    ada.does("register", f"runs:/{run}/model", "--name", "fraud")
    ada.does("alias", "fraud", "champion", "1")
    ada.does("export", "mlflow", "-o", tmp_path / "out")
    seen = seen_by_mlflow(tmp_path / "out")
    (there,) = seen["runs"].values()
    assert (there["name"], there["status"], there["params"]) == ("brave", "FINISHED", {"depth": "4"})
    assert there["tags"]["team"] == "risk"
    assert [(step, value) for step, _, value in there["metrics"]["auc"]] == [(1, "0.8"), (2, "nan"), (3, "0.9")]
    assert any(path.endswith("weights.bin") for path in there["files"])
    assert seen["models"]["fraud"]["aliases"] == {"champion": 1}
