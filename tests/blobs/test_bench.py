"""The benchmark runs, and says what its figures are; how fast it was is for `make bench`."""

from __future__ import annotations

import json

from bench import blobs
from bench._figures import Figure, as_json, compare, table


def test_the_blob_benchmark_runs_in_small() -> None:
    figures = blobs.run(large_bytes=3 * 2**20, files=20, rounds=1)
    assert [figure.name for figure in figures] == [
        "put 3 MiB",
        "put 3 MiB again",
        "get 3 MiB",
        "put 20 files",
        "put 20 files again",
        "get 20 files",
    ]
    assert all(figure.ratio > 0 for figure in figures)


def test_a_ratio_is_to_the_slowest_floor_of_the_same_round() -> None:
    figure = compare("x", lambda _: 2.0, {"fast": lambda _: 0.5, "slow": lambda _: 1.0}, target=0.9, rounds=3)
    assert (figure.ratio, figure.floor_name, figure.is_met) == (0.5, "slow", False)


def test_figures_are_a_table_and_json() -> None:
    figures = [
        Figure("put", 0.002, 0.001, 0.5, target=0.4, floor_name="cp", rounds=5),
        Figure("size", 70, 75, 1.07, unit="MB"),
    ]
    assert table(figures).splitlines() == [
        "figure  ours   floor  ratio  target    rounds  against",
        "put     2 ms   1 ms   0.50   0.40 met  5       cp",
        "size    70 MB  75 MB  1.07             1",
    ]
    assert [each["met"] for each in json.loads(as_json(figures))["figures"]] == [True, True]
