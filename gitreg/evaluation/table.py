"""The blob of an evaluation: one line a row, in CSV (RFC 4180) that has only one way to be written.

The first line is `row,target,prediction,score` and then `slice:<column>` in order; columns that are not there are left
out. Lines end in a line feed, numbers are spelled as Python's `repr`, rows stand in the order of their ids where they
have any. So equal predictions are equal bytes, and `sqlite3`, a spreadsheet or `cut` reads them.
"""

from __future__ import annotations

import csv
import io
import math
from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gitreg.errors import InvalidDocument, InvalidValue
from gitreg.policy import Predictions

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gitreg.documents import Task

MAX_PREDICTIONS_BYTES = 1 << 30
MAX_FIELD = 4_000
_SLICE = "slice:"
_SCORE_OF_YES = 0.5
_TEXT = frozenset(["row", "target", "prediction"])


@dataclass(frozen=True)
class PredictionTable:
    """What one model said of each row, beside the truth.

    `targets` are 0 and 1 (binary), class names (multiclass) or numbers (regression). `labels` are the predicted
    classes, `scores` the probability of 1 or the predicted number. `groups` has a text for each row, by column.
    """

    task: Task
    targets: Sequence[str | int | float]
    labels: Sequence[str | int] | None = None
    scores: Sequence[float] | None = None
    rows: Sequence[str] | None = None
    groups: Mapping[str, Sequence[str]] = field(default_factory=dict)

    def __len__(self) -> int:
        return len(self.targets)

    def predictions(self) -> Predictions:
        """As the metrics read them; without labels, a score of one half or more is a yes."""
        labels = self.labels
        if labels is None and self.task == "binary" and self.scores is not None:
            labels = [int(score >= _SCORE_OF_YES) for score in self.scores]
        return Predictions(self.targets, self.scores, labels)

    def to_bytes(self) -> bytes:
        """The blob."""
        text = io.StringIO()
        writer = csv.writer(text, lineterminator="\n")
        columns = dict(self._columns())
        writer.writerow(columns)
        writer.writerows(zip(*columns.values(), strict=True))
        return text.getvalue().encode()

    def _columns(self) -> Iterator[tuple[str, Sequence[object]]]:
        named = {"row": self.rows, "target": self.targets, "prediction": self.labels, "score": self.scores}
        yield from ((name, column) for name, column in named.items() if column is not None)
        yield from ((_SLICE + name, self.groups[name]) for name in sorted(self.groups))


def read_table(data: bytes, task: Task) -> PredictionTable:
    """The reverse of `to_bytes`, from bytes that may be hostile. Raises `InvalidDocument`."""
    if len(data) > MAX_PREDICTIONS_BYTES:
        raise InvalidDocument(f"The predictions have {len(data):,} bytes; {MAX_PREDICTIONS_BYTES:,} are the most.")
    try:
        table = _parsed(data.decode(), task)
    except (UnicodeDecodeError, csv.Error, ValueError, InvalidValue) as error:
        raise InvalidDocument(f"These are no predictions that gitreg wrote: {error!s:.200}") from None
    if table.to_bytes() != data:
        raise InvalidDocument("These predictions are not written as gitreg writes them.")
    return table


def _parsed(text: str, task: Task) -> PredictionTable:
    lines = csv.reader(io.StringIO(text, newline=""), strict=True)
    names = next(lines, [])
    columns: list[list[str]] = [[] for _ in names]
    for line in lines:
        for column, value in zip(columns, line, strict=True):
            column.append(value)
    found = dict(zip(names, columns, strict=True))
    if len(found) != len(names) or "target" not in found or not found["target"]:
        raise InvalidValue("the columns are not row, target, prediction, score and slices, or there is no row.")
    groups = {name.removeprefix(_SLICE): column for name, column in found.items() if name.startswith(_SLICE)}
    unknown = [name for name in names if not name.startswith(_SLICE) and name not in {*_TEXT, "score"}]
    if unknown:
        raise InvalidValue(f"there is no column {unknown[0]!r:.60}.")
    labels, scores = found.get("prediction"), found.get("score")
    return PredictionTable(
        task,
        [_target(value, task) for value in found["target"]],
        None if labels is None else [_label(value, task) for value in labels],
        None if scores is None else [finite(value) for value in scores],
        found.get("row"),
        groups,
    )


def _target(value: str, task: Task) -> str | int | float:
    if task == "regression":
        return finite(value)
    return _label(value, task)


def _label(value: str, task: Task) -> str | int:
    if task == "multiclass":
        return value
    if value not in ("0", "1"):
        raise InvalidValue(f"{value!r:.40} is neither 0 nor 1.")
    return int(value)


def finite(value: object) -> float:
    """A finite number. Raises `InvalidValue`."""
    try:
        number = float(value)  # type: ignore[arg-type]
    except (TypeError, ValueError, OverflowError):
        raise InvalidValue(f"{value!r:.40} is not a number.") from None
    if not math.isfinite(number):
        raise InvalidValue(f"{value!r:.40} is not a finite number.")
    return number
