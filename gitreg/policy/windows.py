"""Freeze windows: times in which nothing lands, by the clock of a place.

A local time that the place's clock shows twice, or skips, when it is put back or forward, can be read as two moments.
The start is then the earlier one and the end the later one, so that the window is never shorter than it was meant.
"""

from __future__ import annotations

from datetime import UTC, datetime
from typing import TYPE_CHECKING, TypeAlias
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

from gitreg.policy.reading import Reading

if TYPE_CHECKING:
    from gitreg.documents import FreezeRequirement, Window

Span: TypeAlias = tuple[datetime, datetime]
METHOD = "freeze/1"


def span_of(window: Window) -> Span | None:
    """The window in UTC, from its start up to its end; None where nobody can tell: no such zone, or it ends first."""
    try:
        zone = ZoneInfo(window.zone)
    except (ZoneInfoNotFoundError, ValueError, OSError):  # OSError: a folder of zones, such as "Europe"
        return None
    start, end = min(_readings(window.start, zone)), max(_readings(window.end, zone))
    return (start, end) if start < end else None


def _readings(local: str, zone: ZoneInfo) -> tuple[datetime, datetime]:
    """Both moments that a local time may mean; they are one but where the clock changes (PEP 495)."""
    first, second = (datetime.fromisoformat(local).replace(tzinfo=zone, fold=fold) for fold in (0, 1))
    return _utc(first), _utc(second)


def _utc(at: datetime) -> datetime:
    """In UTC; at the ends of the calendar, where that would be no year any more, as it is written."""
    try:
        return at.astimezone(UTC)
    except OverflowError:
        return at.replace(tzinfo=UTC)


def read_freeze(rule: FreezeRequirement, not_before: datetime, not_after: datetime | None = None) -> Reading:
    """Whether something that lands between two moments (at one, where only that is known) lands in a window.

    It fails where both lie in one window. A window that nobody can place cannot be told, unless another one is met.
    """
    last = not_before if not_after is None else not_after
    unplaced: Window | None = None
    for window in rule.windows:
        span = span_of(window)
        if span is None:
            unplaced = window
        elif span[0] <= not_before and last < span[1]:
            why = f": {window.reason}" if window.reason else ""
            return Reading("fail", f"Nothing lands from {window.start} to {window.end} ({window.zone}){why}.", METHOD)
    if unplaced is not None:
        text = f"Nobody can tell when {unplaced.start} to {unplaced.end} in {unplaced.zone!r} is."
        return Reading("cannot tell", text, METHOD)
    return Reading("pass", "It is no time in which nothing lands.", METHOD)
