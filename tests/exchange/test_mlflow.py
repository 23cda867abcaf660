"""What MLflow wrote comes over: every run, point, file, version and alias, or a line that says why not."""

from __future__ import annotations

import hashlib
import shutil
import sqlite3
from contextlib import closing
from pathlib import Path
from typing import TYPE_CHECKING, Any

import pytest
from hypothesis import example, given
from hypothesis import strategies as st

import gitreg
from gitreg.errors import GitregError, InvalidDocument
from gitreg.exchange import Origin, Wishes, described, open_mlflow
from gitreg.exchange.mlflow import scalar_of, spelled
from tests.exchange.builders import many_runs, unpacked

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.exchange.values import FoundRun, Left
    from tests.e2e.clerk import Clerk

STORES = ("mlflow-3.17.2-sqlite", "mlflow-3.17.2-files", "mlflow-2.22.5-sqlite", "mlflow-2.22.5-files")


@pytest.fixture
def database(tmp_path: Path) -> Path:
    return unpacked("mlflow-3.17.2-sqlite", tmp_path / "store") / "mlflow.db"


def counts(told: Any) -> dict[str, tuple[int, int, int]]:  # noqa: ANN401 - a report
    return {each["kind"]: (each["there"], each["left"], each["here"]) for each in told["lines"]}


def named(ada: Clerk, name: str) -> Any:  # noqa: ANN401 - a run
    return ada.reads("runs", "show", name)


@pytest.mark.parametrize("store", STORES)
def test_a_store_of_each_kind_and_version_comes_over_whole(ada: Clerk, tmp_path: Path, store: str) -> None:
    told = ada.reads("import", "mlflow", unpacked(store, tmp_path / "store"))
    assert told["agrees"]
    assert told["sum_there"] == told["sum_here"] > 0
    found = counts(told)
    assert found["run"] == (10, 0, 10)
    assert found["param"] == (14, 0, 14)
    assert found["file"] == (18, 0, 18)
    assert found["output"] == (2, 0, 2)
    assert found["dataset"] == (2, 0, 2)
    assert found["version"] == (3, 0, 3)
    assert found["alias"] == (1, 0, 1)
    assert ada.run("fsck").code == 0


@pytest.mark.parametrize("store", STORES)
def test_a_run_keeps_its_values_times_and_series(ada: Clerk, tmp_path: Path, store: str) -> None:
    ada.does("import", "mlflow", unpacked(store, tmp_path / "store"))
    run = named(ada, "depth-4")
    assert run["params"] == {"depth": 4, "lr": 0.1, "verbose": True, "loss": "log_loss", "eps": "1e-3"}
    assert run["tags"]["colour"] == "grün"
    assert run["note"] == "The *first* try."
    metrics = {each["key"]: each for each in run["metrics"]}
    assert (metrics["auc"]["value"], metrics["auc"]["step"]) == (0.88, 19)
    assert (metrics["worst"]["value"], metrics["worst"]["max"]) == ("-Infinity", "Infinity")
    series = ada.reads("runs", "series", run["run_id"], "auc")
    assert {"2025-10-09T08:53:20.000000Z"} == {each["time"] for each in series if each["step"] == 0}
    assert {each["step"] for each in series} == set(range(20))
    nan = [each["value"] for each in ada.reads("runs", "series", run["run_id"], "val/loss")]
    assert "NaN" in nan
    assert nan[-1] == 0.25
    assert run["datasets"][0]["name"] == "train"


def test_statuses_children_and_deleted_runs_are_as_they_were(ada: Clerk, database: Path) -> None:
    ada.does("import", "mlflow", database)
    runs = ada.reads("runs", "list", "--all", "--limit", "100")
    statuses = {each["name"]: each["status"] for each in runs}
    assert [statuses[name] for name in ("failed", "killed", "running", "secretive")] == [
        "failed",
        "killed",
        "running",
        "finished",
    ]
    parents = {named(ada, each["run_id"])["parent"] for each in runs if each["name"] == "child"}
    assert parents == {each["run_id"] for each in runs if each["name"].startswith("depth")}
    listed = {each["name"] for each in ada.reads("runs", "list", "--limit", "100")}
    assert "finished" in statuses
    assert "finished" not in listed  # it was deleted there


