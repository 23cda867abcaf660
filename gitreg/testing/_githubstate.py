"""What the stand-in GitHub remembers."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any

from gitreg.testing._wsgi import Problem

if TYPE_CHECKING:
    from gitreg.testing._bare import Bare
    from gitreg.testing._wsgi import Account


_BATCH = 50
"""GitHub takes so many annotations in one request."""


@dataclass
class Project:
    """A repository."""

    full_name: str
    number: int
    git: Bare
    parent: str = ""
    pulls: dict[int, Pull] = field(default_factory=dict)
    comments: dict[int, Said] = field(default_factory=dict)
    checks: dict[int, CheckFact] = field(default_factory=dict)
    statuses: dict[int, StatusFact] = field(default_factory=dict)
    rule_sets: dict[int, dict[str, Any]] = field(default_factory=dict)
    protections: dict[str, dict[str, Any]] = field(default_factory=dict)
    """Older branch protection by branch, in the shape of GitHub's answer."""

    @property
    def owner(self) -> str:
        return self.full_name.partition("/")[0]

    def rules_of(self, branch: str) -> list[dict[str, Any]]:
        """The rules in force on a branch, as `GET rules/branches` lists them."""
        return [
            {**rule, "ruleset_id": number, "ruleset_source_type": "Repository", "ruleset_source": self.full_name}
            for number, rule_set in self.rule_sets.items()
            if rule_set["enforcement"] == "active"
            and f"refs/heads/{branch}" in rule_set["conditions"]["ref_name"]["include"]
            for rule in rule_set["rules"]
        ]


@dataclass
class Pull:
    """A pull request. `head_sha` follows the branch while it is open."""

    number: int
    head: str
    head_project: Project
    base: str
    title: str
    body: str | None
    author: Account
    created: str
    head_sha: str
    state: str = "open"
    merged_at: str | None = None
    merged_by: Account | None = None
    closed_at: str | None = None
    merge_sha: str | None = None
    updated: str = ""
    reviews: list[Opinion] = field(default_factory=list)


@dataclass
class Said:
    """A comment."""

    number: int
    issue: int
    author: Account
    body: str
    created: str
    updated: str


@dataclass
class Opinion:
    """A review."""

    number: int
    author: Account
    commit: str
    body: str
    state: str
    submitted: str


@dataclass
class CheckFact:
    """A check run, with all annotations that came."""

    number: int
    name: str
    sha: str
    app: str
    status: str
    conclusion: str | None
    output: dict[str, Any]
    annotations: list[dict[str, Any]]


@dataclass
class StatusFact:
    """A commit status."""

    number: int
    sha: str
    context: str
    state: str
    description: str | None
    creator: Account


def message(method: str, pull: Pull, body: dict[str, Any]) -> str:
    """The message of a merge: GitHub's own subject, unless the caller gives one."""
    label = f"{pull.head_project.owner}/{pull.head}"
    own = f"{pull.title} (#{pull.number})" if method == "squash" else f"Merge pull request #{pull.number} from {label}"
    text = body.get("commit_message") or (pull.body if method == "squash" else pull.title) or ""
    return f"{body.get('commit_title') or own}\n\n{text}".strip() + "\n"


def state_now(project: Project, pull: Pull, each: Opinion) -> str:
    """A review's state: an approval of an older head is dismissed where a rule says so."""
    dismisses = any(
        rule["parameters"]["dismiss_stale_reviews_on_push"]
        for rule in project.rules_of(pull.base)
        if rule["type"] == "pull_request"
    )
    return "DISMISSED" if dismisses and each.commit != pull.head_sha and each.state == "APPROVED" else each.state


def take_output(made: CheckFact, body: dict[str, Any]) -> None:
    """Fifty annotations at a time, as GitHub takes them; a conclusion completes the run."""
    output = dict(body.get("output") or {})
    notes = output.pop("annotations", [])
    if len(notes) > _BATCH:
        raise Problem(422, "Invalid request: no more than 50 items are allowed in annotations.")
    made.annotations += notes
    made.output |= output
    made.status = "completed" if made.conclusion else made.status
