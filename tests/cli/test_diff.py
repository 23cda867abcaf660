"""What changed between two versions, thing by thing."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import gitreg as library
from gitreg._registry.differing import packages_in
from gitreg.data import differing
from tests.cli.conftest import a_new_user

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Ask, Gitreg

OLD, NEW = "models:/fraud/1", "models:/fraud/2"


@pytest.fixture(scope="module")
def two(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two versions: another depth, another table, another file; the old one's run was repeated with other seeds."""
    with a_new_user(tmp_path_factory) as home:
        with library.open(home / "registry") as opened:
            fill(opened, home / "model")
        yield home / "registry"


def fill(registry: library.Registry, folder: Path) -> None:
    folder.mkdir()
    (folder / "same.txt").write_text("same")
    old = pd.DataFrame({"amount": [1.0, 2.0], "gone": [1, 2]})
    new = pd.DataFrame({"amount": ["1", "2", "3"], "came": [1, 2, 3]})
    for name, depth, seed, table, auc in (
        ("first", 4, 1, old, 0.80),
        ("again", 4, 2, old, 0.82),
        ("second", 6, 1, new, 0.83),
    ):
        (folder / "model.bin").write_text(name)
        with registry.start_run("churn", name=name) as run:
            run.log_params({"depth": depth, "seed": seed, "kind": "tree"})
            run.log_dataset("customers", table)
            run.log_metric("auc", auc)
            run.log_metric("loss", 1 - auc + (5 if name == "second" else 0))
            run.log_model(folder)
    for name in ("first", "second"):
        registry.register(f"runs:/{name}/model", "fraud")


def changes(found: Any) -> dict[tuple[str, str], tuple[Any, Any]]:  # noqa: ANN401 - JSON
    return {(each["kind"], each["name"]): (each["old"], each["new"]) for each in found["changes"]}


def test_a_diff_tells_what_changed_and_counts_what_did_not(ask: Ask, two: Path) -> None:
    found = ask("diff", OLD, NEW, at=two)
    told = changes(found)
    assert (found["old"], found["new"]) == ("fraud/1", "fraud/2")
    assert told["param", "depth"] == (4, 6)
    assert ("param", "seed") not in told
    assert told["data", "customers (train) rows"] == (2, 3)
    assert told["column", "customers (train) gone"][1] is None
    assert told["column", "customers (train) came"][0] is None
    assert told["column", "customers (train) amount"][0] != told["column", "customers (train) amount"][1]
    assert [name for kind, name in told if kind == "file"] == ["model.bin"]
    assert found["same"] > 3
    assert found["untold"] == []


def test_a_difference_within_the_noise_of_repeats_is_called_so(ask: Ask, gitreg: Gitreg, two: Path) -> None:
    found = ask("diff", OLD, NEW, at=two)
    noise = {each["name"]: each["noise"] for each in found["changes"] if each["kind"] == "metric"}
    assert {name: each["within"] for name, each in noise.items()} == {"auc": True, "loss": False}
    assert noise["auc"]["old"] == {"runs": 2, "mean": pytest.approx(0.81), "deviation": pytest.approx(0.0141421356)}
    assert noise["auc"]["new"] == {"runs": 1, "mean": 0.83, "deviation": None}
    assert (noise["auc"]["method"], noise["auc"]["confidence"]) == ("repeats/1", 0.95)
    assert found["repeats"] == [2, 1]
    told = gitreg("diff", OLD, NEW, at=two).out
    assert "0.8 (0.81 ± 0.014 of 2)" in told
    assert "+0.03, within the noise (-0.2 to +0.24)" in told
    assert "more than noise" in told


def test_a_thing_is_the_same_as_itself_and_a_diff_turns_round(ask: Ask, gitreg: Gitreg, two: Path) -> None:
    assert ask("diff", OLD, OLD, at=two)["changes"] == []
    assert "Nothing changed." in gitreg("diff", OLD, OLD, at=two).out
    there, back = (changes(ask("diff", one, other, at=two)) for one, other in ((OLD, NEW), (NEW, OLD)))
    assert there == {name: (new, old) for name, (old, new) in back.items()}


def test_runs_are_told_apart_like_versions(ask: Ask, two: Path) -> None:
    told = changes(ask("diff", "runs:/first", "runs:/again", at=two))
    assert {name for name in told if name[0] != "metric"} == {("param", "seed"), ("file", "model.bin")}
    assert told["metric", "auc"] == (0.80, 0.82)


def test_a_diff_is_a_page_in_markdown(gitreg: Gitreg, two: Path) -> None:
    told = gitreg("diff", OLD, NEW, "--format", "markdown", at=two).out
    assert "| depth | 4 | 6 | +2 |" in told
    assert "Packages" not in told
    assert gitreg("diff", OLD, "models:/fraud/9", at=two).code == 3


@pytest.mark.parametrize(
    ("text", "packages"),
    [
        ("numpy==2.1\nPandas == 2.3 ; python_version > '3'\n-e .\n# a==1\n", {"numpy": "2.1", "pandas": "2.3"}),
        ('[[package]]\nname = "NumPy"\nversion = "2.1"\n[[package]]\nname = "x"\n', {"numpy": "2.1"}),
        ('package = "no list"\n', {}),
        ("\ufffd" * 10, {}),
        ("", {}),
    ],
)
def test_packages_are_read_from_lists_and_lock_files(text: str, packages: dict[str, str]) -> None:
    assert packages_in(text.encode()) == packages


