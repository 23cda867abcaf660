"""From findings to the error that says why a decision cannot be made or cannot land."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.decisions.findings import CHECKS
from gitreg.errors import (
    CannotTell,
    GitregError,
    NotApproved,
    ProposalExpired,
    ProposalRejected,
    Refused,
    RuleFailed,
    StaleProposal,
    VersionHeld,
)

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitreg.decisions.findings import Finding

PEOPLE = frozenset(["approvals", "unsigned", "rejected", CHECKS])
"""Rules that people's word, or that of checks, meets later."""

AWAITED = PEOPLE - {"rejected"}
"""Of these, what is only missing: nobody has said no."""

# The first that fits says it: what no approval mends comes before what one would.
_ERRORS: tuple[tuple[str, type[GitregError]], ...] = (
    ("stale", StaleProposal),
    ("replay", StaleProposal),
    ("expired", ProposalExpired),
    ("history", CannotTell),
    ("held", VersionHeld),
    ("policy:", RuleFailed),
    ("rejected", ProposalRejected),
    ("", Refused),
    ("unsigned", NotApproved),
    ("approvals", NotApproved),
    (CHECKS, NotApproved),
)


def awaited(findings: Iterable[Finding]) -> tuple[Finding, ...]:
    """What is missing of people's word, where nothing else stands in the way; nothing where something does."""
    blocking = tuple(each for each in findings if each.severity == "block")
    return blocking if all(each.rule in AWAITED for each in blocking) else ()


def refusal(findings: Iterable[Finding], subject: str) -> GitregError | None:
    """The error for what blocks; None where nothing does."""
    blocking = [finding for finding in findings if finding.severity == "block"]
    for prefix, kind in _ERRORS:
        found = [finding for finding in blocking if _is_of(finding.rule, prefix)]
        if found:
            words = " ".join(dict.fromkeys(finding.message for finding in found))
            return kind(f"{subject}: {words}", subject=subject, hint=found[0].hint)
    return None


def _is_of(rule: str, prefix: str) -> bool:
    if prefix == "":
        named = [name for name, _ in _ERRORS if name]
        return not any(rule.startswith(name) for name in named)
    return rule.startswith(prefix)
