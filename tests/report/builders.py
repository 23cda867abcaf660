"""Small documents for pages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from gitreg.documents import (
    Actor,
    DatasetUse,
    Decision,
    Digest,
    Evidence,
    Move,
    PinnedMetric,
    Principal,
    RegistryId,
    RuleResult,
    RunId,
    Subject,
)
from gitreg.policy import PeopleVerdict
from gitreg.report import ProposalPage

AT = datetime(2026, 11, 21, 9, 0, tzinfo=UTC)
ADA, BEN = Principal("ada@example.org"), Principal("ben@example.org")


def digest(of: str) -> Digest:
    return Digest.of(of.encode())


def subject(number: int, auc: float, data: str = "data") -> Subject:
    return Subject(
        model="fraud",
        number=number,
        version=digest(f"version {number}"),
        run=RunId(f"{number:032x}"),
        metrics=(
            PinnedMetric(key="auc", dataset=None, step=0, value=auc),
            PinnedMetric(key="auc", dataset=digest("test"), step=0, value=auc - 0.01),
        ),
        datasets=(
            DatasetUse(name="customers", role="train", digest=digest(data), document=digest("d")),
            DatasetUse(name="holdout", role="test", digest=digest("test"), document=digest("d")),
        ),
    )


def decision(**fields: Any) -> Decision:  # noqa: ANN401 - any field of a decision
    given: dict[str, Any] = {
        "registry": RegistryId("0" * 32),
        "action": "promote",
        "moves": (
            Move(model="fraud", stage="production", number=2, version=digest("version 2"), replaces=digest("old")),
        ),
        "files": {},
        "reason": "Better on every segment.",
        "proposer": Actor(principal=ADA, via="person"),
        "proposed_at": AT,
        "expires_at": AT.replace(month=12),
    }
    return Decision(**{**given, **fields})


def evidence(**fields: Any) -> Evidence:  # noqa: ANN401 - any field of evidence
    given: dict[str, Any] = {
        "action": "promote",
        "stage": "production",
        "candidate": subject(2, 0.95, "newer data"),
        "baseline": subject(1, 0.91),
        "policy": "production",
        "policy_digest": digest("policy"),
        "model_card": None,
        "rules": (rule("min-auc", "pass", "auc is 0.95, at least 0.9."),),
        "verdict": "pass",
    }
    return Evidence(**{**given, **fields})


def rule(name: str, outcome: str, text: str, severity: str = "block") -> RuleResult:
    fields: dict[str, Any] = {"rule": name, "outcome": outcome, "text": text, "severity": severity}
    return RuleResult(kind="threshold", method="threshold/1", **fields)


def people(*, missing: tuple[str, ...] = (), have: tuple[Principal, ...] = (), **fields: Any) -> PeopleVerdict:  # noqa: ANN401
    needed = ("1 approval from any approver",)
    return PeopleVerdict("fail" if missing else "pass", needed, have, missing, **fields)


def page(**fields: Any) -> ProposalPage:  # noqa: ANN401 - any field of the page
    made = fields.pop("decision", decision())
    given: dict[str, Any] = {
        "id": "fraud-2-production-3f2a",
        "state": "open",
        "title": "fraud: production 1 -> 2",
        "decision": made,
        "digest": made.digest,
        "evidence": (evidence(),),
        "people": people(missing=("1 approval from any approver",)),
    }
    return ProposalPage(**{**given, **fields})
