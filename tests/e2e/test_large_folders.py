"""Folders of a hundred thousand files go in and come out whole."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

if TYPE_CHECKING:
    from pathlib import Path

    from tests.e2e.conftest import Office

FILES = 100_000


@pytest.fixture
def many(tmp_path: Path) -> Path:
    """In a thousand folders, each file with words of its own."""
    folder = tmp_path / "many"
    for below in range(1_000):
        (folder / f"{below:03}").mkdir(parents=True)
    for number in range(FILES):
        (folder / f"{number % 1_000:03}" / f"{number:06}.txt").write_text(f"{number}\n")
    return folder


@pytest.mark.slow
@pytest.mark.timeout(900)
def test_a_model_of_a_hundred_thousand_files_is_recorded_registered_and_fetched(
    alone: Office, many: Path, tmp_path: Path
) -> None:
    ada = alone.ada
    run = ada.does("runs", "start", "-e", "large").split()[0]
    ada.does("runs", "record", run, "--model", f"{many}=model", "--artifact", f"{many}=shards")
    ada.does("runs", "finish", run)
    ada.does("register", f"runs:/{run}/model", "--name", "large")
    ada.does("pull", "models:/large/1", "-o", tmp_path / "model")
    assert sum(path.is_file() for path in (tmp_path / "model").rglob("*")) == FILES
    assert (tmp_path / "model/999/099999.txt").read_text() == "99999\n"
    assert len(ada.reads("artifacts", "list", run)) >= FILES
    assert "All is as it should be." in ada.does("fsck")
