"""What commands that decide, and those about proposals and people, print."""

from __future__ import annotations

from typing import Literal, TypeAlias, TypedDict

from gitreg.cli.shapes.plain import Descriptor, Outcome, Severity
from gitreg.cli.shapes.policies import People, PolicyCheck, Rule

ProposalState: TypeAlias = Literal["open", "approved", "rejected", "stale", "expired", "closed", "merged"]


class Move(TypedDict):
    """One stage's change in a decision; `version` and `digest` are null where it is withdrawn."""

    model: str
    stage: str
    version: int | None
    digest: str | None


class Finding(TypedDict):
    """One thing that is not as it has to be."""

    rule: str
    path: str
    message: str
    hint: str
    severity: Severity
    outcome: Outcome


class Objection(Finding):
    """A finding of an audit, with the commit that brought it in and whom that commit names as its author."""

    commit: str | None
    title: str
    author: str


class Proposal(TypedDict):
    """What waits for approval. `state` is how it stands against main now."""

    id: str
    title: str
    state: ProposalState
    action: str
    decision: str
    moves: list[Move]
    reason: str
    proposer: str
    proposed_at: str
    expires_at: str | None
    regularise_by: str | None
    people: People | None
    rules: list[Rule]
    findings: list[Finding]


class Result(TypedDict):
    """What deciding came to: `landed` is the commit on main, else `proposal` says what waits.

    `policy` is of `promote --dry-run`: what the stage's policy says, where it has one.
    """

    title: str
    landed: str | None
    proposal: Proposal | None
    pull_request: str | None
    policy: PolicyCheck | None
    unreviewed: bool
    warnings: list[str]
    findings: list[Finding]


class Collectable(TypedDict):
    """A statement that was found. `person` and `verdict` are null where it is none, or is signed wrongly."""

    where: str
    person: str | None
    verdict: str | None
    taken: bool
    reason: str


class Collected(TypedDict):
    """What was sealed: `commit` is null where nothing was written, `met` whether the policy asks for nobody more."""

    id: str
    commit: str | None
    met: bool
    missing: list[str]
    statements: list[Collectable]


class Told(TypedDict):
    """A comment and a check of a pull request that are up to date; `commit` is the head that was judged."""

    pull_request: str
    commit: str
    comment: str
    check: Literal["success", "failure", "neutral", "pending"]
    findings: list[Finding]


class Review(TypedDict):
    """A review on a forge, as somebody attests it."""

    reviewer: str
    handle: str
    review: int
    url: str | None
    commit: str
    verdict: Literal["approve", "reject"]
    submitted_at: str


class PassedOver(TypedDict):
    """A review that is not attested, and why."""

    handle: str
    review: int
    reason: str


class Attestation(TypedDict):
    """The reviews of a proposal: `signed` is false where nothing new was to be said."""

    id: str
    signed: bool
    reviews: list[Review]
    passed_over: list[PassedOver]


class Landing(TypedDict):
    """A proposal that landed. `pull_request` is the one that was open, null where there was none."""

    id: str
    title: str
    landed: str
    pull_request: str | None


class Approver(TypedDict):
    """Who may approve. Keys by their fingerprint, the sha256 of the key in hex; `forge` as accounts: github:ada.

    `attests`: a machine whose key says which reviews a forge shows, and who approves nothing.
    """

    principal: str
    groups: list[str]
    keys: list[str]
    forge: list[str]
    attests: bool


class Hold(TypedDict):
    """A version that may not go to these stages again (to none, where the list is empty)."""

    model: str
    version: int | None
    digest: str
    stages: list[str]
    reason: str


class Check(TypedDict):
    """What a check said, by one key. `status` and `by` are null where nobody has said anything; `ignored` says why it
    does not count; `asked_for`: whether a rule asks for it.
    """

    name: str
    status: Literal["pass", "fail"] | None
    by: str | None
    signed_at: str | None
    report: Descriptor | None
    ignored: str
    asked_for: bool
