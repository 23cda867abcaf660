"""Runs that go on now: how long, how far, and where their metric goes."""

from __future__ import annotations

from typing import TYPE_CHECKING, Final

from gitreg.cli.views.runs import status_cell
from gitreg.report import Line, Table, counted, number, sparkline
from gitreg.tracking import ComparedRow, direction

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence
    from datetime import datetime, timedelta

    from gitreg.documents import MetricSummary
    from gitreg.folding import FoldedRun
    from gitreg.report import Block, Cell
    from gitreg.tracking import Runs

MOST: Final = 40
"""More runs no screen shows."""
_POINTS: Final = 24


def top_page(runs: Runs, found: Sequence[FoldedRun], now: datetime) -> Iterator[Block]:
    """One look."""
    if not found:
        yield "No run goes on now."
        return
    rows = tuple(_row(runs, run, now) for run in found)
    yield Table(
        ("run", "name", "experiment", "status", "since", "metric", "last", "step", "course"), rows, whole=("run",)
    )
    more = " or more" if len(found) == MOST else ""
    yield Line(f"{counted(len(found), 'run')}{more}.", "dim")


def _row(runs: Runs, run: FoldedRun, now: datetime) -> tuple[str | Cell, ...]:
    first = (run.run_id.short, run.name, run.experiment, status_cell(run), _lasted(now - run.started_at))
    metric = _watched(run)
    if metric is None:
        return (*first, "-", "-", "-", "")
    course = runs.course(run, ComparedRow("metric", metric.key, (), metric.dataset), _POINTS)
    last = (metric.key, number(metric.last.value), str(metric.last.step))
    return (*first, *last, sparkline([value for _, value in course]))


def _watched(run: FoldedRun) -> MetricSummary | None:
    """The metric that a person would watch: one whose name tells which way is better, the one logged most often."""
    return max(run.metrics, key=lambda each: (direction(each.key) is not None, each.count), default=None)


def _lasted(span: timedelta) -> str:
    minutes, seconds = divmod(max(int(span.total_seconds()), 0), 60)
    hours, minutes = divmod(minutes, 60)
    return f"{hours}:{minutes:02}:{seconds:02}"
