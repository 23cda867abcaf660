"""Small documents for pages."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import numpy as np

from gitreg.documents import (
    Actor,
    Alternative,
    Alternatives,
    Column,
    Compared,
    Dataset,
    DatasetUse,
    Decision,
    Descriptor,
    Digest,
    Environment,
    Evidence,
    Listed,
    Move,
    PinnedMetric,
    Principal,
    RegistryId,
    RuleResult,
    RunId,
    Source,
    Subject,
    Unknown,
    Version,
)
from gitreg.policy import PeopleVerdict
from gitreg.report import CANDIDATE, Curves, Drift, Listing, ProposalPage, curve_of, drift_of
from gitreg.tracking.capture import profile_of

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
        "because": "The first of them needs twice the memory.",
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


def version(number: int, depth: int, commit: str, data: str = "data") -> Version:
    """The document of a version; its digest is its own, so evidence that names it takes it from here."""
    return Version(
        model="fraud",
        run=RunId(f"{number:032x}"),
        output="model",
        artifacts=Descriptor(media_type="application/x", digest=digest(f"files {number}"), size=10),
        source=Source(repository="https://code.example.org/fraud", commit=commit * 40, branch="main", dirty=number > 1),
        environment=Environment(
            python="3.13", lock=Descriptor(media_type="text/plain", digest=digest(f"lock {number}"), size=10)
        ),
        datasets=subject(number, 0.9, data).datasets,
        params={"depth": depth, "seed": 1},
        metrics=subject(number, 0.9).metrics,
    )


def dataset(content: str, rows: int, *columns: str) -> Dataset:
    return Dataset(
        name="customers",
        content_digest=digest(content),
        kind="table",
        method="m/1",
        rows=rows,
        columns=tuple(Column(name=name, type="float64") for name in columns),
    )


def compared(where: str, difference: float, half: float, rows: int, **fields: Any) -> Compared:  # noqa: ANN401 - as above
    given: dict[str, Any] = {
        "rule": "better",
        "metric": "auc",
        "slice": where,
        "dataset": digest("test"),
        "rows": rows,
        "candidate": digest("evaluation 2"),
        "baseline": digest("evaluation 1"),
        "candidate_value": 0.9 + difference,
        "baseline_value": 0.9,
        "difference": difference,
        "low": difference - half,
        "high": difference + half,
        "p_value": 0.0123 if not where else None,
        "confidence": 0.95,
        "comparisons": 1,
        "method": "paired-bootstrap/1",
    }
    return Compared(**{**given, **fields})


def reviewed(**fields: Any) -> ProposalPage:  # noqa: ANN401 - as above
    """A proposal with everything that evidence can hold."""
    new, old = version(2, 8, "b", "newer data"), version(1, 4, "a")
    observations = (
        compared("", 0.021, 0.01, 4000),
        compared("region=north", 0.03, 0.02, 1500),
        compared("region=south", 0.012, 0.03, 2400),
        compared("region=islands", -0.08, 0.05, 100),
        Alternatives(
            rule="better",
            metric="auc",
            dataset=digest("test"),
            runs=7,
            best=tuple(
                Alternative(run=RunId(f"{run:032x}"), value=value)
                for run, value in ((3, 0.95), (2, 0.94), (5, 0.9), (6, 0.89), (7, 0.88))
            ),
        ),
        Listed(rule="files", manifest=digest("files 2"), files=3, size_bytes=5_000_000),
        Unknown(rule="code", text="The code's repository is not here."),
    )
    found = evidence(
        candidate=subject(2, 0.95, "newer data").model_copy(update={"version": new.digest}),
        baseline=subject(1, 0.91).model_copy(update={"version": old.digest}),
        observations=observations,
        rules=(
            rule("min-auc", "pass", "auc is 0.95, at least 0.9."),
            rule("code", "cannot tell", "The code's repository is not here.", "warn"),
        ),
    )
    given: dict[str, Any] = {
        "evidence": (found,),
        "versions": (new, old),
        "datasets": (dataset("data", 3000, "amount", "age"), dataset("newer data", 4000, "amount", "region")),
        "listings": (
            Listing(new.artifacts.digest, {"model.bin": (digest("b"), 4_900_000), "README.md": (digest("r"), 20)}),
            Listing(old.artifacts.digest, {"model.bin": (digest("a"), 4_000_000), "README.md": (digest("r"), 20)}),
        ),
        "able": (BEN, Principal("eve@example.org")),
        "holds": ("fraud/1 may not go to staging again: It leaks.",),
        "now": AT.replace(month=11, day=28),
        "decision": decision(expires_at=AT.replace(month=12, day=1)),
        "curves": (curves(),),
        "drifts": (("production", drift()),),
    }
    return page(**{**given, **fields})


def drift() -> Drift:
    new = profile_of(np.array([[row, row * row] for row in range(100)]))
    old = profile_of(np.array([[row - 20, row * row] for row in range(80)]))
    return drift_of("train data transactions", new, old)


def curves() -> Curves:
    targets = [int(row % 7 in (0, 2, 3)) for row in range(400)]
    good = [0.05 + 0.6 * target + 0.3 * (row * 37 % 100) / 100 for row, target in enumerate(targets)]
    poor = [0.05 + 0.2 * target + 0.7 * (row * 53 % 100) / 100 for row, target in enumerate(targets)]
    return Curves("holdout", 400, (curve_of(CANDIDATE, targets, good), curve_of("in production", targets, poor)))


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
