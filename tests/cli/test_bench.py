"""The benchmark of start-up runs; how quick it was is for `make bench`."""

from __future__ import annotations

from bench import startup


def test_the_startup_benchmark_runs_in_small() -> None:
    figures = startup.run(rounds=1)
    assert [figure.name for figure in figures][:2] == ["gitreg --help, cold", "gitreg resolve, cold"]
    assert figures[-1].unit == "MB"


def test_what_is_needed_is_found_whole() -> None:
    assert {"gitreg", "click", "pydantic", "pydantic-core", "s3fs", "cryptography"} <= startup.needed("gitreg").keys()
    assert "pytest" not in startup.needed("gitreg")
