"""Each field of what stands in a stage, and who last changed it."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest
from click.testing import CliRunner

import gitreg as library
from gitreg.cli import make_root
from tests.cli.conftest import a_new_user

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Ask, Gitreg

PRODUCTION = "models:/fraud@production"


def does(*words: str) -> None:
    done = CliRunner().invoke(make_root(), ["-C", "registry", *words])
    assert done.exit_code == 0, done.output


@pytest.fixture(scope="module")
def three(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Three versions that were in production one after the other: the depth changed with the second, the AUC always."""
    with a_new_user(tmp_path_factory) as home:
        (home / "model").mkdir()
        for depth, auc in ((4, 0.91), (6, 0.92), (6, 0.93)):
            (home / "model/weights.bin").write_text(f"{depth} {auc}")
            with library.open(home / "registry") as opened:
                with opened.start_run("churn") as run:
                    run.log_params({"depth": depth, "kind": "tree"})
                    run.log_metric("auc", auc)
                    run.log_model(home / "model")
                number = opened.register(f"runs:/{run.run_id}/model", "fraud").number
            does("promote", "fraud", str(number), "--to", "production", "-m", f"by depth {depth}")
        does("alias", "fraud", "champion", "3")
        does("describe", "fraud/3", "steady for a year")
        yield home / "registry"


def fields(found: Any) -> dict[tuple[str, str], tuple[Any, str]]:  # noqa: ANN401 - JSON
    """By kind and name: the value, and the change since which it is so."""
    return {(each["kind"], each["name"]): (each["value"], each["origin"]["title"]) for each in found["fields"]}


def test_each_field_of_a_stage_is_as_it_is_since_some_landing(ask: Ask, three: Path) -> None:
    told = fields(ask("blame", PRODUCTION, at=three))
    first, second, third = (f"fraud: production {move} (unreviewed)" for move in ("-> 1", "1 -> 2", "2 -> 3"))
    assert told["stage", "version"] == (3, third)
    assert told["metric", "auc"] == (0.93, third)
    assert told["param", "depth"] == (6, second)
    assert told["param", "kind"] == ("tree", first)


def test_what_was_said_of_the_version_has_its_author(ask: Ask, three: Path) -> None:
    found = ask("blame", PRODUCTION, at=three)
    by_name = {(each["kind"], each["name"]): each for each in found["fields"]}
    assert by_name["note", "description"]["value"] == "steady for a year"
    assert by_name["alias", "champion"]["origin"]["by"] == "ada@example.org"
    assert by_name["alias", "champion"]["origin"]["commit"] is None


def test_a_landing_is_named_by_its_commit_and_its_proposer(ask: Ask, three: Path) -> None:
    found = ask("blame", PRODUCTION, at=three)
    landed = ask("log", "fraud", at=three)[0]
    origin = next(each["origin"] for each in found["fields"] if each["kind"] == "stage")
    assert (origin["commit"], origin["at"], origin["by"]) == (landed["commit"], landed["at"], landed["proposer"])


def test_a_version_never_changes_since_it_was_registered(ask: Ask, three: Path) -> None:
    told = fields(ask("blame", "models:/fraud/2", at=three))
    assert told["param", "depth"] == (6, "fraud/2 registered")
    assert ("stage", "version") not in told


def test_a_person_sees_tables(gitreg: Gitreg, three: Path) -> None:
    told = gitreg("blame", PRODUCTION, at=three).out
    assert "Params" in told
    assert "fraud: production 1 -> 2" in told
    assert "ada@example.org" in told


@pytest.mark.parametrize(
    ("address", "code"), [("runs:/@last", 2), ("models:/fraud@staging", 3), ("models:/fraud/9", 3), ("nonsense", 2)]
)
def test_what_cannot_be_blamed_is_refused(gitreg: Gitreg, three: Path, address: str, code: int) -> None:
    assert gitreg("blame", address, at=three).code == code
