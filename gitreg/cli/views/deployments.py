"""Deployments, and what is live, as JSON and as pages."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.documents import format_time
from gitreg.registry import called
from gitreg.report import Heading, Line, Table, when

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitreg._registry import Reported
    from gitreg.cli import shapes
    from gitreg.documents import Deployment
    from gitreg.registry import Live
    from gitreg.report import Block


def deployment(event: Deployment) -> shapes.Deployment:
    """One report."""
    return {
        "event": event.digest,
        "target": event.target,
        "model": event.model,
        "version": event.number,
        "digest": event.version,
        "stage": event.stage,
        "decision": event.decision,
        "status": event.action,
        "at": format_time(event.at),
        "by": event.actor.principal,
        "via": event.actor.via,
        "detail": event.detail,
    }


def added(found: Reported) -> shapes.DeploymentAdded:
    """A report that was just recorded."""
    return {**deployment(found.document), "warnings": [*found.warnings]}


def added_page(found: Reported) -> Iterator[Block]:
    """What was recorded, and what is odd about it."""
    event = found.document
    name = f"{event.model} {called(event.number, event.version)}"
    yield Line(f"Recorded: {event.target}, {name} {event.action} at {when(event.at)}.", "good")
    for words in found.warnings:
        yield Line(words, "warn")
    if found.trouble:
        yield Line(f"It is on this machine only: {found.trouble}", "warn")


def list_page(found: Sequence[Deployment]) -> Iterator[Block]:
    """A line for each."""
    rows = tuple(
        (
            when(event.at),
            event.target,
            f"{event.model}/{event.number or f'~{event.version.hex[:8]}'}",
            event.stage or "-",
            event.action,
            event.actor.principal,
            event.detail or "",
        )
        for event in found
    )
    yield Table(("claimed time", "target", "version", "stage", "status", "reported by", ""), rows, whole=("version",))


def live(found: Live, drift: str) -> shapes.LiveTarget:
    """What a target runs."""
    running = found.running
    return {
        "target": found.target,
        "version": running.number if running else None,
        "digest": running.version if running else None,
        "since": format_time(running.at) if running else None,
        "by": running.actor.principal if running else None,
        "claimed": True,
        "latest": deployment(found.latest),
        "drift": drift or None,
    }


def live_page(found: Sequence[tuple[Live, str]]) -> Iterator[Block]:
    """A heading and a line for each target; nothing where nothing was reported."""
    if found:
        yield Heading("Live, as was reported")
    for each, drift in found:
        yield live_line(each, drift)


def live_line(found: Live, drift: str) -> Line:
    """What a target runs, in a sentence."""
    running = found.running
    if running is None:
        words = f"{found.target} runs nothing, since {when(found.latest.at)} as {found.latest.actor.principal} says."
    else:
        since = f"since {when(running.at)} as {running.actor.principal} says"
        words = f"{found.target} runs {called(running.number, running.version)}, {since}."
    return Line(f"Drift: {drift} {words}" if drift else f"Live: {words}", "warn" if drift else "plain")
