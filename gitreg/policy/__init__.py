"""Pure rules: required metadata, bounds on metrics, and whose word a decision needs. Knows no clock, key or git."""

from gitreg.policy.defaults import default_policy
from gitreg.policy.people import (
    Need,
    PeopleVerdict,
    Quorum,
    governance_quorum,
    judge_people,
    meetable,
    quorum_of,
    union_of,
    unmeetable,
)
from gitreg.policy.rules import Facts, evaluate, verdict

__all__ = [
    "Facts",
    "Need",
    "PeopleVerdict",
    "Quorum",
    "default_policy",
    "evaluate",
    "governance_quorum",
    "judge_people",
    "meetable",
    "quorum_of",
    "union_of",
    "unmeetable",
    "verdict",
]
