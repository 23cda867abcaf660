"""Runs and versions are found by what they are, in one language."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

import pytest
from pyarrow import parquet

import gitreg as library
from tests.cli.conftest import a_new_user

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Ask, Gitreg


@pytest.fixture(scope="module")
def filled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Three runs, of which two became versions: the first is in production, the second is called champion."""
    with a_new_user(tmp_path_factory) as home:
        with library.open(home / "registry") as opened:
            fill(opened, home / "model")
        yield home / "registry"


def fill(registry: library.Registry, folder: Path) -> None:
    folder.mkdir()
    for name, auc in (("first", 0.81), ("second", 0.93), ("third", 0.92)):
        (folder / "model.bin").write_text(name)
        with registry.start_run("churn" if name != "third" else "fraud", name=name, tags={"team": "risk"}) as run:
            run.log_param("depth", 4 if name == "first" else 6)
            run.log_dataset("holdout", b"rows", role="test")
            run.log_metric("auc", auc, dataset="holdout")
            run.log_model(folder)
    for name in ("first", "second"):
        registry.register(f"runs:/{name}/model", "fraud")
    registry.models.alias("fraud", "champion", 2)
    registry.models.tag("fraud/1", {"audited": "yes"})
    registry.promote("fraud/1", "production", "the best so far")


@pytest.mark.parametrize(
    ("text", "names"),
    [
        ("status = 'FINISHED' AND experiment = 'churn'", {"first", "second"}),
        ("experiment != 'churn'", {"third"}),
        ("experiment LIKE 'f%' OR name = 'first'", {"first", "third"}),
        ("user IS NULL", set()),
        ("host IS NOT NULL AND metrics.auc@holdout > 0.9", {"second", "third"}),
        ("duration < 1h AND stage = 'production'", {"first"}),
    ],
)
def test_runs_are_found_by_attributes(ask: Ask, filled: Path, text: str, names: set[str]) -> None:
    assert {run["name"] for run in ask("runs", "search", text, at=filled)["runs"]} == names


@pytest.mark.parametrize(
    ("text", "numbers"),
    [
        ("", [2, 1]),
        ("metrics.auc > 0.9", [2]),
        ("metrics.auc@holdout < 0.9 AND params.depth = 4", [1]),
        ("stage = 'production'", [1]),
        ("stages.fraud IN ('production', 'staging')", [1]),
        ("alias = 'champion' OR tags.audited = 'yes'", [2, 1]),
        ("alias IS NULL", [1]),
        ("NOT stage = 'production'", [2]),
        ("model = 'fraud' AND number >= 2", [2]),
        ("run_name LIKE 'fir%' AND experiment = 'churn'", [1]),
        ("registered_at > now - 1d AND datasets.name = 'holdout'", [2, 1]),
        ("registered_by = 'nobody@example.org'", []),
    ],
)
def test_versions_are_found_in_the_same_language(ask: Ask, filled: Path, text: str, numbers: list[int]) -> None:
    found = ask("versions", "search", text, "--order-by", "number DESC", at=filled)["versions"]
    assert [each["version"] for each in found] == numbers


def test_a_version_that_was_found_says_where_it_stands(ask: Ask, gitreg: Gitreg, filled: Path) -> None:
    found = ask("versions", "search", "number = 1", at=filled)["versions"][0]
    assert (found["stages"], found["aliases"], found["tags"]) == (["production"], [], {"audited": "yes"})
    assert "production" in gitreg("versions", "search", at=filled).out
    assert "No version fits." in gitreg("versions", "search", "number > 7", at=filled).out


def test_pages_of_versions_are_turned_by_a_token(ask: Ask, filled: Path) -> None:
    first = ask("versions", "search", "--limit", "1", at=filled)
    rest = ask("versions", "search", "--limit", "1", "--page-token", first["next_page_token"], at=filled)
    assert [each["version"] for each in (*first["versions"], *rest["versions"])] == [2, 1]


@pytest.mark.parametrize("thing", ["runs", "versions"])
def test_what_was_found_becomes_csv_and_parquet(gitreg: Gitreg, filled: Path, tmp_path: Path, thing: str) -> None:
    rows = [*csv.DictReader(io.StringIO(gitreg(thing, "search", "params.depth = 6", "--csv", at=filled).out))]
    assert {row["params.depth"] for row in rows} == {"6"}
    assert {row["metrics.auc@holdout"] for row in rows} <= {"0.93", "0.92"}
    target = tmp_path / "found.parquet"
    told = gitreg(thing, "search", "params.depth = 6", "--parquet", str(target), at=filled)
    assert f"in {target}" in told.out
    assert parquet.read_table(target).num_rows == len(rows)


