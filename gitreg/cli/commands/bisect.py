"""Bisect: the first version that is bad, and what changed with it."""

from __future__ import annotations

import subprocess
from typing import TYPE_CHECKING

import click

from gitreg._registry import by_judge, by_metric
from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.cli.views import bisections
from gitreg.errors import InvalidValue, Refused

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitreg._registry import Verdict

__all__ = ["bisect"]

_SKIP, _GIVE_UP = 125, 128


@command("bisect")
@click.argument("model")
@click.option("--good", type=click.IntRange(min=1), required=True, help="The number of a version that is good.")
@click.option("--bad", type=click.IntRange(min=1), required=True, help="The number of a later one that is bad.")
@click.option("--metric", metavar="METRIC", help="Judge by this metric, as pinned: auc, auc@holdout.")
@click.option("--run", "program", metavar="CMD", help="Judge by a shell command: 0 good, 125 skip, up to 127 bad.")
def bisect(session: Session, model: str, good: int, bad: int, metric: str | None, program: str | None) -> Reply:
    """Find the first version that is bad, and show what changed with it.

    By --metric bad is what lies nearer to the bad version's value than to the good one's. By --run a command is called
    for as few versions as it takes, as git bisect run does, with GITREG_ADDRESS, GITREG_MODEL and GITREG_VERSION.
    """
    if (metric is None) == (program is None):
        raise InvalidValue("Say how versions are judged.", hint="--metric auc, or --run CMD")
    versions = session.registry.models.versions(model)
    if program is not None:
        found = by_judge(versions, good, bad, _judge(session, model, program))
    else:
        found = by_metric(versions, str(metric), good, bad)
    old, new = (f"models:/{model}/{number}" for number in (found.last_good, found.suspects[-1]))
    changed = session.registry.diff(old, new)
    return Reply(bisections.bisected(model, found, changed), bisections.bisected_page(model, metric, found, changed))


def _judge(session: Session, model: str, program: str) -> Callable[[int], Verdict]:
    def judge(number: int) -> Verdict:
        named = {"GITREG_ADDRESS": f"models:/{model}/{number}", "GITREG_MODEL": model, "GITREG_VERSION": str(number)}
        environ = {**session.surroundings.environ, **named}
        # What it prints goes beside our answer, not into it.
        words = ["/bin/sh", "-c", program]
        code = subprocess.run(words, env=environ, check=False, stdout=2).returncode  # noqa: S603 - what the user typed
        if code < 0 or code >= _GIVE_UP:
            raise Refused(
                f"The command ended with {code} for {model}/{number}.", hint="0 is good, 125 skip, 1 to 127 bad."
            )
        return "good" if code == 0 else "skip" if code == _SKIP else "bad"

    return judge
