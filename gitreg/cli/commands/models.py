"""Register, and look at models and versions."""

from __future__ import annotations

import click

from gitreg.cli.completing import complete_model
from gitreg.cli.options import message_option
from gitreg.cli.params import PAIR
from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.cli.views import models

__all__ = ["alias", "describe", "models_list", "models_show", "register", "tag", "versions_list"]

model_argument = click.argument("model", shell_complete=complete_model)
subject_argument = click.argument("subject", metavar="MODEL[/VERSION]", shell_complete=complete_model)


@command("models list")
def models_list(session: Session) -> Reply:
    """List the models."""
    found = session.registry.models.list()
    stages = {view.name: session.registry.stages(view.name) for view in found}
    return Reply([models.model_summary(view) for view in found], models.list_page(found, stages))


@command("models show")
@model_argument
def models_show(session: Session, model: str) -> Reply:
    """Show one model."""
    found, stages = session.registry.models.get(model), session.registry.stages(model)
    return Reply(models.model(found, stages), models.show_page(found, stages))


@command("versions list")
@model_argument
def versions_list(session: Session, model: str) -> Reply:
    """List the versions of a model."""
    found = session.registry.models.versions(model)
    return Reply([models.version(view) for view in found], models.versions_page(found))


@command("register")
@click.argument("address", metavar="runs:/RUN/OUTPUT")
@click.option("--name", "model", metavar="MODEL", required=True, help="The model that it is a version of.")
@message_option
def register(session: Session, address: str, model: str, message: str | None) -> Reply:
    """Make a run's model a numbered version.

    OUTPUT is what the run gave to log_model, or a folder or file of its artifacts. A version never changes; registering
    the same bytes of the same run again gives the same version.
    """
    found = session.registry.register(address, model, message=message)
    return Reply(models.version(found), models.registered_page(found))


@command("describe")
@subject_argument
@click.argument("text", required=False)
@message_option
def describe(session: Session, subject: str, text: str | None, message: str | None) -> Reply:
    """Say what a model or version is.

    Without TEXT the description is taken away.
    """
    given = text if text is not None else message
    recorded = session.registry.models.describe(subject, given, message=message)
    said = f"{subject} is described." if given else f"{subject} has no description any more."
    return Reply({"subject": subject, "description": given}, models.recorded_page(said, recorded))


@command("tag")
@subject_argument
@click.argument("tags", nargs=-1, type=PAIR, metavar="KEY=VALUE...")
@click.option("--remove", multiple=True, metavar="KEY", help="Take a tag away; again for more.")
@message_option
def tag(
    session: Session, subject: str, tags: tuple[tuple[str, str], ...], remove: tuple[str, ...], message: str | None
) -> Reply:
    """Set or remove tags of a version.

    Or of a model, where no version is named.
    """
    wanted = {**dict(tags), **dict.fromkeys(remove)}
    recorded = session.registry.models.tag(subject, wanted, message=message)
    return Reply({"subject": subject, "tags": wanted}, models.recorded_page(f"{subject} is tagged.", recorded))


@command("alias")
@model_argument
@click.argument("name")
@click.argument("version", required=False)
@click.option("--remove", is_flag=True, help="Take the bookmark away.")
@message_option
def alias(session: Session, model: str, name: str, version: str | None, remove: bool, message: str | None) -> Reply:
    """Put a bookmark on a version.

    VERSION is a number, or ~ and the beginning of a digest; --remove takes the bookmark away. Aliases are bookmarks
    that anyone may move; a stage is decided: gitreg promote.
    """
    wanted = None if remove else f"{model}/{_given(version)}"
    recorded = session.registry.models.alias(model, name, wanted, message=message)
    number = session.registry.models.version(wanted).number if wanted else None
    said = f"{model}@{name} is {wanted}." if wanted else f"{model}@{name} is gone."
    return Reply({"model": model, "alias": name, "version": number}, models.recorded_page(said, recorded))


def _given(version: str | None) -> str:
    if version is None:
        raise click.UsageError("Which version? Give its number, or --remove.")
    return version
