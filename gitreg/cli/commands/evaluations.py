"""Evaluations: predictions of versions that are registered already."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from gitreg.cli.options import message_option
from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.cli.views import evaluations

if TYPE_CHECKING:
    from gitreg.evaluation import CsvColumns
    from gitreg.registry import Adding

__all__ = ["evaluations_add", "evaluations_list"]


class _Options(TypedDict):
    """Which columns are meant, and how it is added."""

    target: str
    prediction: str
    slices: tuple[str, ...]
    task: str | None
    metrics: tuple[str, ...]
    message: str | None
    personal: bool


@command("evaluations add")
@click.argument("address", metavar="models:/MODEL/VERSION")
@click.option("--dataset", metavar="NAME", required=True, help="What was predicted, by name or content digest.")
@click.option(
    "--predictions",
    "file",
    metavar="FILE",
    type=click.Path(exists=True, dir_okay=False, path_type=Path),
    required=True,
    help="A CSV file with a header and a line for each row.",
)
@click.option("--target", metavar="COLUMN", default="", help="The truth; else target, label, y_true or y.")
@click.option("--prediction", metavar="COLUMN", default="", help="Else prediction, score, y_pred or y_score.")
@click.option(
    "--slice", "slices", metavar="COLUMN", multiple=True, help="Groups to look at one by one; again for more."
)
@click.option("--task", type=click.Choice(["binary", "multiclass", "regression"]), help="Else by what is in them.")
@click.option("--metric", "metrics", metavar="NAME", multiple=True, help="Only these; else all that the task has.")
@click.option("--personal", is_flag=True, help="Seal the rows under a key of their own, which erase destroys.")
@message_option
def evaluations_add(session: Session, address: str, dataset: str, file: Path, **options: Unpack[_Options]) -> Reply:
    """Record what a version predicted.

    Row by row, so that policies can compare it with another version on the same rows. The rows go where bytes go, what
    they come to goes on the ledger.
    """
    columns: CsvColumns = {
        "target": options["target"],
        "prediction": options["prediction"],
        "slices": options["slices"],
        "task": options["task"],
    }
    how: Adding = {
        "metrics": options["metrics"],
        "message": options["message"],
        "personal": options["personal"],
    }
    found = session.registry.evaluate(address, dataset, file, columns, **how)
    return Reply(evaluations.evaluation(found.document), evaluations.added_page(found))


@command("evaluations list")
@click.argument("address", metavar="[models:/MODEL/VERSION]", required=False)
def evaluations_list(session: Session, address: str | None) -> Reply:
    """List evaluations.

    Those of a version with those of the run that made it, or all.
    """
    found = session.registry.evaluations.list(address)
    return Reply([evaluations.evaluation(each) for each in found], evaluations.list_page(found))
