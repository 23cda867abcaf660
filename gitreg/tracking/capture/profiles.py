"""The profile of a table: how each column is spread, in numbers, for later checks of drift. Made where it is asked for.

`profile/1`: a column whose values are all numbers or booleans has quantiles at 0, 5, …, 100 %, each the smallest value
that at least that share of the values do not exceed (the inverse of the empirical distribution), so every quantile is a
value of the column; the first and last are the least and the greatest. Of any other column the number of different
values is counted, and with `categories` the most frequent ones are named with their counts. Missing values and NaN are
counted apart.
"""

from __future__ import annotations

import math
from collections import Counter
from typing import TYPE_CHECKING, Final, TypedDict

from gitreg.documents import QUANTILES, ColumnProfile, Profile
from gitreg.tracking.capture.columns import columns_in
from gitreg.tracking.capture.datasets import spelled, text_of

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

MEDIA_TYPE: Final = "application/vnd.gitreg.profile.v1+json"
METHOD: Final = "profile/1"
MAX_CATEGORIES: Final = 100
MAX_CATEGORY: Final = 200
"""Characters of a category's name; longer ones are cut."""
_MISSING: Final = b"n"


class Sketch(TypedDict, total=False):
    """What is kept of a table beside its digest, its schema and its size: nothing where nobody asks.

    `profile` keeps how each column is spread (quantiles of numbers, least and greatest among them; how many different
    values all others have), for later checks of drift; `categories` names the most frequent of those values, too.
    `row_hashes` keeps a hash of every row, so that a policy can count the rows that two datasets share; whoever has
    them and a row can tell whether that row was in the data.
    """

    profile: bool
    categories: bool
    row_hashes: bool


def profile_of(data: object, *, categories: bool = False) -> Profile:
    """The profile of a table. Raises `InvalidValue` for what is no table and for values that have no spelling."""
    rows, columns = 0, []
    for name, values in columns_in(data):
        known = list(values)
        rows = len(known)
        columns.append(_column(name, known, categories=categories))
    return Profile(method=METHOD, rows=rows, columns=tuple(columns))


def _column(name: str, values: Sequence[object], *, categories: bool) -> ColumnProfile:
    present = [value for value in values if spelled(value) != _MISSING]
    described = ColumnProfile(name=text_of(name), nulls=len(values) - len(present))
    if present and all(isinstance(value, int | float) for value in present):
        return described.model_copy(update={"quantiles": _quantiles(present)})  # type: ignore[arg-type] # just looked
    counts = Counter(map(_category, present))
    named = dict(counts.most_common(MAX_CATEGORIES)) if categories else None
    return described.model_copy(update={"distinct": len(counts), "categories": named})


def _quantiles(values: Iterable[float]) -> tuple[float, ...]:
    """Nearest ranks: Hyndman and Fan's first definition (The American Statistician 50, 1996)."""
    ordered = sorted(values)
    steps, count = QUANTILES - 1, len(ordered)
    return tuple(float(ordered[max(0, math.ceil(step * count / steps) - 1)]) for step in range(QUANTILES))


def _category(value: object) -> str:
    return text_of(value)[:MAX_CATEGORY]
