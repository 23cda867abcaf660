"""What commands about what stands, and what stood, print."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from gitreg.cli.shapes.models import Deployment
from gitreg.cli.shapes.plain import Descriptor, Outcome
from gitreg.cli.shapes.runs import Dataset


class TimeBound(TypedDict):
    """A time, and on whose word it is."""

    at: str
    by: str


class Bounds(TypedDict):
    """Between which times something happened."""

    not_before: TimeBound | None
    not_after: TimeBound | None


class AsOfCandidate(TypedDict):
    """A decision that may have been in force."""

    version: int | None
    digest: str | None
    decision: str
    commit: str | None
    claimed: str
    since: Bounds
    by: list[str]
    unreviewed: bool


class AsOfApproved(TypedDict):
    """What was approved: the likely answer by people's own clocks, and all that are possible.

    `nothing` says that the stage may have been empty still; `contradictions` are clocks that cannot both be right.
    """

    version: int | None
    since: Bounds | None
    certain: bool
    by: list[str]
    evidence: str | None
    candidates: list[AsOfCandidate]
    nothing: bool
    contradictions: list[str]


class LiveTarget(TypedDict):
    """What a target runs by the newest reports, whose times are `claimed`. `version` and `digest` null: nothing.

    `latest` is the newest report, which may have failed. `drift` says how it differs from what is approved; null where
    it does not.
    """

    target: str
    version: int | None
    digest: str | None
    since: str | None
    by: str | None
    claimed: Literal[True]
    latest: Deployment
    drift: str | None


class AsOf(TypedDict):
    """What a stage held at a moment; `live` is what targets that follow it ran then, by what was reported."""

    model: str
    stage: str
    at: str
    approved: AsOfApproved
    live: list[LiveTarget]


class Override(TypedDict):
    """An override that a promotion has to regularise yet; `overdue` by the clock of whoever looks."""

    model: str
    stage: str
    version: int | None
    decision: str
    regularise_by: str
    overdue: bool


class LogEntry(TypedDict):
    """One landing. `in_force`: whether it ever was; `at`: when its commit says that it landed."""

    model: str | None
    stage: str | None
    action: str
    title: str
    version: int | None
    digest: str | None
    decision: str
    commit: str
    at: str
    proposer: str | None
    approved_by: list[str]
    reason: str | None
    in_force: bool
    unreviewed: bool
    override: Override | None


class Change(TypedDict):
    """A stage that holds another version than before."""

    model: str
    stage: str
    before: int | None
    before_digest: str | None
    after: int | None
    after_digest: str | None
    address: str


class Resolution(TypedDict):
    """What an address means now, and why. Of a run's output that is not registered, model and version are null."""

    address: str
    model: str | None
    version: int | None
    digest: str | None
    run_id: str | None
    output: str
    stage: str | None
    alias: str | None
    decision: str | None
    unreviewed: bool | None
    approved_by: list[str]
    since: str | None
    artifacts: Descriptor
    blobs: str


class Condition(TypedDict):
    """What somebody asked for when she approved; `due` is the day in her words (YYYY-MM-DD)."""

    person: str
    text: str
    due: str | None
    overdue: bool


class Signature(TypedDict):
    """A statement below a decision: whether its signature `holds`, whether it `counts`, and why not."""

    person: str | None
    key: str | None
    verdict: str | None
    reason: str | None
    signed_at: str | None
    holds: bool
    counts: bool
    trouble: str


class Built(TypedDict):
    """What a version was made from."""

    run_id: str | None
    output: str
    repository: str | None
    commit: str | None
    dirty: bool | None
    python: str | None
    lock: str | None
    datasets: list[Dataset]
    artifacts: Descriptor


class Why(TypedDict):
    """Why a version is in a stage. `compared` and `alternatives` are observations (schemas/evidence-v1.json)."""

    address: str
    model: str
    stage: str
    version: int | None
    digest: str | None
    since: str | None
    commit: str
    decision: str
    action: str
    proposer: str
    proposed_at: str
    reason: str
    unreviewed: bool
    approved_by: list[str]
    signatures: list[Signature]
    conditions: list[Condition]
    policy: str | None
    verdict: Outcome | None
    compared: list[dict[str, Any]]
    alternatives: list[dict[str, Any]]
    built_from: Built | None
    undo: str
    live: list[LiveTarget]


class InventoryStage(TypedDict):
    """What the last decision in force put into a stage. `trouble`: what stands there now is not in force, and why."""

    stage: str
    version: int | None
    digest: str | None
    since: str | None
    approved_by: list[str]
    unreviewed: bool
    trouble: str
    conditions: list[Condition]
    live: list[LiveTarget]


class InventoryHold(TypedDict):
    """A version that may not go to these stages; to none, where the list is empty."""

    version: str
    stages: list[str]
    reason: str


class InventoryModel(TypedDict):
    """One model with all that is known of its stages; `proposals` are those that are open, by id."""

    model: str
    owner: str | None
    tier: str | None
    use: str | None
    stages: list[InventoryStage]
    proposals: list[str]
    holds: list[InventoryHold]
