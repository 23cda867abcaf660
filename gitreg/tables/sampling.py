"""Some rows of a table, the same ones every time, so that a table of any length can be looked at in memory."""

from __future__ import annotations

import random
from typing import TYPE_CHECKING, Any, Final

from gitreg.tables._arrow import arrow, read_errors
from gitreg.tables.reading import batches

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gitreg.tables.reading import TableFile

SAMPLED_ROWS: Final = 100_000
"""A table that is not longer is taken whole."""


def sample_of(file: TableFile) -> Any:  # noqa: ANN401 - an arrow table
    """Up to `SAMPLED_ROWS` rows of a table; the columns of a CSV file that hold numbers are numbers in it.

    Raises `MissingExtra`, `InvalidValue`.
    """
    sampler = Sampler()
    for batch in batches(file):
        sampler.add(batch)
    with read_errors(file.name):
        return sampler.table(is_text=file.form != "parquet")


class Sampler:
    """Takes every row at first; whenever there are too many, each that is there stays with a chance of one half, and
    from then on so does each new one. So every row of the whole has the same chance. The chances are always the same.
    """

    def __init__(self, limit: int = SAMPLED_ROWS) -> None:
        """At most `limit` rows are in the result, and up to twice as many in memory."""
        self._limit = limit
        self._random = random.Random(0)  # noqa: S311 - no secret: it has to be the same every time
        self._chance = 1.0
        self._kept: list[Any] = []
        self._count = 0

    def add(self, batch: Any) -> None:  # noqa: ANN401 - an arrow batch
        """Rows of the table, in order."""
        taken = batch if self._chance == 1 else self._thinned(batch, self._chance)
        self._kept.append(taken)
        self._count += taken.num_rows
        while self._count > self._limit:
            self._chance /= 2
            self._kept = [self._thinned(each, 0.5) for each in self._kept]
            self._count = sum(each.num_rows for each in self._kept)

    def _thinned(self, batch: Any, chance: float) -> Any:  # noqa: ANN401 - an arrow batch
        chosen = [place for place in range(batch.num_rows) if self._random.random() < chance]
        return batch.take(arrow().array(chosen, arrow().int64()))

    def table(self, *, is_text: bool) -> Any:  # noqa: ANN401 - an arrow table
        """What was taken; where it `is_text`, with numbers for what reads as numbers."""
        if not self._kept:
            return arrow().table({})
        found = arrow().Table.from_batches(self._kept)
        return arrow().table({name: _typed(found.column(name)) for name in found.column_names}) if is_text else found


def _typed(column: Any) -> Any:  # noqa: ANN401 - an arrow column
    types: Iterable[Any] = (arrow().int64(), arrow().float64())
    for each in types if column.null_count < len(column) else ():
        try:
            return column.cast(each)
        except arrow().ArrowInvalid:
            continue
    return column


def types_in(table: Any) -> Sequence[tuple[str, str]]:  # noqa: ANN401 - an arrow table
    """Its columns by name and type."""
    return [(field.name, str(field.type)) for field in table.schema]
