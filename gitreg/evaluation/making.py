"""From columns as people have them (lists, arrays, frames' columns) to a table of predictions."""

from __future__ import annotations

from collections.abc import Iterable, Mapping, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, TypedDict

from gitreg.documents import check_name
from gitreg.errors import InvalidValue
from gitreg.evaluation.table import MAX_FIELD, PredictionTable, finite

if TYPE_CHECKING:
    from gitreg.documents import Task

_TWO = 2
_TASKS = ("binary", "multiclass", "regression")


@dataclass(frozen=True)
class Columns:
    """What one has after predicting: each an iterable with one value a row.

    `predictions` are probabilities of the positive class, class names or numbers; an array of two columns of
    probabilities gives its second. `labels` may be given beside probabilities. `rows` are ids that say which row is
    which; without them the order does.
    """

    target: Iterable[Any]
    predictions: Iterable[Any]
    labels: Iterable[Any] | None = None
    rows: Iterable[Any] | None = None
    slices: Mapping[str, Iterable[Any]] = field(default_factory=dict)
    positive: object = None
    task: str | None = None


class EvaluationOptions(TypedDict, total=False):
    """What may be said of an evaluation beside predictions and truth.

    `metrics` are the names of those to keep (all that the task has). `slices` gives each row its group, by the name of
    the slice. `labels` are predicted classes beside probabilities. `rows` are ids that say which row is which; without
    them the order does. `task` is binary, multiclass or regression, `positive` the class that a probability is of,
    `output` the model of the run that predicted. `personal` rows are sealed under a key of their own.
    """

    metrics: Sequence[str]
    slices: Mapping[str, Iterable[Any]]
    labels: Iterable[Any]
    rows: Iterable[Any]
    task: str
    positive: object
    output: str
    personal: bool


def columns_of(predictions: Iterable[Any], target: Iterable[Any], options: EvaluationOptions) -> Columns:
    """The columns of an evaluation."""
    return Columns(
        target,
        predictions,
        options.get("labels"),
        options.get("rows"),
        options.get("slices", {}),
        options.get("positive"),
        options.get("task"),
    )


def table_of(columns: Columns) -> PredictionTable:
    """The table of these columns. What task it is follows from them where it is not given.

    Binary: two classes, and probabilities or the same classes as predictions; the larger class is the positive one,
    unless `positive` says otherwise. Regression: numbers with a fraction. Multiclass: everything else.
    Raises `InvalidValue` for columns of other lengths, and for values that are none.
    """
    targets, said = _listed(columns.target), _last_column(_listed(columns.predictions))
    labels = None if columns.labels is None else _listed(columns.labels)
    rows = None if columns.rows is None else [_text(value) for value in _listed(columns.rows)]
    groups = {check_name(name, "slice"): [_text(v) for v in _listed(values)] for name, values in columns.slices.items()}
    _check_lengths(len(targets), {"predictions": said, "labels": labels, "rows": rows, **groups})
    kind = _task(targets, said, columns.positive) if columns.task is None else _known(columns.task)
    table = _MAKERS[kind](targets, said, labels, columns.positive)
    return _ordered(PredictionTable(kind, table.targets, table.labels, table.scores, rows, groups))


def _listed(values: Iterable[Any]) -> list[Any]:
    """Arrays and frames' columns give plain Python values by `tolist`."""
    tolist = getattr(values, "tolist", None) or getattr(values, "to_list", None)
    return [*(tolist() if callable(tolist) else values)]


def _last_column(values: list[Any]) -> list[Any]:
    if values and isinstance(values[0], Sequence) and not isinstance(values[0], str):
        if any(len(value) != _TWO for value in values):
            raise InvalidValue("Of more than two classes give the predicted class of each row, not all probabilities.")
        return [value[1] for value in values]
    return values


def _check_lengths(rows: int, columns: Mapping[str, Sequence[Any] | None]) -> None:
    if not rows:
        raise InvalidValue("There are no rows to evaluate.")
    for name, column in columns.items():
        if column is not None and len(column) != rows:
            raise InvalidValue(f"There are {rows:,} targets and {len(column):,} values of {name}.")


def _known(task: str) -> Task:
    if task not in _TASKS:
        raise InvalidValue(f"{task!r:.40} is not a task; there are {', '.join(_TASKS)}.")
    return task  # type: ignore[return-value]


def _task(targets: list[Any], said: list[Any], positive: object) -> Task:
    classes = set(targets)
    if positive is not None or (len(classes) <= _TWO and (set(said) <= classes or _are_probabilities(said))):
        return "binary"
    numbers = all(isinstance(value, int | float) and not isinstance(value, bool) for value in (*targets, *said))
    whole = all(float(value).is_integer() for value in (*targets, *said)) if numbers else True
    return "regression" if numbers and not whole else "multiclass"


def _are_probabilities(said: list[Any]) -> bool:
    return all(isinstance(value, float) and 0 <= value <= 1 for value in said)


def _binary(targets: list[Any], said: list[Any], labels: list[Any] | None, positive: object) -> PredictionTable:
    classes = set(targets)
    try:
        yes = max(classes) if positive is None else positive
    except TypeError:
        raise InvalidValue("The targets are of several types; say which class is meant: positive=…") from None
    if len(classes | {yes}) > _TWO:
        raise InvalidValue(f"There are {len(classes)} classes; two are binary.")
    are_classes = labels is None and not _are_probabilities(said) and set(said) <= classes | {yes}
    scores = None if are_classes else [finite(value) for value in said]
    chosen = said if are_classes else labels
    return PredictionTable(
        "binary",
        [int(value == yes) for value in targets],
        None if chosen is None else [int(value == yes) for value in chosen],
        scores,
    )


def _multiclass(targets: list[Any], said: list[Any], labels: list[Any] | None, positive: object) -> PredictionTable:
    del positive
    chosen = said if labels is None else labels
    return PredictionTable("multiclass", [_text(value) for value in targets], [_text(value) for value in chosen])


def _regression(targets: list[Any], said: list[Any], labels: list[Any] | None, positive: object) -> PredictionTable:
    del positive, labels
    return PredictionTable("regression", [finite(value) for value in targets], None, [finite(value) for value in said])


_MAKERS = {"binary": _binary, "multiclass": _multiclass, "regression": _regression}


def _text(value: object) -> str:
    text = str(value)
    if len(text) > MAX_FIELD or any(ord(letter) < 32 for letter in text):  # noqa: PLR2004 - control characters
        raise InvalidValue(f"{text!r:.40} is no id and no class: it is too long or has control characters.")
    return text


def _ordered(table: PredictionTable) -> PredictionTable:
    """By the rows' ids, so that the order in which somebody predicted does not matter."""
    if table.rows is None:
        return table
    order = sorted(range(len(table)), key=table.rows.__getitem__)
    rows = [table.rows[place] for place in order]
    if len(set(rows)) != len(rows):
        raise InvalidValue("Two rows have one id.")
    return PredictionTable(
        table.task,
        [table.targets[place] for place in order],
        None if table.labels is None else [table.labels[place] for place in order],
        None if table.scores is None else [table.scores[place] for place in order],
        rows,
        {name: [column[place] for place in order] for name, column in table.groups.items()},
    )
