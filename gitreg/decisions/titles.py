"""How decisions are called: the subject of their commits, and the ids of their proposals."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.decisions.moves import move_of
from gitreg.documents import Decision, Move, ProposalId, part

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping

_HEX_DIGITS = 4
_NAMED_IN_ID = frozenset(["withdraw", "hold", "lift"])
_TOLD = frozenset(["rollback", "withdraw", "override"])
"""Actions that the moves themselves do not show."""
_SHOWN_FILES = 3


def title_of(decision: Decision, before: Mapping[str, Move | None], *, is_unreviewed: bool = False) -> str:
    """`fraud: production 6 -> 7`. `before` is what was in force, by folder."""
    if decision.action == "govern":
        title = f"governance: {_files(decision)}"
    elif decision.set is not None:
        title = _set(decision, before)
    else:
        moves = [(move, found) for folder, found in before.items() if (move := move_of(decision, folder))]
        title = "; ".join(_move(decision, move, found) for move, found in moves)
    notes = [*([decision.action] if decision.action in _TOLD else []), *(["unreviewed"] if is_unreviewed else [])]
    return f"{title} ({', '.join(notes)})" if notes else title


def _files(decision: Decision) -> str:
    names = sorted(decision.files)
    more = f" and {len(names) - _SHOWN_FILES} more" if len(names) > _SHOWN_FILES else ""
    return ", ".join(names[:_SHOWN_FILES]) + more


def _set(decision: Decision, before: Mapping[str, Move | None]) -> str:
    """`motor: production of 30 models`: the moves themselves stand in the decision."""
    stage = next(iter(move.stage for move in decision.moves), "")
    changed = sum(
        1
        for folder, found in before.items()
        if (move := move_of(decision, folder)) and (found is None or found.version != move.version)
    )
    return f"{decision.set}: {stage} of {len(decision.moves)} models, {changed} changed"


def _move(decision: Decision, move: Move, before: Move | None) -> str:
    if decision.action in ("hold", "lift"):
        held = ", ".join(f"~{path.rpartition('/')[2][:8]}" for path in sorted(decision.files) if "/holds/" in path)
        return f"{move.model}: {move.stage} {'holds' if decision.action == 'hold' else 'lifts'} {held}"
    was = f" {before.number}" if before is not None and before.number is not None else ""
    to = "nothing" if move.number is None else str(move.number)
    return f"{move.model}: {move.stage}{was} -> {to}"


def id_of(decision: Decision, taken: Collection[str] = ()) -> ProposalId:
    """The proposal's id; `taken` are ids that mean other decisions, which lengthen it."""
    stem, digits = stem_of(decision), decision.digest.hex
    lengths = range(_HEX_DIGITS, len(digits) + 1)
    return next(name for size in lengths if (name := ProposalId(f"{stem}-{digits[:size]}")) not in taken)


def stem_of(decision: Decision) -> str:
    """An id without its digits."""
    if decision.action == "govern":
        return "govern"
    if decision.set is not None:
        return f"set-{part(decision.set)}-{part(decision.moves[0].stage)}"
    if len({move.model for move in decision.moves}) > 1:
        return f"set-{part(decision.moves[0].stage)}"
    move = decision.moves[0]
    what = decision.action if decision.action in _NAMED_IN_ID or move.number is None else str(move.number)
    return f"{part(move.model)}-{what}-{part(move.stage)}"


def is_called(decision: Decision, name: str) -> bool:
    """Whether an id means this decision."""
    stem, _, digits = name.rpartition("-")
    is_long = len(digits) >= _HEX_DIGITS
    return stem == stem_of(decision) and is_long and decision.digest.hex.startswith(digits)
