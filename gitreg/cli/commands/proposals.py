"""What waits for approval: list, show, approve, reject, close, merge."""

from __future__ import annotations

from typing import Unpack

import click

from gitreg.cli.options import Signing, message_option, reason_option, signing_options
from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.cli.views import decisions
from gitreg.decisions import Word

__all__ = [
    "proposals_approve",
    "proposals_close",
    "proposals_list",
    "proposals_merge",
    "proposals_reject",
    "proposals_show",
]

id_argument = click.argument("proposal", metavar="ID")


@command("proposals list")
@click.option("--all", "everything", is_flag=True, help="Closed and merged ones too.")
def proposals_list(session: Session, everything: bool) -> Reply:
    """List open proposals.

    Oldest first.
    """
    found = session.registry.proposals.list(all=everything)
    return Reply([decisions.proposal(view) for view in found], decisions.list_page(found))


@command("proposals show")
@id_argument
@click.option("--markdown", "as_markdown", is_flag=True, help="As Markdown, as a pull request shows it.")
def proposals_show(session: Session, proposal: str, as_markdown: bool) -> Reply:
    """Show what a proposal asks, its evidence, and who must still approve."""
    found, office = session.registry.proposals.get(proposal), session.registry.record.office
    files = decisions.files_of(found, office.snapshot(), office.snapshot(found.tip))
    page = decisions.markdown_lines(found, files) if as_markdown else decisions.show_page(found, files)
    return Reply(decisions.proposal(found), page)


@command("proposals approve")
@id_argument
@signing_options
@click.option("--decision", metavar="DIGEST", help="Only if it still holds the decision that you read.")
@click.option("--condition", "conditions", metavar="TEXT", multiple=True, help="A condition; again for more.")
@message_option
def proposals_approve(
    session: Session,
    proposal: str,
    decision: str | None,
    conditions: tuple[str, ...],
    message: str | None,
    **signing: Unpack[Signing],
) -> Reply:
    """Sign a proposal.

    By its proposer this is the signature that the proposal needs of her, and never an approval.
    """
    word = Word("approve", message, conditions, decision)
    said = session.registry.proposals.approve(proposal, session.required_signer(**signing), word)
    return Reply(decisions.proposal(said.proposal), decisions.said_page(said))


@command("proposals reject")
@id_argument
@signing_options
@reason_option
def proposals_reject(session: Session, proposal: str, message: str, **signing: Unpack[Signing]) -> Reply:
    """Sign that it must not land.

    While the rejection stands it blocks; approving later takes it back.
    """
    said = session.registry.proposals.reject(proposal, session.required_signer(**signing), message)
    return Reply(decisions.proposal(said.proposal), decisions.said_page(said))


@command("proposals close")
@id_argument
@message_option
def proposals_close(session: Session, proposal: str, message: str | None) -> Reply:
    """Give a proposal up; its commits are kept."""
    found = session.registry.proposals.close(proposal, message)
    return Reply(decisions.proposal(found), decisions.closed_page(found))


@command("proposals merge")
@id_argument
@message_option
def proposals_merge(session: Session, proposal: str, message: str | None) -> Reply:
    """Land an approved proposal.

    One commit on main with its approvals, pushed; then its branch goes.
    """
    found = session.registry.proposals.merge(proposal, message)
    return Reply(decisions.landing(proposal, found), decisions.merged_page(proposal, found))
