"""Audit: the past judged again."""

from __future__ import annotations

import click

from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.cli.views import audits
from gitreg.errors import AnswerIsNo, CannotTell

__all__ = ["audit_verify"]

_CODES = {"pass": 0, "fail": AnswerIsNo.exit_code, "cannot tell": CannotTell.exit_code}


@command("audit verify")
@click.option("--root", metavar="DIGEST", help="The founding's digest, as somebody else keeps it.")
@click.option("--from", "since", metavar="REV", help="Take what landed up to this commit on trust.")
def audit_verify(session: Session, root: str | None, since: str | None) -> Reply:
    """Judge every landing again, from a clone and offline.

    Each by the rules, people and keys of the commit before it, as if nobody had looked before. Nothing on this disk but
    git's commits is believed. Exit code 1 where something is wrong, 6 where it cannot be told.
    """
    found = session.registry.audit(root=root, since=since)
    return Reply(audits.audit(found), audits.audit_page(found), exit_code=_CODES[found.outcome])
