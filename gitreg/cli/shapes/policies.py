"""What commands about policies print."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from gitreg.cli.shapes.plain import Outcome, Severity


class People(TypedDict):
    """Whose word a decision needs, and has."""

    outcome: Outcome
    needed: list[str]
    approved_by: list[str]
    rejected_by: list[str]
    missing: list[str]
    signed_by_proposer: bool


class Rule(TypedDict):
    """One rule's answer."""

    rule: str
    kind: str
    severity: Severity
    outcome: Outcome
    text: str


class PolicyCheck(TypedDict):
    """What a policy says to a version: every rule, what was observed, what would make it pass, who could approve.

    `observations` are those of evidence (schemas/evidence-v1.json).
    """

    model: str
    stage: str
    version: int
    policy: str | None
    verdict: Outcome
    rules: list[Rule]
    observations: list[dict[str, Any]]
    ways: dict[str, str]
    needs: list[str]
    able: list[str]
    held: str | None


class CaseAnswer(TypedDict):
    """What a rule answered in an example case, null where the policy has no such rule."""

    policy: str
    case: str
    rule: str
    expected: Outcome
    found: Outcome | None
    text: str


class Example(TypedDict):
    """An example case that was kept."""

    path: str
    name: str


class PolicyChange(TypedDict):
    """One field of one rule, and which way it went."""

    rule: str
    direction: Literal["looser", "tighter", "other"]
    text: str


class PolicyEffect(TypedDict):
    """What a changed policy would say to what is in a stage now; `rules` are the answers that are others."""

    model: str
    stage: str
    version: int | None
    before: Outcome
    after: Outcome
    rules: list[Rule]


class PolicyDifference(TypedDict):
    """One policy's changes, and whom they concern."""

    policy: str
    changes: list[PolicyChange]
    effects: list[PolicyEffect]
