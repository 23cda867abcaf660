"""Runs side by side: one line for each thing that differs. Pure."""

from __future__ import annotations

import math
import re
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING, Final, Literal

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from gitreg.documents import Environment, Source
    from gitreg.folding import FoldedRun

Direction = Literal["higher", "lower"]
Kind = Literal["param", "metric", "tag", "dataset", "code", "environment"]
Cell = bool | int | float | str | None

_HIGHER_TEXT: Final = (
    "acc accuracy ap auc auroc auprc bleu f1 gini iou kappa map mcc ndcg precision r2 recall rouge sensitivity"
)
_LOWER_TEXT: Final = "brier cer ece err error loss logloss mae mape mse nll perplexity rmse rmsle smape wer"
_HIGHER: Final = frozenset(_HIGHER_TEXT.split())
_LOWER: Final = frozenset(_LOWER_TEXT.split())


@dataclass(frozen=True)
class ComparedRow:
    """One param, metric (its last value), tag, dataset, or fact of the code or environment; a value for each run in
    their order, None where it has none.

    `best` are the places of the runs with the best value of a metric whose direction its name tells (`auc`,
    `val_loss`); empty where the direction is not known.
    """

    kind: Kind
    key: str
    values: tuple[Cell, ...]
    dataset: str | None = None
    best: tuple[int, ...] = ()
    towards: Direction | None = None

    @property
    def differs(self) -> bool:
        """Whether the runs do not all say the same."""
        return any(_spelled(value) != _spelled(self.values[0]) for value in self.values[1:])


@dataclass(frozen=True)
class Comparison:
    """Runs in the order asked for, and all their rows; `different` are those worth showing."""

    runs: tuple[FoldedRun, ...]
    rows: tuple[ComparedRow, ...]

    @property
    def different(self) -> tuple[ComparedRow, ...]:
        """The rows that tell the runs apart."""
        return tuple(row for row in self.rows if row.differs)

    def primary(self, key: str | None = None, towards: Direction | None = None) -> ComparedRow | None:
        """The metric that these runs are judged by: that of `key`, else the first of those that most of them have and
        whose name tells which way is better. `towards` says so where the name does not. None where there is none.
        """
        metrics = [row for row in self.rows if row.kind == "metric" and key in (None, row.key)]
        known = [row for row in metrics if key is not None or direction(row.key) is not None]
        found = max(known, key=lambda row: sum(value is not None for value in row.values), default=None)
        if found is None or towards is None:
            return found
        return replace(found, towards=towards, best=_best(towards, found.values))  # type: ignore[arg-type] # numbers

    def judged_by(self, primary: ComparedRow | None) -> Comparison:
        """The same with this in place of the row of that metric."""
        if primary is None:
            return self
        name = (primary.kind, primary.key, primary.dataset)
        rows = tuple(primary if (row.kind, row.key, row.dataset) == name else row for row in self.rows)
        return replace(self, rows=rows)


def compare(runs: Sequence[FoldedRun]) -> Comparison:
    """Set runs side by side."""
    rows = (
        *_metrics(runs),
        *_datasets(runs),
        *_named(runs, "param", _params),
        *_named(runs, "tag", _tags),
        *_named(runs, "code", _code),
        *_named(runs, "environment", _environment),
    )
    return Comparison(tuple(runs), tuple(rows))


def direction(key: str) -> Direction | None:
    """Which values of a metric are better, where its name tells; None where it does not."""
    words = re.split(r"[^a-z0-9]+", key.lower())
    if _LOWER.intersection(words):
        return "lower"
    return "higher" if _HIGHER.intersection(words) else None


def _params(run: FoldedRun) -> dict[str, Cell]:
    return dict(run.params)


def _tags(run: FoldedRun) -> dict[str, Cell]:
    return dict(run.tags)


def code_facts(source: Source | None) -> dict[str, Cell]:
    """What is known of the code that ran, by the words for people."""
    if source is None:
        return {}
    return _known(
        {
            "repository": source.repository,
            "commit": source.commit,
            "branch": source.branch,
            "uncommitted changes": None if source.dirty is None else "yes" if source.dirty else "no",
            "uncommitted diff": str(source.diff.digest) if source.diff else None,
            "entry point": source.entry_point,
            "command": " ".join(source.command) or None,
        }
    )


def environment_facts(ran_in: Environment | None) -> dict[str, Cell]:
    """What is known of where it ran but for the packages, which its lock file lists."""
    if ran_in is None:
        return {}
    return _known(
        {
            "python": ran_in.python,
            "platform": ran_in.platform,
            "cpu": ran_in.cpu,
            "gpus": ", ".join(ran_in.gpus) or None,
        }
    )


def _known(found: Mapping[str, Cell]) -> dict[str, Cell]:
    return {key: value for key, value in found.items() if value is not None}


def _code(run: FoldedRun) -> dict[str, Cell]:
    """But for the command: it is long, and what it told are params."""
    return {key: value for key, value in code_facts(run.source).items() if key != "command"}


def _environment(run: FoldedRun) -> dict[str, Cell]:
    lock = run.environment.lock if run.environment else None
    return {**environment_facts(run.environment), **({"packages": str(lock.digest)} if lock else {})}


def _named(
    runs: Sequence[FoldedRun], kind: Kind, read: Callable[[FoldedRun], dict[str, Cell]]
) -> Iterator[ComparedRow]:
    found = [read(run) for run in runs]
    for key in sorted({key for each in found for key in each}):
        yield ComparedRow(kind, key, tuple(each.get(key) for each in found))


def _metrics(runs: Sequence[FoldedRun]) -> Iterator[ComparedRow]:
    found = [{(each.key, each.dataset or ""): each.last.value for each in run.metrics} for run in runs]
    for key, dataset in sorted({identity for each in found for identity in each}):
        values = tuple(each.get((key, dataset)) for each in found)
        towards = direction(key)
        yield ComparedRow("metric", key, values, dataset or None, _best(towards, values), towards)


def _datasets(runs: Sequence[FoldedRun]) -> Iterator[ComparedRow]:
    found = [{(use.role, use.name): str(use.digest) for use in run.datasets} for run in runs]
    for role, name in sorted({identity for each in found for identity in each}):
        yield ComparedRow("dataset", f"{name} ({role})", tuple(each.get((role, name)) for each in found))


def _best(towards: Direction | None, values: Sequence[float | None]) -> tuple[int, ...]:
    numbers = [value for value in values if value is not None and not math.isnan(value)]
    if towards is None or not numbers:
        return ()
    best = max(numbers) if towards == "higher" else min(numbers)
    return tuple(place for place, value in enumerate(values) if value == best)


def _spelled(value: Cell) -> tuple[str, str]:
    """So that True is not 1, and NaN is NaN."""
    return type(value).__name__, repr(value)
