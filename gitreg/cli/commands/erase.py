"""Erase: bytes that have to go, and what went."""

from __future__ import annotations

import sys
from typing import TYPE_CHECKING

import click

from gitreg.cli.options import dry_run_option, reason_option
from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.cli.views import erasing
from gitreg.errors import AnswerIsNo, InvalidValue

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitreg._registry import Target

__all__ = ["erase", "erased"]


@command("erase")
@click.argument("addresses", metavar="ADDRESS...", nargs=-1, required=True)
@click.option("--yes", is_flag=True, help="Do not ask.")
@dry_run_option
@reason_option
def erase(session: Session, addresses: tuple[str, ...], yes: bool, dry_run: bool, message: str) -> Reply:
    """Destroy bytes and their keys for good.

    ADDRESS is runs:/RUN/PATH, datasets:/NAME@VERSION, the sha256 of a blob, or that of an evaluation, which means its
    predictions. Shows first what rests on them. The ledger keeps who, when and why: write nothing personal there. Files
    of a version that stands in a stage are refused (exit code 6).
    """
    eraser = session.registry.erasing
    found = eraser.find(addresses)
    if dry_run:
        return Reply(erasing.erasing(found, None), erasing.targets_page(found))
    if not yes:
        _ask(session, found)
    done = eraser.erase(found, message)
    return Reply(erasing.erasing(found, done), erasing.erasing_page(done))


def _ask(session: Session, found: Sequence[Target]) -> None:
    """Nobody erases by a slip: a person says yes, a program says --yes. Raises `InvalidValue`, `AnswerIsNo`."""
    if not sys.stdin.isatty():
        message = "Nobody is there to be asked whether these bytes may go."
        raise InvalidValue(message, hint="Look with --dry-run, then say --yes.")
    session.show(Reply(notes=[*erasing.targets_page(found)]), as_json=False)
    if not click.confirm("Nobody can bring them back. Erase them?", err=True):
        raise AnswerIsNo("Nothing was erased.")


@command("erased")
def erased(session: Session) -> Reply:
    """List what was erased, by whom and why."""
    found = session.registry.erasing.all()
    return Reply([erasing.erased(each) for each in found], erasing.erased_page(found))
