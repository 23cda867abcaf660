"""Predictions to compare: some by hand, some for Hypothesis."""

from __future__ import annotations

import random

from hypothesis import strategies as st

from gitreg.policy.statistics import Interval, Predictions

ROWS = st.integers(min_value=2, max_value=40)


def seeded(seed: object) -> random.Random:
    return random.Random(str(seed))  # noqa: S311 - simulations, not keys


def binary(rows: int, seed: int, *, skill: float = 1.0, noise: int | None = None, digits: int = 2) -> Predictions:
    """Rounded scores, so that there are ties; the targets hang on `seed` alone, the scores on `noise` too."""
    targets = _targets(rows, seed)
    chance = seeded(f"{seed} {noise}")
    scores = [
        round(min(1.0, max(0.0, 0.5 + 0.2 * skill * (2 * t - 1) + chance.gauss(0, 0.2))), digits) for t in targets
    ]
    return Predictions(targets=targets, scores=scores, labels=[int(score > 0.5) for score in scores])


def _targets(rows: int, seed: int) -> list[int]:
    """Both classes are there."""
    chance = seeded(seed)
    return [1, 0, *(int(chance.random() < 0.4) for _ in range(rows - 2))]


def several_classes(rows: int, seed: int, *, noise: int = 0) -> Predictions:
    chance, wrong = seeded(seed), seeded(f"{seed} {noise}")
    targets = [chance.choice("abc") for _ in range(rows)]
    return Predictions(targets=targets, labels=[t if wrong.random() < 0.6 else wrong.choice("abcd") for t in targets])


def regression(rows: int, seed: int, *, noise: int = 0, spread: float = 1.0) -> Predictions:
    chance, wrong = seeded(seed), seeded(f"{seed} {noise}")
    targets = [1000 + chance.gauss(0, 3) for _ in range(rows)]
    return Predictions(targets=targets, scores=[target + wrong.gauss(0, spread) for target in targets])


def for_task(metric: str, rows: int, seed: int, *, noise: int = 0) -> Predictions:
    """Predictions that the metric is for."""
    if metric in {"mae", "r2", "rmse"}:
        return regression(rows, seed, noise=noise)
    if metric == "f1_macro":
        return several_classes(rows, seed, noise=noise)
    return binary(rows, seed, noise=noise)


def interval(difference: float, low: float, high: float, confidence: float = 0.95) -> Interval:
    return Interval(difference, low, high, 0.5, confidence, "paired-bootstrap/1")


def number(answer: object) -> float:
    """The answer, which has to be one."""
    assert isinstance(answer, float), answer
    return answer
