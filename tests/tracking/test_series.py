from __future__ import annotations

import io
import math
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitreg.documents import AttemptId, Digest, Hex32, SeriesHeader, SeriesMetric
from gitreg.errors import CorruptBlob
from gitreg.tracking.records import MAX_TIME_US, from_micros
from gitreg.tracking.series import Row, read_header, read_series, write_series

ATTEMPT = AttemptId("a" * 32)
JOURNAL = Hex32("b" * 32)
HOLDOUT = Digest("sha256:" + "c" * 64)
GOLDEN = Path(__file__).parent / "golden" / "series.hex"
ROWS = st.lists(
    st.tuples(
        st.integers(0, 3), st.integers(-(2**63), 2**63 - 1), st.integers(0, MAX_TIME_US), st.floats(allow_nan=False)
    ),
    max_size=60,
)


def blob_of(metrics: list[tuple[str, Digest | None]], rows: list[Row]) -> bytes:
    present = [place for place in range(len(metrics)) if any(row[0] == place for row in rows)]
    described = tuple(
        SeriesMetric(key=metrics[place][0], dataset=metrics[place][1], count=sum(row[0] == place for row in rows))
        for place in present
    )
    target = io.BytesIO()
    header = SeriesHeader(attempt=ATTEMPT, journal=JOURNAL, metrics=described)
    write_series(target, header, [(present.index(row[0]), *row[1:]) for row in rows])
    return target.getvalue()


KEYS: list[tuple[str, Digest | None]] = [("auc", None), ("auc", HOLDOUT), ("loss", None), ("größe", None)]


@given(ROWS)
def test_each_metric_reads_back_in_the_order_logged(rows: list[Row]) -> None:
    blob = blob_of(KEYS, rows)
    for place, (key, dataset) in enumerate(KEYS):
        found = [(point.step, point.time, point.value) for point in read_series(io.BytesIO(blob), key, dataset)]
        assert found == [(step, from_micros(at), value) for metric, step, at, value in rows if metric == place]


def test_many_points_are_written_in_batches() -> None:
    rows: list[Row] = [(step % 2, step, step, step / 7) for step in range(20_000)]
    points = list(read_series(io.BytesIO(blob_of(KEYS, rows)), "auc", HOLDOUT))
    assert [point.step for point in points] == list(range(1, 20_000, 2))
    assert points[0].attempt == ATTEMPT


def test_the_columns_begin_at_a_multiple_of_eight() -> None:
    blob = blob_of(KEYS, [(0, 1, 2, 3.0)])
    _, start = read_header(io.BytesIO(blob))
    assert start % 8 == 0
    assert len(blob) == start + 24


def test_the_format_of_series_does_not_change() -> None:
    rows: list[Row] = [(0, 0, 1_763_714_760_000_000, 0.5), (1, 3, 1_763_714_760_000_001, math.nan), (0, 1, 7, -0.0)]
    assert blob_of([("auc", None), ("loss", HOLDOUT)], rows).hex(" ", 8) == GOLDEN.read_text(encoding="ascii").strip()


@pytest.mark.parametrize("cut", [0, 10, 17, 30, -1])
def test_a_series_that_ends_too_early_is_corrupt(cut: int) -> None:
    blob = blob_of(KEYS, [(0, 1, 2, 3.0), (2, 1, 2, 3.0)])[:cut]
    with pytest.raises(CorruptBlob):
        list(read_series(io.BytesIO(blob), "auc"))


def test_a_header_that_is_no_document_is_corrupt() -> None:
    blob = blob_of(KEYS, [(0, 1, 2, 3.0)]).replace(b'"attempt"', b'"attempx"')
    with pytest.raises(CorruptBlob, match="header of the metric series"):
        list(read_series(io.BytesIO(blob), "auc"))


def test_a_header_is_not_believed_to_be_of_any_length() -> None:
    with pytest.raises(CorruptBlob, match="too long"):
        read_header(io.BytesIO(b"gitreg-series/1\n" + b"\xff" * 8))
