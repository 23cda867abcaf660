"""The best of the runs that fit: which, by how much, and which others are as good."""

from __future__ import annotations

import math
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitreg.errors import InvalidValue, RunNotFound
from gitreg.index import of_run
from gitreg.search import parse_order
from gitreg.tracking.comparing import direction

if TYPE_CHECKING:
    from collections.abc import Callable, Sequence
    from datetime import datetime

    from gitreg.folding import FoldedRun
    from gitreg.search import Field
    from gitreg.tracking.comparing import Direction
    from gitreg.tracking.searching import RunPage

LOOKED_AT = 50


@dataclass(frozen=True)
class Best:
    """The run with the best value of a metric. `ties` have the very same value and ran earlier; `margin` is how far
    the next value, that of `second`, lies behind, never negative; both are None where no other run has another value.
    """

    run: FoldedRun
    metric: str
    direction: Direction
    value: float
    ties: tuple[FoldedRun, ...] = ()
    second: FoldedRun | None = None
    margin: float | None = None


def best_run(
    search: Callable[..., RunPage],
    where: str,
    metric: str,
    now: datetime,
    *,
    towards: Direction | None = None,
    experiment: str | None = None,
) -> Best:
    """The best of the runs that fit `where` by `metric`, named as in a search: `auc`, `auc@holdout`, `loss.min`.

    `search` is that of the runs. Of runs with the same value it is the latest. `towards` says which values are better,
    where the metric's name does not. Raises `InvalidValue`, `RunNotFound` where no run that fits has the metric.
    """
    field = metric_field(metric, now)
    better = towards or direction(field.key)
    if better is None:
        message = f"Nothing tells whether more or less of {metric!r:.80} is better."
        raise InvalidValue(message, subject=metric[:80], hint="Say so: --maximize or --minimize")
    order = f"metrics.{metric} {'DESC' if better == 'higher' else 'ASC'}"
    found = search(where, order_by=order, limit=LOOKED_AT, experiment=experiment).runs
    ranked = [(run, value) for run in found if (value := value_of(run, field)) is not None]
    if not ranked:
        message = f"No run that fits has the metric {metric!r:.80}."
        raise RunNotFound(message, subject=metric[:80], hint="Look at what fits: gitreg runs search FILTER")
    return _best(metric, better, ranked)


def _best(metric: str, better: Direction, ranked: Sequence[tuple[FoldedRun, float]]) -> Best:
    first, value = ranked[0]
    ties = tuple(run for run, other in ranked[1:] if other == value)
    behind = next(((run, other) for run, other in ranked if other != value), None)
    if behind is None:
        return Best(first, metric, better, value, ties)
    return Best(first, metric, better, value, ties, behind[0], abs(value - behind[1]))


def metric_field(metric: str, now: datetime) -> Field:
    """A metric's name as a search reads it after `metrics.`. Raises `InvalidValue` that points at the place."""
    keys = parse_order(f"metrics.{metric}", now)
    if len(keys) != 1 or keys[0].descending:
        raise InvalidValue(f"{metric!r:.80} is not one metric.", subject=metric[:80], hint="Give one: auc, auc@holdout")
    return keys[0].field


def value_of(run: FoldedRun, field: Field) -> float | None:
    """A run's value of a metric's part; without a dataset that logged without one, or on only one. None for NaN."""
    named = [each for each in of_run(run).metrics if each.key == field.key]
    found = [each for each in named if each.dataset == field.dataset]
    if not found and not field.dataset and len(named) == 1:
        found = named
    value = dict(found[0].parts)[field.part] if found else math.nan
    return None if math.isnan(value) else value