@pytest.mark.parametrize(
    ("words", "why"),
    [
        (("runs", "search", "duration = 'long'"), "a number"),
        (("runs", "search", "alias = 'champion'"), "no attribute of a run"),
        (("runs", "search", "aliases.fraud = 'champion'"), "a run has no alias"),
        (("versions", "search", "host > 1 AND finish = 1"), "no attribute of a version"),
        (("versions", "search", "--order-by", "stage"), "several stages"),
    ],
)
def test_what_a_thing_does_not_have_is_pointed_at(
    gitreg: Gitreg, filled: Path, words: tuple[str, ...], why: str
) -> None:
    told = gitreg(*words, at=filled)
    assert told.code == 2
    assert why in told.err


def test_the_word_after_versions_is_a_model_where_it_is_no_command(gitreg: Gitreg, ask: Ask, filled: Path) -> None:
    assert ask("versions", "fraud", at=filled) == ask("versions", "list", "fraud", at=filled)
    assert ask("versions", "--json", "fraud", at=filled) == ask("models", "versions", "fraud", at=filled)
    assert "list" in gitreg("versions", "--help").out


# The best of them


def test_pull_fetches_the_best_run_and_says_by_how_much(ask: Ask, gitreg: Gitreg, filled: Path, tmp_path: Path) -> None:
    found = ask("pull", "--best", "auc@holdout", "--where", "params.depth > 3", "-o", tmp_path / "out", at=filled)
    assert (tmp_path / "out" / "model.bin").read_text() == "second"
    assert (found["best"]["name"], found["best"]["direction"], found["best"]["ties"]) == ("second", "higher", [])
    assert found["best"]["margin"] == pytest.approx(0.01)
    told = gitreg("pull", "--best", "auc", "--minimize", "-o", tmp_path / "least", at=filled)
    assert "first" in told.out
    assert "less than third" in told.out


def test_runs_that_are_as_good_are_named_and_the_latest_is_taken(filled: Path) -> None:
    with library.open(filled) as opened:
        best = opened.runs.best("auc.count", towards="higher")
    assert best.run.name == "third"
    assert [run.name for run in best.ties] == ["second", "first"]
    assert (best.second, best.margin) == (None, None)


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--best", "auc", "--where", "params.depth = 99"), 3),
        (("--best", "auc, loss"), 2),
        (("--best", "auc >"), 2),
        (("--best", "f1"), 3),
        (("models:/fraud/1", "--best", "auc"), 2),
        (("models:/fraud/1", "--where", "params.depth = 4"), 2),
        ((), 2),
    ],
)
def test_where_there_is_no_best_nothing_is_written(
    gitreg: Gitreg, filled: Path, tmp_path: Path, words: tuple[str, ...], code: int
) -> None:
    assert gitreg("pull", *words, "-o", tmp_path / "out", at=filled).code == code
    assert not (tmp_path / "out").exists()


def test_a_metric_whose_name_tells_no_way_needs_one(gitreg: Gitreg, filled: Path, tmp_path: Path) -> None:
    told = gitreg("pull", "--best", "score", "-o", tmp_path / "out", at=filled)
    assert told.code == 2
    assert "--maximize or --minimize" in told.err


# Side by side


def test_runs_that_fit_are_compared_the_best_first(gitreg: Gitreg, ask: Ask, filled: Path) -> None:
    found = ask("runs", "compare", "first", "--where", "metrics.auc > 0.9", at=filled)
    assert [run["name"] for run in found["runs"]] == ["first", "third", "second"]
    assert found["primary"] == {**found["primary"], "key": "auc", "direction": "higher", "best": [2]}
    assert {row["kind"] for row in found["rows"]} >= {"metric", "param", "environment"}
    assert "0.93 ★" in gitreg("runs", "compare", "--where", "", at=filled).out
    assert "0.81 ★" in gitreg("runs", "compare", "--where", "", "--by", "auc", "--minimize", at=filled).out


def test_many_runs_are_a_line_each(gitreg: Gitreg, tmp_path: Path) -> None:
    assert gitreg("init", "many").code == 0
    with library.open(tmp_path / "many") as opened:
        for number in range(8):
            with opened.start_run("churn", name=f"run-{number}") as run:
                run.log_params({"depth": number % 3, "epochs": 2})
                for step in range(3):
                    run.log_metric("val_loss", 1 / (number + step + 1), step=step)
    told = gitreg("runs", "compare", "--where", "params.epochs = 2", at=tmp_path / "many", env={"COLUMNS": "200"}).out
    lines = told.splitlines()
    assert "run-7" in lines[1]
    assert "★" in lines[1]
    assert "█" in lines[1]
    assert "The same in all: epochs = 2" in lines[-1]


def test_the_page_of_a_comparison_is_one_file(gitreg: Gitreg, filled: Path, tmp_path: Path) -> None:
    told = gitreg("runs", "compare", "--where", "", "--html", str(tmp_path / "page.html"), at=filled)
    assert "3 runs in" in told.out
    assert "<title>3 runs compared</title>" in (tmp_path / "page.html").read_text(encoding="utf-8")
    assert gitreg("runs", "compare", at=filled).code == 2
    assert "No run fits." in gitreg("runs", "compare", "--where", "params.depth = 99", at=filled).out
