"""Each row of the tables in docs/coming-from-mlflow.md does what it says, on a store that MLflow wrote."""

from __future__ import annotations

import os
import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

import gitreg
from tests.exchange.builders import unpacked

if TYPE_CHECKING:
    import pytest

    from tests.e2e.clerk import Clerk

PAGE = Path(__file__).parents[2] / "docs" / "coming-from-mlflow.md"
ROW = re.compile(r"^\| `?(?P<theirs>mlflow|client)[^|]*\| `(?P<ours>[^`]*)` \|$", re.MULTILINE)
ROWS = [row["ours"] for row in ROW.finditer(PAGE.read_text(encoding="utf-8"))]
COMMANDS = [row for row in ROWS if row.startswith("gitreg ")]
CALLS = [row for row in ROWS if not row.startswith("gitreg ")]


def test_every_row_of_the_tables_is_found() -> None:
    lines = [line for line in PAGE.read_text(encoding="utf-8").splitlines() if re.match(r"\| `(mlflow|client)", line)]
    assert len(ROWS) == len(lines) > 30


def test_every_command_of_the_table_runs(ada: Clerk, tmp_path: Path) -> None:
    ada.does("import", "mlflow", unpacked("mlflow-3.17.2-sqlite", tmp_path / "store"))
    for command in COMMANDS:
        ada.does(*shlex.split(command)[1:])


def test_every_call_of_the_table_runs(ada: Clerk, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    ada.does("import", "mlflow", unpacked("mlflow-3.17.2-sqlite", tmp_path / "store"))
    for key, value in ada.desk.environment.items():
        monkeypatch.setenv(key, value)
    monkeypatch.chdir(ada.folder)
    monkeypatch.setenv("GITREG_REPO", str(ada.folder))
    (ada.folder / "model-files").mkdir()
    (ada.folder / "model-files" / "weights.bin").write_bytes(os.urandom(8))
    with gitreg.open(ada.folder) as registry:
        known: dict[str, object] = {"gitreg": gitreg, "registry": registry}
        for call in CALLS:
            exec(call, known)  # noqa: S102 - the page is ours, and this is what it promises
    assert ada.reads("resolve", "models:/fraud model@production")["version"] == 2
    assert [each["version"] for each in ada.reads("versions", "fraud model")] == [1, 2, 4, 5]