@pytest.mark.parametrize("store", STORES)
def test_versions_keep_their_numbers_and_files_and_what_was_said(ada: Clerk, tmp_path: Path, store: str) -> None:
    ada.does("import", "mlflow", unpacked(store, tmp_path / "store"))
    model = ada.reads("models", "show", "fraud model")
    assert [each["version"] for each in ada.reads("versions", "fraud model")] == [1, 2, 4]  # 3 was deleted there
    assert model["description"] == "Scores card payments."
    assert model["tags"]["owner"] == "ada"
    found = ada.reads("resolve", "models:/fraud model@champion")
    assert found["version"] == 2
    ada.does("pull", "models:/fraud model@champion", "-o", tmp_path / "pulled")
    assert (tmp_path / "pulled" / "MLmodel").is_file()
    with gitreg.open(ada.folder) as registry:
        assert "python_function" in registry.runs.get(found["run_id"]).outputs[0].flavors


def test_a_stage_is_told_and_not_decided(ada: Clerk, database: Path) -> None:
    told = ada.run("import", "mlflow", database)
    assert "decide it: gitreg promote 'fraud model' 2 --to production -m WHY" in told.err
    assert ada.git("log", "--format=%s", "main").splitlines() == ["registry: created"]
    assert ada.reads("versions", "fraud model")[1]["tags"]["mlflow.stage"] == "Production"
    ada.does("promote", "fraud model", "2", "--to", "production", "-m", "It was there in MLflow.")
    assert ada.reads("resolve", "models:/fraud model@production")["version"] == 2


def test_who_acted_is_an_import(ada: Clerk, database: Path) -> None:
    ada.does("import", "mlflow", database, "-m", "We moved.")
    with gitreg.open(ada.folder) as registry:
        assert {run.actor.via for run in registry.runs.list()} == {"import"}
        assert registry.runs.list()[0].actor.principal == "ada@example.org"
    assert "We moved." in ada.git("log", "ledger")


def test_a_second_import_adds_nothing(ada: Clerk, database: Path) -> None:
    ada.does("import", "mlflow", database)
    before = ada.git("rev-parse", "ledger")
    told = ada.reads("import", "mlflow", database)
    assert told["already"] == 10
    assert ada.git("rev-parse", "ledger") == before
    assert counts(ada.reads("import", "mlflow", database, "--check"))["run"] == (10, 0, 10)
    assert ada.git("rev-parse", "ledger") == before


def test_two_clones_that_import_the_same_store_agree(ada: Clerk, database: Path, tmp_path: Path) -> None:
    ada.git("init", "--bare", "-q", str(tmp_path / "hub.git"))
    ada.git("remote", "add", "origin", str(tmp_path / "hub.git"))
    ada.does("sync")
    ada.at(tmp_path).git("clone", "-q", str(tmp_path / "hub.git"), "other")
    other = ada.at(tmp_path / "other")
    ada.does("import", "mlflow", database)
    other.does("import", "mlflow", database)
    ada.does("sync")
    assert ada.reads("runs", "show", "depth-4")["metrics"][0]["count"] == 20
    assert len(ada.reads("versions", "fraud model")) == 3
    assert ada.run("fsck").code == 0


def test_nothing_in_the_source_is_changed(ada: Clerk, tmp_path: Path) -> None:
    for store in STORES:
        folder = unpacked(store, tmp_path / store)
        before = picture(folder)
        ada.does("import", "mlflow", folder)
        assert picture(folder) == before


def picture(folder: Path) -> dict[str, str]:
    files = (path for path in sorted(folder.rglob("*")) if path.is_file())
    return {str(path): hashlib.sha256(path.read_bytes()).hexdigest() for path in files}


def test_a_secret_is_left_out_and_told_without_itself(ada: Clerk, database: Path) -> None:
    told = ada.run("import", "mlflow", database)
    assert "left out: tag aws of run" in told.err
    assert "AKIA" not in told.err + told.out
    assert "AKIA" not in ada.git("log", "-p", "ledger")


# --- killed, repeated, grown ---


