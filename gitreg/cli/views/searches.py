"""What a search found, as JSON, as a table and as CSV."""

from __future__ import annotations

import csv
import io
from typing import TYPE_CHECKING

from gitreg.cli.views import runs
from gitreg.documents import format_time
from gitreg.report import Line, guarded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitreg.cli import shapes
    from gitreg.folding import FoldedRun
    from gitreg.report import Block
    from gitreg.tracking import RunPage

_FIXED = ("run_id", "name", "experiment", "status", "started_at", "finished_at")


def page(found: RunPage) -> shapes.RunPage:
    """The runs, and the token of the next page."""
    return {"runs": [runs.summary(run) for run in found.runs], "next_page_token": found.next_page_token or None}


def found_page(found: RunPage) -> Iterator[Block]:
    """The runs as a table, and how to see more."""
    if not found.runs:
        yield "No run fits."
        return
    yield from runs.list_page(found.runs)
    if found.next_page_token:
        yield Line(f"There may be more: the same with --page-token {found.next_page_token}", "dim")


def csv_lines(found: Sequence[FoldedRun]) -> Iterator[str]:
    """One line a run, with a column for every param, tag and metric that one of them has (RFC 4180)."""
    columns = {
        **{f"params.{name}": None for run in found for name in run.params},
        **{f"metrics.{each.key}": None for run in found for each in run.metrics},
        **{f"tags.{name}": None for run in found for name in run.tags},
    }
    yield _csv([*_FIXED, *columns])
    for run in found:
        ended = format_time(run.finished_at) if run.finished_at else ""
        first = (run.run_id, run.name, run.experiment, run.status, format_time(run.started_at), ended)
        cells = {
            **{f"params.{name}": value for name, value in run.params.items()},
            **{f"metrics.{each.key}": each.last.value for each in reversed(run.metrics)},
            **{f"tags.{name}": value for name, value in run.tags.items()},
        }
        yield _csv([*first, *(cells.get(name, "") for name in columns)])


def _csv(values: Sequence[object]) -> str:
    text = io.StringIO()
    safe = [guarded(each) if isinstance(each, str) else each for each in values]
    csv.writer(text, lineterminator="").writerow(safe)
    return text.getvalue()
