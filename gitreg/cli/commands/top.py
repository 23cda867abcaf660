"""Top: the runs that go on now."""

from __future__ import annotations

import sys
import time
from typing import TYPE_CHECKING

import click

from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.cli.views import runs, tops
from gitreg.errors import ExperimentNotFound

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitreg.folding import FoldedRun
    from gitreg.report import Block

__all__ = ["top"]


@command("top")
@click.option("-e", "--experiment", metavar="NAME", help="Only runs of this experiment.")
@click.option(
    "--interval", type=click.FloatRange(min=0.2), default=2.0, show_default=True, help="Seconds between looks."
)
@click.option("--once", is_flag=True, help="Look once; so it is in a pipe, too.")
def top(session: Session, experiment: str | None, interval: float, once: bool) -> Reply:
    """Follow the runs that go on now, until Ctrl-C.

    Those that are open on this machine as their journals have them, and those of others as the ledger does, with the
    metrics of their last sign of life in the shared blob store.
    """
    found = _running(session, experiment)
    if once or not sys.stdout.isatty():
        page = tops.top_page(session.registry.runs, found, session.surroundings.now())
        return Reply([runs.summary(run) for run in found], page)
    return Reply([runs.summary(run) for run in found], _followed(session, experiment, interval))


def _running(session: Session, experiment: str | None) -> Sequence[FoldedRun]:
    try:
        return session.registry.runs.search("status = 'running'", experiment=experiment, limit=tops.MOST).runs
    except ExperimentNotFound:  # it may begin yet
        return ()


def _followed(session: Session, experiment: str | None, interval: float) -> Iterator[Block]:
    while True:
        blocks = [
            *tops.top_page(session.registry.runs, _running(session, experiment), session.surroundings.now()),
        ]
        click.clear()
        yield from blocks
        time.sleep(interval)
