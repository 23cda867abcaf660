"""How far apart two accuracies on the same rows can be, from the rows that one model alone gets right."""

from __future__ import annotations

from collections.abc import Callable
from math import exp, lgamma, log, log1p, sqrt

_HALVINGS = 60
_NEGLIGIBLE = 1e-18


def paired_bounds(gained: int, lost: int, rows: int, tail: float, quantile: float) -> tuple[float, float]:
    """Bounds of (gained - lost) / rows, each end the farther of two methods'.

    Tango's score interval (1998) covers margins other than zero; the exact interval given the number of rows that
    differ (Clopper & Pearson 1934) lies beyond zero only where McNemar's exact test does. `tail` is the chance left
    out at either end, `quantile` the normal one that belongs to it.
    """
    differ = gained + lost
    low = min(_tango_low(gained, lost, rows, quantile), (2 * _share_low(gained, differ, tail) - 1) * differ / rows)
    high = max(-_tango_low(lost, gained, rows, quantile), (1 - 2 * _share_low(lost, differ, tail)) * differ / rows)
    return low, high


def _tango_low(gained: int, lost: int, rows: int, quantile: float) -> float:
    """The smallest difference that the score test does not reject."""
    observed = (gained - lost) / rows

    def rejected(difference: float) -> bool:
        variance = _score_variance(gained, lost, rows, difference)
        return gained - lost - rows * difference > quantile * sqrt(max(0.0, variance))

    return _last(rejected, -1.0, observed)


def _score_variance(gained: int, lost: int, rows: int, difference: float) -> float:
    """Of gained - lost, where `difference` is true and the rest most likely (Tango 1998, equation 8)."""
    linear = -gained - lost + (2 * rows - gained + lost) * difference
    constant = -lost * difference * (1 - difference)
    root = sqrt(max(0.0, linear * linear - 8 * rows * constant))
    only_lost = (root - linear) / (4 * rows)
    return rows * (2 * only_lost + difference * (1 - difference))


def _share_low(count: int, trials: int, tail: float) -> float:
    """The smallest share for which P(X >= count) is not below `tail` (Clopper & Pearson)."""
    if not count:
        return 0.0
    return _last(lambda share: _at_least(count, trials, share) < tail, 0.0, count / trials)


def _at_least(count: int, trials: int, share: float) -> float:
    """P(X >= count) for X Binomial(trials, share), with share at most count / trials: terms only fall."""
    if share <= 0:
        return 0.0
    if share >= 1:
        return 1.0
    choices = lgamma(trials + 1) - lgamma(count + 1) - lgamma(trials - count + 1)
    term = exp(choices + count * log(share) + (trials - count) * log1p(-share))
    total, odds = term, share / (1 - share)
    for reached in range(count, trials):
        term *= (trials - reached) / (reached + 1) * odds
        total += term
        if term <= _NEGLIGIBLE * total:
            break
    return total


def _last(rejected: Callable[[float], bool], low: float, high: float) -> float:
    """Where `rejected` turns from true at `low` to false at `high`, from below, to a double's precision or nearly."""
    if not rejected(low):
        return low
    for _ in range(_HALVINGS):
        middle = (low + high) / 2
        low, high = (middle, high) if rejected(middle) else (low, middle)
    return low
