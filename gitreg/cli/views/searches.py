"""What a search found, as JSON, as a table and as CSV."""

from __future__ import annotations

import csv
import io
from datetime import datetime
from typing import TYPE_CHECKING

from gitreg.cli.views import models, runs
from gitreg.documents import format_time
from gitreg.report import Line, counted, guarded

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitreg._registry import VersionPage
    from gitreg.cli import shapes
    from gitreg.report import Block
    from gitreg.tabular import Tabular
    from gitreg.tracking import RunPage


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


def version_page(found: VersionPage) -> shapes.VersionPage:
    """The versions, with the stages they are in, and the token of the next page."""
    versions: list[shapes.FoundVersion] = [
        {**models.version(view), "stages": [*found.stages.get(view.digest, ())]} for view in found.versions
    ]
    return {"versions": versions, "next_page_token": found.next_page_token or None}


def found_versions_page(found: VersionPage) -> Iterator[Block]:
    """The versions as a table, and how to see more."""
    if not found.versions:
        yield "No version fits."
        return
    yield from models.versions_page(found.versions, found.stages)
    if found.next_page_token:
        yield Line(f"There may be more: the same with --page-token {found.next_page_token}", "dim")


def written_page(rows: int, path: str) -> Iterator[Block]:
    """That a file was written."""
    yield Line(f"{counted(rows, 'row')} in {path}.", "good")


def csv_lines(found: Tabular) -> Iterator[str]:
    """A header and one line a row (RFC 4180)."""
    columns = found.columns()
    yield _csv([*columns])
    for row in zip(*columns.values(), strict=True):
        yield _csv([_csv_cell(value) for value in row])


def _csv_cell(value: object) -> object:
    return format_time(value) if isinstance(value, datetime) else "" if value is None else value


def _csv(values: Sequence[object]) -> str:
    text = io.StringIO()
    safe = [guarded(each) if isinstance(each, str) else each for each in values]
    csv.writer(text, lineterminator="").writerow(safe)
    return text.getvalue()
