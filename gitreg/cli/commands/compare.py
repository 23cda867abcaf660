"""Compare: runs side by side, and one version against another."""

from __future__ import annotations

from typing import TypedDict, Unpack

import click

from gitreg.cli.options import columns_option, towards, way_option
from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.cli.views import comparisons, differences
from gitreg.cli.views.review import write
from gitreg.errors import InvalidValue
from gitreg.report import comparison_html
from gitreg.terminal import counting, progress

__all__ = ["diff", "runs_compare"]


class Asked(TypedDict):
    """Which runs, beside those that are named."""

    where: str | None
    order_by: str
    limit: int


@command("runs compare")
@click.argument("refs", metavar="[RUN]...", nargs=-1)
@click.option("--where", metavar="FILTER", help="The runs that fit, too; as for runs search.")
@click.option("--order-by", metavar="KEYS", default="", help="Which of those that fit come first, as for runs search.")
@click.option("--limit", type=click.IntRange(min=1), default=500, show_default=True, help="At most so many that fit.")
@click.option(
    "--by", metavar="METRIC", help="The metric to judge them by; else one whose name tells which way is better."
)
@way_option
@click.option("--html", metavar="FILE", help="As one HTML file: parallel coordinates, a scatter, curves, a table.")
def runs_compare(
    session: Session,
    refs: tuple[str, ...],
    by: str | None,
    is_more: bool | None,
    html: str | None,
    **asked: Unpack[Asked],
) -> Reply:
    """Put runs side by side: what tells them apart, and which is best.

    What is the same in all is said once. Few runs are columns, many are lines, the best first.
    """
    if not refs and asked["where"] is None:
        raise InvalidValue("Say which runs.", hint="gitreg runs compare RUN RUN, or --where FILTER")
    runs = session.registry.runs
    found = runs.compare(refs, **asked)
    primary = found.primary(by, towards(is_more))
    found = found.judged_by(primary)
    data = comparisons.comparison(found, primary)
    if html is None:
        return Reply(data, comparisons.compare_page(found, primary, lambda run, row: runs.course(run, row, 24)))
    with counting("reading series"):
        page = comparison_html(comparisons.compared(found, primary, runs.course))
    write(session.path(html), page)
    return Reply(data, comparisons.html_page(found, html))


@command("diff")
@click.argument("old")
@click.argument("new")
@columns_option
@click.option("--no-rows", is_flag=True, help="Do not read the rows of data.")
@click.option("--format", "form", type=click.Choice(["text", "markdown"]), default="text", help="How it is printed.")
def diff(session: Session, old: str, new: str, key: tuple[str, ...], no_rows: bool, form: str) -> Reply:
    """Show what changed from one version or run to another.

    OLD and NEW are addresses, models:/fraud/1 or runs:/RUN. Params, metrics, code, data by rows and columns,
    environment by package, files. Where a run was repeated with other seeds it is said which differences are noise.
    """
    with progress("reading") as bar:
        found = session.registry.diff(old, new, rows=not no_rows, key=key, progress=bar)
    return Reply(differences.diff(found), differences.shown(found, form))
