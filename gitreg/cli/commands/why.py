"""Look: why a version is where it is, and everything that is anywhere."""

from __future__ import annotations

from itertools import chain
from pathlib import Path

import click

from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.cli.views import deployments, standings
from gitreg.cli.views.review import write
from gitreg.report import html, inventory_csv, inventory_page, why_page

__all__ = ["inventory", "why"]


@command("why")
@click.argument("address", metavar="models:/MODEL@STAGE")
def why(session: Session, address: str) -> Reply:
    """Say why a version is in a stage.

    Since when, by whom, under which signatures, better by what, built from what, chosen among what, and how to undo it.
    """
    found, now = standings.standing_at(session.registry, address), session.surroundings.now()
    live = standings.live_there(found, session.registry.deployments.live(found.move.model))
    return Reply(standings.why(address, found, now, live), chain(why_page(found, now), deployments.live_page(live)))


@command("inventory")
@click.option("--html", "file", metavar="FILE", type=click.Path(path_type=Path), help="Write one page to read offline.")
@click.option("--csv", "as_csv", is_flag=True, help="Print CSV: a line for each model and stage.")
def inventory(session: Session, file: Path | None, as_csv: bool) -> Reply:
    """List every model with its owner, what is in its stages, and what is due.

    A date YYYY-MM-DD in a condition of an approval is when it is due.
    """
    found, now = standings.inventory_of(session.registry), session.surroundings.now()
    live = session.registry.deployments.live()
    answer = standings.inventory(found, now, live)
    page = chain(inventory_page(found, now), deployments.live_page(standings.live_of(found, live)))
    if file is not None:
        write(file, html("Inventory of models", page))
        return Reply(answer, [f"Written to {file}."])
    return Reply(answer, inventory_csv(found, now).splitlines() if as_csv else page)
