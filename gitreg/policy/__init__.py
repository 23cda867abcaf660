"""Pure rules: required metadata, bounds on metrics, and whose word a decision needs. Knows no clock, key or git."""

from typing import TYPE_CHECKING

from gitreg.lazy import lazily

if TYPE_CHECKING:
    from gitreg.policy.checks import read_check
    from gitreg.policy.defaults import default_policy
    from gitreg.policy.differences import PolicyChange, policy_changes
    from gitreg.policy.expressions import CEL_METHOD, expression_facts, facts_digest
    from gitreg.policy.people import (
        Need,
        PeopleVerdict,
        Quorum,
        aged,
        by_review,
        counts_review,
        governance_quorum,
        judge_people,
        meetable,
        quorum_of,
        union_of,
        unmeetable,
    )
    from gitreg.policy.provenance import pairs_of
    from gitreg.policy.reading import Facts, Reading, told
    from gitreg.policy.rules import evaluate, is_for, rules_for, verdict
    from gitreg.policy.statistics import (
        METRICS,
        CannotTell,
        Interval,
        Predictions,
        Repeated,
        RepeatedDifference,
        Resampling,
        corrected_confidence,
        delong,
        mcnemar_of,
        metric_named,
        paired_bootstrap,
        repeated_difference,
        resamples_needed,
        seed_of,
    )
    from gitreg.policy.windows import read_freeze, span_of

__all__ = [
    "CEL_METHOD",
    "METRICS",
    "CannotTell",
    "Facts",
    "Interval",
    "Need",
    "PeopleVerdict",
    "PolicyChange",
    "Predictions",
    "Quorum",
    "Reading",
    "Repeated",
    "RepeatedDifference",
    "Resampling",
    "aged",
    "by_review",
    "corrected_confidence",
    "counts_review",
    "default_policy",
    "delong",
    "evaluate",
    "expression_facts",
    "facts_digest",
    "governance_quorum",
    "is_for",
    "judge_people",
    "mcnemar_of",
    "meetable",
    "metric_named",
    "paired_bootstrap",
    "pairs_of",
    "policy_changes",
    "quorum_of",
    "read_check",
    "read_freeze",
    "repeated_difference",
    "resamples_needed",
    "rules_for",
    "seed_of",
    "span_of",
    "told",
    "union_of",
    "unmeetable",
    "verdict",
]

__getattr__ = lazily(
    __name__,
    {
        "checks": ("read_check",),
        "defaults": ("default_policy",),
        "expressions": ("CEL_METHOD", "expression_facts", "facts_digest"),
        "people": (
            "Need",
            "PeopleVerdict",
            "Quorum",
            "aged",
            "by_review",
            "counts_review",
            "governance_quorum",
            "judge_people",
            "meetable",
            "quorum_of",
            "union_of",
            "unmeetable",
        ),
        "provenance": ("pairs_of",),
        "reading": ("Facts", "Reading", "told"),
        "rules": ("evaluate", "is_for", "rules_for", "verdict"),
        "windows": ("read_freeze", "span_of"),
        "differences": ("PolicyChange", "policy_changes"),
        "statistics": (
            "METRICS",
            "CannotTell",
            "Interval",
            "Predictions",
            "Repeated",
            "RepeatedDifference",
            "Resampling",
            "corrected_confidence",
            "delong",
            "mcnemar_of",
            "metric_named",
            "paired_bootstrap",
            "repeated_difference",
            "resamples_needed",
            "seed_of",
        ),
    },
)
