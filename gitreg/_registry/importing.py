"""Bringing what other tools recorded, through the doors of this registry."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.exchange import Doors, import_all
from gitreg.registry import Bringing

if TYPE_CHECKING:
    from gitreg._registry.parts import Parts
    from gitreg.exchange import ImportReport, Origin, Wishes


def bring(parts: Parts, origin: Origin, wishes: Wishes) -> ImportReport:
    """See `gitreg.exchange.import_all`."""
    bringing = Bringing(parts.store, parts.ledger, origin.tool, wishes.why)
    return import_all(origin, Doors(parts.tracker, parts.runs, parts.models, bringing), wishes)
