"""Freeze windows, by the clocks of places; and what checks came to."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitreg.documents import Approver, Approvers, CheckReport, CheckRequirement, FreezeRequirement, Principal, Window
from gitreg.policy import read_check, read_freeze, span_of

if TYPE_CHECKING:
    from typing import Literal

BEN, CI, MALLORY = (Principal(f"{name}@example.org") for name in ("ben", "ci", "mallory"))


def window(start: str, end: str, zone: str = "Europe/Berlin") -> Window:
    return Window(start=start, end=end, zone=zone, reason="the year's end")


def freeze(*windows: Window) -> FreezeRequirement:
    return FreezeRequirement(kind="freeze", rule="holidays", windows=windows)


def utc(*parts: int) -> datetime:
    return datetime(*parts, tzinfo=UTC)  # type: ignore[misc, arg-type]


def test_a_window_is_of_its_place_and_its_end_is_outside() -> None:
    rule = freeze(window("2026-12-20T18:00", "2027-01-04T08:00"))
    assert read_freeze(rule, utc(2026, 12, 20, 16, 59)).outcome == "pass"
    assert read_freeze(rule, utc(2026, 12, 20, 17)).outcome == "fail"
    assert read_freeze(rule, utc(2027, 1, 4, 6, 59)).outcome == "fail"
    assert read_freeze(rule, utc(2027, 1, 4, 7)).outcome == "pass"
    text = read_freeze(rule, utc(2026, 12, 24)).text
    assert text == "Nothing lands from 2026-12-20T18:00 to 2027-01-04T08:00 (Europe/Berlin): the year's end."


def test_an_hour_that_comes_twice_begins_with_its_first_and_ends_with_its_second() -> None:
    """Berlin put its clocks back on 2026-10-25 at 01:00 UTC: 02:30 was there at 00:30 and at 01:30."""
    assert span_of(window("2026-10-25T02:30", "2026-10-25T12:00")) == (utc(2026, 10, 25, 0, 30), utc(2026, 10, 25, 11))
    assert span_of(window("2026-10-24T12:00", "2026-10-25T02:30")) == (
        utc(2026, 10, 24, 10),
        utc(2026, 10, 25, 1, 30),
    )


def test_an_hour_that_is_skipped_begins_earlier_and_ends_later() -> None:
    """Berlin put its clocks forward on 2026-03-29 at 01:00 UTC: there was no 02:30."""
    assert span_of(window("2026-03-29T02:30", "2026-03-29T12:00")) == (utc(2026, 3, 29, 0, 30), utc(2026, 3, 29, 10))
    assert span_of(window("2026-03-28T12:00", "2026-03-29T02:30")) == (utc(2026, 3, 28, 11), utc(2026, 3, 29, 1, 30))


@pytest.mark.parametrize("zone", ["Mars/Olympus", "Europe", "../../etc/passwd", "/etc/localtime", "a\u0301b"])
def test_an_unknown_zone_cannot_be_told_and_never_passes(zone: str) -> None:
    try:
        rule = freeze(window("2026-12-20T18:00", "2027-01-04T08:00", zone))
    except ValueError:
        return  # no name at all
    assert read_freeze(rule, utc(2026, 6, 1)).outcome == "cannot tell"


def test_a_window_that_ends_before_it_begins_cannot_be_told() -> None:
    assert read_freeze(freeze(window("2027-01-04T08:00", "2026-12-20T18:00")), utc(2026, 12, 24)).outcome == (
        "cannot tell"
    )


def test_a_window_that_is_met_is_said_before_one_that_nobody_can_place() -> None:
    rule = freeze(
        window("2026-12-20T18:00", "2027-01-04T08:00", "Mars/Olympus"),
        window("2026-12-20T18:00", "2027-01-04T08:00"),
    )
    assert read_freeze(rule, utc(2026, 12, 24)).outcome == "fail"


def test_the_ends_of_the_calendar_are_no_crash() -> None:
    rule = freeze(window("0001-01-01T00:00", "9999-12-31T23:59", "Asia/Tokyo"))
    assert read_freeze(rule, utc(2026, 12, 24)).outcome == "fail"
    rule = freeze(window("0001-01-01T00:00", "9999-12-31T23:59", "America/New_York"))
    assert read_freeze(rule, utc(2026, 12, 24)).outcome == "fail"


moments = st.datetimes(datetime(2026, 1, 1), datetime(2027, 12, 31)).map(lambda at: at.replace(tzinfo=UTC))  # noqa: DTZ001
zones = st.sampled_from(["Europe/Berlin", "America/New_York", "Asia/Kolkata", "Australia/Lord_Howe", "UTC"])


@given(moments, moments, zones)
def test_bounds_are_in_a_window_only_if_both_are(one: datetime, other: datetime, zone: str) -> None:
    rule = freeze(window("2026-10-25T02:30", "2027-03-28T02:30", zone))
    first, last = min(one, other), max(one, other)
    inside = [read_freeze(rule, at).outcome == "fail" for at in (first, last)]
    assert (read_freeze(rule, first, last).outcome == "fail") == all(inside)


@given(moments, zones)
def test_a_window_is_at_least_as_long_as_its_clock_says(at: datetime, zone: str) -> None:
    start = at.replace(tzinfo=None, second=0, microsecond=0)
    end = start + timedelta(hours=6)
    span = span_of(window(start.isoformat("T", "minutes"), end.isoformat("T", "minutes"), zone))
    assert span is not None
    assert span[1] - span[0] >= timedelta(hours=5)


TEAM = Approvers(people={BEN: Approver(), CI: Approver(groups=("ci",))})


def check(group: str | None = "ci") -> CheckRequirement:
    return CheckRequirement(kind="check", rule="tests", name="integration", group=group)


def report(status: Literal["pass", "fail"], name: str = "integration") -> CheckReport:
    return CheckReport(name=name, status=status)


def test_a_check_passes_by_who_may_say_so_and_one_that_failed_outweighs() -> None:
    assert read_check(check(), [(CI, report("pass"))], TEAM).outcome == "pass"
    assert read_check(check(), [(CI, report("pass")), (CI, report("fail"))], TEAM).outcome == "fail"
    assert read_check(check(), [(CI, report("pass")), (BEN, report("fail"))], TEAM).outcome == "pass"
    assert read_check(check(None), [(BEN, report("pass"))], TEAM).outcome == "pass"


def test_what_nobody_said_who_counts_cannot_be_told() -> None:
    said = [(BEN, report("pass")), (MALLORY, report("pass")), (CI, report("pass", "unit"))]
    found = read_check(check(), said, TEAM)
    assert (found.outcome, found.text) == (
        "cannot tell",
        "Nobody of ci has signed what the check integration came to.",
    )
    assert read_check(check(None), [(MALLORY, report("pass"))], TEAM).outcome == "cannot tell"
