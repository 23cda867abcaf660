"""Blame: each field, and who last changed it."""

from __future__ import annotations

import click

from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.cli.views import blames

__all__ = ["blame"]


@command("blame")
@click.argument("address")
def blame(session: Session, address: str) -> Reply:
    """Show each field of a stage or version, who last changed it, and when.

    ADDRESS is models:/fraud@production or models:/fraud/7. Of a stage: since which of the decisions in force there each
    param, metric, line of code, dataset and package is as it is. The notes on the version, and the model's card, too.
    """
    found = session.registry.blame(address)
    return Reply(blames.blamed(found), blames.blame_page(found))
