"""What a check found: which rule, where, what is so, and what to do."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitreg.errors import (
    CannotTell,
    InvalidDocument,
    InvalidKey,
    InvalidName,
    InvalidValue,
    NotFound,
    UnsafePath,
    UnsafeRepository,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitreg.documents import Outcome, Severity

UNREADABLE = (
    InvalidDocument,
    InvalidValue,
    InvalidName,
    InvalidKey,
    NotFound,
    UnsafeRepository,
    UnsafePath,
    CannotTell,
)
"""What reading a tree that somebody else wrote may raise."""

CHECKS = "checks"
"""The rule of a finding that a check has not said anything yet: nobody can tell, whoever looks."""


@dataclass(frozen=True)
class Finding:
    """One thing that is not as it has to be. `severity` "warn" stops nothing."""

    rule: str
    path: str
    message: str
    hint: str = ""
    severity: Severity = "block"
    outcome: Outcome = "fail"
    """"fail", or "cannot tell" where the check had too little to see."""


def outcome_of(findings: Iterable[Finding]) -> Outcome:
    """The answer of all findings together: cannot tell never passes, and fail is the stronger word."""
    outcomes = {finding.outcome for finding in findings if finding.severity == "block"}
    return "fail" if "fail" in outcomes else "cannot tell" if outcomes else "pass"
