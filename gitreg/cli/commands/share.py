"""Share: sync, resolve, pull."""

from __future__ import annotations

import click

from gitreg.cli.options import message_option
from gitreg.cli.progress import progress
from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.cli.views import sharing

__all__ = ["pull", "resolve", "sync"]

address_argument = click.argument("address")


@command("sync")
@message_option
def sync(session: Session, message: str | None) -> Reply:
    """Publish what was recorded, and fetch what others did.

    Runs, their bytes, versions with their numbers, proposals and approvals both ways; main is fast-forwarded or pushed.
    A main that diverged is exit code 4.
    """
    with progress("uploading") as bar:
        found = session.registry.sync(bar, message=message)
    return Reply(sharing.synced(found), sharing.synced_page(found))


@command("resolve")
@address_argument
@click.option("--env", "as_env", is_flag=True, help="Print lines for a shell's eval.")
def resolve(session: Session, address: str, as_env: bool) -> Reply:
    """Say which version an address means now, and why.

    ADDRESS is models:/MODEL@STAGE, models:/MODEL@ALIAS, models:/MODEL/NUMBER, models:/MODEL/~DIGEST or
    runs:/RUN/OUTPUT. What stands in a stage and is not in force is refused (exit code 6); a stage that was withdrawn or
    never set holds nothing (3).
    """
    found = session.registry.resolve(address)
    return Reply(sharing.resolution(found), sharing.env_lines(found) if as_env else sharing.resolve_page(found))


@command("pull")
@address_argument
@click.option("-o", "--output", "target", metavar="FOLDER", required=True, help="The folder to write, new or empty.")
def pull(session: Session, address: str, target: str) -> Reply:
    """Fetch a version's files, checked byte by byte."""
    total = sum(entry.size for entry in session.registry.artifacts(address))
    with progress("fetching", total) as bar:
        found = session.registry.pull(address, target, bar)
    return Reply(
        sharing.pulled(found, session.registry.artifacts(found.resolution.address)), sharing.pulled_page(found)
    )
