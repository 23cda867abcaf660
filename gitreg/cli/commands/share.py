"""Share: sync, resolve, pull."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict, Unpack

import click

from gitreg.cli.commands.locks import pull_locked
from gitreg.cli.options import message_option, towards, way_option
from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.cli.views import sharing
from gitreg.errors import InvalidValue
from gitreg.terminal import progress

__all__ = ["pull", "resolve", "sync"]


class Chosen(TypedDict):
    """Which runs the best is looked for among, and which way."""

    where: str | None
    is_more: bool | None


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
@click.argument("address", required=False)
@click.option("--lock", "lock_file", metavar="FILE", help="All that this lock file names, exactly as locked.")
@click.option("-o", "--output", "target", metavar="FOLDER", required=True, help="The folder to write, new or empty.")
@click.option("--best", metavar="METRIC", help="Of the run with the best value: auc, auc@holdout, loss.min.")
@click.option("--where", metavar="FILTER", help="Of the best of these runs; as for runs search.")
@way_option
def pull(
    session: Session,
    address: str | None,
    target: str,
    lock_file: str | None,
    best: str | None,
    **chosen: Unpack[Chosen],
) -> Reply:
    """Fetch a version's files, checked byte by byte.

    With --best instead of ADDRESS what the best run made: its model, else its only output, else its artifacts. It is
    said by how much it is better than the next, and which others are as good; of those the latest is taken.
    """
    if lock_file is not None:
        if address is not None or best is not None:
            raise InvalidValue("A lock file says already what to fetch.", hint="gitreg pull --lock FILE -o FOLDER")
        return pull_locked(session, Path(lock_file), Path(target))
    if (address is None) == (best is None) or (address is not None and chosen["where"] is not None):
        raise InvalidValue(
            "Say either what to fetch or which run is best.", hint="gitreg pull ADDRESS, or --best METRIC"
        )
    if best is not None:
        return _pull_best(session, best, target, **chosen)
    return _pull(session, str(address), target)


def _pull(session: Session, address: str, target: str) -> Reply:
    total = sum(entry.size for entry in session.registry.artifacts(address))
    with progress("fetching", total) as bar:
        found = session.registry.pull(address, target, bar)
    return Reply(
        sharing.pulled(found, session.registry.artifacts(found.resolution.address)), sharing.pulled_page(found)
    )


def _pull_best(session: Session, metric: str, target: str, where: str | None, is_more: bool | None) -> Reply:
    best = session.registry.runs.best(metric, where or "", towards=towards(is_more))
    with progress("fetching") as bar:
        files = session.registry.pull_run(best.run, target, bar)
    return Reply(sharing.pulled_best(best, files, target), sharing.pulled_best_page(best, files, target))
