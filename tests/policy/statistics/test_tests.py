"""McNemar and DeLong, against statsmodels, scipy, and the definitions written out."""

from __future__ import annotations

import math
from collections.abc import Sequence

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitreg.errors import InvalidValue
from gitreg.policy.statistics import METRICS, CannotTell, DeLong, McNemar, Predictions, delong, mcnemar, mcnemar_of
from gitreg.policy.statistics.mcnemar import at_most
from gitreg.policy.statistics.proportions import _share_low, _tango_low
from tests.policy.statistics.examples import binary, number
from tests.policy.statistics.peers import binom, minimize_scalar, norm, proportion_confint
from tests.policy.statistics.peers import mcnemar as theirs

COUNTS = st.integers(0, 60)


def table(both: int, gained: int, lost: int, neither: int, confidence: float = 0.95) -> McNemar:
    candidate = [True] * (both + gained) + [False] * (lost + neither)
    baseline = [True] * both + [False] * gained + [True] * lost + [False] * neither
    found = mcnemar(candidate, baseline, confidence=confidence)
    assert isinstance(found, McNemar)
    return found


@given(both=COUNTS, gained=COUNTS, lost=COUNTS, neither=COUNTS)
def test_mcnemar_is_statsmodels_exact_test(both: int, gained: int, lost: int, neither: int) -> None:
    if not both + gained + lost + neither:
        return
    found = table(both, gained, lost, neither)
    assert (found.only_candidate, found.only_baseline) == (gained, lost)
    expected = theirs([[both, lost], [gained, neither]], exact=True).pvalue if gained + lost else 1.0
    assert found.interval.p_value == pytest.approx(expected, rel=1e-12)
    assert found.p_better == pytest.approx(binom.sf(gained - 1, gained + lost, 0.5), rel=1e-11)


@pytest.mark.parametrize(("count", "trials"), [(0, 0), (0, 1), (10, 1000), (49_500, 100_000), (499_000, 1_000_000)])
def test_a_binomial_tail_is_scipys_however_many_trials(count: int, trials: int) -> None:
    assert at_most(count, trials) == pytest.approx(binom.cdf(count, trials, 0.5), rel=1e-9)


@settings(max_examples=50)
@given(both=COUNTS, gained=COUNTS, lost=COUNTS, neither=COUNTS)
def test_an_interval_leaves_zero_only_where_the_exact_test_rejects(
    both: int, gained: int, lost: int, neither: int
) -> None:
    if not both + gained + lost + neither:
        return
    found = table(both, gained, lost, neither)
    assert -1 <= found.interval.low <= found.interval.difference <= found.interval.high <= 1
    if found.interval.low > 0 or found.interval.high < 0:
        assert found.interval.p_value <= 0.05 + 1e-9


@given(count=COUNTS, others=COUNTS)
def test_the_exact_share_is_clopper_and_pearsons(count: int, others: int) -> None:
    if count + others:
        expected = proportion_confint(count, count + others, alpha=0.05, method="beta")[0]
        assert _share_low(count, count + others, 0.025) == pytest.approx(expected, abs=1e-9)


@pytest.mark.parametrize(
    ("both", "gained", "lost", "neither"), [(36, 12, 2, 0), (20, 5, 5, 10), (0, 3, 1, 0), (43, 0, 1, 0)]
)
def test_the_score_bound_is_where_tangos_test_stops_rejecting(both: int, gained: int, lost: int, neither: int) -> None:
    """The statistic at the bound is the quantile, with the restricted likelihood maximised by scipy."""
    rows = both + gained + lost + neither
    bound = _tango_low(gained, lost, rows, norm.ppf(0.975))

    def minus_likelihood(only_lost: float) -> float:
        parts = [(gained, only_lost + bound), (lost, only_lost), (rows - gained - lost, 1 - 2 * only_lost - bound)]
        return -sum(count * math.log(max(share, 1e-300)) for count, share in parts if count)

    found = minimize_scalar(
        minus_likelihood, bounds=(max(0, -bound), (1 - bound) / 2), method="bounded", options={"xatol": 1e-12}
    )
    variance = rows * (2 * found.x + bound - bound**2)
    assert (gained - lost - rows * bound) / math.sqrt(variance) == pytest.approx(1.96, abs=1e-3)


