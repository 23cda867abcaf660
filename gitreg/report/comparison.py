"""Runs side by side: what was set, what was measured, and what differs."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gitreg.report.layout import Cell, Line, Table
from gitreg.report.spelling import number

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitreg.report.layout import Block, Tone

Scalar = bool | int | float | str


@dataclass(frozen=True)
class Compared:
    """One of the runs: how it is headed, its params, and its metrics by label."""

    name: str
    params: Mapping[str, Scalar]
    metrics: Mapping[str, float]


@dataclass(frozen=True)
class Row:
    """One param or metric; a value for each run in their order, None where a run has none."""

    kind: Literal["param", "metric"]
    key: str
    values: tuple[Scalar | None, ...]

    @property
    def differs(self) -> bool:
        """Whether the runs do not all say the same. 1, 1.0 and True are different things to have set."""
        return len({(type(value), str(value)) for value in self.values}) > 1


def compare(runs: Sequence[Compared]) -> list[Row]:
    """Every param and metric that one of the runs has: params first, each sorted by name."""
    params = sorted({key for run in runs for key in run.params})
    metrics = sorted({key for run in runs for key in run.metrics})
    return [
        *(Row("param", key, tuple(run.params.get(key) for run in runs)) for key in params),
        *(Row("metric", key, tuple(run.metrics.get(key) for run in runs)) for key in metrics),
    ]


def comparison_page(runs: Sequence[Compared], rows: Sequence[Row]) -> Iterator[Block]:
    """A table with a column for each run; what all runs share is only counted."""
    shown = [row for row in rows if row.differs or row.kind == "metric"]
    names = tuple(run.name for run in runs)
    yield Table(("", *names), tuple(_cells(row) for row in shown), whole=names)
    same = len(rows) - len(shown)
    if same:
        yield Line(f"{same} {'param is' if same == 1 else 'params are'} the same in all (--json has them).", "dim")


def _cells(row: Row) -> tuple[str | Cell, ...]:
    tone: Tone = "strong" if row.differs else "plain"
    return (Cell(row.key, tone), *(_spelled(value) for value in row.values))


def _spelled(value: Scalar | None) -> str:
    if value is None:
        return "-"
    return number(value) if isinstance(value, float) else str(value)
