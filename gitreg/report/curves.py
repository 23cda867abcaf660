"""The points of a ROC curve and of a reliability diagram, from predictions row by row. Pure, in plain Python."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

BINS = 10
MAX_POINTS = 200
"""More than that nobody sees on a screen."""
CANDIDATE = "candidate"


@dataclass(frozen=True)
class Bin:
    """The rows whose score lies in one tenth: what was said on average, and the share that came true."""

    said: float
    was: float
    rows: int


@dataclass(frozen=True)
class Curve:
    """One model's curves. `roc` is (share of false alarms, share of hits), rising; empty where one class is missing."""

    name: str
    roc: tuple[tuple[float, float], ...] = ()
    bins: tuple[Bin, ...] = ()


@dataclass(frozen=True)
class Curves:
    """Candidate and baseline on the same rows of a dataset."""

    dataset: str
    rows: int
    models: tuple[Curve, ...]


def curve_of(name: str, targets: Sequence[object], scores: Sequence[float]) -> Curve:
    """One model's curves, from truths (0 and 1) and scores. Reliability only where every score is a probability."""
    pairs = sorted(((score, int(target == 1)) for target, score in zip(targets, scores, strict=True)), reverse=True)
    are_probabilities = bool(pairs) and pairs[-1][0] >= 0 and pairs[0][0] <= 1
    return Curve(name, tuple(_thinned([*_roc(pairs)])), tuple(_bins(pairs)) if are_probabilities else ())


def _roc(pairs: Sequence[tuple[float, int]]) -> Iterator[tuple[float, float]]:
    """A point for each threshold: rows with one score come on the curve together (Fawcett 2006, algorithm 1)."""
    yes = sum(target for _, target in pairs)
    no = len(pairs) - yes
    if not yes or not no:
        return
    hits = alarms = 0
    yield (0.0, 0.0)
    for number, (score, target) in enumerate(pairs):
        hits, alarms = hits + target, alarms + 1 - target
        if number + 1 == len(pairs) or pairs[number + 1][0] != score:
            yield (alarms / no, hits / yes)


def _thinned(points: list[tuple[float, float]]) -> list[tuple[float, float]]:
    """At most so many points, with the first and the last."""
    if len(points) <= MAX_POINTS:
        return points
    last = len(points) - 1
    return [points[round(number * last / (MAX_POINTS - 1))] for number in range(MAX_POINTS)]


def _bins(pairs: Sequence[tuple[float, int]]) -> Iterator[Bin]:
    """Ten bins of equal width, the empty ones left out (Niculescu-Mizil and Caruana 2005)."""
    rows: list[list[tuple[float, int]]] = [[] for _ in range(BINS)]
    for score, target in pairs:
        rows[min(int(score * BINS), BINS - 1)].append((score, target))
    for found in filter(None, rows):
        said, was = (sum(values) / len(found) for values in zip(*found, strict=True))
        yield Bin(said, was, len(found))


def hits_at(curve: Curve, alarms: float) -> float:
    """The share of hits where the share of false alarms is `alarms`, between the points in a straight line."""
    before = (0.0, 0.0)
    for point in curve.roc:
        if point[0] > alarms:
            return before[1] + (point[1] - before[1]) * (alarms - before[0]) / (point[0] - before[0])
        before = point
    return before[1]
