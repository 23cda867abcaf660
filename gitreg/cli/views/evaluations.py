"""Evaluations as JSON and as pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.cli.views import facts
from gitreg.report import Line, Table, counted, number, short

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitreg.cli import shapes
    from gitreg.documents import Evaluation
    from gitreg.registry import Evaluated
    from gitreg.report import Block

_SHOWN = 4


def evaluation(document: Evaluation) -> shapes.Evaluation:
    """One evaluation."""
    return {
        "digest": document.digest,
        "run_id": document.run,
        "output": document.output,
        "version": document.version,
        "dataset": document.dataset,
        "content_digest": document.content_digest,
        "task": document.task,
        "rows": document.rows,
        "metrics": facts.numbers(document.metrics),
        "slices": [
            {"column": each.column, "value": each.value, "rows": each.rows, "metrics": facts.numbers(each.metrics)}
            for each in document.slices
        ],
        "predictions": facts.descriptor(document.predictions),
    }


def list_page(found: Sequence[Evaluation]) -> Iterator[Block]:
    """A line for each."""
    keys = sorted({key for each in found for key in each.metrics})[:_SHOWN]
    rows = tuple(
        (
            short(each.digest),
            each.version.short if each.version else f"run {each.run.short if each.run else '-'}",
            each.dataset,
            f"{each.rows:,}",
            *(number(each.metrics[key]) if key in each.metrics else "-" for key in keys),
        )
        for each in found
    )
    yield Table(("evaluation", "of", "dataset", "rows", *keys), rows, whole=("evaluation", "of"))


def added_page(found: Evaluated) -> Iterator[Block]:
    """What was measured, over all rows and group by group."""
    document = found.document
    yield Line(f"Evaluated on {document.dataset}: {counted(document.rows, 'row')}, {document.task}.", "good")
    keys = sorted(document.metrics)
    groups = [("all rows", document.rows, document.metrics)]
    groups += [(f"{each.column}={each.value}", each.rows, each.metrics) for each in document.slices]
    rows = tuple(
        (name, f"{count:,}", *(number(metrics[key]) if key in metrics else "-" for key in keys))
        for name, count, metrics in groups
    )
    yield Table(("", "rows", *keys), rows)
    if found.recorded.trouble:
        yield Line(f"It is on this machine only: {found.recorded.trouble}", "warn")
