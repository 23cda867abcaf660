"""The past: what a stage held at a moment."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING

import click

from gitreg.cli.params import MOMENT
from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.cli.views import past

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["as_of"]


@command("as-of")
@click.argument("at", metavar="TIME", type=MOMENT)
@click.argument("address", metavar="models:/MODEL@STAGE")
@click.option("--skew", "hours", metavar="HOURS", type=click.FloatRange(min=0), help="How wrong clocks may be (24).")
def as_of(session: Session, at: datetime, address: str, hours: float | None) -> Reply:
    """Show what a stage held at a moment.

    One version where the moment is unambiguous, otherwise all that it may have been, with who bounds each how. Order is
    that of main, never of dates; checkpoints make the answer certain. TIME is ISO 8601, in UTC where it names no zone.
    """
    skew = timedelta(hours=hours) if hours is not None else None
    found = session.registry.as_of(address, at, skew=skew)
    return Reply(past.as_of(found), past.as_of_page(found))
