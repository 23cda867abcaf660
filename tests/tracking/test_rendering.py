"""Figures, images, tables and histograms become files that other programs open; what cannot be one is refused."""

from __future__ import annotations

import csv
import io
import json
import math
from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import polars as pl
import pyarrow as pa
import pyarrow.parquet as pq
import pytest
from hypothesis import given
from hypothesis import strategies as st
from matplotlib.figure import Figure
from PIL import Image

from gitreg.blobs import read_manifest
from gitreg.errors import InvalidValue
from gitreg.tracking.rendering import figure_bytes, histogram_of, image_bytes, table_bytes

if TYPE_CHECKING:
    from tests.tracking.builders import Clone


def figure() -> Figure:
    drawn = Figure()
    drawn.subplots().plot([0, 1], [0, 1])
    return drawn


class Plotly:
    """What a figure of plotly looks like from outside."""

    def to_html(self, *, include_plotlyjs: bool) -> str:
        return f"<html>{include_plotlyjs}</html>"

    def to_json(self) -> str:
        return "{}"


class Broken:
    def savefig(self, *_: object, **__: object) -> None:
        raise RuntimeError("out of ink")


@pytest.mark.parametrize(("path", "begins"), [("a.png", b"\x89PNG"), ("a.svg", b"<?xml"), ("a.pdf", b"%PDF")])
def test_a_figure_is_written_as_its_name_says(path: str, begins: bytes) -> None:
    assert figure_bytes(figure(), path).startswith(begins)


def test_the_same_figure_is_the_same_bytes() -> None:
    assert figure_bytes(figure(), "a.png") == figure_bytes(figure(), "a.png")


def test_a_figure_of_plotly_is_one_page_or_its_data() -> None:
    assert figure_bytes(Plotly(), "a.html") == b"<html>True</html>"
    assert figure_bytes(Plotly(), "a.json") == b"{}"


@pytest.mark.parametrize("shape", [(2, 3), (2, 3, 1), (2, 3, 3), (2, 3, 4)])
def test_an_array_is_an_image_pixel_by_pixel(shape: tuple[int, ...]) -> None:
    pixels = np.arange(np.prod(shape), dtype="uint8").reshape(shape)
    back = np.asarray(Image.open(io.BytesIO(image_bytes(pixels, "a.png"))))
    assert (back == pixels.reshape(back.shape)).all()
    assert image_bytes(pixels.astype(float) / 255, "a.png") == image_bytes(pixels, "a.png")
    assert image_bytes(Image.open(io.BytesIO(image_bytes(pixels, "a.png"))), "a.png").startswith(b"\x89PNG")


@pytest.mark.parametrize(
    "image", [np.zeros((2, 2, 2)), np.zeros(3), np.full((2, 2), 1.5), np.full((2, 2), 300), "picture", np.zeros((0, 2))]
)
def test_what_is_no_image_is_refused(image: object) -> None:
    with pytest.raises(InvalidValue):
        image_bytes(image, "a.png")


DATA: dict[str, list[Any]] = {"name": ["a", "b"], "score": [0.5, 2.0]}
ROWS = [{"name": "a", "score": 0.5}, {"name": "b", "score": 2.0}]


@pytest.mark.parametrize("table", [DATA, ROWS, pd.DataFrame(DATA), pl.DataFrame(DATA), pa.table(DATA)])
def test_a_table_is_the_same_from_wherever_it_comes(table: object) -> None:
    assert json.loads(table_bytes(table, "t.json")) == {"columns": ["name", "score"], "data": [["a", 0.5], ["b", 2.0]]}
    lines = [*csv.reader(io.StringIO(table_bytes(table, "t.csv").decode()))]
    assert lines == [["name", "score"], ["a", "0.5"], ["b", "2.0"]]


@pytest.mark.parametrize("table", [pd.DataFrame(DATA), pl.DataFrame(DATA)])
def test_a_frame_is_written_as_parquet(table: object) -> None:
    assert pq.read_table(io.BytesIO(table_bytes(table, "t.parquet"))).to_pydict() == DATA


def test_what_is_no_table_is_refused() -> None:
    uneven = {"a": [1], "b": []}
    for data, path in ((DATA, "t.xlsx"), (DATA, "t"), (7, "t.csv"), (uneven, "t.csv"), (DATA, "t.parquet")):
        with pytest.raises(InvalidValue):
            table_bytes(data, path)


@given(st.lists(st.floats(width=32), max_size=50), st.integers(1, 20))
def test_a_histogram_counts_every_number_once(values: list[float], bins: int) -> None:
    found = histogram_of(values, bins)
    finite = [value for value in values if math.isfinite(value)]
    assert sum(found["counts"]) == found["count"] == len(finite)
    assert found["missing"] == len(values) - len(finite)
    assert len(found["edges"]) == bins + 1
    if finite:
        assert found["edges"][0] == min(finite)


def test_a_run_takes_them_all_and_refuses_what_breaks_without_raising(clone: Clone) -> None:
    with clone.tracker.start_run("churn") as run:
        run.log_figure(figure(), "plots/roc.png")
        run.log_image(np.zeros((2, 2)), "plots/black.png")
        run.log_table(DATA, "tables/scores.json")
        run.log_html("<p>x</p>", "page.html")
        run.log_histogram([1, 2, 3], "histograms/ages.json", bins=2)
        run.log_figure(Broken(), "plots/broken.png")
        run.log_image("no image", "plots/none.png")
    found = clone.runs.get(run.run_id)
    (artifacts,) = found.artifacts
    files = {entry.path: entry.media_type for entry in read_manifest(clone.blobs, artifacts.digest).files}
    assert files == {
        "histograms/ages.json": "application/json",
        "page.html": "text/html",
        "plots/black.png": "image/png",
        "plots/roc.png": "image/png",
        "tables/scores.json": "application/json",
    }
    assert {each.key: each.reason for each in found.dropped}["plots/broken.png"] == "RuntimeError: out of ink."
