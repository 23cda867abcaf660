"""What a registry hands to others: where a thing comes from, and all that is known of a stage in one file."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg._registry.tracing import Tracer

if TYPE_CHECKING:
    from gitreg._registry.parts import Parts
    from gitreg.lineage import Lineage


class Exports:
    """Answers `lineage` and `evidence export`. Reads this clone alone."""

    def __init__(self, parts: Parts) -> None:
        """Nothing is read yet."""
        self._parts = parts

    def lineage(self, asked: str) -> Lineage:
        """What a thing comes from and what it flowed into; see `Tracer.trace`."""
        return Tracer(self._parts).trace(asked)
