"""Search: runs by what they were told and came to."""

from __future__ import annotations

from typing import Unpack

import click

from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.cli.views import searches
from gitreg.tracking import SearchOptions

__all__ = ["runs_search"]


class Asked(SearchOptions):
    """What a search is asked for, as `Runs.search` takes it."""

    order_by: str


@command("runs search")
@click.argument("filter_text", metavar="[FILTER]", default="")
@click.option("-e", "--experiment", metavar="NAME", help="Only runs of this experiment.")
@click.option("--order-by", metavar="KEYS", default="", help="Fields, each ASC or DESC; what lacks one comes last.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="At most so many.")
@click.option("--page-token", metavar="TOKEN", default="", help="The page after the one that ended with this.")
@click.option("--deleted", is_flag=True, help="Deleted runs, too.")
@click.option("--csv", is_flag=True, help="As CSV, for a spreadsheet.")
def runs_search(session: Session, filter_text: str, csv: bool, **asked: Unpack[Asked]) -> Reply:
    """Find runs by what they were told and came to.

    FILTER is as MLflow's, and more: metrics.auc > 0.9 AND (params.depth IN (4, 6) OR NOT tags.team = 'risk') AND
    started_at > now - 7d. Without one, the latest runs.
    """
    page = session.registry.runs.search(filter_text, **asked)
    return Reply(searches.page(page), searches.csv_lines(page.runs) if csv else searches.found_page(page))
