"""The first bad version is found, by a metric or by asking a command."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

import gitreg as library
from gitreg._registry.bisecting import bisect
from tests.cli.conftest import a_new_user

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from tests.cli.conftest import Ask, Gitreg

AUCS = (0.90, 0.91, 0.70, 0.92, None, 0.71, 0.70)


@pytest.fixture(scope="module")
def seven(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Path]:
    """Seven versions: the third was bad, the fifth has no metric, the last two are bad."""
    with a_new_user(tmp_path_factory) as home:
        (home / "model").mkdir()
        with library.open(home / "registry") as opened:
            for number, auc in enumerate(AUCS, 1):
                (home / "model" / "model.bin").write_text(str(number))
                with opened.start_run("churn", name=f"run-{number}") as run:
                    run.log_param("depth", number)
                    if auc is not None:
                        run.log_metric("auc", auc)
                    run.log_model(home / "model")
                opened.register(f"runs:/run-{number}/model", "fraud")
        yield home / "registry"


def test_by_a_metric_the_last_turn_is_told_and_earlier_ones_are_named(ask: Ask, gitreg: Gitreg, seven: Path) -> None:
    words = ("bisect", "fraud", "--metric", "auc", "--good", "1", "--bad", "7")
    found = ask(*words, at=seven)
    assert (found["last_good"], found["first_bad"], found["suspects"]) == (4, None, [5, 6])
    assert found["turned_back"] == [3]
    assert ("param", "depth") in {(each["kind"], each["name"]) for each in found["difference"]["changes"]}
    told = gitreg(*words, at=seven).out
    assert "One of 2 versions is the first bad one: fraud/5 and fraud/6." in told
    assert "fraud/3 was bad, and a later one good again" in told


def test_a_command_is_asked_about_as_few_versions_as_it_takes(ask: Ask, seven: Path, tmp_path: Path) -> None:
    program = f'echo "$GITREG_ADDRESS" >> {tmp_path}/asked; test "$GITREG_VERSION" -lt 6'
    found = ask("bisect", "fraud", "--run", program, "--good", "1", "--bad", "7", at=seven)
    assert (found["last_good"], found["first_bad"]) == (5, 6)
    assert len((tmp_path / "asked").read_text().split()) <= 3


@pytest.mark.parametrize(
    ("words", "code"),
    [
        (("--metric", "auc", "--good", "7", "--bad", "1"), 2),
        (("--metric", "auc", "--good", "1", "--bad", "9"), 3),
        (("--metric", "f1", "--good", "1", "--bad", "7"), 2),
        (("--good", "1", "--bad", "7"), 2),
        (("--run", "exit 130", "--good", "1", "--bad", "7"), 6),
    ],
)
def test_what_cannot_be_bisected_is_refused(gitreg: Gitreg, seven: Path, words: tuple[str, ...], code: int) -> None:
    assert gitreg("bisect", "fraud", *words, at=seven).code == code


@given(st.integers(2, 200), st.data(), st.sets(st.integers(0, 199)))
def test_the_turn_is_among_the_suspects_whatever_is_skipped(count: int, data: st.DataObject, skipped: set[int]) -> None:
    turn = data.draw(st.integers(1, count - 1))
    last_good, suspects, judged = bisect(
        range(count), lambda each: "skip" if each in skipped else "good" if each < turn else "bad"
    )
    assert last_good < suspects[0]
    assert turn in suspects
    assert all(each in skipped for each in suspects[:-1])
    assert skipped or len(judged) <= count.bit_length() + 2
