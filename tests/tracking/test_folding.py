from __future__ import annotations

import math
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gitreg.documents import (
    Actor,
    Attempt,
    AttemptId,
    Digest,
    Dropped,
    MetricSummary,
    Point,
    Principal,
    RunId,
    RunRecord,
    WriterId,
)
from gitreg.folding import FoldedRun, fold

START = datetime(2026, 11, 21, tzinfo=UTC)
RUN = RunId.new(START)
ADA = Actor(principal=Principal("ada@example.org"), via="person", host="h")
TIMES = st.integers(0, 3).map(lambda minutes: START + timedelta(minutes=minutes))
VALUES = st.sampled_from([0.0, 0.5, 1.0, math.nan, math.inf])


@st.composite
def summaries(draw: st.DrawFn, key: str) -> MetricSummary:
    last = Point(step=draw(st.integers(0, 3)), time=draw(TIMES), value=draw(VALUES))
    return MetricSummary(key=key, count=draw(st.integers(1, 5)), last=last, min=draw(VALUES), max=draw(VALUES))


@st.composite
def attempts(draw: st.DrawFn, number: int) -> Attempt:
    return Attempt(
        id=AttemptId(f"{number:032x}"),
        host="h",
        status=draw(st.sampled_from(["running", "finished", "failed", "killed"])),
        started_at=draw(TIMES),
        params=draw(st.dictionaries(st.sampled_from("ab"), st.sampled_from([1, 2, True, "1"]))),
        tags=draw(st.dictionaries(st.sampled_from("ab"), st.sampled_from("xy"))),
        metrics=tuple(draw(summaries(key)) for key in draw(st.sets(st.sampled_from(["auc", "loss"])))),
        dropped=(Dropped(key="k", reason="r", count=draw(st.integers(1, 3))),),
    )


@st.composite
def records(draw: st.DrawFn) -> list[RunRecord]:
    """Each writer has its own attempts, told in one or several revisions of its record."""
    found = []
    number = 0
    for writer in range(draw(st.integers(1, 3))):
        told: list[Attempt] = []
        for rev in range(1, draw(st.integers(2, 4))):
            number += 1
            told = [*told, draw(attempts(number))]
            found.append(
                RunRecord(
                    rev=rev,
                    writer=WriterId(f"{writer:032x}"),
                    run_id=RUN,
                    experiment=draw(st.sampled_from(["churn", "fraud"])),
                    name="brave-otter",
                    actor=ADA,
                    attempts=tuple(told),
                )
            )
    return found


def text(run: FoldedRun) -> str:
    return repr(run)


@given(records(), st.randoms())
def test_the_order_of_the_records_does_not_matter(found: list[RunRecord], chance: object) -> None:
    shuffled = list(found)
    chance.shuffle(shuffled)  # type: ignore[attr-defined]
    assert text(fold(shuffled)) == text(fold(found))


@given(records())
def test_a_record_given_twice_changes_nothing(found: list[RunRecord]) -> None:
    assert text(fold([*found, *found])) == text(fold(found))


@given(records())
def test_the_status_is_that_of_the_last_attempt(found: list[RunRecord]) -> None:
    run = fold(found)
    assert run.status == run.attempts[-1].status
    assert list(run.attempts) == sorted(run.attempts, key=lambda attempt: (attempt.started_at, attempt.id))
    assert run.started_at == run.attempts[0].started_at


@given(records())
def test_the_first_value_of_a_param_stands_and_others_are_shown(found: list[RunRecord]) -> None:
    run = fold(found)
    for key, value in run.params.items():
        told = [attempt.params[key] for attempt in run.attempts if key in attempt.params]
        assert value == told[0]
        assert type(value) is type(told[0])
        differ = len({(type(each), each) for each in told}) > 1
        assert differ == any(conflict.key == key for conflict in run.conflicts)


@given(records())
def test_counts_add_up_and_last_has_the_greatest_step(found: list[RunRecord]) -> None:
    run = fold(found)
    for metric in run.metrics:
        told = [each for attempt in run.attempts for each in attempt.metrics if each.key == metric.key]
        assert metric.count == sum(each.count for each in told)
        assert metric.last.step == max(each.last.step for each in told)
        numbers = [each.min for each in told if not math.isnan(each.min)]
        assert metric.min == min(numbers) if numbers else math.isnan(metric.min)


def test_metrics_on_different_datasets_stay_apart() -> None:
    def metric(dataset: Digest | None) -> MetricSummary:
        return MetricSummary(
            key="auc", dataset=dataset, count=1, last=Point(step=0, time=START, value=0.5), min=0.5, max=0.5
        )

    digest = Digest("sha256:" + "a" * 64)
    attempt = Attempt(
        id=AttemptId("a" * 32), host="h", status="running", started_at=START, metrics=(metric(None), metric(digest))
    )
    record = RunRecord(
        rev=1, writer=WriterId("b" * 32), run_id=RUN, experiment="e", name="n", actor=ADA, attempts=(attempt,)
    )
    run = fold([record])
    assert run.metric("auc") == metric(None)
    assert run.metric("auc", digest) == metric(digest)
    assert run.metric("loss") is None
