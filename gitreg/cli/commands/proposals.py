"""What waits for approval: list, show, approve, reject, close, merge."""

from __future__ import annotations

from pathlib import Path
from typing import Unpack

import click

from gitreg.cli.forging import merged
from gitreg.cli.options import Signing, message_option, reason_option, signing_options
from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.cli.views import decisions
from gitreg.cli.views.review import review_of, shown
from gitreg.decisions import Sealer, Word

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
@click.option(
    "--format",
    "form",
    type=click.Choice(["terminal", "markdown", "html"]),
    default="terminal",
    show_default=True,
    help="markdown: as a pull request shows it; html: one page to read offline, print and file.",
)
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Write it here.")
def proposals_show(session: Session, proposal: str, form: str, output: Path | None) -> Reply:
    """Show what a proposal asks, its evidence, and who must still approve."""
    found = session.registry.proposals.get(proposal)
    page = review_of(session.registry, found)
    return Reply(decisions.proposal(found), shown(page, form, output))


@command("proposals approve")
@id_argument
@signing_options
@click.option("--decision", metavar="DIGEST", help="Only if it still holds the decision that you read.")
@click.option("--condition", "conditions", metavar="TEXT", multiple=True, help="A condition; again for more.")
@click.option("--print", "as_text", is_flag=True, help="Print the statement, for a comment or a file; keep it nowhere.")
@message_option
def proposals_approve(
    session: Session,
    proposal: str,
    decision: str | None,
    conditions: tuple[str, ...],
    as_text: bool,
    message: str | None,
    **signing: Unpack[Signing],
) -> Reply:
    """Sign a proposal.

    By its proposer this is the signature that the proposal needs of her, and never an approval. With --print it is text
    that anybody may hand on: `gitreg collect` takes it from a comment of the pull request, or from a file.
    """
    word, signer = Word("approve", message, conditions, decision), session.required_signer(**signing)
    if as_text:
        text = Sealer(session.registry.record.office).sign(proposal, signer, word)
        return Reply(decisions.proposal(session.registry.proposals.get(proposal)), text.splitlines())
    said = session.registry.proposals.approve(proposal, signer, word)
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

    One commit on main with its approvals, pushed; then its branch goes, and its pull request is closed.
    """
    return merged(session, proposal, message)
