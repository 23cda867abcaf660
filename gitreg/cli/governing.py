"""What every command that changes a governed file ends with."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.cli.forging import decided

if TYPE_CHECKING:
    from gitreg.cli.options import Signing
    from gitreg.cli.session import Reply, Session
    from gitreg.documents import Edits


def governed(session: Session, edits: Edits, message: str, signing: Signing, *, dry_run: bool) -> Reply:
    """Decide about governed files, and say what came of it."""
    signer = session.signer(**signing)
    found = session.registry.proposals.govern(edits, message, signer=signer, dry_run=dry_run)
    return decided(session, found, dry_run=dry_run)
