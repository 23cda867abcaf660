"""The benchmarks run in small; how quick anything was is for `make bench`."""

from __future__ import annotations

import importlib
import inspect
import subprocess
from typing import TYPE_CHECKING

import pytest

import gitreg
from bench import __main__ as bench_main
from bench import data, history, imports, lists, ranks, search, series, spooling, startup

if TYPE_CHECKING:
    from pathlib import Path


@pytest.mark.slow
def test_the_startup_benchmark_runs_in_small() -> None:
    figures = startup.run(rounds=1)
    assert [figure.name for figure in figures][:2] == ["gitreg --help, cold", "gitreg resolve, cold"]
    assert figures[-1].unit == "MB"


def test_what_is_needed_is_found_whole() -> None:
    assert {"gitreg", "click", "pydantic", "pydantic-core", "s3fs", "cryptography"} <= startup.needed("gitreg").keys()
    assert "pytest" not in startup.needed("gitreg")


def test_a_small_history_is_made_asked_and_checked(tmp_path: Path) -> None:
    made = history.make(tmp_path, 8, 60)
    clone = tmp_path / "clone"
    subprocess.run(["git", "clone", "--quiet", made.origin, clone], check=True)
    figures = {figure.name: figure for figure in history.reading(made, clone, asked=20, rounds=1)}
    single = figures["as-of with one answer"]
    assert single.ours == single.floor
    with gitreg.open(clone) as registry:
        assert registry.audit().outcome == "pass"


def test_the_search_benchmark_runs_in_small() -> None:
    figures = {figure.name: figure for figure in search.run((20, 60), 1, is_against_peer=False)}
    assert "refresh after 1,000 new of 60 runs (processor)" in figures
    assert all(figure.ours > 0 for figure in figures.values())


def test_growth_is_the_exponent_of_size() -> None:
    assert search.growth({10: 3.0, 100: 300.0, 1000: 30000.0}) == pytest.approx(2.0)
    assert search.growth({10: 3.0, 100: 2.0}) == pytest.approx(0.01)


def test_the_spooling_benchmark_runs_in_small(tmp_path: Path) -> None:
    night = spooling.spend(tmp_path, 3)
    assert (night.commits, night.jobs) == (1, 3)
    assert all(figure.ours > 0 for figure in [*spooling.figures([night], [1.0]), *spooling.against([night], [1.0])])


def test_the_import_benchmark_runs_in_small() -> None:
    figures = imports.run(20, is_against_peer=False)
    assert [figure.unit for figure in figures] == ["s", "MB", "s"]


def test_the_data_benchmark_runs_in_small() -> None:
    (figure,) = data.run(2 << 20, 1, is_against_peer=False)
    assert figure.ours > figure.floor > 0


def test_the_series_benchmark_runs_in_small() -> None:
    took = series.logged(1_000)
    assert min(took.logging_s, took.reading_s) > 0
    assert ranks.shared(3, points=20)[1] == 60


def test_a_list_is_asked_of_the_models_that_gto_had(tmp_path: Path) -> None:
    lists.tag(tmp_path / "tagged", 2, 2)
    lists.bring(tmp_path / "tagged", tmp_path / "registry")
    with gitreg.open(tmp_path / "registry") as registry:
        assert [(model.name, len(registry.models.versions(model.name))) for model in registry.models.list()] == [
            ("model0", 2),
            ("model1", 2),
        ]
        assert registry.resolve("models:/model1@production").number == 2


def test_what_is_measured_quickly_is_what_a_benchmark_takes() -> None:
    for name, quick in bench_main.QUICK.items():
        wanted = inspect.signature(importlib.import_module(f"bench.{name}").run).parameters
        assert quick.keys() <= wanted.keys()
