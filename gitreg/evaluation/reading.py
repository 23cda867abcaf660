"""Predictions from a CSV file that some other program wrote."""

from __future__ import annotations

import csv
from typing import TYPE_CHECKING, Any, TypedDict, Unpack

from gitreg.errors import InvalidValue
from gitreg.evaluation.making import Columns

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping, Sequence

_GUESSES = {"target": ("target", "label", "y_true", "y"), "prediction": ("prediction", "score", "y_pred", "y_score")}


class CsvColumns(TypedDict, total=False):
    """Which columns of a CSV file are meant; see `columns_in_csv`."""

    target: str
    prediction: str
    slices: Sequence[str]
    task: str | None


def columns_in_csv(lines: Iterable[str], **named: Unpack[CsvColumns]) -> Columns:
    """The columns of a CSV file with a header.

    Without names the target is `target`, `label`, `y_true` or `y`, the prediction `prediction`, `score`, `y_pred` or
    `y_score`, and a column `row` or `id` says which row is which. Raises `InvalidValue` for what is not there.
    """
    try:
        reader = csv.reader(lines, strict=True)
        header = next(reader, [])
        columns: dict[str, list[str]] = {name: [] for name in header}
        for line in reader:
            for name, value in zip(header, line, strict=True):
                columns[name].append(value)
    except (csv.Error, ValueError) as error:
        raise InvalidValue(f"The predictions are not a CSV file: {error!s:.200}.") from None
    return Columns(
        target=_values(_column(columns, named.get("target", ""), _GUESSES["target"])),
        predictions=_values(_column(columns, named.get("prediction", ""), _GUESSES["prediction"])),
        rows=columns.get("row", columns.get("id")),
        slices={name: _column(columns, name, ()) for name in named.get("slices", ())},
        task=named.get("task"),
    )


def _column(columns: Mapping[str, list[str]], name: str, guesses: Sequence[str]) -> list[str]:
    found = next((columns[each] for each in ((name,) if name else guesses) if each in columns), None)
    if found is None:
        wanted = name or " or ".join(guesses)
        raise InvalidValue(f"There is no column {wanted}; there are {', '.join(columns) or 'none'}.")
    return found


def _values(column: list[str]) -> list[Any]:
    """Numbers where all of them are: whole ones as integers, so that 0 and 1 are classes."""
    for number in (int, float):
        try:
            return [number(value) for value in column]
        except ValueError:
            continue
    return [*column]