def test_mcnemar_over_predictions_needs_the_same_rows_and_labels() -> None:
    one, other = binary(50, 1, noise=1), binary(50, 1, noise=2)
    found = mcnemar_of(one, other, confidence=0.95)
    assert isinstance(found, McNemar)
    accuracy = METRICS["accuracy"]
    assert found.interval.difference == pytest.approx(number(accuracy.value(one)) - number(accuracy.value(other)))
    assert isinstance(mcnemar_of(one, binary(50, 2), confidence=0.95), CannotTell)
    assert isinstance(mcnemar_of(one, Predictions(one.targets, one.scores), confidence=0.95), CannotTell)
    assert isinstance(mcnemar([], []), CannotTell)
    assert isinstance(mcnemar([True], []), CannotTell)
    with pytest.raises(InvalidValue):
        mcnemar([True], [True], confidence=1)


# --- DeLong ----------------------------------------------------------------------------------------------------------


def by_definition(targets: Sequence[int], new: Sequence[float], old: Sequence[float]) -> tuple[float, float]:
    """Difference and variance as the paper of 1988 writes them: every pair, and the full covariance matrices."""
    ones = [row for row, target in enumerate(targets) if target]
    zeros = [row for row, target in enumerate(targets) if not target]

    def wins(scores: Sequence[float]) -> list[list[float]]:
        return [[0.5 * ((scores[i] > scores[j]) + (scores[i] >= scores[j])) for j in zeros] for i in ones]

    v10 = [[sum(row) / len(zeros) for row in wins(scores)] for scores in (new, old)]
    v01 = [[sum(column) / len(ones) for column in zip(*wins(scores), strict=True)] for scores in (new, old)]
    areas = [sum(each) / len(ones) for each in v10]

    def covariance(parts: list[list[float]], a: int, b: int) -> float:
        products = [(x - areas[a]) * (y - areas[b]) for x, y in zip(parts[a], parts[b], strict=True)]
        return sum(products) / (len(products) - 1) / len(products)

    s = [[covariance(v10, a, b) + covariance(v01, a, b) for b in (0, 1)] for a in (0, 1)]
    return areas[0] - areas[1], s[0][0] + s[1][1] - 2 * s[0][1]


@settings(max_examples=50)
@given(rows=st.integers(8, 60), seed=st.integers(0, 10_000), digits=st.integers(1, 6))
def test_delong_is_the_paper_written_out(rows: int, seed: int, digits: int) -> None:
    one, other = binary(rows, seed, noise=1, digits=digits), binary(rows, seed, skill=0.5, noise=2, digits=digits)
    found = delong(one, other, confidence=0.95)
    if isinstance(found, CannotTell):
        assert min(one.targets.count(1), one.targets.count(0)) < 2
        return
    assert one.scores is not None
    assert other.scores is not None
    difference, variance = by_definition([int(target) for target in one.targets], one.scores, other.scores)
    assert found.interval.difference == pytest.approx(difference, abs=1e-12)
    assert found.variance == pytest.approx(variance, abs=1e-12)
    assert found.candidate_auc == pytest.approx(number(METRICS["auc"].value(one)), abs=1e-12)
    if variance > 1e-9:
        z = difference / math.sqrt(variance)
        assert found.z == pytest.approx(z, rel=1e-6)
        assert found.interval.p_value == pytest.approx(2 * norm.sf(abs(z)), rel=1e-6)
        low, high = norm.interval(0.95, difference, math.sqrt(variance))
        assert (found.interval.low, found.interval.high) == pytest.approx((low, high), abs=1e-9)


def test_models_that_order_the_rows_alike_do_not_differ() -> None:
    one = binary(30, 1)
    assert one.scores is not None
    other = Predictions(one.targets, [score / 2 for score in one.scores])
    found = delong(one, other, confidence=0.95)
    assert isinstance(found, DeLong)
    assert (found.interval.low, found.interval.high, found.interval.p_value, found.z) == (0, 0, 1, 0)


ALL_ALIKE = "The two AUCs differ, but no row differs from another by which that could be judged."


@pytest.mark.parametrize(
    ("targets", "new", "old", "why"),
    [
        ([1, 0, 0], [0.9, 0.1, 0.2], [0.9, 0.1, 0.2], "There are fewer than two rows of one class."),
        ([1, 1, 1], [0.9, 0.1, 0.2], [0.9, 0.1, 0.2], "There are fewer than two rows of one class."),
        ([1, 1, 0, 0], [4, 3, 2, 1], [1, 2, 3, 4], ALL_ALIKE),
        ([1, 1, 0, 0], [4, 3, 2, math.nan], [1, 2, 3, 4], "A score is missing, not a finite number, or beyond 1e+100."),
    ],
)  # fmt: skip
def test_delong_says_why_it_cannot_tell(targets: list[int], new: list[float], old: list[float], why: str) -> None:
    assert delong(Predictions(targets, new), Predictions(targets, old), confidence=0.95) == CannotTell(why)