class Breaking:
    """An origin that breaks down after some runs."""

    def __init__(self, origin: Origin, after: int) -> None:
        self._origin = origin
        self._after = after

    def __getattr__(self, name: str) -> Any:  # noqa: ANN401 - whatever the origin has
        return getattr(self._origin, name)

    def runs(self) -> Iterator[FoundRun | Left]:
        for number, run in enumerate(self._origin.runs()):
            if number == self._after:
                raise InvalidDocument("The disk is gone.")
            yield run


def test_an_import_that_was_killed_goes_on_where_it_was(ada: Clerk, tmp_path: Path) -> None:
    path = many_runs(tmp_path, 250)
    with gitreg.open(ada.folder) as registry:
        with pytest.raises(InvalidDocument):
            registry.bring(Breaking(open_mlflow(str(path)), 230), Wishes(described))
        assert len(registry.runs.list()) == 200  # two whole commits
    told = ada.reads("import", "mlflow", path)
    assert (told["already"], counts(told)["run"]) == (200, (50, 0, 50))
    assert ada.git("log", "--format=%s", "ledger").splitlines().count("runs: 100 imported from mlflow") == 2
    whole = ada.reads("import", "mlflow", path, "--check")
    assert whole["agrees"]
    assert counts(whole)["point"] == (2500, 0, 2500)


def test_only_what_is_new_is_added_later(ada: Clerk, tmp_path: Path) -> None:
    path = many_runs(tmp_path, 10)
    ada.does("import", "mlflow", path)
    many_runs(tmp_path, 13, first=10)
    told = ada.reads("import", "mlflow", path)
    assert (told["already"], counts(told)["run"]) == (10, (3, 0, 3))


def test_a_run_that_went_on_there_goes_on_here(ada: Clerk, database: Path) -> None:
    ada.does("import", "mlflow", database)
    with sqlite3.connect(database) as changing:
        changing.execute("UPDATE runs SET status = 'FINISHED', end_time = start_time + 9000 WHERE name = 'running'")
        changing.execute(
            "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) "
            "SELECT 'auc', 0.7, start_time + 1, run_uuid, 1, 0 FROM runs WHERE name = 'running'"
        )
    changing.close()
    assert counts(ada.reads("import", "mlflow", database))["run"] == (1, 0, 1)
    run = named(ada, "running")
    assert (run["status"], run["metrics"][0]["value"], run["metrics"][0]["count"]) == ("finished", 0.7, 2)


def test_what_people_changed_here_since_stands(ada: Clerk, database: Path) -> None:
    ada.does("import", "mlflow", database)
    ada.does("alias", "fraud model", "champion", "1")
    ada.does("describe", "fraud model", "Ours now.")
    told = ada.reads("import", "mlflow", database)
    assert ada.reads("resolve", "models:/fraud model@champion")["version"] == 1
    assert ada.reads("models", "show", "fraud model")["description"] == "Ours now."
    assert {"what": "fraud model@champion", "why": "it was set here since."} in told["kept"]


# --- what is not where it should be ---


def test_a_missing_artifact_root_is_told_and_mended_later(ada: Clerk, database: Path, tmp_path: Path) -> None:
    shutil.move(database.parent / "mlruns", tmp_path / "elsewhere")
    told = ada.reads("import", "mlflow", database)
    assert counts(told)["run"] == (10, 0, 10)
    assert counts(told)["output"] == (2, 2, 0)
    assert counts(told)["version"] == (3, 3, 0)
    again = ada.reads("import", "mlflow", database, "--artifacts", tmp_path / "elsewhere")
    assert counts(again)["version"] == (3, 0, 3)
    assert ada.reads("resolve", "models:/fraud model@champion")["version"] == 2


def test_a_run_whose_files_lie_in_a_bucket_is_told(ada: Clerk, database: Path) -> None:
    with closing(sqlite3.connect(database)) as changing:
        changing.execute("UPDATE runs SET artifact_uri = 's3://user:hunter2@bucket/' || run_uuid")
        changing.commit()
    told = ada.reads("import", "mlflow", database)
    places = [each["why"] for each in told["left"] if each["what"] == "artifacts"]
    assert len(places) == 10
    assert all("s3://bucket/" in why for why in places)
    assert "hunter2" not in str(told)


