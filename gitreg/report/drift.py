"""How far the columns of two tables lie apart, by their profiles. Pure."""

from __future__ import annotations

from bisect import bisect_right
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitreg.report.spelling import counted, number, percent

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gitreg.documents import ColumnProfile, Profile


@dataclass(frozen=True)
class ColumnDrift:
    """One column in both tables.

    `distance` is from 0 (spread alike) to 1 (nothing in common); None where the profiles do not tell.
    """

    name: str
    distance: float | None
    new: tuple[float, ...] = ()
    old: tuple[float, ...] = ()
    """The quantiles of numbers."""
    note: str = ""


@dataclass(frozen=True)
class Drift:
    """Every column that two tables share, the farthest apart first."""

    name: str
    """The data as the candidate calls it, with its role."""
    rows: tuple[int, int]
    columns: tuple[ColumnDrift, ...]


def drift_of(name: str, new: Profile, old: Profile) -> Drift:
    """What a profile shows that another does not."""
    before = {column.name: column for column in old.columns}
    rows = (new.rows, old.rows)
    found = [_column(each, before[each.name], rows) for each in new.columns if each.name in before]
    return Drift(name, rows, tuple(sorted(found, key=_farthest)))


def _farthest(each: ColumnDrift) -> tuple[float, str]:
    return (-1.0 if each.distance is None else -each.distance, each.name)


def _column(new: ColumnProfile, old: ColumnProfile, rows: tuple[int, int]) -> ColumnDrift:
    notes = [_missing(new, old, rows)]
    if new.quantiles and old.quantiles:
        notes.insert(0, f"median {number(_median(new.quantiles))}, was {number(_median(old.quantiles))}")
        distance: float | None = quantile_distance(new.quantiles, old.quantiles)
        return ColumnDrift(new.name, distance, new.quantiles, old.quantiles, _said(notes))
    if new.distinct is not None and old.distinct is not None and new.distinct != old.distinct:
        notes.insert(0, f"{counted(new.distinct, 'different value')}, was {old.distinct}")
    if new.categories is None or old.categories is None:
        return ColumnDrift(new.name, None, note=_said(notes))
    left = rows[0] - new.nulls, rows[1] - old.nulls
    return ColumnDrift(new.name, _share_distance(new.categories, old.categories, left), note=_said(notes))


def _said(notes: Sequence[str]) -> str:
    return ", ".join(filter(None, notes))


def _median(quantiles: Sequence[float]) -> float:
    return quantiles[len(quantiles) // 2]


def _missing(new: ColumnProfile, old: ColumnProfile, rows: tuple[int, int]) -> str:
    now, then = (each.nulls / total if total else 0.0 for each, total in zip((new, old), rows, strict=True))
    return f"{percent(now)} missing, was {percent(then)}" if now != then else ""


def quantile_distance(new: Sequence[float], old: Sequence[float]) -> float:
    """Kolmogorov and Smirnov's distance of two lists of quantiles: that of the data, to within a step of the lists."""
    edges = sorted({*new, *old})
    return max(abs(bisect_right(new, edge) / len(new) - bisect_right(old, edge) / len(old)) for edge in edges)


def _share_distance(new: Mapping[str, int], old: Mapping[str, int], rows: tuple[int, int]) -> float:
    """Half the sum of the differences of the shares (total variation); what is not named counts as one value."""
    if not all(rows):
        return 0.0 if rows[0] == rows[1] else 1.0
    ours, theirs = _shares(new, rows[0]), _shares(old, rows[1])
    return sum(abs(ours.get(name, 0.0) - theirs.get(name, 0.0)) for name in ours.keys() | theirs.keys()) / 2


def _shares(categories: Mapping[str, int], rows: int) -> dict[str | None, float]:
    named: dict[str | None, float] = {name: count / rows for name, count in categories.items()}
    return {**named, None: 1 - sum(categories.values()) / rows}
