"""Audit: the past judged again."""

from __future__ import annotations

from pathlib import Path

import click

from gitreg.cli.options import message_option
from gitreg.cli.session import Reply, Session, exit_code_of
from gitreg.cli.tree import command
from gitreg.cli.views import audits
from gitreg.signing import MAX_NOTE_BYTES

__all__ = ["audit_checkpoint", "audit_verify"]

EXISTING = click.Path(exists=True, dir_okay=False, path_type=Path)


@command("audit verify")
@click.option("--root", metavar="DIGEST", help="The founding's digest, as somebody else keeps it.")
@click.option("--against", metavar="NOTE", type=EXISTING, help="A checkpoint, as somebody else keeps it.")
@click.option("--from", "since", metavar="REV", help="Take what landed up to this commit on trust.")
def audit_verify(session: Session, root: str | None, against: Path | None, since: str | None) -> Reply:
    """Judge every landing again, from a clone and offline.

    Each by the rules, people and keys of the commit before it, as if nobody had looked before. Nothing on this disk but
    git's commits is believed; with --from, for what landed up to there, this clone's own verdicts. Exit code 1 where
    something is wrong, 6 where it cannot be told.
    """
    note = _note_in(against) if against is not None else None
    found = session.registry.audit(root=root, since=since, against=note)
    return Reply(audits.audit(found), audits.audit_page(found), exit_code=exit_code_of(found.outcome))


@command("audit checkpoint")
@click.option("--key", metavar="FILE", type=EXISTING, required=True, help="An Ed25519 key without a passphrase.")
@click.option("--countersign", metavar="NOTE", type=EXISTING, help="Check and sign somebody's checkpoint instead.")
@click.option("-o", "--output", metavar="FILE", type=click.Path(path_type=Path), help="Write the note here, too.")
@message_option
def audit_checkpoint(
    session: Session, key: Path, countersign: Path | None, output: Path | None, message: str | None
) -> Reply:
    """Sign how long main is and its root, so that nothing can be taken away later.

    Main is audited first, and the note says with what result. It goes to the ledger; kept by somebody else, it proves
    that today's history is the same, only longer.
    """
    if countersign is not None:
        made = session.registry.countersign(_note_in(countersign), key, message=message)
    else:
        made = session.registry.checkpoint(key, message=message)
    if output is not None:
        output.write_bytes(made.note.to_bytes())
    return Reply(audits.checkpoint(made), audits.checkpoint_page(made))


def _note_in(path: Path) -> bytes:
    """As much of a file as a note can have, and one byte more."""
    with path.open("rb") as file:
        return file.read(MAX_NOTE_BYTES + 1)
