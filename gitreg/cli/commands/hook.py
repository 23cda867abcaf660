"""What git itself calls. The words of a refusal are what whoever pushed reads after `remote:`."""

from __future__ import annotations

import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gitreg.cli.session import Reply, Session
from gitreg.cli.tree import command
from gitreg.errors import InvalidValue
from gitreg.report import Line
from gitreg.store import CommitId, RefUpdate

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitreg.decisions import Finding
    from gitreg.report import Block

__all__ = ["hook_pre_receive"]

_WORDS = 3


@command("hook pre-receive")
def hook_pre_receive(session: Session) -> Reply:
    """Judge a push before a bare repository takes it.

    Reads `OLD NEW REF` lines, as git's pre-receive hook gets them, and judges main, the ledger, proposals and approvals
    by the rules that stand in the repository. REMOTE_USER says by e-mail whom the server let in.

    Exit code 1 refuses the push, with the reasons in words.
    """
    from gitreg._open import open_receiver
    from gitreg._registry import findings_of
    from gitreg.decisions import pusher_of

    updates = [_update(line) for line in sys.stdin.read().splitlines() if line.strip()]
    here = Path(session.folder or session.surroundings.environ.get("GIT_DIR", "."))
    with open_receiver(here, session.surroundings) as store:
        pusher = pusher_of(session.surroundings.environ)
        found = [each for each in findings_of(updates, store, pusher) if each.severity == "block"]
    return Reply(notes=refusal_page(found), exit_code=1 if found else 0)


def _update(line: str) -> RefUpdate:
    """One line of git's; an id of zeros means that there is, or will be, no such ref."""
    words = line.split(" ", _WORDS - 1)
    if len(words) != _WORDS:
        raise InvalidValue(f"{line!r:.100} is not a line OLD NEW REF.", subject=line[:100])
    old, new = (CommitId(word) if word.strip("0") else None for word in words[:2])
    return RefUpdate(words[2], new, old)


def refusal_page(found: Sequence[Finding]) -> Iterator[Block]:
    """Why a push is refused."""
    for each in found:
        yield Line(f"gitreg refuses {each.path}: {each.message} ({each.rule})")
        if each.hint:
            yield Line(f"  {each.hint}")
