"""Coming and going: what other trackers recorded."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, TypedDict, Unpack

import click

from gitreg.cli.options import message_option
from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.cli.views import exchange as views
from gitreg.terminal import counting

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitreg.exchange import Origin

__all__ = ["export_mlflow", "import_dvc", "import_gto", "import_mlflow", "import_tensorboard", "import_wandb"]

_FOLDER = click.Path(exists=True, file_okay=False, path_type=Path)


class _Said(TypedDict):
    """What every import takes."""

    check: bool
    allow_secrets: bool
    message: str | None


def import_options(function: Callable[..., Reply]) -> Callable[..., Reply]:
    """Options of every import."""
    for option in (
        message_option,
        click.option("--allow-secrets", is_flag=True, help="Take files that look like they hold a secret."),
        click.option("--check", is_flag=True, help="Read and compare again what is here already."),
    ):
        function = option(function)
    return function


@command("import mlflow")
@click.argument("place", metavar="PLACE")
@click.option(
    "--artifacts",
    multiple=True,
    metavar="FOLDER|URL",
    help="A folder, or place in a bucket (s3://…), that files may be read from; again for more.",
)
@import_options
def import_mlflow(session: Session, place: str, artifacts: tuple[str, ...], **said: Unpack[_Said]) -> Reply:
    """Bring runs, series, files, models and aliases from MLflow.

    PLACE is a folder mlruns, an SQLite database or a server's address (its token in MLFLOW_TRACKING_TOKEN); MLflow need
    not be installed, and nothing there is changed. Ids, numbers and times stay as they were. What is here already is
    passed over, so an import may be repeated. Files are read from below PLACE and from --artifacts alone. A stage is
    not brought: it is decided, and the report says how.
    """
    from gitreg.exchange import open_mlflow

    return _bring(session, open_mlflow(place, artifacts, session.surroundings.environ), said)


@command("import tensorboard")
@click.argument("folder", type=_FOLDER)
@import_options
def import_tensorboard(session: Session, folder: Path, **said: Unpack[_Said]) -> Reply:
    """Bring scalars and hyperparameters from TensorBoard's event files.

    Each folder below FOLDER that has event files is a run, in the experiment called like FOLDER. Files of a run that
    was resumed are one series; what a crash tore is read up to there and told.
    """
    from gitreg.exchange import open_tensorboard

    return _bring(session, open_tensorboard(folder), said)


@command("import wandb")
@click.argument("folder", type=_FOLDER)
@import_options
def import_wandb(session: Session, folder: Path, **said: Unpack[_Said]) -> Reply:
    """Bring runs from Weights & Biases' offline folders.

    FOLDER is `wandb`, or the folder that holds it. Config, history, summary and files come over; the project is the
    experiment. A run of which no end was recorded is taken as running, and taken again once it has ended.
    """
    from gitreg.exchange import open_wandb

    return _bring(session, open_wandb(folder), said)


@command("import gto")
@click.argument("folder", type=_FOLDER)
@import_options
def import_gto(session: Session, folder: Path, **said: Unpack[_Said]) -> Reply:
    """Bring models and versions from GTO's git tags.

    FOLDER is the git repository. Versions are numbered in the order they were registered and keep GTO's name as a tag;
    who set which stage when is a tag of the model. Files come from the commit, where artifacts.yaml says.
    """
    from gitreg.exchange import open_gto

    return _bring(session, open_gto(folder, session.surroundings), said)


@command("import dvc")
@click.argument("folder", type=_FOLDER)
@import_options
def import_dvc(session: Session, folder: Path, **said: Unpack[_Said]) -> Reply:
    """Bring the stages of dvc.lock and what DVCLive logged.

    FOLDER holds dvc.lock. Each stage is a run with its params, outputs, and what it depended on as datasets by DVC's
    digests. The last stage has the series of DVCLive.
    """
    from gitreg.exchange import open_dvc

    return _bring(session, open_dvc(folder), said)


@command("export mlflow")
@click.option("-o", "--output", "target", metavar="FOLDER", required=True, help="The folder to write, new or empty.")
def export_mlflow(session: Session, target: str) -> Reply:
    """Write runs, series, files, models and aliases as MLflow's folder mlruns.

    Times keep their milliseconds. Stages are decisions: they do not go along, but for those that once came from MLflow.
    """
    from gitreg.exchange import export_mlflow as export

    registry = session.registry
    with counting("exporting") as bar:
        found = export(registry.runs, registry.models, session.path(target), bar)
    return Reply(views.exported(found), views.exported_page(found), views.not_exported_page(found))


def _bring(session: Session, origin: Origin, said: _Said) -> Reply:
    from gitreg.exchange import Wishes, described

    try:
        with counting("importing", origin.count_runs()) as bar:
            wishes = Wishes(described, said["allow_secrets"], said["check"], said["message"], bar)
            found = session.registry.bring(origin, wishes)
    finally:
        origin.close()
    return Reply(views.imported(found), views.imported_page(found), views.left_page(found), 0 if found.agrees else 1)
