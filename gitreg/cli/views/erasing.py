"""Erased bytes, and what would be lost with them, as JSON and as pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.documents import format_time
from gitreg.report import Cell, Line, Table, counted, size, when

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitreg._registry import Erasing, Target
    from gitreg.cli import shapes
    from gitreg.documents import Erased
    from gitreg.report import Block

_MOST = 20
_DECIDED = ("evidence", "stage")
_FOR_EVER = "Names, params, tags, metrics and this erasure stay in git for ever; backups are yours to clear."


def erased(found: Erased) -> shapes.ErasedBlob:
    """One erasure."""
    return {
        "blob": found.blob,
        "size": found.size,
        "sealed": found.sealed,
        "reason": found.reason,
        "by": found.actor.principal,
        "at": format_time(found.at),
    }


def erased_page(found: Sequence[Erased]) -> Iterator[Block]:
    """All of them."""
    if not found:
        yield "Nothing was erased."
        return
    rows = tuple(
        (Cell(each.blob.short, "strong"), when(each.at), each.actor.principal, f"{each.reason:.200}") for each in found
    )
    yield Table(("blob", "when", "by", "why"), rows, whole=("blob",))


def target(found: Target) -> shapes.ErasableBlob:
    """Bytes and what rests on them."""
    return {
        "blob": found.blob,
        "size": found.size,
        "sealed": found.sealed,
        "named_by": [
            {"kind": each.kind, "label": each.label, "path": each.path, "file": each.file} for each in found.named_by
        ],
        "erased": None if found.erased is None else erased(found.erased),
    }


def targets_page(found: Sequence[Target]) -> Iterator[Block]:
    """What would go, and what rests on it."""
    for each in found:
        told = [*([size(each.size)] if each.size is not None else []), "sealed" if each.sealed else "not sealed"]
        yield Line(f"{each.blob} ({', '.join(told)})", "strong")
        if each.erased is not None:
            yield Line(f"  erased by {each.erased.actor.principal} on {when(each.erased.at)}", "dim")
        yield from _names(each)


def _names(found: Target) -> Iterator[Block]:
    for naming in found.named_by[:_MOST]:
        file = f": {naming.file}" if naming.file else ""
        yield Line(f"  {naming.kind} {naming.label}{file}", "warn" if naming.kind in _DECIDED else "dim")
    if len(found.named_by) > _MOST:
        yield Line(f"  and {len(found.named_by) - _MOST} more", "dim")
    if any(naming.kind == "evidence" for naming in found.named_by):
        yield Line("  What was decided on it stands; nobody can compute it again.", "warn")


def erasing(found: Sequence[Target], done: Erasing | None) -> shapes.Erasing:
    """What was done, or would be."""
    return {
        "dry_run": done is None,
        "blobs": [target(each) for each in found],
        "published": done is not None and not done.trouble,
    }


def erasing_page(done: Erasing) -> Iterator[Block]:
    """That it is done, and what it does not do."""
    yield Line(f"Erased {counted(len(done.erased), 'blob')}.", "good")
    if done.trouble:
        yield Line(f"Only this clone knows of it yet: {done.trouble} Tell the others: gitreg sync", "warn")
    yield Line(_FOR_EVER, "dim")
