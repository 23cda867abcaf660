"""Policies: what a stage's rules say to a version."""

from __future__ import annotations

import click

from gitreg.cli.session import Reply, Session, exit_code_of
from gitreg.cli.tree import command
from gitreg.cli.views import policies

__all__ = ["policy_check", "policy_diff", "policy_example", "policy_test"]


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


@command("policy test")
def policy_test(session: Session) -> Reply:
    """Ask the policies about their example cases.

    Those in policies/cases/, of the work tree where main is checked out, else of main. Exit code 1 where a policy says
    something else than a case expects.
    """
    answers = session.registry.try_policies()
    return Reply(
        [policies.case_answer(each) for each in answers],
        policies.test_page(answers),
        exit_code=0 if all(each.is_right for each in answers) else 1,
    )


@command("policy example")
@click.argument("address", metavar="models:/MODEL/VERSION")
@click.option("--for", "stage", metavar="STAGE", required=True, help="The stage whose policy it is an example for.")
@click.option("--name", metavar="NAME", required=True, help="What the example is called.")
def policy_example(session: Session, address: str, stage: str, name: str) -> Reply:
    """Keep a version as an example case.

    With what was observed of it and what the policy says to it today, as a file in the work tree. `gitreg govern` makes
    it the registry's.
    """
    path = session.registry.keep_example(address, stage, name)
    return Reply({"path": path, "name": name}, policies.example_page(path, name))


@command("policy diff")
def policy_diff(session: Session) -> Reply:
    """Say what a change of the policies loosens.

    Of the policies edited in the work tree, against main: every rule that becomes looser or tighter, and what the
    changed policies would say to what is in their stages now. Exit code 1 where something becomes looser.
    """
    found = session.registry.policy_differences()
    looser = any(change.direction == "looser" for each in found for change in each.changes)
    return Reply([policies.difference(each) for each in found], policies.diff_page(found), exit_code=int(looser))
