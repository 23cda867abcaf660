"""What commands about a registry as a whole print."""

from __future__ import annotations

from typing import Literal, TypedDict

from gitreg.cli.shapes.decisions import Proposal
from gitreg.cli.shapes.past import Override
from gitreg.cli.shapes.sets import ModelSet


class Synced(TypedDict):
    """What a sync did; refs by their full names. `numbered`: versions that got a number, by what they were called."""

    remote: bool
    runs: list[str]
    uploaded: int
    erased: int
    numbered: dict[str, int]
    fetched: list[str]
    pushed: list[str]
    removed: list[str]
    conflicts: list[str]
    main: str | None
    ledger: str | None


class Ailment(TypedDict):
    """One thing that is wrong (`block`), worth knowing (`warn`), or right again (`mended`)."""

    kind: str
    subject: str
    message: str
    hint: str
    severity: Literal["block", "warn", "mended"]


class Checked(TypedDict):
    """What fsck looked at and found."""

    objects: int
    documents: int
    blobs: int
    size_bytes: int
    erased: int
    findings: list[Ailment]


class Registry(TypedDict):
    """Which registry this is, and why this one. `stages`: whether each is protected."""

    path: str
    registry: str
    why: str
    blobs: str
    remote: str | None
    stages: dict[str, bool]


class Live(TypedDict):
    """A journal that has not reached the ledger: active, open, ended, lost, elsewhere or damaged."""

    run_id: str | None
    name: str | None
    experiment: str | None
    state: str
    journal: str
    problem: str | None


class Unpushed(TypedDict):
    """What is only in this clone: commits of main, files of the ledger."""

    main: int
    ledger: int


class Status(TypedDict):
    """The state of things and what to do next; `remote_seen` is when this clone last met its remote. `sets` are those
    whose models do not agree in some stage.
    """

    registry: Registry
    main: str | None
    remote_seen: str | None
    runs: int
    models: int
    live: list[Live]
    proposals: list[Proposal]
    overrides: list[Override]
    sets: list[ModelSet]
    unpushed: Unpushed | None
    next: list[str]
