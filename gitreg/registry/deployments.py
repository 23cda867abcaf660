"""What targets run, by what machines and people reported of them.

A report is a fact and its time is a claim. A deployment replaces what the target ran of the model; the removal of just
that leaves nothing there; a deployment that failed, or the removal of something older, changes nothing.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Collection, Iterable, Iterator
    from datetime import datetime

    from gitreg.documents import Deployment, Digest


@dataclass(frozen=True)
class Live:
    """What a target runs of a model, by the reports up to a moment."""

    target: str
    model: str
    running: Deployment | None
    """The report that brought what runs there; None where nothing runs."""
    latest: Deployment
    """The newest report, whatever it says."""
    stage: str | None
    """The stage that the target follows: the last that a report named."""

    def drift(self, approved: tuple[int | None, Digest] | None, possible: Collection[Digest] = ()) -> str:
        """In words, how what runs differs from what is approved (number and digest); empty where it does not.

        `possible` are versions that may be the approved one, where nobody can tell.
        """
        running = self.running
        if (running.version if running else None) in {approved[1] if approved else None, *possible}:
            return ""
        there = called(running.number, running.version) if running else "nothing"
        wanted = f"approved is {called(*approved)}" if approved else "nothing is approved"
        failed = ""
        if self.latest.action == "failed":
            latest = called(self.latest.number, self.latest.version)
            failed = f" {latest[0].upper()}{latest[1:]} failed there at {self.latest.at:%Y-%m-%d %H:%MZ}."
        return f"{self.target} runs {there}, {wanted}.{failed}"


def called(number: int | None, version: Digest) -> str:
    """A version in a sentence."""
    return f"version {number}" if number is not None else f"version ~{version.hex[:8]}"


def in_order(events: Iterable[Deployment]) -> list[Deployment]:
    """By their times, the oldest first; of one time by digest, so that everybody has the same order."""
    return sorted(events, key=lambda event: (event.at, event.digest))


def live_at(events: Iterable[Deployment], at: datetime) -> tuple[Live, ...]:
    """What every target ran of every model at a moment, by target and model."""
    places: dict[tuple[str, str], list[Deployment]] = {}
    for event in in_order(events):
        if event.at <= at:
            places.setdefault((event.target, event.model), []).append(event)
    return tuple(_live(place, found) for place, found in sorted(places.items()))


def following(found: Iterable[Live], model: str, stage: str) -> Iterator[Live]:
    """Those that follow a stage of a model; where no report ever named a stage, it may be any."""
    return (each for each in found if each.model == model and each.stage in (stage, None))


def _live(place: tuple[str, str], events: list[Deployment]) -> Live:
    running: Deployment | None = None
    stage: str | None = None
    for event in events:
        stage = event.stage or stage
        if event.action == "deployed":
            running = event
        elif event.action == "removed" and running is not None and running.version == event.version:
            running = None
    target, model = place
    return Live(target, model, running, events[-1], stage)
