"""What `--protect` starts from."""

from __future__ import annotations

from gitreg.documents import ApprovalsRequirement, Policy


def default_policy() -> Policy:
    """One approval by any approver, of any group, who is not the proposer."""
    return Policy(requirements=(ApprovalsRequirement(kind="approvals", rule="reviewed", count=1),))
