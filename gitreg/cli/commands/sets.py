"""Sets: models that move together."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import click

from gitreg.cli.forging import decided
from gitreg.cli.options import Signing, dry_run_option, reason_option, signing_options, stage_option
from gitreg.cli.params import PAIR
from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.cli.views import sets

if TYPE_CHECKING:
    from gitreg.signing import Signer

__all__ = ["sets_create", "sets_list", "sets_promote", "sets_rollback", "sets_show"]

name_argument = click.argument("name", metavar="SET")


class Deciding(Signing):
    """How a decision about a set is made."""

    message: str
    dry_run: bool


def _signer(session: Session, how: Deciding) -> Signer | None:
    return session.signer(key=how["key"], agent=how["agent"])


@command("sets list")
def sets_list(session: Session) -> Reply:
    """List sets, and whether their models agree."""
    found = session.registry.sets.list()
    return Reply([sets.model_set(each) for each in found], sets.list_page(found))


@command("sets show")
@name_argument
def sets_show(session: Session, name: str) -> Reply:
    """Show what each model of a set is at, stage by stage.

    They agree where one decision put all of them there and all of it is in force; who moved alone, was withdrawn or is
    held is told.
    """
    found = session.registry.sets.get(name)
    return Reply(sets.model_set(found), sets.show_page(found))


@command("sets create")
@name_argument
@click.argument("models", metavar="MODEL...", nargs=-1, required=True)
@reason_option
@signing_options
@dry_run_option
def sets_create(session: Session, name: str, models: tuple[str, ...], **how: Unpack[Deciding]) -> Reply:
    """Say which models move together.

    For a set that is there, instead of its models before. Where a stage is protected this is a decision as any other
    about the registry's rules.
    """
    signer, dry_run = _signer(session, how), how["dry_run"]
    found = session.registry.sets.create(name, models, how["message"], signer=signer, dry_run=dry_run)
    return decided(session, found, dry_run=dry_run)


@command("sets promote")
@name_argument
@click.argument("numbers", nargs=-1, type=PAIR, metavar="[MODEL=NUMBER]...")
@click.option("--to", "stage", metavar="STAGE", required=True, help="The stage that gets them.")
@reason_option
@signing_options
@dry_run_option
def sets_promote(
    session: Session, name: str, numbers: tuple[tuple[str, str], ...], stage: str, **how: Unpack[Deciding]
) -> Reply:
    """Put a version of each model into a stage, in one landing.

    The latest version of each, or the one that MODEL=NUMBER names. Every member's policy is asked, and the people of
    all of them.
    """
    signer, dry_run, moving = _signer(session, how), how["dry_run"], session.registry.sets
    found = moving.promote(name, stage, how["message"], dict(numbers), signer=signer, dry_run=dry_run)
    return decided(session, found, dry_run=dry_run)


@command("sets rollback")
@name_argument
@stage_option
@reason_option
@signing_options
@dry_run_option
def sets_rollback(session: Session, name: str, stage: str, **how: Unpack[Deciding]) -> Reply:
    """Bring a stage of every model back to what was there before.

    In one landing, with a hold on each version that it removes.
    """
    signer, dry_run = _signer(session, how), how["dry_run"]
    found = session.registry.sets.rollback(name, stage, how["message"], signer=signer, dry_run=dry_run)
    return decided(session, found, dry_run=dry_run)
