"""Gathering: what a policy's rules need to know that main does not show, looked up in ledger, bytes and code."""

from gitreg.gathering.again import differences_of
from gitreg.gathering.code import CodeHistory
from gitreg.gathering.observing import Observer
from gitreg.gathering.trying import (
    CaseAnswer,
    PolicyDifference,
    PolicyEffect,
    case_findings,
    case_of,
    differences,
    try_cases,
)

__all__ = [
    "CaseAnswer",
    "CodeHistory",
    "Observer",
    "PolicyDifference",
    "PolicyEffect",
    "case_findings",
    "case_of",
    "differences",
    "differences_of",
    "try_cases",
]
