"""Search: runs by what they were told and came to."""

from __future__ import annotations

import click

from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.cli.views import searches
from gitreg.tracking import SearchOptions

__all__ = ["runs_search"]


class Asked(SearchOptions):
    """The options of `gitreg runs search`."""

    order_by: str
    csv: bool


@command("runs search")
@click.argument("filter_text", metavar="[FILTER]", default="")
@click.option("-e", "--experiment", metavar="NAME", help="Only runs of this experiment.")
@click.option("--order-by", metavar="KEYS", default="", help="Fields, each ASC or DESC; what lacks one comes last.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="At most so many.")
@click.option("--page-token", metavar="TOKEN", default="", help="The page after the one that ended with this.")
@click.option("--deleted", is_flag=True, help="Deleted runs, too.")
@click.option("--csv", is_flag=True, help="As CSV, for a spreadsheet.")
def runs_search(session: Session, filter_text: str, **asked: object) -> Reply:
    """Find runs by what they were told and came to.

    FILTER is as MLflow's, and more: metrics.auc > 0.9 AND (params.depth IN (4, 6) OR NOT tags.team = 'risk') AND
    started_at > now - 7d. Without one, the latest runs.
    """
    as_csv = asked.pop("csv")
    page = session.registry.runs.search(filter_text, **asked)  # type: ignore[arg-type] # click's options are these
    if as_csv:
        return Reply(searches.page(page), [*searches.csv_lines(page.runs)])
    return Reply(searches.page(page), searches.found_page(page))
