"""Documents of main: what people decided, and the settings that say who may."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gitreg.documents.document import (
    Actor,
    AddressName,
    Descriptor,
    Document,
    Frozen,
    Integer,
    Name,
    Part,
    Prose,
    Seq,
    Time,
)
from gitreg.documents.ids import Digest, Fingerprint, Principal, RegistryId

Action = Literal["promote", "rollback", "withdraw", "override", "hold", "lift", "govern"]
Verdict = Literal["propose", "approve", "reject", "check", "attest"]
Outcome = Literal["pass", "fail", "cannot tell"]
Severity = Literal["block", "warn"]
MAX_REVIEWS = 200
"""Reviews that one statement attests."""
HANDLE_PATTERN = r"^(github|gitlab|gitea):[a-z0-9][a-z0-9._-]{0,99}$"
Handle = Annotated[str, Field(pattern=HANDLE_PATTERN)]
"""An account on a forge: its kind and the login, in lower case."""


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
    """A person who may approve: the groups she is in and the keys she signs with.

    `forge` is whose reviews on a forge are hers. `attests` is of a machine: its key says which reviews a forge shows,
    and its own word approves nothing.
    """

    groups: Seq[Name] = ()
    keys: Seq[Key] = ()
    forge: Seq[Handle] = ()
    attests: bool = False


class Approvers(Document):
    """`approvers.json`: everyone who may approve. `allowed_signers` is rendered from it."""

    schema_name = "approvers"

    people: Frozen[Principal, Approver]


class Compromise(Document):
    """`compromised/<key>.json`: a key that somebody else may have signed with.

    `last_trusted` is the last decision, by digest, that is trusted although this key signed it or may have; null where
    none is. Verdicts stay what they are; an audit lists what rests on the key since then.
    """

    schema_name = "compromise"

    key: Fingerprint
    last_trusted: Digest | None
    reason: Prose


class ModelCard(Document):
    """`models/<model>/model.json`: who answers for the model and what it is for."""

    schema_name = "model"

    name: Name
    owner: Principal | None = None
    use: Prose | None = None
    tier: Name | None = None
    licence: Name | None = None


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
    set: Name | None = None
    """The set whose models move together; it then moves each of them, and nothing else."""
    files: Frozen[str, Digest | None]
    replaces: Digest | None = None
    reason: Prose
    because: Prose | None = None
    """Of a promotion: why this version, where others did better on the same data."""
    proposer: Actor
    proposed_at: Time
    expires_at: Time | None = None
    regularise_by: Time | None = None
    """Of an override only: until when the decision that it went before has to follow."""


class CheckReport(Part):
    """What an external check said: its name as the policy has it, its answer, and its report as a blob."""

    name: Name
    status: Literal["pass", "fail"]
    report: Descriptor | None = None


class ReviewReport(Part):
    """A review as a forge showed it to who attests it: whose it is by approvers.json, and of which commit."""

    reviewer: Principal
    handle: Handle
    review: Integer = Field(ge=1)
    url: Prose | None = None
    commit: str = Field(pattern=r"^[0-9a-f]{40}([0-9a-f]{24})?$")
    verdict: Literal["approve", "reject"]
    submitted_at: Time


class Statement(Document):
    """What one person, one check, or who attests reviews signs about one decision.

    `checks` is of a `check` only, `reviews` of an `attest`.
    """

    schema_name = "statement"

    decision: Digest
    verdict: Verdict
    reason: Prose | None = None
    conditions: Seq[Prose] = ()
    checks: Seq[CheckReport] = ()
    reviews: Seq[ReviewReport] = Field(default=(), max_length=MAX_REVIEWS)
    actor: Actor
    signed_at: Time
