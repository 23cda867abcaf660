"""Logs: what runs printed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Final

import click

from gitreg.cli.options import run_argument
from gitreg.cli.session import Reply, Session
from gitreg.cli.text import safe
from gitreg.cli.tree import command
from gitreg.tracking import appended

if TYPE_CHECKING:
    from gitreg.tracking import Runs, Stream

__all__ = ["runs_logs"]

_EVERY_S: Final = 1.0


@command("runs logs")
@run_argument
@click.option("--stderr", is_flag=True, help="What went to stderr; without it, to stdout.")
@click.option("-f", "--follow", is_flag=True, help="Go on as the run does, until it ends.")
def runs_logs(session: Session, run: str, stderr: bool, follow: bool) -> Reply:
    """Print what a run printed.

    Of a run on this machine all that was kept, of one elsewhere that is still running the end, half a minute old at
    most. What is left out in the middle of a long one is said there, and what looks like a secret is `***`.
    """
    runs = session.registry.runs
    stream: Stream = "stderr" if stderr else "stdout"
    run_id = runs.find(run)
    shown = _print(runs.logs(run_id, stream))
    while follow and runs.get(run_id).status == "running":
        time.sleep(_EVERY_S)
        shown = _print(runs.logs(run_id, stream), shown)
    if follow:
        shown = _print(runs.logs(run_id, stream), shown)
    notes = [] if shown else [_nothing(runs, run_id, stderr=stderr)]
    return Reply(notes=notes)


def _print(text: str, shown: str = "") -> str:
    """Print what is new, safe for a terminal; the text, which has been seen then."""
    new = appended(shown, text)
    if new:
        click.echo("\n".join(safe(line) for line in new.split("\n")), nl=False)
    return text


def _nothing(runs: Runs, run_id: str, *, stderr: bool) -> str:
    stream, other = ("stderr", "stdout") if stderr else ("stdout", "stderr")
    if runs.logs(run_id, "stdout" if stderr else "stderr"):
        return f"Nothing was printed to {stream}, but something to {other}."
    return f"Nothing of {stream} was kept. `gitreg run -- COMMAND` and `start_run(capture=True)` keep it."
