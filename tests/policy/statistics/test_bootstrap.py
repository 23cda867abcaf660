"""The paired bootstrap: the same rows for both models, and nothing hidden."""

from __future__ import annotations

from time import process_time

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitreg.errors import InvalidValue
from gitreg.policy.statistics import (
    METRICS,
    PAIRED_BOOTSTRAP,
    CannotTell,
    Interval,
    Predictions,
    Resampling,
    paired_bootstrap,
    resample,
    resamples_needed,
)
from tests.policy.statistics.examples import binary, for_task, regression


def compare(
    candidate: Predictions, baseline: Predictions, metric: str = "accuracy", *, confidence: float = 0.95
) -> Interval:
    found = paired_bootstrap(candidate, baseline, metric, confidence=confidence, resampling=Resampling(1, 199))
    assert isinstance(found, Interval), found
    return found


def why(candidate: Predictions, baseline: Predictions, metric: str, resamples: int = 99) -> str:
    found = paired_bootstrap(candidate, baseline, metric, confidence=0.95, resampling=Resampling(1, resamples))
    assert isinstance(found, CannotTell), found
    return found.why


@pytest.mark.parametrize("metric", sorted(METRICS))
@settings(max_examples=10)
@given(rows=st.integers(20, 60), seed=st.integers(0, 1000))
def test_a_quick_resample_is_the_metric_of_the_rows_drawn(metric: str, rows: int, seed: int) -> None:
    """Each resample built in full and measured anew, and the bounds counted off by hand."""
    new, old = (for_task(metric, rows, seed, noise=noise) for noise in (1, 2))
    sign = 1 if METRICS[metric].higher_is_better else -1
    drawn = []
    for number in range(99):
        indices = resample(seed, number, rows)
        ours, theirs = (METRICS[metric].value(each.take(indices)) for each in (new, old))
        if not isinstance(ours, CannotTell) and not isinstance(theirs, CannotTell):
            drawn.append(sign * (ours - theirs))
    found = paired_bootstrap(new, old, metric, confidence=0.9, resampling=Resampling(seed, 99))
    missing = 99 - len(drawn)
    if missing >= 5:
        assert isinstance(found, CannotTell)
        return
    assert isinstance(found, Interval)
    padded = [-9e9] * missing + sorted(drawn) + [9e9] * missing
    assert found.low == pytest.approx(padded[4], abs=1e-11)
    assert found.high == pytest.approx(padded[-5], abs=1e-11)


def plain(step: int) -> Predictions:
    """Data from arithmetic alone: no library has a part in it."""
    targets = [int(row * row % 7 < 3) for row in range(200)]
    scores = [(row * step % 101 + 40 * target) / 200 for row, target in enumerate(targets)]
    return Predictions(targets, scores, [int(score > 0.4) for score in scores])


GOLDEN = {
    "accuracy": (-0.03500000000000003, -0.1349999999999999, 0.050000000000000044),
    "auc": (-0.038032143295301246, -0.1336032388663968, 0.0537597033947399),
    "average_precision": (-0.017746680555012717, -0.06541857372641546, 0.023761733978222677),
    "brier": (-0.00905937499999998, -0.03981399999999999, 0.020401375),
    "f1": (-0.027998605299860535, -0.11908107081830266, 0.06812270638115936),
    "f1_macro": (-0.03717476848843959, -0.13206608442852963, 0.04460814546464231),
    "log_loss": (-0.021035324317219217, -0.08767807382674297, 0.042381692611123345),
    "mae": (-0.011575000000000002, -0.04147500000000004, 0.01805000000000001),
    "precision": (-0.04016323024054991, -0.13320035460992907, 0.0517051705170517),
    "r2": (-0.04445773524720886, -0.19885623869801083, 0.1073897881300172),
    "recall": (-0.020979020979020935, -0.13571428571428568, 0.1063829787234043),
    "rmse": (-0.008920670134240138, -0.038692374249181816, 0.019745100567958862),
}


@pytest.mark.parametrize("metric", GOLDEN)
def test_the_numbers_are_the_ones_they_always_were(metric: str) -> None:
    """A change here is a new method with a new name."""
    found = compare(plain(37), plain(59), metric)
    assert found.method == PAIRED_BOOTSTRAP == "paired-bootstrap/1"
    assert (found.difference, found.low, found.high) == pytest.approx(GOLDEN[metric], abs=1e-12)


