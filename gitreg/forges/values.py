"""What a forge tells us and what we tell it, as frozen values that are the same on every forge."""

from __future__ import annotations

import random
import time
from collections.abc import Callable
from dataclasses import dataclass, field
from datetime import datetime
from typing import Literal

from gitreg.errors import InvalidValue

Kind = Literal["github", "gitlab", "gitea"]
PullState = Literal["open", "closed", "merged"]
ReviewState = Literal["approved", "changes_requested", "commented", "dismissed"]
Conclusion = Literal["success", "failure", "neutral", "pending"]
"""`pending` is not complete: where the check is required, nobody can merge."""
Level = Literal["notice", "warning", "failure"]
Purpose = Literal["main", "ledger"]

KINDS: tuple[Kind, ...] = ("github", "gitlab", "gitea")


@dataclass(frozen=True)
class PullRequest:
    """A pull request (GitLab: merge request) as it stands now."""

    number: int
    url: str
    head: str
    """The branch it comes from, in the fork's names where it comes from a fork."""
    head_sha: str
    base: str
    state: PullState
    title: str
    body: str
    author: str
    is_fork: bool
    """Whether the head lies in another repository than the base; so too where that repository is gone."""


@dataclass(frozen=True)
class Review:
    """Somebody's word on one commit of a pull request. It says nothing of any other commit."""

    author: str
    commit: str
    """Empty where the forge does not say which commit was looked at: such a review can never count."""
    body: str
    state: ReviewState
    submitted_at: datetime | None
    number: int = 0
    """Zero where the forge gives it none."""
    url: str = ""


@dataclass(frozen=True)
class Comment:
    """A comment below a pull request."""

    id: int
    author: str
    body: str
    url: str = ""


@dataclass(frozen=True)
class Annotation:
    """A finding at a place in a file. Lines count from one."""

    path: str
    line: int
    level: Level
    message: str
    title: str = ""


@dataclass(frozen=True)
class Check:
    """What to show beside a commit. `annotations` may be any number; a forge that has no place for them gets none."""

    name: str
    conclusion: Conclusion
    title: str
    summary: str = ""
    annotations: tuple[Annotation, ...] = ()


@dataclass(frozen=True)
class CheckRun:
    """A check as the forge keeps it. `kind` is status where the forge, or the token, allows only a commit status."""

    id: int
    name: str
    sha: str
    conclusion: Conclusion
    kind: Literal["check", "status"]
    url: str = ""


@dataclass(frozen=True)
class RequiredCheck:
    """A check that has to be green before a merge. `app` is who alone may set it; empty means anybody."""

    name: str
    app: str = ""


@dataclass(frozen=True)
class BranchRules:
    """What the forge enforces on a branch. None means that this token, or this forge, does not say."""

    kind: Kind
    branch: str
    needs_pull_request: bool | None = False
    approvals: int | None = 0
    dismisses_stale_approvals: bool | None = False
    needs_owner_review: bool | None = False
    required_checks: tuple[RequiredCheck, ...] | None = ()
    needs_up_to_date: bool | None = False
    has_merge_queue: bool | None = False
    allows_force_push: bool | None = True
    allows_deletion: bool | None = True
    bypass: tuple[str, ...] | None = ()
    """Who may pass over all this."""
    our_pull_requests_start_checks: bool | None = None
    """False where this token is one whose doings start no workflow."""


@dataclass(frozen=True)
class Token:
    """A secret, where it came from, and nothing that would print it."""

    secret: str = field(repr=False)
    source: str
    """The variable's name, or "credential helper"."""

    def __post_init__(self) -> None:
        """A secret that would be two header lines is refused without being shown."""
        if not self.secret.isascii() or not self.secret.isprintable() or " " in self.secret:
            raise InvalidValue(f"What {self.source} holds is not a token: it has spaces or line ends in it.")


@dataclass(frozen=True)
class ForgeSetting:
    """The user's own word on what the forge is. It must come from the user (configuration, environment), never from a
    document of the registry: a token is sent where it says.
    """

    kind: Kind | None = None
    url: str = ""
    """The forge's front page, with its path if it lives under one: `https://git.example.org/forge`."""


@dataclass(frozen=True)
class Clock:
    """Time, as it comes from the rim: now in UTC, sleeping for seconds, and a random number from 0 to below 1."""

    now: Callable[[], datetime]
    sleep: Callable[[float], None] = time.sleep
    jitter: Callable[[], float] = random.random


@dataclass(frozen=True)
class Patience:
    """How long a forge may take. All bounds are per call of a `Forge` method's request."""

    attempts: int = 4
    first_pause_s: float = 0.5
    longest_pause_s: float = 60.0
    """A forge that asks for a longer pause is an error that says how long."""
    read_timeout_s: float = 20.0
    answer_timeout_s: float = 120.0
    answer_bytes: int = 16 * 1024 * 1024
    pages: int = 100
