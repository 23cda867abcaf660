"""Look: runs, artifacts, the log."""

from __future__ import annotations

from pathlib import Path
from typing import TypedDict, Unpack

import click

from gitreg.cli.options import run_argument
from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.cli.views import facts, runs
from gitreg.terminal import progress
from gitreg.tracking import tasks_of

__all__ = ["artifacts_get", "artifacts_list", "log", "runs_list", "runs_series", "runs_show"]


class _Of(TypedDict):
    experiment: str | None
    group: str | None


@command("runs list")
@click.option("-e", "--experiment", metavar="NAME", help="Only runs of this experiment.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="At most so many.")
@click.option("--all", "everything", is_flag=True, help="No limit, and deleted runs too.")
@click.option("--parent", metavar="RUN", help="Only parts of this run.")
@click.option("--group", metavar="NAME", help="Only runs of this group.")
def runs_list(session: Session, limit: int, everything: bool, parent: str | None, **of: Unpack[_Of]) -> Reply:
    """List runs, newest first."""
    among = session.registry.runs
    part_of = None if parent is None else among.find(parent)
    found = among.search(parent=part_of, limit=None if everything else limit, deleted=everything, **of).runs
    return Reply([runs.summary(run) for run in found], runs.list_page(found))


@command("runs show")
@run_argument
def runs_show(session: Session, run: str) -> Reply:
    """Show one run."""
    found = session.registry.runs.get(run)
    children = session.registry.runs.children(found.run_id)
    tasks = tasks_of(found, children)
    return Reply(runs.whole(found, tasks), runs.show_page(found, children, tasks))


@command("runs series")
@run_argument
@click.argument("metric")
@click.option("--dataset", metavar="DATASET", help="Of the metric on this dataset, by its name in the run or digest.")
def runs_series(session: Session, run: str, metric: str, dataset: str | None) -> Reply:
    """Print every point of one metric."""
    points = session.registry.runs.series(run, metric, dataset)
    return Reply([runs.point(each) for each in points], runs.series_page(points))


@command("artifacts list")
@run_argument
@click.argument("path", default="")
def artifacts_list(session: Session, run: str, path: str) -> Reply:
    """List the files of a run."""
    found = session.registry.runs.artifacts(run, path)
    return Reply(facts.artifacts(found), runs.files_page(found))


@command("artifacts get")
@run_argument
@click.argument("path", default="")
@click.option(
    "-o", "--output", "target", type=click.Path(path_type=Path), default=Path(), help="The folder to write to."
)
def artifacts_get(session: Session, run: str, path: str, target: Path) -> Reply:
    """Fetch files of a run.

    PATH is a file or folder of the run; without one, all of them.
    """
    entries = session.registry.runs.artifacts(run, path)
    with progress("fetching", sum(entry.size for entry in entries)) as bar:
        found = session.registry.runs.get_artifact(run, path, target, bar)
    return Reply(runs.fetched(found, target), runs.fetched_page(found, target))


@command("log")
@click.argument("model", required=False)
@click.option("--stage", metavar="STAGE", help="Only of this stage.")
@click.option("--limit", type=click.IntRange(min=1), default=50, show_default=True, help="At most so many.")
@click.option("--all", "everything", is_flag=True, help="No limit.")
def log(session: Session, model: str | None, stage: str | None, limit: int, everything: bool) -> Reply:
    """Show who decided what, newest first.

    Without MODEL of all models, and of the registry's own rules.
    """
    found = session.registry.log(model, stage, limit=None if everything else limit)
    left = session.registry.log_length(model, stage) - len(found) if len(found) == limit else 0
    from gitreg.cli.views import decisions

    return Reply([decisions.log_entry(each) for each in found], decisions.log_page(found), decisions.more_of_log(left))
