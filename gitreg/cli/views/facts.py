"""Pieces of documents as JSON: times, numbers, metrics, datasets."""

from __future__ import annotations

from typing import TYPE_CHECKING, cast

from gitreg.documents import format_time, plain, spell_number
from gitreg.report import Heading, Line, when

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Mapping, Sequence
    from datetime import datetime

    from gitreg.cli import shapes
    from gitreg.documents import DatasetUse, Descriptor, ManifestEntry, MetricSummary, PinnedMetric
    from gitreg.folding import Comment
    from gitreg.report import Block


def time(at: datetime | None) -> str | None:
    """A time as documents write it."""
    return format_time(at) if at else None


def number(value: float) -> shapes.Number:
    """A number, or the word for one that JSON has none for."""
    return cast("shapes.Number", spell_number(value))


def numbers(values: Mapping[str, float]) -> dict[str, shapes.Number]:
    """Numbers by name."""
    return {name: number(value) for name, value in values.items()}


def metric(summary: MetricSummary) -> shapes.Metric:
    """One metric's summary."""
    return {
        "key": summary.key,
        "dataset": summary.dataset,
        "value": number(summary.last.value),
        "step": summary.last.step,
        "time": format_time(summary.last.time),
        "min": number(summary.min),
        "max": number(summary.max),
        "count": summary.count,
    }


def pinned(metrics: Iterable[PinnedMetric]) -> list[shapes.PinnedMetric]:
    """Metrics as they were at registration."""
    return [
        {"key": each.key, "dataset": each.dataset, "step": each.step, "value": number(each.value)} for each in metrics
    ]


def datasets(uses: Iterable[DatasetUse]) -> list[shapes.Dataset]:
    """Datasets by role."""
    return [{"name": use.name, "role": use.role, "digest": use.digest, "target": use.target} for use in uses]


def descriptor(pointer: Descriptor) -> shapes.Descriptor:
    """A pointer at bytes."""
    return cast("shapes.Descriptor", plain(pointer))


def artifacts(entries: Iterable[ManifestEntry]) -> list[shapes.Artifact]:
    """Files."""
    return [cast("shapes.Artifact", plain(entry)) for entry in entries]


def comments(found: Iterable[Comment]) -> list[shapes.Comment]:
    """What people said."""
    return [{"id": each.id, "author": each.author, "at": format_time(each.at), "text": each.text} for each in found]


def comments_page(found: Sequence[Comment]) -> Iterator[Block]:
    """The same for people: who and when, and the text below it, line by line."""
    if found:
        yield Heading("Comments")
    for each in found:
        yield Line(f"{each.author}, {when(each.at)}", "dim")
        yield from (f"    {line}" for line in each.text.splitlines())
