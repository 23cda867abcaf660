"""Decide: promote, override, withdraw, roll back."""

from __future__ import annotations

from functools import partial
from typing import TYPE_CHECKING, Unpack

import click

from gitreg.cli.forging import decided
from gitreg.cli.options import Signing, dry_run_option, reason_option, signing_options, stage_option
from gitreg.cli.tree import command
from gitreg.decisions import Target

if TYPE_CHECKING:
    from gitreg.cli.session import Reply, Session

__all__ = ["override", "promote", "rollback", "withdraw"]


class Promoting(Signing):
    """The options of `gitreg promote`."""

    stage: str
    message: str
    because: str | None
    dry_run: bool


@command("promote")
@click.argument("model")
@click.argument("version")
@click.option("--to", "stage", metavar="STAGE", required=True, help="The stage that gets it.")
@reason_option
@click.option("--because", metavar="WHY", help="Why not a run that did better on the same data.")
@signing_options
@dry_run_option
def promote(session: Session, model: str, version: str, **how: Unpack[Promoting]) -> Reply:
    """Propose, or make, a version a stage's.

    It lands at once where the stage's policy asks for nobody else; otherwise it becomes a proposal. VERSION is a
    number, or ~ and the beginning of a digest. --dry-run shows every rule's answer, as gitreg policy check does.
    Without --key and --agent: git's user.signingkey, else the agent's key that is yours.
    """
    signer, dry_run = session.signer(key=how["key"], agent=how["agent"]), how["dry_run"]
    wanted, stage, registry = f"{model}/{version}", how["stage"], session.registry
    promoting = partial(registry.promote, because=how["because"], signer=signer, dry_run=dry_run)
    found = promoting(wanted, stage, how["message"])
    policy = registry.check_policy(wanted, stage) if dry_run and found.evidence else None
    return decided(session, found, dry_run=dry_run, policy=policy)


@command("override")
@click.argument("model")
@click.argument("version")
@click.option("--to", "stage", metavar="STAGE", required=True, help="The stage that gets it.")
@reason_option
@signing_options
@dry_run_option
def override(
    session: Session, model: str, version: str, stage: str, message: str, dry_run: bool, **signing: Unpack[Signing]
) -> Reply:
    """Put a version into a stage in an emergency.

    In spite of its policy, by the people whom the policy's override clause names, the proposer among them. What the
    rules say stands in the evidence and stops nothing; a hold does. It stands in every report until the version is
    promoted by the normal rules, or another one is.
    """
    signer, wanted = session.signer(**signing), f"{model}/{version}"
    found = session.registry.override(wanted, stage, message, signer=signer, dry_run=dry_run)
    return decided(session, found, dry_run=dry_run)


@command("withdraw")
@click.argument("model")
@stage_option
@reason_option
@signing_options
@dry_run_option
def withdraw(
    session: Session, model: str, stage: str, message: str, dry_run: bool, **signing: Unpack[Signing]
) -> Reply:
    """Leave a stage without a version."""
    signer = session.signer(**signing)
    found = session.registry.proposals.withdraw(model, stage, message, signer=signer, dry_run=dry_run)
    return decided(session, found, dry_run=dry_run)


@command("rollback")
@click.argument("model")
@stage_option
@click.option("--to", "number", metavar="NUMBER", type=click.IntRange(min=1), help="To this version, not the last.")
@reason_option
@signing_options
@dry_run_option
def rollback(
    session: Session,
    model: str,
    stage: str,
    number: int | None,
    message: str,
    dry_run: bool,
    **signing: Unpack[Signing],
) -> Reply:
    """Go back to the version before, and hold this one.

    To a version that was in force in the stage before. One signature of the stage's group is enough unless its policy
    says otherwise. The version that is removed may not come back until its hold is lifted.
    """
    signer = session.signer(**signing)
    proposals, target = session.registry.proposals, Target(model, stage)
    found = proposals.rollback(target, message, number, signer=signer, dry_run=dry_run)
    return decided(session, found, dry_run=dry_run)
