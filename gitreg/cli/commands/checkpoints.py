"""Checkpoints: what a run kept on its way."""

from __future__ import annotations

import click

from gitreg.cli.options import run_argument, towards, way_option
from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.cli.views import checkpoints

__all__ = ["runs_checkpoints"]


@command("runs checkpoints")
@run_argument
@click.option("--metric", metavar="NAME", help="How this metric stood at each, and which is the best.")
@click.option("--dataset", metavar="DATASET", help="The metric on this dataset.")
@way_option
def runs_checkpoints(
    session: Session, run: str, metric: str | None, dataset: str | None, is_more: bool | None
) -> Reply:
    """List the checkpoints of a run, and the best by a metric.

    Each is an output of its own, which register makes a version of. A metric stands at a checkpoint as its last point
    up to that step says.
    """
    runs = session.registry.runs
    run_id = runs.find(run)
    found = runs.checkpoints(run_id, metric, dataset, better=towards(is_more))
    data = [checkpoints.checkpoint(run_id, each) for each in found]
    return Reply(data, checkpoints.page(run_id, metric, found))
