"""Documents of main: what people decided, and the settings that say who may."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gitreg.documents.document import (
    Actor,
    AddressName,
    Document,
    Frozen,
    Integer,
    JsonObject,
    Name,
    Number,
    Part,
    Prose,
    Seq,
    Time,
)
from gitreg.documents.facts import DatasetUse, PinnedMetric
from gitreg.documents.ids import Digest, Principal, RegistryId, RunId

Action = Literal["promote", "rollback", "withdraw", "override", "hold", "lift", "govern"]
Verdict = Literal["propose", "approve", "reject"]
Outcome = Literal["pass", "fail", "cannot tell"]
Severity = Literal["block", "warn"]


class StageSettings(Part):
    """One stage: whether decisions about it need approval, and by which policy (`policies/<policy>.json`)."""

    protected: bool
    policy: Name | None = None


class RegistrySettings(Document):
    """`gitreg.json`: what makes a repository a registry."""

    schema_name = "registry"

    registry: RegistryId
    blobs: Prose | None = None
    stages: Frozen[AddressName, StageSettings]


class Key(Part):
    """A public key of a person: `type` and `key` as OpenSSH writes them, and when it may sign."""

    type: str = Field(pattern=r"^[a-z0-9@.-]{1,64}$")
    key: str = Field(pattern=r"^[A-Za-z0-9+/]{16,16384}={0,2}$")
    valid_after: Time | None = None
    valid_before: Time | None = None


class Approver(Part):
    """A person who may approve: the groups she is in and the keys she signs with."""

    groups: Seq[Name] = ()
    keys: Seq[Key] = ()


class Approvers(Document):
    """`approvers.json`: everyone who may approve. `allowed_signers` is rendered from it."""

    schema_name = "approvers"

    people: Frozen[Principal, Approver]


class Requirement(Part):
    """What every rule of a policy says of itself."""

    rule: Name
    message: Prose | None = None
    severity: Severity = "block"
    reference: Prose | None = None


class ApprovalsRequirement(Requirement):
    """So many people, of a group where one is named; the proposer never counts."""

    kind: Literal["approvals"]
    count: Integer = Field(ge=1, le=100)
    group: Name | None = None


class MetadataRequirement(Requirement):
    """The version's or the model's document must fit this JSON Schema (draft 2020-12)."""

    kind: Literal["metadata"]
    subject: Literal["version", "model"]
    json_schema: JsonObject = Field(alias="schema")


class ThresholdRequirement(Requirement):
    """A pinned metric within bounds. Without `dataset` (a name), the metric logged without one or on only one."""

    kind: Literal["threshold"]
    metric: Name
    dataset: Name | None = None
    at_least: Number | None = None
    at_most: Number | None = None


class RollbackClause(Part):
    """What a rollback or withdrawal needs instead of the approvals; the proposer's own signature counts."""

    count: Integer = Field(default=1, ge=1, le=100)
    group: Name | None = None


AnyRequirement = Annotated[
    ApprovalsRequirement | MetadataRequirement | ThresholdRequirement, Field(discriminator="kind")
]


class Policy(Document):
    """`policies/<name>.json`: what a decision about a stage needs."""

    schema_name = "policy"

    requirements: Seq[AnyRequirement]
    rollback: RollbackClause | None = None


class ModelCard(Document):
    """`models/<model>/model.json`: who answers for the model and what it is for."""

    schema_name = "model"

    name: Name
    owner: Principal | None = None
    use: Prose | None = None
    tier: Name | None = None


class ModelSet(Document):
    """`sets/<set>.json`: models that move together."""

    schema_name = "set"

    name: Name
    models: Seq[Name] = Field(min_length=1)


class Hold(Document):
    """A version that may not go to these stages again (all stages where none is named)."""

    schema_name = "hold"

    version: Digest
    stages: Seq[Name] = ()
    reason: Prose


class Move(Part):
    """One stage's change. `version` null is a withdrawal; `replaces` is the decision.json that stands there."""

    model: Name
    stage: Name
    number: Integer | None = Field(ge=1)
    version: Digest | None
    replaces: Digest | None


class Decision(Document):
    """A list of edits that people sign: a landing changes exactly these paths, this file and its approvals."""

    schema_name = "decision"

    registry: RegistryId
    action: Action
    moves: Seq[Move] = ()
    files: Frozen[str, Digest | None]
    replaces: Digest | None = None
    reason: Prose
    proposer: Actor
    proposed_at: Time
    expires_at: Time | None = None


class Statement(Document):
    """What one person signs about one decision."""

    schema_name = "statement"

    decision: Digest
    verdict: Verdict
    reason: Prose | None = None
    conditions: Seq[Prose] = ()
    actor: Actor
    signed_at: Time


class Subject(Part):
    """A version as evidence pins it: by value, so that main alone can be read."""

    model: Name
    number: Integer | None
    version: Digest
    run: RunId | None = None
    metrics: Seq[PinnedMetric] = ()
    datasets: Seq[DatasetUse] = ()


class RuleResult(Part):
    """One rule's answer with its numbers: what was observed, against which bound, by which method."""

    rule: Name
    kind: Name
    severity: Severity
    outcome: Outcome
    text: Prose
    method: Name
    observed: Number | None = None
    at_least: Number | None = None
    at_most: Number | None = None


class Evidence(Document):
    """`evidence.json`: what is so about a candidate. No clock, host, user or tool version is in it."""

    schema_name = "evidence"

    action: Action
    stage: Name
    candidate: Subject | None
    baseline: Subject | None
    policy: Name | None
    policy_digest: Digest | None
    model_card: Digest | None
    rules: Seq[RuleResult] = ()
    verdict: Outcome
