"""Who may write what, by path."""

from __future__ import annotations

from typing import TYPE_CHECKING, Unpack

import click

from gitreg.cli.governing import governed
from gitreg.cli.options import Signing, dry_run_option, message_option, signing_options
from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.cli.views import rights
from gitreg.decisions import Writers, add_rights, remove_rights

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitreg.documents import Branch, Json

__all__ = ["rights_add", "rights_list", "rights_remove", "rights_show"]


class RuleOptions(Signing):
    """What a rule says, and who signs that it should."""

    branch: Branch
    paths: tuple[str, ...]
    groups: tuple[str, ...]
    people: tuple[str, ...]
    says: str | None


name_argument = click.argument("name", metavar="NAME")


@command("rights list")
def rights_list(session: Session) -> Reply:
    """List the rules about who may write what.

    A path that none of its branch covers is everybody's; else one of those that do must allow whoever writes it.
    """
    found = rights.rules(Writers(session.registry.record.people()))
    return Reply(found, rights.rules_page(found))


@command("rights show")
@click.argument("path", metavar="PATH")
def rights_show(session: Session, path: str) -> Reply:
    """Say who may write a path, on main and on the ledger."""
    found = rights.of_path(Writers(session.registry.record.people()), path)
    return Reply(found, rights.of_path_page(found))


@command("rights add")
@name_argument
@click.option("--branch", type=click.Choice(["main", "ledger"]), required=True, help="Where the paths lie.")
@click.option("--path", "paths", metavar="PATTERN", multiple=True, required=True, help="Paths; again for more.")
@click.option("--group", "groups", metavar="GROUP", multiple=True, help="Who may: a group of approvers.")
@click.option("--person", "people", metavar="EMAIL", multiple=True, help="Who may: one person, or a machine.")
@click.option("--says", metavar="TEXT", help="What somebody else is told.")
@message_option
@signing_options
@dry_run_option
def rights_add(
    session: Session, name: str, message: str | None, dry_run: bool, **options: Unpack[RuleOptions]
) -> Reply:
    """Leave paths to some people.

    In PATTERN `*` and `?` stay within one folder and `**` goes through all of them. A rule that is there by this name
    gets the paths and people added.
    """
    paths, groups, branch = options["paths"], options["groups"], options["branch"]
    people = [each.lower() for each in options["people"]]
    rule: Mapping[str, Json] = {
        "name": name,
        "branch": branch,
        "paths": [*paths],
        "groups": [*groups],
        "people": [*people],
        "message": options["says"],
    }
    edits = add_rights(session.registry.record.people().tree, rule)
    why = message or f"{', '.join(paths)} on {branch}: {', '.join([*groups, *people])} alone."
    signing = Signing(key=options["key"], agent=options["agent"])
    return governed(session, edits, why, signing, dry_run=dry_run)


@command("rights remove")
@name_argument
@message_option
@signing_options
@dry_run_option
def rights_remove(session: Session, name: str, message: str | None, dry_run: bool, **signing: Unpack[Signing]) -> Reply:
    """Take a rule away; paths that no other one covers are everybody's then."""
    edits = remove_rights(session.registry.record.people().tree, name)
    return governed(session, edits, message or f"No rule {name} about who may write.", signing, dry_run=dry_run)
