"""Candidate and baseline, row by row, on the same dataset."""

from __future__ import annotations

from dataclasses import dataclass
from functools import partial
from typing import TYPE_CHECKING, TypeVar

from gitreg.blobs import read_stored
from gitreg.documents import Alternative, Alternatives, Compared, Digest, Evaluation
from gitreg.errors import InvalidDocument, InvalidValue
from gitreg.evaluation import MAX_PREDICTIONS_BYTES, PredictionTable, groups_of, read_table
from gitreg.policy import (
    CannotTell,
    Interval,
    Predictions,
    Resampling,
    corrected_confidence,
    delong,
    mcnemar_of,
    metric_named,
    paired_bootstrap,
    resamples_needed,
    seed_of,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gitreg.blobs import BlobStore
    from gitreg.documents import ComparisonRequirement, Observation, Subject, Version
    from gitreg.index import Index

BEST = 5
_STEADY = 10
"""So many times more resamples than reach into the tails of an interval make its ends steady."""
Answer = TypeVar("Answer")
_METRIC_OF = {"delong/1": "auc", "mcnemar/1": "accuracy"}


@dataclass(frozen=True)
class Pair:
    """The same rows, predicted by candidate and baseline; `slice` is empty or `column=value`."""

    slice: str
    candidate: Predictions
    baseline: Predictions
    seed: int


class Comparer:
    """Compares one version with what is in the stage."""

    def __init__(self, index: Index, blobs: BlobStore, version: Version, baseline: Subject | None) -> None:
        """Nothing is read yet."""
        self._index = index
        self._blobs = blobs
        self._version = version
        self._baseline = baseline

    def compare(self, rule: ComparisonRequirement, counted: Alternatives | None) -> Iterator[Observation]:
        """Every look that a rule asks for. Raises `InvalidValue`, `InvalidDocument`, `BlobNotFound`, `CorruptBlob`.

        `counted` is how many runs there were when the evidence was written; there may be more by now.
        """
        mine = self._own(rule)
        others = self._index.evaluations(mine.content_digest)
        alternatives = _then(counted, others) or _alternatives(rule, mine.content_digest, others)
        yield alternatives
        if self._baseline is None:
            return
        theirs = self._theirs(rule, self._baseline, mine, others)
        digests = [mine.predictions.digest, theirs.predictions.digest]
        seed = partial(_seed, rule.method, digests)
        pairs = [*_pairs(rule, self._table(mine), self._table(theirs), seed)]
        looks = max(1, alternatives.runs) if rule.picked else 1
        for pair in pairs:
            yield _compared(rule, pair, (mine, theirs), looks)

    def _own(self, rule: ComparisonRequirement) -> Evaluation:
        named = [use.digest for use in self._version.datasets if use.name == rule.dataset]
        known = [each for content in named for each in self._index.evaluations(content)] or self._index.evaluations()
        found = [each for each in known if each.dataset == rule.dataset and each.is_of(self._version)]
        what = f"{self._version.model} {self._version.digest.short}"
        return _one(found, f"{what} was not evaluated on {rule.dataset}", f"{what} was evaluated on {rule.dataset}")

    def _theirs(
        self, rule: ComparisonRequirement, baseline: Subject, mine: Evaluation, others: list[Evaluation]
    ) -> Evaluation:
        found = [each for each in others if _is_of_subject(each, baseline)]
        what = f"{baseline.model}/{baseline.number}, which is in the stage,"
        content = f"the content of {rule.dataset} that the candidate was ({mine.content_digest.short})"
        return _one(found, f"{what} was not evaluated on {content}", f"{what} was evaluated on {content}")

    def _table(self, evaluation: Evaluation) -> PredictionTable:
        data = read_stored(self._blobs, evaluation.predictions, MAX_PREDICTIONS_BYTES)
        table = read_table(data, evaluation.task)
        if len(table) != evaluation.rows:
            raise InvalidDocument("The evaluation and its predictions do not have the same number of rows.")
        return table


def _is_of_subject(evaluation: Evaluation, subject: Subject) -> bool:
    return subject.version == evaluation.version or (subject.run is not None and evaluation.run == subject.run)


def _one(found: list[Evaluation], none: str, several: str) -> Evaluation:
    """The evaluation that is meant. Several of the same predictions are one; of other ones nobody may choose."""
    if not found:
        hint = "gitreg evaluations add MODEL/VERSION --dataset NAME --predictions FILE"
        raise InvalidValue(f"{none}; {hint} does that.", hint=hint)
    if len({each.predictions.digest for each in found}) > 1:
        raise InvalidValue(f"{several} {len(found)} times with other predictions, and nobody can tell which count.")
    return min(found, key=lambda each: each.digest)


def _alternatives(rule: ComparisonRequirement, content: Digest, known: list[Evaluation]) -> Alternatives:
    """Every run that was evaluated on the data, the best first."""
    sign = 1.0 if metric_named(rule.metric).higher_is_better else -1.0
    values = {each.run: each.metrics[rule.metric] for each in known if each.run and rule.metric in each.metrics}
    best = sorted(values.items(), key=lambda pair: (-sign * pair[1], pair[0]))[:BEST]
    return Alternatives(
        rule=rule.rule,
        metric=rule.metric,
        dataset=content,
        runs=len({each.run for each in known if each.run}),
        best=tuple(Alternative(run=run, value=value) for run, value in best),
    )


def _then(counted: Alternatives | None, known: list[Evaluation]) -> Alternatives | None:
    """What was counted then, where today's ledger bears it out: it has all those runs, and perhaps more."""
    if counted is None:
        return None
    there = {(each.run, each.metrics.get(counted.metric)) for each in known if each.content_digest == counted.dataset}
    has_all = all((each.run, each.value) in there for each in counted.best)
    return counted if has_all and counted.runs <= len({run for run, _ in there if run}) else None


def _pairs(
    rule: ComparisonRequirement, mine: PredictionTable, theirs: PredictionTable, seed: Callable[[str], int]
) -> Iterator[Pair]:
    """All rows, and then the rows of each group. Raises `InvalidValue` where the two are not of the same rows."""
    if mine.task != theirs.task or (mine.rows is not None and theirs.rows is not None and mine.rows != theirs.rows):
        raise InvalidValue("The candidate and what is in the stage were not evaluated on the same rows.")
    yield Pair("", mine.predictions(), theirs.predictions(), seed(""))
    for column in rule.slices:
        if column not in mine.groups:
            raise InvalidValue(f"The predictions on {rule.dataset} do not say which {column} a row is of.")
        groups = {name: list(mine.groups[column]) for name in (column,)}
        again = PredictionTable(theirs.task, theirs.targets, theirs.labels, theirs.scores, theirs.rows, groups)
        for (value, new), (_, old) in zip(groups_of(mine, column), groups_of(again, column), strict=True):
            where = f"{column}={value}"
            yield Pair(where, new, old, seed(where))


def _compared(
    rule: ComparisonRequirement, pair: Pair, evaluations: tuple[Evaluation, Evaluation], looks: int
) -> Observation:
    what = f"{rule.metric} on {rule.dataset}{f' where {pair.slice}' if pair.slice else ''}"
    interval = _known(_interval(rule, pair, corrected_confidence(rule.confidence, looks)), what)
    metric = metric_named(rule.metric)
    return Compared(
        rule=rule.rule,
        metric=rule.metric,
        slice=pair.slice,
        dataset=evaluations[0].content_digest,
        rows=len(pair.candidate.targets),
        candidate=evaluations[0].digest,
        baseline=evaluations[1].digest,
        candidate_value=_known(metric.value(pair.candidate), what),
        baseline_value=_known(metric.value(pair.baseline), what),
        difference=interval.difference,
        low=interval.low,
        high=interval.high,
        p_value=interval.p_value,
        confidence=interval.confidence,
        comparisons=looks,
        method=rule.method,
    )


def _known(answer: Answer | CannotTell, what: str) -> Answer:
    """The number. Raises `InvalidValue` where there is none."""
    if isinstance(answer, CannotTell):
        raise InvalidValue(f"{what}: {answer.why}")
    return answer


def _interval(rule: ComparisonRequirement, pair: Pair, confidence: float) -> Interval | CannotTell:
    needed = _METRIC_OF.get(rule.method, rule.metric)
    if rule.metric != needed:
        return CannotTell(f"{rule.method} compares {needed}, not {rule.metric}.")
    if rule.method == "delong/1":
        found = delong(pair.candidate, pair.baseline, confidence=confidence)
        return found if isinstance(found, CannotTell) else found.interval
    if rule.method == "mcnemar/1":
        counted = mcnemar_of(pair.candidate, pair.baseline, confidence=confidence)
        return counted if isinstance(counted, CannotTell) else counted.interval
    resampling = Resampling(pair.seed, max(rule.resamples, _STEADY * resamples_needed(confidence)))
    return paired_bootstrap(pair.candidate, pair.baseline, rule.metric, confidence=confidence, resampling=resampling)


def _seed(method: str, predictions: list[Digest], where: str) -> int:
    """From what is compared, and for every group another one."""
    return seed_of(method, [*predictions, where])
