"""Look: what a thing comes from, and what it flowed into."""

from __future__ import annotations

from typing import Literal

import click

from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.cli.views import lineages
from gitreg.lineage import dot, lineage_page, mermaid

__all__ = ["lineage"]


@command("lineage")
@click.argument("thing", metavar="THING")
@click.option("--withdraw", is_flag=True, help="Print the commands that take what it flowed into out of its stages.")
@click.option(
    "--format", "form", type=click.Choice(["tree", "dot", "mermaid"]), default="tree", help="How it is drawn."
)
def lineage(session: Session, thing: str, withdraw: bool, form: Literal["tree", "dot", "mermaid"]) -> Reply:
    """Show what a thing comes from, and what it flowed into.

    THING is models:/M/N, models:/M@STAGE, runs:/RUN, the digest of a version, decision, dataset or file, a dataset's
    name, a commit of code, a key's fingerprint, or a person's e-mail. Nothing is changed: --withdraw only prints.
    """
    found = session.registry.exports.lineage(thing)
    if form != "tree":
        return Reply(lineages.lineage(found), (dot if form == "dot" else mermaid)(found).splitlines())
    return Reply(lineages.lineage(found), lineage_page(found, withdraw=withdraw))