def test_a_model_against_itself_differs_by_nothing_with_certainty() -> None:
    for metric in METRICS:
        model = for_task(metric, 50, 3)
        found = compare(model, model, metric)
        assert (found.difference, found.low, found.high, found.p_value) == (0, 0, 0, 1)


def test_better_is_above_zero_for_losses_too() -> None:
    good, bad = regression(200, 1, noise=1, spread=1), regression(200, 1, noise=2, spread=3)
    for metric in ("mae", "rmse", "r2"):
        found = compare(good, bad, metric)
        assert found.low > 0
        assert found.p_value == 2 / 200


@given(seed=st.integers(0, 1000))
@settings(max_examples=20)
def test_candidate_and_baseline_exchanged_mirror_the_interval(seed: int) -> None:
    one, other = binary(50, seed, noise=1), binary(50, seed, noise=2)
    there, back = compare(one, other, "auc"), compare(other, one, "auc")
    assert (back.low, back.high, back.p_value) == (-there.high, -there.low, there.p_value)


def test_more_confidence_is_a_wider_interval() -> None:
    one, other = binary(100, 1, noise=1), binary(100, 1, noise=2)
    narrow, wide = compare(one, other, confidence=0.8), compare(one, other, confidence=0.99)
    assert wide.low <= narrow.low <= narrow.difference <= narrow.high <= wide.high


def test_rows_that_are_not_the_same_are_not_compared() -> None:
    one = binary(50, 1)
    assert why(one, binary(49, 1), "auc") == "The candidate was evaluated on 50 rows and the baseline on 49."
    assert why(one, binary(50, 2), "auc") == "The candidate and the baseline were evaluated against different targets."


def test_one_positive_row_is_too_few_for_an_interval() -> None:
    """A third of the resamples has none; leaving them out would hide how little is known."""
    one = Predictions([1] + [0] * 49, [0.9] + [0.1] * 49)
    assert why(one, one, "auc") == "38 of 99 resamples have no value of the metric: too few rows of one class."


def test_what_has_no_number_has_no_interval() -> None:
    assert why(Predictions([1, 1], [0.1, 0.2]), Predictions([1, 1], [0.1, 0.2]), "auc") == "All rows are of one class."
    assert why(Predictions([]), Predictions([]), "auc") == "The predictions have no scores."


def test_too_few_resamples_for_the_confidence_say_how_many_it_takes() -> None:
    one = binary(20, 1)
    assert why(one, one, "auc", 38) == "38 resamples do not reach a 95% interval; 39 are the fewest that do."
    assert compare(one, one, confidence=0.99).low == 0
    assert [resamples_needed(level) for level in (0.9, 0.95, 0.99, 0.999)] == [19, 39, 199, 1999]


def test_progress_is_told_after_every_resample() -> None:
    told: list[tuple[int, int]] = []
    one = binary(20, 1)
    resampling = Resampling(1, 39, progress=lambda done, of: told.append((done, of)))
    paired_bootstrap(one, one, "auc", confidence=0.95, resampling=resampling)
    assert told == [(done, 39) for done in range(1, 40)]


@pytest.mark.parametrize(
    ("confidence", "resamples", "metric"),
    [
        (1.0, 99, "auc"),
        (0.4, 99, "auc"),
        (float("nan"), 99, "auc"),
        (0.95, 0, "auc"),
        (0.95, 10**7, "auc"),
        (0.95, 99, "gini"),
    ],
)
def test_a_plan_that_is_none_is_refused(confidence: float, resamples: int, metric: str) -> None:
    one = binary(20, 1)
    with pytest.raises(InvalidValue):
        paired_bootstrap(one, one, metric, confidence=confidence, resampling=Resampling(1, resamples))


@pytest.mark.slow  # a clock is read: not beside other tests
@pytest.mark.parametrize("metric", sorted(METRICS))
def test_ten_thousand_rows_are_quick_to_resample(metric: str) -> None:
    """20 resamples in 0.6 s are 2,000 in a minute; it takes a quarter to a half of that."""
    new, old = (for_task(metric, 10_000, 1, noise=noise) for noise in (1, 2))
    tries = []
    for _ in range(3):
        start = process_time()
        paired_bootstrap(new, old, metric, confidence=0.9, resampling=Resampling(1, 20))
        tries.append(process_time() - start)
    assert min(tries) < 0.6
