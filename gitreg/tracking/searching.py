"""Searches of runs, page by page."""

from __future__ import annotations

import base64
import binascii
import json
from dataclasses import dataclass, replace
from difflib import get_close_matches
from shlex import quote
from typing import TYPE_CHECKING, Any, TypedDict

from gitreg.documents import Digest, canonical_bytes
from gitreg.errors import ExperimentNotFound, InvalidValue
from gitreg.folding import GROUP_TAG
from gitreg.index import Query
from gitreg.search import RUNS, And, Compare, Field, parse_filter, parse_order
from gitreg.tabular import Tabular, columns_of

if TYPE_CHECKING:
    from collections.abc import Collection, Mapping
    from datetime import datetime

    from gitreg.documents import MetricSummary, PinnedMetric
    from gitreg.folding import FoldedRun
    from gitreg.search import Vocabulary
    from gitreg.tabular import Cell, Columns

MAX_TOKEN_CHARS = 10_000
_MANY = 12
_FIXED = ("run_id", "name", "experiment", "status", "started_at", "finished_at")


@dataclass(frozen=True)
class RunPage(Tabular):
    """Runs that a search found, in its order. `next_page_token` asks for those that follow; empty after the last."""

    runs: tuple[FoldedRun, ...]
    next_page_token: str = ""

    def columns(self) -> Columns:
        """One row a run: what it is, and every param, metric (its last value) and tag that one of them has."""
        return columns_of([_row(run) for run in self.runs], _FIXED)


class SearchOptions(TypedDict, total=False):
    """What else a search may say: only runs of one experiment, parts of one run (by its id), of one group, at most so
    many (100), deleted ones too, which page.
    """

    experiment: str | None
    parent: str | None
    group: str | None
    limit: int | None
    deleted: bool
    page_token: str


@dataclass(frozen=True)
class Search:
    """A search as somebody writes it. The language: docs/search.md."""

    filter: str = ""
    order_by: str = ""
    experiment: str | None = None
    parent: str | None = None
    group: str | None = None
    limit: int | None = 100
    deleted: bool = False
    page_token: str = ""

    def query(self, now: datetime, words: Vocabulary = RUNS) -> Query:
        """What the index is asked about the things that `words` are of.

        Raises `InvalidValue` that points at the place, or for a token of another search.
        """
        condition = And((*self._within(), parse_filter(self.filter, now, words)))
        query = Query(condition, parse_order(self.order_by, now, words), self.limit, deleted=self.deleted)
        return replace(query, after=self._after(len(query.keys) + 1)) if self.page_token else query

    def _within(self) -> list[Compare]:
        """What the options ask."""
        asked = {
            Field("attribute", "experiment"): self.experiment,
            Field("attribute", "parent"): self.parent,
            Field("tag", GROUP_TAG): self.group,
        }
        return [Compare(field, "=", value) for field, value in asked.items() if value is not None]

    def token(self, keys: tuple[Any, ...]) -> str:
        """The page token after a run with these keys."""
        data = json.dumps([self._digest(), keys], separators=(",", ":"))
        return base64.urlsafe_b64encode(data.encode()).decode()

    def _digest(self) -> str:
        """Of all that a token belongs to."""
        asked = [self.filter, self.order_by, self.experiment, self.parent, self.group, self.deleted]
        return Digest.of(canonical_bytes(asked)).hex[:16]  # type: ignore[arg-type] # texts, a bool and null

    def _after(self, count: int) -> tuple[Any, ...]:
        if len(self.page_token) > MAX_TOKEN_CHARS:
            raise InvalidValue("This is no page token.", hint="Give the one that the page before ended with.")
        try:
            digest, keys = json.loads(base64.urlsafe_b64decode(self.page_token.encode()))
        except (ValueError, TypeError, binascii.Error, RecursionError):
            digest, keys = "", None
        is_key = isinstance(keys, list) and all(each is None or isinstance(each, int | float | str) for each in keys)
        if digest != self._digest() or not is_key or len(keys) != count:
            message = "This page token is of another search."
            raise InvalidValue(message, hint="Keep filter, order and experiment while turning pages, or leave it out.")
        return tuple(keys)


def check_experiment(name: str, known: Collection[str]) -> None:
    """Raises `ExperimentNotFound`, which names the near ones, else those that there are."""
    if name in known:
        return
    near = get_close_matches(name, sorted(known))
    others = ", ".join((near or sorted(known))[:_MANY])
    there = f" Did you mean {others}?" if near else f" (there are {others})." if others else "."
    message = f"There is no experiment {name!r:.80}" + (f".{there}" if near else there)
    hint = f"gitreg runs list -e {quote(near[0])}" if near else "List all runs: gitreg runs list"
    raise ExperimentNotFound(message, subject=name[:80], hint=hint)


def _row(run: FoldedRun) -> dict[str, Cell]:
    names = {use.digest: use.name for use in run.datasets}
    return {
        **{name: getattr(run, name) for name in _FIXED},
        "run_id": str(run.run_id),
        **{f"params.{name}": value for name, value in run.params.items()},
        **{f"metrics.{metric_label(each, names)}": each.last.value for each in run.metrics},
        **{f"tags.{name}": value for name, value in run.tags.items()},
    }


def metric_label(metric: MetricSummary | PinnedMetric, names: Mapping[Digest, str]) -> str:
    """A metric as a search names it: `auc`, or `auc@holdout`."""
    return f"{metric.key}@{names.get(metric.dataset, metric.dataset.hex[:12])}" if metric.dataset else metric.key
