"""On a forge: collect what people said, keep a pull request's comment and check, adopt forks, print branch rules."""

from __future__ import annotations

from pathlib import Path
from typing import Literal, TypedDict, Unpack

import click

from gitreg.cli import forging
from gitreg.cli.options import Signing, message_option, signing_options
from gitreg.cli.session import Reply, Session, exit_code_of
from gitreg.cli.tree import command
from gitreg.cli.views import attestations, checks, decisions, forge
from gitreg.decisions import outcome_of
from gitreg.errors import AnswerIsNo

__all__ = ["proposals_adopt", "proposals_attest", "proposals_collect", "proposals_comment", "protect"]

Kind = Literal["github", "gitlab", "gitea"]


class _Rules(TypedDict):
    """Which rules are wanted."""

    approvals: int
    group: str
    kind: Kind
    ledger: bool


@command("proposals collect")
@click.argument("proposal", metavar="ID")
@click.option(
    "--from",
    "files",
    type=click.Path(path_type=Path),
    metavar="FILE",
    multiple=True,
    help="Statements that somebody sent, too; again for more.",
)
@click.option("--anyway", is_flag=True, help="Seal what there is, though the policy asks for more.")
@message_option
def proposals_collect(
    session: Session, proposal: str, files: tuple[Path, ...], anyway: bool, message: str | None
) -> Reply:
    """Seal what people signed into the proposal's branch.

    From their refs, from the comments of its pull request, and from files (`gitreg approve ID --print` makes them).
    Each is verified by itself. One commit, once the policy is met, so that the branch moves once and a forge can merge
    it. Exit code 1 where the policy asks for more.
    """
    found, notes = forging.collect(session.registry, proposal, files, anyway=anyway, why=message)
    code = 0 if found.is_met or found.commit else AnswerIsNo.exit_code
    return Reply(forge.collected(found), forge.collected_page(found), forge.notes(notes), code)


@command("proposals comment")
@click.argument("which", metavar="ID|NUMBER")
@click.option("--base", metavar="REF", help="What it would be merged into; main as the remote has it.")
def proposals_comment(session: Session, which: str, base: str | None) -> Reply:
    """Keep a pull request's comment and check up to date.

    For CI, in the workflow of the base: one comment with the proposal's page, and a check with what `gitreg validate`
    finds beside the files. The pull request's commits are read and never run. The exit code says only whether it could
    be told, not what was found.
    """
    registry = session.registry
    told, findings = forging.comment(registry, which, base or checks.default_base(registry.store))
    return Reply(forge.told(told, findings), forge.told_page(told, findings))


@command("proposals attest")
@click.argument("which", metavar="[ID|NUMBER]", required=False)
@signing_options
@message_option
def proposals_attest(session: Session, which: str | None, message: str | None, **signing: Unpack[Signing]) -> Reply:
    """Sign which reviews the forge shows.

    For CI, in a workflow of the base, with the key of somebody whom approvers.json lets attest. Taken are reviews of
    accounts that approvers.json knows, not dismissed, of a commit in which exactly the proposed decision stands, where
    the policy counts reviews (`forge_reviews`). They are told with commit, number and time. Without ID every open
    proposal is looked at. `gitreg collect` seals it like any statement.
    """
    found, notes = forging.attest(session.registry, which, session.required_signer(**signing), message)
    data, page = [attestations.attestation(each) for each in found], attestations.attestations_page(found)
    return Reply(data, page, forge.notes(notes))


@command("proposals adopt")
@click.argument("number", metavar="NUMBER")
def proposals_adopt(session: Session, number: str) -> Reply:
    """Copy a fork's pull request to a branch here.

    Its commits are fetched as objects, validated by the rules of main, and put on the branch of the decision that they
    hold, where people can approve it. Nothing of them is checked out or run.
    """
    view, findings = forging.adopt(session.registry, number)
    if view is None:
        return Reply(None, checks.findings_page(findings), exit_code=exit_code_of(outcome_of(findings)))
    return Reply(decisions.proposal(view), forge.adopted_page(view))


@command("protect")
@click.argument("stage")
@click.option("--approvals", type=click.IntRange(0), metavar="N", default=1, show_default=True, help="Of how many.")
@click.option("--group", metavar="GROUP", default="", help="Who has to be among them: a group here, or @org/team.")
@click.option(
    "--print",
    "kind",
    type=click.Choice(["github", "gitlab", "gitea"]),
    required=True,
    help="For which forge. It is sent to nobody.",
)
@click.option("--ledger", is_flag=True, help="The rules of the ledger instead of main's.")
@click.option("--codeowners", is_flag=True, help="The CODEOWNERS file instead.")
def protect(session: Session, stage: str, codeowners: bool, **rules: Unpack[_Rules]) -> Reply:
    """Print the branch rules that a forge should have.

    GitHub: a file for Settings, Rules, Rulesets, Import. GitLab, Gitea: the calls of their API. An administrator sends
    them. What gitreg itself asks for stands in the stage's policy.
    """
    from gitreg.cli import protecting  # it needs httpx, and the other commands may do without

    wanted = protecting.Wanted(stage, **rules)
    make = protecting.owners_file if codeowners else protecting.rules
    return Reply(page=make(session.registry, wanted).splitlines())
