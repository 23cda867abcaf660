"""Files of MLflow's runs in a bucket: read where the user says so, and nowhere else."""

from __future__ import annotations

import shutil
import sqlite3
from contextlib import closing
from typing import TYPE_CHECKING, Any

import pytest

from gitreg.blobs import FarFolder
from gitreg.exchange.files import Shelf
from tests.exchange.builders import unpacked
from tests.support.s3 import S3Server, empty_lake, lake, moto

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.e2e.clerk import Clerk


@pytest.fixture(scope="module")
def s3() -> Iterator[S3Server]:
    with moto() as server:
        yield server


@pytest.fixture
def bucket(s3: S3Server, monkeypatch: pytest.MonkeyPatch) -> FarFolder:
    """An empty bucket, and the place in it that the user names."""
    empty_lake(s3, monkeypatch)
    return FarFolder("s3://lake/mlflow/")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return unpacked("mlflow-3.17.2-sqlite", tmp_path / "store") / "mlflow.db"


def test_a_bucket_that_the_user_names_is_read(ada: Clerk, database: Path, bucket: FarFolder) -> None:
    runs, far = database.parent / "mlruns", lake()
    for file in (each for each in runs.rglob("*") if each.is_file()):
        far.put_file(str(file), f"lake/mlflow/{file.relative_to(runs).as_posix()}")
    at_home = ada.reads("import", "mlflow", database)
    moved_to(bucket.url, database)
    shutil.rmtree(runs)
    ada.does("init", "../second")
    second = ada.at(ada.folder.parent / "second")
    unnamed = second.reads("import", "mlflow", database)
    assert any(bucket.url in each["why"] for each in unnamed["left"])
    told = second.reads("import", "mlflow", database, "--artifacts", bucket.url)
    assert [each for each in told["left"] if bucket.url in each["why"]] == []
    assert stored(told) == stored(at_home)


def stored(told: Any) -> dict[str, int]:  # noqa: ANN401 - a report
    """What of it is bytes."""
    here = {each["kind"]: each["here"] for each in told["lines"]}
    return {kind: here[kind] for kind in ("file", "byte", "output", "version")}


def moved_to(url: str, database: Path) -> None:
    """As if the store's artifact root had always been there."""
    moves = (
        "UPDATE runs SET artifact_uri = ? || substr(artifact_uri, instr(artifact_uri, '/1/'))",
        "UPDATE logged_models SET artifact_location = ? || substr(artifact_location, instr(artifact_location, '/1/'))",
        (
            "UPDATE model_versions SET storage_location = ? || substr(storage_location, instr(storage_location, '/1/'))"
            " WHERE storage_location LIKE '%/1/%'"
        ),
    )
    with closing(sqlite3.connect(database)) as changing:
        for move in moves:
            changing.execute(move, (url,))
        changing.commit()


def test_of_a_bucket_only_what_lies_below_the_named_place_is_read(bucket: FarFolder) -> None:
    far = lake()
    for name in ("mlflow/1/a.txt", "mlflow-private/1/diary.txt", "diary.txt"):
        far.pipe_file(f"lake/{name}", b"dear diary")
    shelf = Shelf((bucket,))
    found = shelf.folder("s3://lake/mlflow/1", "run")
    assert found
    assert [*found.names] == ["a.txt"]
    for uri in ("s3://lake/mlflow-private/1", "s3://lake/mlflow/../mlflow-private/1", "s3://lake/mlflow", "s3://lake"):
        assert shelf.folder(uri, "run") is None


def test_a_file_that_a_bucket_refuses_is_told_and_the_others_come(bucket: FarFolder, tmp_path: Path) -> None:
    far = lake()
    for name in ("a", "b"):
        far.pipe_file(f"lake/mlflow/1/{name}", name.encode())
    found = Shelf((bucket,)).folder("s3://lake/mlflow/1", "run")
    assert found
    far.rm_file("lake/mlflow/1/a")
    files, left = found.take(found.names, tmp_path)
    assert {name: file.read_text() for name, file in files.items()} == {"b": "b"}
    assert [(each.what, "is not there" in each.why) for each in left] == [("a", True)]


@pytest.mark.parametrize(
    "url", ["s3://", "s3://key:hunter2@lake/mlflow", "s3://lake/mlflow?token=hunter2", "ftp://lake/x"]
)
def test_what_is_no_place_in_a_bucket_is_refused(ada: Clerk, database: Path, url: str) -> None:
    told = ada.run("import", "mlflow", database, "--artifacts", url)
    assert told.code == 2
    assert "is no place in a bucket" in told.err
    assert "hunter2" not in told.err