def test_a_store_cannot_name_files_outside_of_itself(ada: Clerk, database: Path, tmp_path: Path) -> None:
    (tmp_path / "private").mkdir()
    (tmp_path / "private" / "diary.txt").write_text("dear diary")
    with sqlite3.connect(database) as changing:
        changing.execute("UPDATE runs SET artifact_uri = ?", (str(tmp_path / "private"),))
    changing.close()
    run = next((database.parent / "mlruns" / "1").glob("*/artifacts"))
    (run / "link").symlink_to(tmp_path / "private" / "diary.txt")
    told = ada.run("import", "mlflow", database, "--json")
    assert "diary" not in str(
        [path for path in (ada.folder / ".git" / "gitreg" / "blobs").rglob("*") if b"dear" in read(path)]
    )
    assert told.code == 0


def read(path: Path) -> bytes:
    return path.read_bytes() if path.is_file() else b""


def test_a_link_among_the_params_is_not_followed(ada: Clerk, tmp_path: Path) -> None:
    folder = unpacked("mlflow-3.17.2-files", tmp_path / "store")
    (tmp_path / "diary").write_text("dear diary")
    params = next(folder.rglob("params"))
    (params / "stolen").symlink_to(tmp_path / "diary")
    told = ada.reads("import", "mlflow", folder)
    assert counts(told)["param"] == (15, 1, 14)
    assert "dear diary" not in ada.git("log", "-p", "ledger")


# --- hostile databases and texts ---


def broken(path: Path, *statements: str) -> Path:
    with sqlite3.connect(path) as changing:
        for statement in statements:
            changing.execute(statement)
    changing.close()
    return path


@pytest.mark.parametrize(
    "statements",
    [
        ("ALTER TABLE runs RENAME TO hidden", "CREATE VIEW runs AS SELECT * FROM hidden"),
        ("DROP TABLE experiments",),
        ("DROP TABLE runs", "CREATE VIRTUAL TABLE runs USING fts5(run_uuid)"),
    ],
)
def test_a_view_or_virtual_table_is_no_store(ada: Clerk, database: Path, statements: tuple[str, ...]) -> None:
    told = ada.run("import", "mlflow", broken(database, *statements))
    assert told.code == 2
    assert "none of MLflow's" in told.err


def test_cells_of_another_type_are_told(ada: Clerk, database: Path) -> None:
    broken(
        database,
        "PRAGMA ignore_check_constraints = ON",
        "UPDATE metrics SET timestamp = 'soon' WHERE key = 'worst' AND step = 2",
        "UPDATE runs SET start_time = 9e18 WHERE name = 'failed'",
        "UPDATE params SET value = x'00ff' WHERE key = 'loss'",
    )
    told = ada.reads("import", "mlflow", database)
    assert told["agrees"]
    assert counts(told)["point"] == (52, 2, 50)


def test_a_database_that_is_damaged_is_an_error_in_words(ada: Clerk, database: Path) -> None:
    data = bytearray(database.read_bytes())
    data[4096:] = b"\xff" * (len(data) - 4096)
    database.write_bytes(data)
    told = ada.run("import", "mlflow", database)
    assert told.code == 2
    assert "cannot be read as an SQLite database" in told.err or "none of MLflow's" in told.err


def test_yaml_that_means_gigabytes_is_refused(ada: Clerk, tmp_path: Path) -> None:
    folder = unpacked("mlflow-3.17.2-files", tmp_path / "store")
    run = next(path for path in folder.rglob("meta.yaml") if "failed" in path.read_text())
    lines = [
        "a: &a [x,x,x,x,x,x,x,x,x]",
        *(f"{b}: &{b} [{','.join([f'*{a}'] * 9)}]" for a, b in zip("abcdefgh", "bcdefghi", strict=True)),
    ]
    run.write_text("\n".join(lines))
    told = ada.reads("import", "mlflow", folder)
    assert counts(told)["run"] == (10, 1, 9)
    assert "aliases" in told["left"][0]["why"] or any("aliases" in each["why"] for each in told["left"])


