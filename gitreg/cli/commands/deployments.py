"""Deployments: what became of versions on targets."""

from __future__ import annotations

from typing import TYPE_CHECKING

import click

from gitreg.cli.options import message_option
from gitreg.cli.params import MOMENT, VERSION
from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.cli.views import deployments

if TYPE_CHECKING:
    from datetime import datetime

__all__ = ["deployments_add", "deployments_list"]


@command("deployments add")
@click.argument("address", metavar="models:/MODEL@STAGE")
@click.option("--target", metavar="NAME", required=True, help="Where: a cluster, a region, a device; any name.")
@click.option(
    "--status",
    type=click.Choice(["deployed", "removed", "failed"]),
    default="deployed",
    show_default=True,
    help="What happened.",
)
@click.option("--stage", metavar="STAGE", help="The stage that the target follows, where the address names a version.")
@click.option("--at", metavar="TIME", type=MOMENT, help="When, in ISO 8601; else now.")
@click.option("--detail", metavar="TEXT", help="Anything else to know: an error, a job's address.")
@message_option
def deployments_add(session: Session, address: str, target: str, at: datetime | None, **report: object) -> Reply:
    """Record that a version was deployed, removed, or failed to come up.

    A stage means the version in force there now; models:/MODEL/NUMBER names any other. It is a fact: what is not in
    force is recorded with a warning.
    """
    found = session.registry.deployments.add(address, target, at=at, **report)  # type: ignore[arg-type]
    return Reply(deployments.added(found), deployments.added_page(found))


@command("deployments list")
@click.argument("version", metavar="[models:/MODEL[/NUMBER]]", type=VERSION, required=False)
@click.option("--target", metavar="NAME", help="Only of this target.")
def deployments_list(session: Session, version: tuple[str, str | None] | None, target: str | None) -> Reply:
    """List deployments, the newest first by the times that were reported."""
    registry, (model, number) = session.registry, version or (None, None)
    digest = registry.models.version(f"{model}/{number}").digest if number is not None else None
    found = registry.deployments.list(model, target=target, version=digest)
    return Reply([deployments.deployment(each) for each in found], deployments.list_page(found))
