"""What every forge can do for a registry."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol

if TYPE_CHECKING:
    from gitreg.forges.values import (
        BranchRules,
        Check,
        CheckRun,
        Comment,
        Kind,
        PullRequest,
        PullState,
        Review,
    )


class Forge(Protocol):
    """Pull requests, comments, reviews, checks and branch rules of one repository.

    Every method may raise `RemoteError` (not reached, or no answer of a forge), `CredentialsRefused` (the token lacks a
    permission, which is named), `NotFound`, `Conflict` and `RemoteRefused` (the forge says no, and why).
    """

    @property
    def kind(self) -> Kind:
        """Which forge this is."""

    @property
    def project(self) -> str:
        """The repository's full name on it: `owner/name`, on GitLab with all its groups."""

    def open_pull_request(self, head: str, base: str, *, title: str, body: str) -> PullRequest:
        """Open it, or bring the open one from `head` to `base` up to date: calling again changes nothing more."""

    def pull_request(self, which: int | str) -> PullRequest:
        """By number, or the open one from a branch of this repository. Raises `ProposalNotFound`."""

    def pull_requests(self, state: PullState = "open") -> list[PullRequest]:
        """All in that state, the oldest first. Closed ones are those that were not merged."""

    def close_pull_request(self, number: int) -> PullRequest:
        """Close it, as what it proposed went its own way. One that is closed or merged is left as it is."""

    def comments(self, number: int) -> list[Comment]:
        """All comments below a pull request, the oldest first."""

    def upsert_comment(self, number: int, marker: str, body: str) -> Comment:
        """Keep one comment of ours up to date. Somebody else's with the same marker is left alone and not believed."""

    def reviews(self, number: int) -> list[Review]:
        """All reviews, the oldest first; a person may have several. Drafts are left out."""

    def put_check(self, sha: str, check: Check) -> CheckRun:
        """Show a check beside a commit; a commit status where the forge, or the token, has no checks."""

    def branch_rules(self, branch: str) -> BranchRules:
        """What the forge enforces on the branch, as far as this token may see."""
