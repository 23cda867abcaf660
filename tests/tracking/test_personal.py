"""What is personal is sealed when it is taken, and comes back only by its key."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.blobs import read_stored
from gitreg.documents import Digest, Evaluation, is_sealed

if TYPE_CHECKING:
    from pathlib import Path

    import pytest

    from tests.tracking.builders import Clone

ROWS = b"name,income\nada,1\n"


def take_everything(clone: Clone, folder: Path, *, personal: bool) -> str:
    (folder / "below").mkdir(parents=True)
    (folder / "rows.csv").write_bytes(ROWS)
    (folder / "below" / "more.csv").write_bytes(ROWS)
    with clone.tracker.start_run(strict=True) as run:
        run.log_artifact(folder / "rows.csv", "one", personal=personal)
        run.log_artifacts(folder / "below", "many", personal=personal)
        run.log_text("ada", "said.txt", personal=personal)
        run.log_dict({"name": "ada"}, "who.json", personal=personal)
        run.log_dataset("people", ROWS, role="test")
        run.log_evaluation("people", [0.1, 0.9], [0, 1], personal=personal)
    return run.run_id


def test_personal_artifacts_are_sealed_and_fetched_like_any_other(clone: Clone, tmp_path: Path) -> None:
    run = take_everything(clone, tmp_path / "files", personal=True)
    entries = clone.runs.artifacts(run)
    assert [entry.path for entry in entries] == ["many/more.csv", "one/rows.csv", "said.txt", "who.json"]
    assert all(is_sealed(entry.media_type) for entry in entries)
    assert len({entry.digest for entry in entries}) == 4, "the same bytes under two keys are two blobs"
    clone.runs.get_artifact(run, "", tmp_path / "out")
    assert (tmp_path / "out/one/rows.csv").read_bytes() == ROWS
    assert (tmp_path / "out/said.txt").read_text() == "ada"


def test_nothing_that_is_personal_lies_in_the_clear(
    clone: Clone, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)  # a run keeps the uncommitted change of the code it runs in
    take_everything(clone, tmp_path / "files", personal=True)
    assert not clone.tracker.blobs.has(Digest.of(ROWS))
    kept = [path for path in clone.store.git_dir.rglob("*") if path.is_file()]
    assert not any(b"income" in path.read_bytes() for path in kept)
    assert not any(b"target,score" in path.read_bytes() for path in kept)


def test_a_personal_evaluation_keeps_its_numbers_and_seals_its_rows(clone: Clone, tmp_path: Path) -> None:
    take_everything(clone, tmp_path / "files", personal=True)
    tree = clone.store.snapshot(clone.store.ledger_tip())
    ((path, _),) = tree.walk("evaluations")
    found = Evaluation.from_bytes(tree.read(path) or b"")
    assert found.metrics["auc"] == 1.0
    assert is_sealed(found.predictions.media_type)
    assert read_stored(clone.tracker.blobs, found.predictions).startswith(b"target,score\n")


def test_what_is_not_personal_stays_as_it_was(clone: Clone, tmp_path: Path) -> None:
    run = take_everything(clone, tmp_path / "files", personal=False)
    assert not any(is_sealed(entry.media_type) for entry in clone.runs.artifacts(run))
    assert list(clone.tracker.blobs.list_keys()) == []
