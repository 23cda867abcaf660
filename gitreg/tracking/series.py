"""A metric series as a blob (media type `application/vnd.gitreg.series.v1`): all points of one journal, by column.

offset  size    what, all numbers little-endian
0       16      `gitreg-series/1` and a newline
16      8       h, the length of the header, unsigned
24      h       the header: a `gitreg/series/v1` document in canonical bytes. It names the attempt, the journal and the
                metrics, each with its number of points; n is their sum
24+h    p       zero bytes up to the next multiple of 8
.       8n      steps, signed 64-bit integers: the points of the first metric in the order logged, then the second's, …
.       8n      times, signed 64-bit: microseconds since 1970-01-01T00:00:00Z, in the same order
.       8n      values, IEEE 754 binary64, in the same order
"""

from __future__ import annotations

import struct
import sys
from array import array
from dataclasses import dataclass
from itertools import accumulate
from typing import TYPE_CHECKING, BinaryIO, Final, TypeAlias

from gitreg.documents import AttemptId, SeriesHeader, SeriesMetric
from gitreg.errors import CorruptBlob, GitregError
from gitreg.tracking.records import from_micros

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from datetime import datetime

MAGIC: Final = b"gitreg-series/1\n"
_LENGTH: Final = struct.Struct("<Q")
_ROW_BYTES: Final = 8
_MAX_HEADER: Final = 8 * 1024 * 1024
_BATCH: Final = 4096


@dataclass(frozen=True, slots=True)
class SeriesPoint:
    """One point of a metric, and the attempt that logged it."""

    step: int
    time: datetime
    value: float
    attempt: AttemptId


Row: TypeAlias = tuple[int, int, int, float]
"""One point as a journal holds it: the metric's place in the header's list, step, microseconds since 1970, value."""


def write_series(target: BinaryIO, header: SeriesHeader, rows: Iterable[Row]) -> None:
    """Write the blob to an empty seekable file, in memory bounded by the number of metrics, not of points."""
    front = _front(header)
    target.write(front)
    writer = _Columns(target, len(front), [metric.count for metric in header.metrics])
    for row in rows:
        writer.add(row)
    writer.flush()


def _front(header: SeriesHeader) -> bytes:
    data = header.to_bytes()
    front = MAGIC + _LENGTH.pack(len(data)) + data
    return front + bytes(-len(front) % _ROW_BYTES)


class _Columns:
    """Rows arrive in the order logged and leave as columns: a small batch for each metric."""

    def __init__(self, target: BinaryIO, base: int, counts: list[int]) -> None:
        self._target = target
        self._base = base
        self._total = sum(counts)
        self._next = list(accumulate(counts, initial=0))[:-1]
        self._batches = [(array("q"), array("q"), array("d")) for _ in counts]

    def add(self, row: Row) -> None:
        metric, step, time_us, value = row
        steps, times, values = self._batches[metric]
        steps.append(step)
        times.append(time_us)
        values.append(value)
        if len(steps) >= _BATCH:
            self._write(metric)

    def flush(self) -> None:
        for metric in range(len(self._batches)):
            self._write(metric)

    def _write(self, metric: int) -> None:
        start = self._next[metric]
        steps, times, values = self._batches[metric]
        for column, data in enumerate((_little(steps), _little(times), _little(values))):
            self._target.seek(self._base + _ROW_BYTES * (column * self._total + start))
            self._target.write(data)
        self._next[metric] += len(self._batches[metric][0])
        self._batches[metric] = (array("q"), array("q"), array("d"))


def _little(batch: array[int] | array[float]) -> bytes:
    if sys.byteorder == "big":  # pragma: no cover - no such machine in CI
        batch.byteswap()
    return batch.tobytes()


def read_header(source: BinaryIO) -> tuple[SeriesHeader, int]:
    """The header of a series blob and the offset where its columns begin. Raises `CorruptBlob`."""
    if source.read(len(MAGIC)) != MAGIC:
        raise CorruptBlob("The blob does not begin as a metric series does.")
    (length,) = _LENGTH.unpack(_exactly(source, _LENGTH.size))
    if length > _MAX_HEADER:
        raise CorruptBlob("The header of the metric series is too long.")
    try:
        header = SeriesHeader.from_bytes(_exactly(source, length))
    except GitregError as error:
        raise CorruptBlob(f"The header of the metric series cannot be read: {error.message}") from None
    end = len(MAGIC) + _LENGTH.size + length
    padding = -end % _ROW_BYTES
    _exactly(source, padding)
    return header, end + padding


def read_series(source: BinaryIO, key: str, dataset: str | None = None) -> Iterator[SeriesPoint]:
    """The points of one metric in the order logged; none where the blob does not hold it. Reads forward only.

    Raises `CorruptBlob` where the blob ends too early or does not begin as one.
    """
    header, _ = read_header(source)
    columns = _rows_of(source, header, key, dataset)
    for step, time_us, value in zip(*columns, strict=True):
        yield SeriesPoint(step, from_micros(time_us), value, header.attempt)


def _rows_of(
    source: BinaryIO, header: SeriesHeader, key: str, dataset: str | None
) -> tuple[array[int], array[int], array[float]]:
    """The wanted rows of the three columns; forward reads, so that it works on a verifying stream."""
    before, count = _place(header.metrics, key, dataset)
    after = sum(metric.count for metric in header.metrics) - before - count
    steps, times, values = array("q"), array("q"), array("d")
    columns: tuple[array[int] | array[float], ...] = (steps, times, values)
    for column in columns:
        _skip(source, before * _ROW_BYTES)
        column.frombytes(_exactly(source, count * _ROW_BYTES))
        _skip(source, after * _ROW_BYTES)
        if sys.byteorder == "big":  # pragma: no cover - no such machine in CI
            column.byteswap()
    return steps, times, values


def _place(metrics: Iterable[SeriesMetric], key: str, dataset: str | None) -> tuple[int, int]:
    before = 0
    for metric in metrics:
        if (metric.key, metric.dataset) == (key, dataset):
            return before, metric.count
        before += metric.count
    return before, 0


def _exactly(source: BinaryIO, size: int) -> bytes:
    data = source.read(size) if size else b""
    if len(data) != size:
        raise CorruptBlob("The metric series ends too early.")
    return data


def _skip(source: BinaryIO, size: int) -> None:
    while size:
        size -= len(_exactly(source, min(size, 1 << 20)))
