"""Results as columns, for those who go on with them in a frame: pandas, polars, an arrow table, a Parquet file.

Columns are named by the words of the search language, `params.depth` and `metrics.auc@holdout`. Each is of one type:
whole numbers, numbers, truth values, times in UTC, or else texts; what a thing does not have is null.
"""

from __future__ import annotations

import os
import tempfile
from abc import ABC, abstractmethod
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final, TypeAlias

from gitreg.errors import MissingExtra

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

Cell: TypeAlias = "bool | int | float | str | datetime | None"
Columns: TypeAlias = "dict[str, list[Cell]]"
_KINDS: Final = ("params", "metrics", "tags")


class Tabular(ABC):
    """What has rows, one for each thing that it holds."""

    @abstractmethod
    def columns(self) -> Columns:
        """Every column by name, all of one length, each of one type."""

    def to_pandas(self) -> Any:  # noqa: ANN401 - pandas is optional
        """A pandas DataFrame. Raises `MissingExtra` without pandas."""
        try:
            import pandas  # noqa: ICN001, PLC0415 - only those who ask for a frame have it
        except ImportError:
            raise MissingExtra("A frame of pandas needs pandas.", hint="pip install pandas") from None
        return pandas.DataFrame(self.columns())

    def to_polars(self) -> Any:  # noqa: ANN401 - polars is optional
        """A polars DataFrame. Raises `MissingExtra` without polars."""
        try:
            import polars  # noqa: ICN001, PLC0415 - as above
        except ImportError:
            raise MissingExtra("A frame of polars needs polars.", hint="pip install polars") from None
        return polars.DataFrame(self.columns())

    def to_arrow(self) -> Any:  # noqa: ANN401 - pyarrow is optional
        """An arrow table. Raises `MissingExtra` without pyarrow."""
        try:
            import pyarrow  # noqa: ICN001, PLC0415 - as above
        except ImportError:
            raise MissingExtra("An arrow table needs pyarrow.", hint="pip install 'gitreg[data]'") from None
        return pyarrow.table(self.columns())

    def write_parquet(self, path: Path | str) -> int:
        """Write a Parquet file, whole or not at all, over one that is there; how many rows it has.

        Raises `MissingExtra` without pyarrow, `OSError` where the file cannot be written.
        """
        table, target = self.to_arrow(), Path(path)
        import pyarrow.parquet  # noqa: PLC0415 - as above

        handle, name = tempfile.mkstemp(prefix=f".{target.name[:40]}-", dir=target.parent)
        os.close(handle)
        try:
            pyarrow.parquet.write_table(table, name)
            Path(name).replace(target)
        finally:
            Path(name).unlink(missing_ok=True)
        return int(table.num_rows)


def columns_of(rows: Sequence[Mapping[str, Cell]], first: Iterable[str] = ()) -> Columns:
    """Rows as columns: those of `first`, and then every param, metric and tag that a row has."""
    others = sorted({name for row in rows for name in row} - {*first}, key=_by_kind)
    names = dict.fromkeys([*first, *others])
    return {name: _of_one_type([row.get(name) for row in rows]) for name in names}


def _by_kind(name: str) -> tuple[int, str]:
    kind = name.partition(".")[0]
    return (_KINDS.index(kind) if kind in _KINDS else len(_KINDS), name)


def _of_one_type(values: list[Cell]) -> list[Cell]:
    types = {type(value) for value in values} - {type(None)}
    if len(types) <= 1:
        return values
    if types == {int, float}:
        return [None if value is None else float(value) for value in values]  # type: ignore[arg-type] # numbers, all
    return [value if value is None or isinstance(value, str) else _spelled(value) for value in values]


def _spelled(value: Cell) -> str:
    return str(value).lower() if isinstance(value, bool) else str(value)
