"""What commands about spools print."""

from __future__ import annotations

from typing import TypedDict


class Spool(TypedDict):
    """A folder that jobs record into, and the registry whose runs they are."""

    folder: str
    registry: str


class OpenRun(TypedDict):
    """A run that has no end yet. `silent_since` where nothing was heard of it for an hour."""

    run_id: str
    name: str
    host: str
    silent_since: str | None


class DamagedJournal(TypedDict):
    """A journal that was left in place, and why."""

    journal: str
    problem: str


class Spooled(TypedDict):
    """What a pass over a spool came to."""

    runs: list[str]
    commits: int
    running: list[OpenRun]
    damaged: list[DamagedJournal]
