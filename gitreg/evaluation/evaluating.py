"""What predictions come to: every metric of their task, over all rows and group by group."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.documents import Descriptor, Digest, Evaluation, RunId, SliceMetrics
from gitreg.errors import InvalidValue
from gitreg.policy import METRICS, CannotTell

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitreg.documents import Task
    from gitreg.evaluation.table import PredictionTable
    from gitreg.policy import Predictions

MAX_GROUPS = 1_000


def measures(predictions: Predictions, task: Task, names: Sequence[str] = ()) -> dict[str, float]:
    """Every metric of the task that these predictions have, or those of these names.

    Raises `InvalidValue` for a name that the task has no metric of, or a metric that is not defined on these rows.
    """
    found: dict[str, float] = {}
    for name in names or [name for name, metric in METRICS.items() if task in metric.tasks]:
        if name not in METRICS or task not in METRICS[name].tasks:
            there = ", ".join(each for each, metric in METRICS.items() if task in metric.tasks)
            raise InvalidValue(f"{name!r:.60} is no metric of {task} predictions; there are {there}.")
        value = METRICS[name].value(predictions)
        if not isinstance(value, CannotTell):
            found[name] = value
        elif names:
            raise InvalidValue(f"{name} cannot be computed: {value.why}")
    return found


def slices_of(table: PredictionTable, names: Sequence[str] = ()) -> Iterator[SliceMetrics]:
    """The metrics of every group of every slice, in order; a metric that a group does not have is left out."""
    for column in sorted(table.groups):
        for value, predictions in groups_of(table, column):
            found = measures(predictions, table.task)
            kept = {name: each for name, each in found.items() if not names or name in names}
            yield SliceMetrics(column=column, value=value, rows=len(predictions.targets), metrics=kept)


def groups_of(table: PredictionTable, column: str) -> Iterator[tuple[str, Predictions]]:
    """The rows of each group, by its name. Raises `InvalidValue` for a column with too many."""
    places: dict[str, list[int]] = {}
    for place, value in enumerate(table.groups[column]):
        places.setdefault(value, []).append(place)
    if len(places) > MAX_GROUPS:
        raise InvalidValue(f"{column} has {len(places):,} groups; {MAX_GROUPS:,} are the most.")
    everything = table.predictions()
    for value in sorted(places):
        yield value, everything.take(places[value])


def evaluation_of(
    table: PredictionTable,
    blob: Descriptor,
    dataset: tuple[str, Digest],
    subject: RunId | Digest,
    *,
    output: str | None = None,
    metrics: Sequence[str] = (),
) -> Evaluation:
    """The document of a table that lies in `blob`; `subject` is a run, or a version's digest.

    `dataset` is its name and the digest of its content. Raises `InvalidValue` as `measures`.
    """
    is_version = isinstance(subject, Digest)
    return Evaluation(
        run=None if is_version else RunId(subject),
        output=output,
        version=Digest(subject) if is_version else None,
        dataset=dataset[0],
        content_digest=dataset[1],
        task=table.task,
        rows=len(table),
        metrics=measures(table.predictions(), table.task, metrics),
        slices=tuple(slices_of(table, metrics)),
        predictions=blob,
    )
