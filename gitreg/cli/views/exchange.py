"""Imports and exports as JSON and as pages."""

from __future__ import annotations

from shlex import quote
from typing import TYPE_CHECKING

from gitreg.cli.views import facts
from gitreg.report import Line, Table, counted

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.cli import shapes
    from gitreg.exchange import ExportReport, ImportReport, Left, Undecided
    from gitreg.report import Block

_MOST = 20
_PLURALS = {"alias": "aliases"}
_NOT_DECIDED = frozenset({"archived"})
"""Stages of the other tool that say that a version is in none."""


def imported(found: ImportReport) -> shapes.Imported:
    """The report."""
    return {
        "tool": found.tool,
        "location": found.location,
        "agrees": found.agrees,
        "already": found.already,
        "lines": [
            {"kind": each.kind, "there": each.there, "left": each.left, "here": each.here} for each in found.lines
        ],
        "sum_there": facts.number(found.sum_there),
        "sum_here": facts.number(found.sum_here),
        "left": [_left(each) for each in found.left],
        "kept": [{"what": each.what, "why": each.why} for each in found.kept],
        "undecided": [{"model": each.model, "version": each.number, "stage": each.stage} for each in found.undecided],
        "published": not found.trouble,
    }


def imported_page(found: ImportReport) -> Iterator[Block]:
    """Both sides beside each other."""
    yield Line(f"{found.location} ({found.tool})", "strong")
    if found.already:
        yield f"{counted(found.already, 'run')} {'was' if found.already == 1 else 'were'} here already."
    rows = tuple(
        (_PLURALS.get(each.kind, f"{each.kind}s"), f"{each.there:,}", f"{each.left:,}", f"{each.here:,}")
        for each in found.lines
        if each.there or each.here
    )
    sums = ("sum of values", f"{found.sum_there:.12g}", "", f"{found.sum_here:.12g}")
    yield Table(("what", "there", "left out", "here"), (*rows, sums))
    if found.agrees:
        yield Line("Both sides agree.", "good")
    else:
        yield Line("The sides do not agree: something was changed there meanwhile, or lost. Run it again.", "bad")
    if found.trouble:
        yield Line(f"Only this clone knows of the models yet: {found.trouble} Tell the others: gitreg sync", "warn")


def left_page(found: ImportReport) -> Iterator[Block]:
    """What was left out, what stands here, what is to be decided."""
    for each in found.left[:_MOST]:
        more = f" ({each.count} times)" if each.count > 1 else ""
        yield Line(f"left out: {each.kind} {each.what} of {each.where}: {each.why}{more}", "warn")
    if len(found.left) > _MOST:
        yield Line(f"and {len(found.left) - _MOST} more: --json lists them", "warn")
    for kept in found.kept[:_MOST]:
        yield Line(f"left as it stands here: {kept.what}: {kept.why}", "warn")
    for undecided in found.undecided[:_MOST]:
        yield Line(_to_decide(undecided), "dim")


def exported(found: ExportReport) -> shapes.Exported:
    """What was written."""
    return {
        "target": str(found.target),
        "runs": found.runs,
        "points": found.points,
        "versions": found.versions,
        "left": [_left(each) for each in found.left],
    }


def exported_page(found: ExportReport) -> Iterator[Block]:
    """The same for people."""
    runs, versions = counted(found.runs, "run"), counted(found.versions, "version")
    yield Line(f"Wrote {runs}, {counted(found.points, 'point')} and {versions} to {found.target}", "good")


def not_exported_page(found: ExportReport) -> Iterator[Block]:
    """What was left out."""
    for each in found.left[:_MOST]:
        yield Line(f"left out: {each.kind} {each.what} of {each.where}: {each.why}", "warn")
    if len(found.left) > _MOST:
        yield Line(f"and {len(found.left) - _MOST} more: --json lists them", "warn")


def _left(found: Left) -> shapes.LeftOut:
    return {"kind": found.kind, "where": found.where, "what": found.what, "why": found.why, "count": found.count}


def _to_decide(found: Undecided) -> str:
    label = f"{found.model}/{found.number} was in {found.stage}"
    if found.stage.lower() in _NOT_DECIDED:
        return f"{label}: nothing is to be decided"
    return f"{label}; decide it: gitreg promote {quote(found.model)} {found.number} --to {found.stage.lower()} -m WHY"
