"""Checkpoints as JSON and as pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.cli.views import facts
from gitreg.report import Cell, Command, Table, number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitreg.cli import shapes
    from gitreg.documents import RunId
    from gitreg.report import Block
    from gitreg.tracking import Checkpoint


def checkpoint(run: RunId, found: Checkpoint) -> shapes.RunCheckpoint:
    """A checkpoint for programs."""
    return {
        "name": found.name,
        "step": found.step,
        "address": f"runs:/{run}/{found.output.name}",
        "value": None if found.value is None else facts.number(found.value),
        "best": found.is_best,
    }


def page(run: RunId, metric: str | None, found: Sequence[Checkpoint]) -> Iterator[Block]:
    """One a line, the best marked, and how to register it."""
    if not found:
        yield "No checkpoints. run.log_model(folder, step=40) takes one."
        return
    asked = (metric,) if metric else ()
    rows: tuple[tuple[str | Cell, ...], ...] = tuple(
        (*_named(run, each), *(_value(each) for _ in asked)) for each in found
    )
    yield Table(("step", "address", *asked), rows, whole=("step", "address"))
    chosen = next((each for each in found if each.is_best), found[-1])
    yield "Next:"
    yield Command(f"gitreg register runs:/{run.short}/{chosen.output.name} --name MODEL")


def _named(run: RunId, found: Checkpoint) -> tuple[str, str]:
    return str(found.step), f"runs:/{run.short}/{found.output.name}"


def _value(found: Checkpoint) -> Cell:
    if found.value is None:
        return Cell("-")
    return Cell(f"{number(found.value)} (best)", "good") if found.is_best else Cell(number(found.value))