def test_what_is_no_store_is_told_what_one_is(ada: Clerk, tmp_path: Path) -> None:
    (tmp_path / "notes.txt").write_text("hello")
    assert ada.run("import", "mlflow", tmp_path / "notes.txt").code == 2
    assert ada.run("import", "mlflow", tmp_path / "nothing").code == 3
    told = ada.run("import", "mlflow", ada.folder)
    assert "Give the folder mlruns itself" in told.err


def test_a_run_with_an_id_that_is_none_here_gets_one_that_follows_from_it(ada: Clerk, tmp_path: Path) -> None:
    path = many_runs(tmp_path, 2)
    broken(path, "UPDATE runs SET run_uuid = 'A Run!' WHERE name = 'run-1'")
    told = ada.reads("import", "mlflow", path)
    assert told["left"][0]["kind"] == "name"
    assert len(ada.reads("runs", "list")) == 2
    assert ada.reads("import", "mlflow", path)["already"] == 2


@given(
    st.text() | st.floats().map(str) | st.integers().map(str) | st.from_regex(r"[-+]?[0-9._e+-]{0,20}", fullmatch=True)
)
@example("True")
@example("007")
@example("1e-3")
@example("-0")
@example("1_0")
@example("٣")
def test_each_param_text_comes_back_as_it_was(text: str) -> None:
    assert spelled(scalar_of(text)) == text


def test_a_text_that_python_prints_of_a_value_becomes_that_value() -> None:
    assert [scalar_of(text) for text in ("3", "0.5", "True", "1e-05")] == [3, 0.5, True, 1e-05]
    assert isinstance(scalar_of("99999999999999999999"), str)


def test_errors_are_ours() -> None:
    with pytest.raises(GitregError):
        open_mlflow("/dev/null")


def in_wal_mode(database: Path, folder: Path, *beside: str) -> Path:
    """A copy taken while MLflow was at work, with these files beside it: a run's new name is in the `-wal` alone."""
    folder.mkdir()
    with closing(sqlite3.connect(database)) as live:
        live.execute("PRAGMA journal_mode=WAL")
        live.execute("UPDATE runs SET name = 'renamed' WHERE name = 'child'")
        live.execute("UPDATE tags SET value = 'renamed' WHERE key = 'mlflow.runName' AND value = 'child'")
        live.commit()
        for ending in ("", *beside):
            shutil.copyfile(f"{database}{ending}", folder / f"mlflow.db{ending}")
    return folder / "mlflow.db"


@pytest.mark.parametrize("beside", [("-wal", "-shm"), ("-wal",)], ids=["in use", "copied"])
def test_what_lies_in_a_write_ahead_log_comes_over_from_a_folder_that_stays_as_it_is(
    ada: Clerk, database: Path, tmp_path: Path, beside: tuple[str, ...]
) -> None:
    copied = in_wal_mode(database, tmp_path / "copied", *beside)
    before = {path.name: path.read_bytes() for path in copied.parent.iterdir() if path.suffix != ".db-shm"}
    copied.parent.chmod(0o555)
    told = ada.reads("import", "mlflow", copied, "--artifacts", database.parent)
    copied.parent.chmod(0o755)
    assert told["agrees"]
    assert "renamed" in {each["name"] for each in ada.reads("runs", "list")}
    names = {path.name for path in copied.parent.iterdir()}
    assert names == {"mlflow.db", *(f"mlflow.db{each}" for each in beside)}
    assert all((copied.parent / name).read_bytes() == data for name, data in before.items())


def test_a_database_in_wal_mode_that_nobody_uses_is_read_without_a_file_beside_it(
    ada: Clerk, database: Path, tmp_path: Path
) -> None:
    in_wal_mode(database, tmp_path / "elsewhere")
    assert [path.name for path in database.parent.glob("mlflow.db*")] == ["mlflow.db"], "closing took the log in"
    database.parent.chmod(0o555)
    told = ada.reads("import", "mlflow", database)
    database.parent.chmod(0o755)
    assert told["agrees"]
    assert "renamed" in {each["name"] for each in ada.reads("runs", "list")}
    assert [path.name for path in database.parent.glob("mlflow.db*")] == ["mlflow.db"]
