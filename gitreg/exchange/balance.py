"""What an import comes to: counts and sums on both sides, and every single thing that was left out."""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Final

from gitreg.tracking import finite_sum

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitreg.exchange.values import Left
    from gitreg.registry import Kept

KINDS: Final = (
    "experiment",
    "run",
    "param",
    "tag",
    "note",
    "metric",
    "point",
    "dataset",
    "output",
    "file",
    "byte",
    "model",
    "version",
    "alias",
)
"""What is counted, in the order of the report. What is left of other kinds is told and not counted."""
MAX_TOLD: Final = 1000
"""Things left out that are told one by one; all are counted."""


@dataclass(frozen=True)
class Line:
    """One kind: how many the source holds of what was read now, how many were left out, how many the ledger has."""

    kind: str
    there: int
    left: int
    here: int

    @property
    def agrees(self) -> bool:
        """Whether nothing was lost on the way."""
        return self.there - self.left == self.here


@dataclass(frozen=True)
class Undecided:
    """A stage that a version had: here somebody has to decide it."""

    model: str
    number: int
    stage: str


@dataclass(frozen=True)
class ImportReport:
    """What was brought. `already` runs were here before and were not read again."""

    tool: str
    location: str
    already: int
    lines: tuple[Line, ...]
    sum_there: float
    """Of all finite values of the metrics that were read, exactly rounded."""
    sum_here: float
    """The same of what the blobs hold that the ledger names."""
    left: tuple[Left, ...]
    kept: tuple[Kept, ...]
    undecided: tuple[Undecided, ...]
    trouble: str = ""
    """Why some of it is on this machine only; empty where it is not."""

    @property
    def agrees(self) -> bool:
        """Whether both sides hold the same, but for what is told as left out."""
        return all(line.agrees for line in self.lines) and self.sum_there == self.sum_here

    def count(self, kind: str) -> Line:
        """One kind's line."""
        return next(line for line in self.lines if line.kind == kind)


@dataclass
class Balance:
    """The report in the making."""

    there: Counter[str] = field(default_factory=Counter)
    left: Counter[str] = field(default_factory=Counter)
    here: Counter[str] = field(default_factory=Counter)
    sums_there: list[float] = field(default_factory=list)
    sums_here: list[float] = field(default_factory=list)
    already: int = 0
    told: dict[tuple[str, str, str, str], int] = field(default_factory=dict)
    undecided: list[Undecided] = field(default_factory=list)

    def leave(self, left: Left) -> None:
        """Something that was counted as there is not brought."""
        self.left[left.kind] += left.count
        key = (left.kind, left.where, left.what, left.why)
        if key in self.told or len(self.told) < MAX_TOLD:
            self.told[key] = self.told.get(key, 0) + left.count

    def pass_over(self, found: Iterable[Left]) -> None:
        """Things that the reader could not hand over: they are there, and left out."""
        for left in found:
            self.there[left.kind] += left.count
            self.leave(left)

    def lines(self) -> tuple[Line, ...]:
        """Kind by kind."""
        return tuple(Line(kind, self.there[kind], self.left[kind], self.here[kind]) for kind in KINDS)

    def total(self) -> tuple[float, float]:
        """The sums of values: there, here."""
        return finite_sum(self.sums_there), finite_sum(self.sums_here)
