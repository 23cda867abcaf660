"""What is live follows from the reports alone, in the order of their times."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitreg.documents import Actor, Deployment, Digest, Principal
from gitreg.registry import Live, following, live_at

if TYPE_CHECKING:
    from gitreg.documents import DeploymentAction

START = datetime(2026, 11, 21, tzinfo=UTC)
CI = Actor(principal=Principal("ci@example.org"), via="ci")


def event(
    action: DeploymentAction, number: int, hour: int, stage: str | None = "production", target: str = "eu"
) -> Deployment:
    return Deployment(
        target=target,
        model="fraud",
        version=digest(number),
        number=number,
        stage=stage,
        action=action,
        at=START + timedelta(hours=hour),
        actor=CI,
    )


def digest(number: int) -> Digest:
    return Digest.of(str(number).encode())


def live(*events: Deployment, hour: int = 99) -> Live:
    (found,) = live_at(events, START + timedelta(hours=hour))
    return found


def running(*events: Deployment, hour: int = 99) -> int | None:
    found = live(*events, hour=hour).running
    return found.number if found else None


FIRST, SECOND = event("deployed", 1, 1), event("deployed", 2, 5)


def test_a_deployment_replaces_what_ran() -> None:
    assert running(FIRST, SECOND) == 2
    assert running(FIRST, SECOND, hour=4) == 1


def test_before_the_first_report_there_is_no_target() -> None:
    assert live_at([FIRST], START) == ()


def test_a_failure_leaves_what_ran_and_is_told() -> None:
    found = live(FIRST, event("failed", 2, 5))
    assert found.running == FIRST
    assert found.drift((2, digest(2))) == (
        "eu runs version 1, approved is version 2. Version 2 failed there at 2026-11-21 05:00Z."
    )


def test_only_the_removal_of_what_runs_leaves_nothing() -> None:
    assert running(FIRST, SECOND, event("removed", 1, 6)) == 2
    assert running(FIRST, SECOND, event("removed", 2, 6)) is None


@pytest.mark.parametrize(
    ("approved", "words"),
    [
        (2, ""),
        (3, "eu runs version 2, approved is version 3."),
        (None, "eu runs version 2, nothing is approved."),
    ],
)
def test_drift_is_told_in_words(approved: int | None, words: str) -> None:
    assert live(FIRST, SECOND).drift((approved, digest(approved)) if approved else None) == words


def test_nothing_drifts_where_nobody_can_tell_what_was_approved() -> None:
    assert not live(FIRST).drift((2, digest(2)), possible={digest(1), digest(2)})
    assert not live(FIRST, event("removed", 1, 2)).drift(None)


def test_a_target_follows_the_stage_that_was_named_last() -> None:
    moved = live_at([event("deployed", 1, 1, "staging"), event("deployed", 1, 2, None)], START + timedelta(days=1))
    assert [*following(moved, "fraud", "staging")] == [*moved]
    assert [*following(moved, "fraud", "production")] == []
    assert [*following(moved, "churn", "staging")] == []
    unnamed = live_at([event("deployed", 1, 1, None)], START + timedelta(days=1))
    assert [*following(unnamed, "fraud", "production")] == [*unnamed]


events = st.builds(
    event,
    st.sampled_from(["deployed", "removed", "failed"]),
    st.integers(1, 3),
    st.integers(0, 5),
    st.sampled_from(["production", "staging", None]),
    st.sampled_from(["eu", "us"]),
)


@given(st.lists(events, max_size=12), st.randoms(use_true_random=False), st.integers(0, 6))
def test_it_does_not_matter_in_which_order_reports_come_or_how_often(
    found: list[Deployment], drawn: st.DataObject, hour: int
) -> None:
    at = START + timedelta(hours=hour)
    shuffled = [*found, *found[:3]]
    drawn.shuffle(shuffled)  # type: ignore[attr-defined]
    assert live_at(shuffled, at) == live_at(found, at)
