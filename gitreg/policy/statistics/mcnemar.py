"""`mcnemar/1`: are the rows that only one of two models gets right evenly split?"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from math import fsum

from gitreg.policy.statistics.answers import CannotTell, Interval, Unanswerable, normal_quantile
from gitreg.policy.statistics.predictions import Predictions, checked_pair, pairs_of
from gitreg.policy.statistics.proportions import paired_bounds

MCNEMAR = "mcnemar/1"


@dataclass(frozen=True)
class McNemar:
    """How two classifiers differ on the same rows.

    `only_candidate` and `only_baseline` count the rows that one alone gets right. `p_better` is one-sided: small where
    the candidate is better. `interval` is of the difference of the accuracies, with the two-sided p-value.
    """

    rows: int
    only_candidate: int
    only_baseline: int
    p_better: float
    interval: Interval


def mcnemar(
    candidate_correct: Sequence[bool], baseline_correct: Sequence[bool], *, confidence: float = 0.95
) -> McNemar | CannotTell:
    """The exact binomial test of McNemar (1947): with b and c rows that one model alone gets right, b is
    Binomial(b + c, 1/2) where neither is better. Two-sided: min(1, 2 P(X <= min(b, c))); one-sided: P(X >= b).
    Without such rows both are 1. The interval is that of `paired_bounds`. Raises `InvalidValue` for a confidence that
    is none.
    """
    quantile = normal_quantile(confidence)
    if len(candidate_correct) != len(baseline_correct):
        return CannotTell(
            f"The candidate was evaluated on {len(candidate_correct)} rows and the baseline on {len(baseline_correct)}."
        )
    if not candidate_correct:
        return CannotTell("There are no rows.")
    pairs = list(zip(candidate_correct, baseline_correct, strict=True))
    only_candidate = sum(bool(new) and not old for new, old in pairs)
    only_baseline = sum(bool(old) and not new for new, old in pairs)
    discordant, rows = only_candidate + only_baseline, len(pairs)
    low, high = paired_bounds(only_candidate, only_baseline, rows, (1 - confidence) / 2, quantile)
    p_value = min(1.0, 2 * at_most(min(only_candidate, only_baseline), discordant))
    return McNemar(
        rows=rows,
        only_candidate=only_candidate,
        only_baseline=only_baseline,
        p_better=at_most(only_baseline, discordant),  # P(X >= b) is P(X <= c), for a half is symmetric
        interval=Interval((only_candidate - only_baseline) / rows, low, high, p_value, confidence, MCNEMAR),
    )


def mcnemar_of(candidate: Predictions, baseline: Predictions, *, confidence: float) -> McNemar | CannotTell:
    """`mcnemar` over the labels of both, on the same rows."""
    try:
        checked_pair(candidate, baseline)
        pairs = pairs_of(candidate), pairs_of(baseline)
    except Unanswerable as unanswerable:
        return CannotTell(unanswerable.why)
    new, old = ([target == label for target, label in each] for each in pairs)
    return mcnemar(new, old, confidence=confidence)


def at_most(count: int, trials: int) -> float:
    """P(X <= count) for X Binomial(trials, 1/2).

    The terms are taken relative to the one in the middle and divided by their sum, so that nothing overflows and no
    logarithm loses digits; a term below the smallest double is zero.
    """
    middle = trials // 2
    falling = [1.0]
    for successes in range(middle, 0, -1):
        falling.append(falling[-1] * successes / (trials - successes + 1))
    terms = falling[::-1]  # for 0 to `middle` successes; the rest mirrors it
    terms += terms[trials - middle - 1 :: -1] if trials > middle else []
    return min(1.0, fsum(terms[: count + 1]) / fsum(terms))