@pytest.fixture(scope="module")
def fed(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Two versions on data that the registry keeps: a table of another month, a folder, and a frame in sketches."""
    with a_new_user(tmp_path_factory) as home:
        (home / "model").mkdir()
        (home / "images").mkdir()
        (home / "images/same.txt").write_text("same")
        with library.open(home / "registry") as registry:
            for month, rows in enumerate((range(10), range(5, 12))):
                (home / "claims.csv").write_text(
                    "id,amount,kind\n" + "".join(f"{n},{n * (month + 1)},a\n" for n in rows)
                )
                (home / "images/month.txt").write_text(str(month))
                (home / "model/model.bin").write_text(str(month))
                kept = [registry.data.add(home / name).version for name in ("claims.csv", "images")]
                frame = pd.DataFrame({"id": [*rows], "kind": ["a" if n < 10 else "b" for n in rows]})
                with registry.start_run("churn", name=f"month-{month}") as run:
                    run.log_dataset("claims", kept[0], role="train")
                    run.log_dataset("images", kept[1], role="reference")
                    run.log_dataset("holdout", frame, role="test", profile=True, categories=True, row_hashes=True)
                    run.log_dataset("plain", frame, role="validation")
                    run.log_model(home / "model")
                registry.register(f"runs:/{run.run_id}/model", "fraud")
        yield home / "registry"


def data_of(found: Any) -> dict[str, Any]:  # noqa: ANN401 - JSON
    return {each["name"]: each["difference"] for each in found["data"]}


def test_data_that_is_kept_is_told_by_its_rows_and_its_spread(ask: Ask, gitreg: Gitreg, fed: Path) -> None:
    found = data_of(ask("diff", OLD, NEW, "--key", "id", at=fed))
    table = found["claims"]["table"]
    assert (table["old_rows"], table["new_rows"]) == (10, 7)
    assert (table["added"], table["removed"], table["changed"]) == (2, 5, 5)
    assert {each["name"] for each in table["spread"]} == {"id", "amount", "kind"}
    assert [each["path"] for each in found["images"]["files"]] == ["month.txt"]
    told = gitreg("diff", OLD, NEW, at=fed).out
    assert "Data claims (train): claims@" in told
    assert "rows: 10 -> 7: 7 added, 10 removed" in told
    assert "1 file changed, 1 did not." in told


def test_of_data_that_is_not_kept_sketches_tell_overlap_and_drift(ask: Ask, gitreg: Gitreg, fed: Path) -> None:
    found = data_of(ask("diff", OLD, NEW, at=fed))
    assert found["holdout"]["overlap"] == {"old": 10, "new": 7, "shared": 5}
    assert {each["name"]: each["distance"] for each in found["holdout"]["spread"]}["kind"] == pytest.approx(2 / 7)
    assert "are not kept here" in found["holdout"]["untold"]
    assert (found["plain"]["overlap"], found["plain"]["spread"]) == (None, None)
    told = gitreg("diff", OLD, NEW, at=fed).out
    assert "different rows: 10 -> 7: 2 new, 5 gone, 5 in both" in told
    assert "How the values are spread, by profiles" in told


def test_rows_are_left_alone_where_that_is_asked(ask: Ask, fed: Path) -> None:
    found = data_of(ask("diff", OLD, NEW, "--no-rows", at=fed))
    assert (found["claims"]["table"], found["claims"]["untold"]) == (None, None)
    assert found["holdout"]["overlap"]["shared"] == 5


def test_large_tables_are_not_read_but_named_with_the_command_that_does(
    ask: Ask, fed: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(differing, "MAX_GLANCE_VALUES", 33)
    untold = data_of(ask("diff", OLD, NEW, at=fed))["claims"]["untold"]
    assert untold.startswith("The tables are large")
    command = untold.rpartition("gitreg ")[2].split()
    assert ask(*command, at=fed)["table"]["added"] == 7


def test_a_key_that_no_data_has_is_refused(gitreg: Gitreg, fed: Path) -> None:
    refused = gitreg("diff", OLD, NEW, "--key", "nobody", at=fed)
    assert (refused.code, "has the columns nobody on both sides" in refused.err) == (2, True)


def test_a_key_that_repeats_is_said_and_the_rest_is_told(ask: Ask, fed: Path) -> None:
    found = data_of(ask("diff", "runs:/month-0", "runs:/month-1", "--key", "kind", at=fed))
    assert "kind does not tell rows apart" in found["claims"]["untold"]
    assert [each["path"] for each in found["images"]["files"]] == ["month.txt"]


def test_versions_of_data_that_are_not_kept_are_compared_by_their_sketches(ask: Ask, fed: Path) -> None:
    versions = [each["address"].partition("@")[2] for each in ask("data", "list", "holdout", at=fed)]
    found = ask("data", "diff", *(f"holdout@{each}" for each in reversed(versions)), at=fed)
    assert found["overlap"] == {"old": 10, "new": 7, "shared": 5}
