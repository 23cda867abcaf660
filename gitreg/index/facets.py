"""What a search sees of a run: names and values, folded over the records of all writers."""

from __future__ import annotations

import json
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any

from gitreg.documents import RunRecord, format_time, parse_time, spell_number
from gitreg.errors import GitregError
from gitreg.folding import fold

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gitreg.folding import FoldedRun

Value = bool | int | float | str
_SURROGATE = b"\\ud"
"""What may begin half a character: no document has it, and no table takes it."""


@dataclass(frozen=True)
class MetricFacet:
    """One metric's summary. `dataset` is the dataset's name in the run, empty where it was logged without."""

    key: str
    dataset: str
    last: float
    least: float
    greatest: float
    count: int
    step: int

    @property
    def parts(self) -> tuple[tuple[str, float], ...]:
        """Its parts as a search names them."""
        return (
            ("last", self.last),
            ("min", self.least),
            ("max", self.greatest),
            ("count", self.count),
            ("step", self.step),
        )


@dataclass(frozen=True)
class Facets:
    """One run. Times are as documents spell them, the duration in seconds."""

    finished_at: str | None
    duration: float | None
    user: str
    host: str
    parent: str | None
    commit: str | None
    branch: str | None
    params: Mapping[str, Value]
    tags: Mapping[str, str]
    metrics: tuple[MetricFacet, ...]
    datasets: tuple[tuple[str, str, str], ...]
    """Name, role, digest of the content."""


def facets_of(documents: Sequence[bytes]) -> Facets | None:
    """Of a run, from all records of it; None where they cannot be read.

    Nearly every run has one record with one attempt, which needs no folding and is looked at without being parsed
    strictly (docs/decisions/0006): that is 20 times as quick, and whoever shows the run reads it strictly.
    """
    try:
        if len(documents) == 1 and _SURROGATE not in documents[0].lower():
            record = json.loads(documents[0])
            if len(record["attempts"]) == 1:
                return _seen(record, record["attempts"][0])
        return of_run(fold(RunRecord.from_bytes(each) for each in documents))
    except (GitregError, KeyError, TypeError, ValueError, AttributeError, RecursionError, OverflowError):
        return None


def of_run(run: FoldedRun) -> Facets:
    """Of a run that was folded already."""
    names = {use.digest: use.name for use in run.datasets}
    source = run.source
    return Facets(
        finished_at=format_time(run.finished_at) if run.finished_at else None,
        duration=(run.finished_at - run.started_at).total_seconds() if run.finished_at else None,
        user=run.actor.principal,
        host=run.attempts[-1].host,
        parent=run.parent,
        commit=source.commit if source else None,
        branch=source.branch if source else None,
        params={name: _spelled(value) for name, value in run.params.items()},
        tags=dict(run.tags),
        metrics=tuple(
            MetricFacet(
                key=each.key,
                dataset=names.get(each.dataset, each.dataset) if each.dataset else "",
                last=each.last.value,
                least=each.min,
                greatest=each.max,
                count=each.count,
                step=each.last.step,
            )
            for each in run.metrics
        ),
        datasets=tuple((use.name, use.role, use.digest) for use in run.datasets),
    )


def _seen(record: Any, attempt: Any) -> Facets:  # noqa: ANN401 - JSON that nobody checked
    names = {use["digest"]: str(use["name"]) for use in attempt["datasets"]}
    source = attempt["source"] or {}
    started, finished = attempt["started_at"], attempt["finished_at"]
    return Facets(
        finished_at=_text(finished),
        duration=(parse_time(finished) - parse_time(started)).total_seconds() if finished else None,
        user=str(record["actor"]["principal"]),
        host=str(attempt["host"]),
        parent=_text(record["parent"]),
        commit=_text(source.get("commit")),
        branch=_text(source.get("branch")),
        params={str(name): _scalar(value) for name, value in attempt["params"].items()},
        tags={str(name): str(value) for name, value in attempt["tags"].items()},
        metrics=tuple(
            MetricFacet(
                key=str(each["key"]),
                dataset=str(names.get(each["dataset"], each["dataset"])) if each["dataset"] else "",
                last=float(each["last"]["value"]),
                least=float(each["min"]),
                greatest=float(each["max"]),
                count=_whole(each["count"]),
                step=_whole(each["last"]["step"]),
            )
            for each in attempt["metrics"]
        ),
        datasets=tuple((str(use["name"]), str(use["role"]), str(use["digest"])) for use in attempt["datasets"]),
    )


def _text(value: object) -> str | None:
    if value is not None and not isinstance(value, str):
        raise TypeError
    return value


def _scalar(value: object) -> Value:
    if not isinstance(value, bool | int | float | str):
        raise TypeError
    return value


def _whole(value: object) -> int:
    """An integer of 64 bits."""
    if not isinstance(value, int) or abs(value) >= 1 << 63:
        raise TypeError
    return value


def _spelled(value: Value) -> Value:
    """As it stands in a document: what JSON has no number for is a word."""
    return spell_number(value) if isinstance(value, float) else value
