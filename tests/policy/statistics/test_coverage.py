"""A 95% interval holds the true difference 92 to 98 times in a hundred, where the truth is known by construction."""

from __future__ import annotations

import random
from collections.abc import Callable
from math import sqrt
from statistics import NormalDist

import pytest

from gitreg.policy.statistics import (
    CannotTell,
    DeLong,
    Interval,
    McNemar,
    Predictions,
    Resampling,
    delong,
    mcnemar_of,
    paired_bootstrap,
)
from tests.policy.statistics.examples import seeded

ROWS = 150
Drawn = tuple[Predictions, Predictions]
Method = Callable[[Predictions, Predictions, int], Interval]


def binormal(chance: random.Random) -> Drawn:
    """Scores of a positive row lie 1.2 and 0.8 higher, and both models share half of their noise."""
    targets = [row % 3 == 0 for row in range(ROWS)]
    shared = [chance.gauss(0, sqrt(0.5)) for _ in targets]
    new, old = (
        [s + chance.gauss(shift * t, sqrt(0.5)) for t, s in zip(targets, shared, strict=True)] for shift in (1.2, 0.8)
    )
    return Predictions(targets, new), Predictions(targets, old)


BINORMAL_TRUTH = NormalDist().cdf(1.2 / sqrt(2)) - NormalDist().cdf(0.8 / sqrt(2))


def labelled(chance: random.Random) -> Drawn:
    """The candidate is right in 85% of the rows, the baseline in 75%; 70% of the rows are right with both."""
    kinds = chance.choices([(1, 1), (1, 0), (0, 1), (0, 0)], [0.70, 0.15, 0.05, 0.10], k=ROWS)
    new, old = ([kind[which] for kind in kinds] for which in (0, 1))
    return Predictions([1] * ROWS, labels=new), Predictions([1] * ROWS, labels=old)


def valued(chance: random.Random) -> Drawn:
    """Normal errors of 1.0 and 1.2 with a correlation of a half."""
    shared = [chance.gauss(0, sqrt(0.5)) for _ in range(ROWS)]
    new, old = ([spread * (s + chance.gauss(0, sqrt(0.5))) for s in shared] for spread in (1.0, 1.2))
    return Predictions([0.0] * ROWS, new), Predictions([0.0] * ROWS, old)


def by_bootstrap(metric: str) -> Method:
    def method(new: Predictions, old: Predictions, seed: int) -> Interval:
        found = paired_bootstrap(new, old, metric, confidence=0.95, resampling=Resampling(seed, 399))
        assert isinstance(found, Interval), found
        return found

    return method


def by_delong(new: Predictions, old: Predictions, _: int) -> Interval:
    found = delong(new, old, confidence=0.95)
    assert isinstance(found, DeLong), found
    return found.interval


def by_mcnemar(new: Predictions, old: Predictions, _: int) -> Interval:
    found = mcnemar_of(new, old, confidence=0.95)
    assert not isinstance(found, CannotTell)
    assert isinstance(found, McNemar)
    return found.interval


CASES = {
    "bootstrap-accuracy": (by_bootstrap("accuracy"), labelled, 0.10),
    "bootstrap-auc": (by_bootstrap("auc"), binormal, BINORMAL_TRUTH),
    "bootstrap-rmse": (by_bootstrap("rmse"), valued, 0.2),
    "delong": (by_delong, binormal, BINORMAL_TRUTH),
    "mcnemar": (by_mcnemar, labelled, 0.10),
}


def covered(case: str, simulations: int) -> float:
    """The share of simulated data sets whose interval holds the truth."""
    method, draw, truth = CASES[case]
    held = 0
    for number in range(simulations):
        found = method(*draw(seeded(f"{case} {number}")), number)
        held += found.low <= truth <= found.high
    return held / simulations


@pytest.mark.parametrize(("case", "simulations"), [("bootstrap-accuracy", 200), ("delong", 1000), ("mcnemar", 1000)])
def test_an_interval_covers_as_often_as_it_says(case: str, simulations: int) -> None:
    assert 0.92 <= covered(case, simulations) <= 0.985


@pytest.mark.slow
@pytest.mark.timeout(600)
@pytest.mark.parametrize("case", CASES)
def test_an_interval_covers_as_often_as_it_says_at_length(case: str) -> None:
    assert 0.925 <= covered(case, 2000) <= 0.985


def test_a_ranking_by_chance_passes_as_rarely_as_it_says() -> None:
    """Two models that are equally good: the test calls them different about one time in twenty."""
    rejected = 0
    for number in range(1000):
        chance = seeded(number)
        targets = [row % 2 for row in range(100)]
        new, old = ([chance.gauss(t, 1) for t in targets] for _ in range(2))
        rejected += by_delong(Predictions(targets, new), Predictions(targets, old), 0).p_value < 0.05
    assert 0.03 <= rejected / 1000 <= 0.07
