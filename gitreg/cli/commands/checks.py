"""External checks of a proposal: sign what they came to, list what was said."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING, Literal, Unpack

import click

from gitreg.cli.options import Signing, message_option, signing_options
from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.cli.views import attested
from gitreg.documents import CheckReport

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitreg.decisions import CheckView

__all__ = ["checks_add", "checks_list"]

id_argument = click.argument("proposal", metavar="ID")


@command("checks add")
@id_argument
@click.option("--name", metavar="NAME", required=True, help="The check's name, as the policy has it.")
@click.option("--status", type=click.Choice(["pass", "fail"]), required=True, help="What it came to.")
@click.option("--report", metavar="FILE", type=click.Path(path_type=Path), help="What it wrote; kept as a blob.")
@signing_options
@message_option
def checks_add(
    session: Session,
    proposal: str,
    name: str,
    status: Literal["pass", "fail"],
    report: Path | None,
    message: str | None,
    **signing: Unpack[Signing],
) -> Reply:
    """Sign what an external check came to.

    With a key that approvers.json lists for whoever runs it. The statement counts for this very proposal and for no
    other, and is never an approval. A later one by the same key takes an earlier one's place.
    """
    signer, check = session.required_signer(**signing), CheckReport(name=name, status=status)
    said = session.registry.add_check(proposal, check, signer, report=report, reason=message)
    found = session.registry.proposals.checks(proposal)
    return Reply(_data(found), [*attested.added_page(said, name, status), *attested.list_page(found)])


@command("checks list")
@id_argument
def checks_list(session: Session, proposal: str) -> Reply:
    """List what checks said of a proposal, and what is asked for.

    With those that nobody has said anything of.
    """
    found = session.registry.proposals.checks(proposal)
    return Reply(_data(found), attested.list_page(found))


def _data(found: Sequence[CheckView]) -> list[object]:
    return [attested.check(each) for each in found]
