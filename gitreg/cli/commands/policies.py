"""Policies: what a stage's rules say to a version."""

from __future__ import annotations

import click

from gitreg.cli.session import Reply, Session, exit_code_of
from gitreg.cli.tree import command
from gitreg.cli.views import policies

__all__ = ["policy_check"]


@command("policy check")
@click.argument("address", metavar="models:/MODEL/VERSION")
@click.option("--for", "stage", metavar="STAGE", required=True, help="The stage whose policy is asked.")
def policy_check(session: Session, address: str, stage: str) -> Reply:
    """Ask a stage's policy about a version.

    Every rule with its answer, its numbers and what would make it pass, and who would have to approve. Nothing is
    proposed. Exit code 1 where a rule says no, 6 where it cannot tell.
    """
    found = session.registry.check_policy(address, stage)
    return Reply(
        policies.policy_check(found), policies.policy_check_page(found), exit_code=exit_code_of(found.evidence.verdict)
    )
