"""A stage's decision.json in words, and two that meet in git: for people who merge and diff with plain git. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.decisions.moves import move_of
from gitreg.decisions.titles import title_of
from gitreg.documents import Decision, format_time, paths
from gitreg.errors import GitregError

if TYPE_CHECKING:
    from collections.abc import Iterator


def decision_in(data: bytes, path: str = "decision.json") -> Decision | None:
    """The decision that a file holds; None where it holds none (not yet, or not any more)."""
    try:
        return Decision.from_bytes(data, path)
    except GitregError:
        return None


def told_title(before: Decision | None, after: Decision) -> str:
    """`fraud: production 6 -> 7`; `before` is what stood in the same file."""
    folders = [paths.stage_folder(move.model, move.stage) for move in after.moves]
    return title_of(after, {folder: move_of(before, folder) for folder in folders})


def told(before: Decision | None, after: Decision) -> Iterator[str]:
    """A decision in few lines."""
    yield told_title(before, after)
    yield f"  {after.reason}"
    yield f"  by {after.proposer.principal} at {format_time(after.proposed_at)}"


def told_conflict(base: Decision | None, ours: Decision, theirs: Decision, path: str) -> Iterator[str]:
    """Two decisions about one stage, both made on what stood before: only one can stand, and people say which."""
    folder = path.rpartition("/")[0]
    yield f"gitreg: two decisions for {folder}, and only one can stand:"
    for side, decision in (("ours", ours), ("theirs", theirs)):
        first, *more = told(base, decision)
        yield f"  {side + ':':<8}{first}"
        yield from (f"        {line}" for line in more)
    yield "  Take one whole, then propose the other again on top of it:"
    yield f"    git checkout --ours|--theirs -- {folder} && git add {folder}"
