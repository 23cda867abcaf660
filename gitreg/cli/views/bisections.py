"""What a bisection came to: as JSON and as a page."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.cli.views import differences, facts
from gitreg.report import Line, counted, listed, number

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg._registry import Bisected, Difference
    from gitreg.cli import shapes
    from gitreg.report import Block


def bisected(model: str, found: Bisected, changed: Difference) -> shapes.Bisected:
    """For programs."""
    return {
        "model": model,
        "last_good": found.last_good,
        "first_bad": found.first_bad,
        "suspects": [*found.suspects],
        "turned_back": [*found.turned_back],
        "judged": [
            {
                "version": place,
                "verdict": said,
                "value": facts.number(found.values[place]) if place in found.values else None,
            }
            for place, said in sorted(found.judged.items())
        ],
        "difference": differences.diff(changed),
    }


def bisected_page(model: str, metric: str | None, found: Bisected, changed: Difference) -> Iterator[Block]:
    """What was said of each version, which is the first bad one, and what changed with it."""
    for place, said in sorted(found.judged.items()):
        value = f" ({metric} {number(found.values[place])})" if place in found.values else ""
        yield Line(f"{model}/{place}: {said}{value}", {"good": "good", "bad": "bad"}.get(said, "dim"))  # type: ignore[arg-type] # tones
    if found.first_bad is not None:
        yield Line(f"{model}/{found.first_bad} is the first bad version.", "strong")
    else:
        names = listed([f"{model}/{place}" for place in found.suspects])
        yield Line(f"One of {counted(len(found.suspects), 'version')} is the first bad one: {names}.", "warn")
    if found.turned_back:
        names = listed([f"{model}/{place}" for place in found.turned_back])
        yield Line(f"Not the first time: {names} was bad, and a later one good again.", "warn")
    yield from differences.diff_page(changed)
