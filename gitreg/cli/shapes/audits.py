"""What commands that prove and trace print."""

from __future__ import annotations

from typing import TypedDict

from gitreg.cli.shapes.decisions import Objection
from gitreg.cli.shapes.plain import Outcome


class Founding(TypedDict):
    """The landing from which on every quorum could be met, by the digest that an auditor brings along."""

    digest: str
    commit: str


class NoteSigner(TypedDict):
    """Whose key signed a note; `at` is when a countersignature says it was made."""

    name: str
    at: str | None


class Anchor(TypedDict):
    """A checkpoint that today's history extends. `tail` is how many commits came after it."""

    count: int
    commit: str
    verdict: Outcome
    at: str
    signers: list[NoteSigner]
    tail: int


class Checkpoint(TypedDict):
    """A checkpoint that was signed: `note` is its text with all signatures, `path` where it lies on the ledger."""

    registry: str
    count: int
    root: str
    commit: str
    verdict: Outcome
    at: str
    path: str
    note: str


class Audit(TypedDict):
    """What an audit looked at and found. `rooted`: the founding is the one that was brought along."""

    registry: str
    outcome: Outcome
    main: str
    ledger: str | None
    commits: int
    landings: int
    unreviewed: int
    by_review: int
    founding: Founding | None
    rooted: bool
    since: str | None
    anchor: Anchor | None
    erased: int
    objections: list[Objection]


class LineageNode(TypedDict):
    """A thing. `kind` is stage, deployment, version, decision, evidence, evaluation, run, code, dataset, blob, key or
    person.
    """

    id: str
    kind: str
    key: str
    name: str
    note: str


class LineageEdge(TypedDict):
    """`made` rests on `origin`, both ids; `how` says in which way."""

    made: str
    origin: str
    how: str


class LineageWalk(TypedDict):
    """What is reached in one direction, nearest first."""

    nodes: list[LineageNode]
    edges: list[LineageEdge]


class StageName(TypedDict):
    """A stage of a model."""

    model: str
    stage: str


class LineageVersion(TypedDict):
    """A version that the thing flowed into, the stages that hold it now, and the targets that run it by reports."""

    model: str
    version: int | None
    digest: str
    stages: list[StageName]
    targets: list[str]


class Lineage(TypedDict):
    """What a thing comes from (`above`) and flowed into (`below`). `whole`: no bound was met.

    `decisions` are the digests of those that rest on it; `withdraw` the commands that would take it out of its stages.
    """

    asked: str
    start: list[LineageNode]
    above: LineageWalk
    below: LineageWalk
    versions: list[LineageVersion]
    decisions: list[str]
    withdraw: list[str]
    whole: bool


class PackedFile(TypedDict):
    """One file of a pack."""

    name: str
    size: int
    digest: str


class EvidencePack(TypedDict):
    """A pack that was written. `missing` says in words what could not be put into it."""

    address: str
    file: str
    size: int
    digest: str
    files: list[PackedFile]
    missing: list[str]
