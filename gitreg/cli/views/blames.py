"""Who last changed each field: as JSON and as a page."""

from __future__ import annotations

from itertools import groupby
from typing import TYPE_CHECKING

from gitreg.cli.views.differences import HEADINGS, scalar, told_value
from gitreg.documents import format_time
from gitreg.report import Cell, Heading, Line, Table, listed, when

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg._registry import Blame, Blamed, Origin
    from gitreg.cli import shapes
    from gitreg.report import Block

_HEADINGS = {"stage": "Stage", **HEADINGS, "note": "Notes", "alias": "Aliases", "card": "Card of the model"}


def blamed(found: Blame) -> shapes.Blame:
    """For programs."""
    return {
        "address": found.address,
        "fields": [
            {"kind": each.kind, "name": each.name, "value": scalar(each.value), "origin": _origin(each.origin)}
            for each in found.fields
        ],
        "untold": [*found.untold],
    }


def _origin(origin: Origin | None) -> shapes.Origin | None:
    if origin is None:
        return None
    return {
        "by": origin.by,
        "approved_by": [*origin.approved_by],
        "at": format_time(origin.at),
        "title": origin.title,
        "commit": origin.commit,
    }


def blame_page(found: Blame) -> Iterator[Block]:
    """A table for each kind of field."""
    yield Heading(found.address)
    for kind, group in groupby(found.fields, lambda each: each.kind):
        yield Heading(_HEADINGS[kind])
        yield Table(("", "", "since", "by", "change"), tuple(map(_row, group)))
    for reason in found.untold:
        yield Line(reason, "warn")


def _row(each: Blamed) -> tuple[Cell | str, ...]:
    value = "-" if each.value is None else told_value(each.kind, each.name, each.value)
    if each.origin is None:
        return (each.name, Cell(value, "strong"), "not known here", "", "")
    approved = f", approved by {listed(each.origin.approved_by)}" if each.origin.approved_by else ""
    return (each.name, Cell(value, "strong"), when(each.origin.at), f"{each.origin.by}{approved}", each.origin.title)
