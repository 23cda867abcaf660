"""Search: runs and versions by what they were told and came to."""

from __future__ import annotations

from functools import reduce
from typing import TYPE_CHECKING, Unpack

import click

from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.cli.views import searches
from gitreg.tracking import SearchOptions

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitreg.report import Blocks
    from gitreg.tabular import Tabular

__all__ = ["runs_search", "versions_search"]


class Asked(SearchOptions):
    """What a search is asked for, as `Runs.search` takes it."""

    order_by: str


class AskedOfVersions(Asked):
    """The same, as `Versions.search` takes it."""

    model: str | None


def _options(function: Callable[..., Reply]) -> Callable[..., Reply]:
    """What both searches take."""
    options = (
        click.argument("filter_text", metavar="[FILTER]", default=""),
        click.option(
            "--order-by", metavar="KEYS", default="", help="Fields, each ASC or DESC; what lacks one comes last."
        ),
        click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="At most so many."),
        click.option("--page-token", metavar="TOKEN", default="", help="The page after the one that ended with this."),
        click.option("--deleted", is_flag=True, help="Deleted ones, too."),
        click.option("--csv", is_flag=True, help="As CSV, for a spreadsheet."),
        click.option("--parquet", metavar="FILE", help="Into a Parquet file."),
    )
    return reduce(lambda made, option: option(made), reversed(options), function)


@command("runs search")
@click.option("-e", "--experiment", metavar="NAME", help="Only runs of this experiment.")
@_options
def runs_search(session: Session, filter_text: str, csv: bool, parquet: str | None, **asked: Unpack[Asked]) -> Reply:
    """Find runs by what they were told and came to.

    FILTER is as MLflow's, and more: metrics.auc > 0.9 AND (params.depth IN (4, 6) OR NOT tags.team = 'risk') AND
    started_at > now - 7d. Without one, the latest runs.
    """
    page = session.registry.runs.search(filter_text, **asked)
    shown = _as_file(session, page, csv=csv, parquet=parquet)
    return Reply(searches.page(page), searches.found_page(page) if shown is None else shown)


@command("versions search")
@click.option("--model", metavar="NAME", help="Only versions of this model.")
@_options
def versions_search(
    session: Session, filter_text: str, csv: bool, parquet: str | None, **asked: Unpack[AskedOfVersions]
) -> Reply:
    """Find versions of all models, by what they are and where they stand.

    FILTER is as for runs: metrics.auc > 0.9 AND stage = 'production' AND registered_at > now - 30d. Metrics are those
    pinned at registration; params and the rest are the run's. Without one, those registered last.
    """
    page = session.registry.versions.search(filter_text, **asked)
    shown = _as_file(session, page, csv=csv, parquet=parquet)
    return Reply(searches.version_page(page), searches.found_versions_page(page) if shown is None else shown)


def _as_file(session: Session, found: Tabular, *, csv: bool, parquet: str | None) -> Blocks | None:
    """What is printed where a file was asked for."""
    if parquet is not None:
        return searches.written_page(found.write_parquet(session.path(parquet)), parquet)
    return searches.csv_lines(found) if csv else None
