"""What changed between two versions, thing by thing."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING, Any

import pandas as pd
import pytest

import gitreg as library
from gitreg._registry.differing import Change, packages_in
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
    within = {each["name"]: each["within_noise"] for each in found["changes"] if each["kind"] == "metric"}
    assert within == {"auc": True, "loss": False}
    assert found["repeats"] == [2, 1]
    assert "within the noise" in gitreg("diff", OLD, NEW, at=two).out


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


def test_what_only_one_side_has_has_no_noise() -> None:
    change = Change("metric", "auc", 0.5, 0.6, noise=0.1)
    assert change.is_noise
    assert replace(change, new=None).is_noise is None
    assert replace(change, noise=None).is_noise is None


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
