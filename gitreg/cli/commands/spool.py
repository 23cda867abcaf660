"""Spools: runs that were recorded without a registry at hand, and how they reach it."""

from __future__ import annotations

import time
from pathlib import Path
from typing import TYPE_CHECKING

import click

from gitreg.cli.options import message_option
from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.cli.views import spooling
from gitreg.errors import InvalidValue, RemoteError
from gitreg.terminal import progress
from gitreg.tracking import SPOOL_VARIABLE

if TYPE_CHECKING:
    from gitreg.tracking import SpoolPublished

__all__ = ["publish", "spool_init"]


@command("spool init")
@click.argument("folder")
def spool_init(session: Session, folder: str) -> Reply:
    """Make a folder that jobs record into without a registry.

    FOLDER is on a file system that the jobs' hosts and this one share. What records into it opens no git repository,
    takes no lock and needs no network.
    """
    made = session.registry.make_spool(session.path(folder))
    return Reply(spooling.made(made), spooling.made_page(made))


@command("publish")
@click.argument("folder", required=False)
@click.option("--follow", is_flag=True, help="Go on until it is interrupted.")
@click.option(
    "--every", type=click.FloatRange(0.1, 86_400), default=60.0, show_default=True, help="Seconds between two looks."
)
@message_option
def publish(session: Session, folder: str | None, follow: bool, every: float, message: str | None) -> Reply:
    """Take the runs of a spool to the registry.

    FOLDER, or what GITREG_SPOOL names. What has ended is published, bytes first, many runs to a commit, and moved away
    when it is on the ledger; what cannot be read is told of and left (exit code 1). The same again changes nothing, and
    two at once do no harm. With --follow it looks again and again.
    """
    place = _place(session, folder)
    while follow:
        try:
            found = _published(session, place, message)
        except RemoteError as error:
            session.show(Reply(notes=spooling.waiting_page(error)), as_json=False)
        else:
            if found.runs or found.damaged:
                session.show(Reply(page=spooling.published_page(found)), as_json=False)
        time.sleep(every)
    found = _published(session, place, message)
    return Reply(spooling.published(found), spooling.published_page(found), exit_code=1 if found.damaged else 0)


def _place(session: Session, folder: str | None) -> Path:
    if folder is not None:
        return session.path(folder)
    named = session.surroundings.environ.get(SPOOL_VARIABLE)
    if not named:
        raise InvalidValue("No spool is named.", hint="gitreg publish FOLDER, or set GITREG_SPOOL")
    return Path(named)


def _published(session: Session, place: Path, message: str | None) -> SpoolPublished:
    with progress("publishing") as bar:
        return session.registry.publish_spool(place, message, bar)
