"""What checks said of a proposal, as JSON and as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.cli.views import facts
from gitreg.report import Cell, Line, Table, short, when

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitreg.cli import shapes
    from gitreg.decisions import CheckView, Said
    from gitreg.report import Block


def check(view: CheckView) -> shapes.Check:
    """One check for programs."""
    return {
        "name": view.name,
        "status": view.status,
        "by": view.person,
        "signed_at": facts.time(view.signed_at),
        "report": facts.descriptor(view.report) if view.report is not None else None,
        "ignored": view.ignored,
        "asked_for": view.is_asked_for,
    }


def added_page(said: Said, name: str, status: str) -> Iterator[Block]:
    """What a check's signature came to."""
    yield Line(f"Signed for {said.proposal.id}: {name} {status}.", "good" if said.counts else "plain")
    if said.note:
        yield Line(said.note, "warn")


def list_page(found: Sequence[CheckView]) -> Iterator[Block]:
    """Each check with who said what."""
    if not found:
        yield "No check was signed, and no rule asks for one."
        return
    rows = tuple(
        (Cell(each.name, "strong"), _status(each), each.person or "-", _when(each), _note(each)) for each in found
    )
    yield Table(("check", "came to", "says", "signed", ""), rows, whole=("check", "came to"))


def _status(view: CheckView) -> Cell:
    if view.status is None:
        return Cell("not run", "warn")
    if view.ignored:
        return Cell(view.status, "dim")
    return Cell(view.status, "good" if view.status == "pass" else "bad")


def _when(view: CheckView) -> str:
    return when(view.signed_at) if view.signed_at is not None else "-"


def _note(view: CheckView) -> str:
    if view.ignored:
        return f"does not count: {view.ignored}"
    asked = "" if view.is_asked_for else "no rule asks for it"
    report = f"report {short(view.report.digest)}" if view.report is not None else ""
    return ", ".join(each for each in (asked, report) if each)
