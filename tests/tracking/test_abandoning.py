"""A run whose machine is gone is given up by a person; the run's own word goes before hers."""

from __future__ import annotations

from dataclasses import replace
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest

from gitreg.errors import InvalidValue, Refused

if TYPE_CHECKING:
    from gitreg.tracking import Run
    from tests.tracking.builders import Clone

WHY = "The node burnt."


def elsewhere(clone: Clone, *, later: timedelta = timedelta(hours=1)) -> Clone:
    """The same clone as somebody on another machine sees it, an hour on."""
    now = datetime.now(UTC) + later
    return clone.as_seen_by(lambda around: replace(around, host="desk", boot_id="another", now=lambda: now))


def begun(clone: Clone) -> Run:
    """A run that others know of by the ledger, too."""
    run = clone.tracker.start_run("sweep")
    (standing,) = clone.tracker.yard.journals(run.run_id)
    clone.tracker._publisher.announce(standing)
    return run


def test_it_counts_as_killed_under_the_name_of_who_said_so(clone: Clone) -> None:
    run = begun(clone)
    desk = elsewhere(clone)
    assert desk.runs.get(run.run_id).silent_since is not None

    desk.runs.abandon(run.run_id, WHY)

    found = desk.runs.get(run.run_id)
    assert found.abandoned is not None
    assert (found.status, found.silent_since) == ("killed", None)
    assert (found.abandoned.by, found.abandoned.reason) == ("ada@example.org", WHY)
    assert [each.run_id for each in desk.runs.search("status = 'KILLED'").runs] == [run.run_id]
    assert "sweep" in desk.ledger_log()[0]


def test_when_it_ends_after_all_its_own_word_counts_and_nothing_is_lost(clone: Clone) -> None:
    run = begun(clone)
    elsewhere(clone).runs.abandon(run.run_id, WHY)

    run.log_metric("auc", 0.9)
    run.finish()

    found = elsewhere(clone).runs.get(run.run_id)
    assert (found.status, found.abandoned) == ("finished", None)
    assert [each.last.value for each in found.metrics] == [0.9]
    assert [each.status for each in clone.runs.search().runs] == ["finished"]


def test_a_later_sign_of_life_makes_it_running_again(clone: Clone) -> None:
    run = begun(clone)
    elsewhere(clone).runs.abandon(run.run_id, WHY)
    run.log_metric("auc", 0.9, time=datetime.now(UTC) + timedelta(hours=2))

    found = elsewhere(clone, later=timedelta(hours=3)).runs.get(run.run_id)

    assert (found.status, found.abandoned) == ("running", None)
    assert found.silent_since is not None


def test_another_attempt_is_not_meant(clone: Clone) -> None:
    run = begun(clone)
    elsewhere(clone).runs.abandon(run.run_id, WHY)

    with clone.tracker.start_run("sweep", run_id=run.run_id):
        assert clone.runs.get(run.run_id).status == "running"
    assert clone.runs.get(run.run_id).status == "finished"


def test_a_run_that_is_not_silent_is_not_given_up(clone: Clone) -> None:
    run = begun(clone)
    tip = clone.store.ledger_tip()
    with pytest.raises(Refused, match="is recorded on this machine"):
        clone.runs.abandon(run.run_id, WHY)
    with pytest.raises(InvalidValue, match="needs a reason"):
        elsewhere(clone).runs.abandon(run.run_id, " ")
    assert clone.store.ledger_tip() == tip
    run.finish()
    with pytest.raises(Refused, match="is not running: it is finished"):
        elsewhere(clone).runs.abandon(run.run_id, WHY)


def test_a_point_with_a_time_to_come_is_no_sign_of_life(clone: Clone) -> None:
    run = begun(clone)
    run.log_metric("auc", 0.9, time=datetime.now(UTC) + timedelta(days=365))

    found = elsewhere(clone).runs.get(run.run_id)
    assert found.silent_since is not None
    assert found.silent_since < datetime.now(UTC) + timedelta(hours=1)
