"""What GTO's tags and DVC's lock say comes over."""

from __future__ import annotations

import hashlib
from pathlib import Path
from typing import TYPE_CHECKING, Any

from tests.exchange.builders import unpacked

if TYPE_CHECKING:
    from tests.e2e.clerk import Clerk


def counts(told: Any) -> dict[str, tuple[int, int, int]]:  # noqa: ANN401 - a report
    return {each["kind"]: (each["there"], each["left"], each["here"]) for each in told["lines"]}


def test_gtos_versions_come_over_with_their_files_and_names(ada: Clerk, tmp_path: Path) -> None:
    told = ada.reads("import", "gto", unpacked("gto-1.10.1", tmp_path / "models"))
    assert told["agrees"]
    versions = ada.reads("versions", "fraud")
    assert [each["version"] for each in versions] == [2, 3]  # the first was taken back
    assert [each["tags"]["gto.version"] for each in versions] == ["v1.2.0", "v1.3.0"]
    assert versions[0]["description"] == "try 2"
    assert versions[1]["tags"]["gto.registered_by"] == "Ada <ada@example.org>"
    ada.does("pull", "models:/fraud/2", "-o", tmp_path / "pulled")
    assert (tmp_path / "pulled" / "fraud.bin").read_text() == "2"
    assert ada.run("fsck").code == 0


def test_gtos_stages_are_told_with_who_set_them_and_not_decided(ada: Clerk, tmp_path: Path) -> None:
    told = ada.reads("import", "gto", unpacked("gto-1.10.1", tmp_path / "models"))
    assert told["undecided"] == [{"model": "fraud", "version": 3, "stage": stage} for stage in ("dev", "prod")]
    history = ada.reads("models", "show", "fraud")["tags"]["gto.history"].splitlines()
    assert sum("#prod#" in line for line in history) == 2
    assert all("by Ada <ada@example.org>" in line for line in history)
    assert ada.git("log", "--format=%s", "main") == "registry: created\n"


def test_a_second_import_of_gto_adds_nothing(ada: Clerk, tmp_path: Path) -> None:
    ada.does("import", "gto", unpacked("gto-1.10.1", tmp_path / "models"))
    before = ada.git("rev-parse", "ledger")
    ada.does("import", "gto", tmp_path / "models")
    assert ada.git("rev-parse", "ledger") == before


def test_a_repository_without_gtos_tags_is_told(ada: Clerk) -> None:
    assert "has no tags of GTO's" in ada.run("import", "gto", ada.folder).err


def test_a_stage_of_dvc_is_a_run_with_series_params_and_data(ada: Clerk, tmp_path: Path) -> None:
    told = ada.reads("import", "dvc", unpacked("dvc-3.67.1", tmp_path / "churn"))
    assert told["agrees"]
    run = ada.reads("runs", "show", "train")
    assert run["params"] == {"train.depth": 4, "train.lr": 0.1, "seed": 7}
    assert run["experiment"] == "churn"
    assert [each["step"] for each in ada.reads("runs", "series", run["run_id"], "val/loss")] == list(range(10))
    assert {each["name"] for each in run["datasets"]} == {"data.csv", "train.py"}
    assert [each["path"] for each in ada.reads("artifacts", "list", run["run_id"])] == ["model.bin"]
    assert ada.reads("import", "dvc", tmp_path / "churn")["already"] == 1


def test_a_dataset_keeps_dvcs_digest_as_another_tools(ada: Clerk, tmp_path: Path) -> None:
    store = unpacked("dvc-3.67.1", tmp_path / "churn")
    ada.does("import", "dvc", store)
    md5 = hashlib.md5((store / "data.csv").read_bytes(), usedforsecurity=False).hexdigest()
    assert f'"method": "foreign/1 md5:{md5}"' in ada.git("log", "-p", "ledger")


def test_a_lock_cannot_name_files_outside_of_its_folder(ada: Clerk, tmp_path: Path) -> None:
    store = unpacked("dvc-3.67.1", tmp_path / "churn")
    (tmp_path / "diary").write_text("dear diary")
    lock = store / "dvc.lock"
    lock.write_text(lock.read_text().replace("path: model.bin", "path: ../diary"))
    told = ada.reads("import", "dvc", store)
    assert counts(told)["file"] == (1, 1, 0)
