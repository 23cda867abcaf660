"""GitHub, and GitHub Enterprise: its REST API, version 2022-11-28 (docs.github.com/rest)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gitreg.errors import CredentialsRefused, RemoteRefused
from gitreg.forges.githubrules import branch_rules_of
from gitreg.forges.pulls import Pulls
from gitreg.forges.reading import at, is_on, moment, number, rows, text, text_or_empty
from gitreg.forges.texts import MAX_STATUS, bears, clipped, marked, status_of
from gitreg.forges.values import (
    Annotation,
    BranchRules,
    Check,
    CheckRun,
    Comment,
    Kind,
    PullRequest,
    PullState,
    Review,
    ReviewState,
)

if TYPE_CHECKING:
    from gitreg.forges.web import Web

_PULLS_READ, _PULLS_WRITE = "Pull requests: read", "Pull requests: write"
_CHECKS_WRITE = "Checks: write"
_STATUS_WRITE = "Checks: write (an app's token alone) or Commit statuses: write"
_BATCH = 50
"""GitHub takes so many annotations in one request."""
_JOB_LOGIN = "github-actions[bot]"
_REVIEWS: dict[str, ReviewState] = {
    "APPROVED": "approved",
    "CHANGES_REQUESTED": "changes_requested",
    "COMMENTED": "commented",
    "DISMISSED": "dismissed",
}


class GitHub(Pulls):
    """One repository on GitHub. `is_job_token`: the token is a workflow's own GITHUB_TOKEN."""

    kind: Kind = "github"
    already_there = RemoteRefused

    def __init__(self, web: Web, project: str, *, is_job_token: bool = False) -> None:
        self.project = project
        self._web = web
        self._owner = project.partition("/")[0]
        self._repo = "/repos/" + quote(project, safe="/")
        self._is_job_token = is_job_token

    # --- pull requests -----------------------------------------------------------------------------------------------

    def _create(self, head: str, base: str, title: str, body: str) -> PullRequest:
        fields = {"head": head, "base": base, "title": title, "body": body}
        return _pull(self._web.send("POST", f"{self._repo}/pulls", _PULLS_WRITE, fields))

    def _change(self, number: int, title: str, body: str) -> PullRequest:
        fields = {"title": title, "body": body}
        return _pull(self._web.send("PATCH", f"{self._repo}/pulls/{number}", _PULLS_WRITE, fields))

    def _close(self, number: int) -> PullRequest:
        return _pull(self._web.send("PATCH", f"{self._repo}/pulls/{number}", _PULLS_WRITE, {"state": "closed"}))

    def _fetch(self, number: int) -> PullRequest:
        return _pull(self._web.get(f"{self._repo}/pulls/{number}", _PULLS_READ))

    def pull_requests(self, state: PullState = "open") -> list[PullRequest]:
        """See `Forge`."""
        asked = "open" if state == "open" else "closed"
        pulls = self._pulls(state=asked, sort="created", direction="asc")
        return [pull for pull in pulls if pull.state == state]

    def _open_ones(self, head: str, base: str = "") -> list[PullRequest]:
        wanted = {"head": f"{self._owner}:{head}", "state": "open", **({"base": base} if base else {})}
        # GitHub passes over a filter that it cannot read and lists all.
        return [
            pull for pull in self._pulls(**wanted) if pull.head == head and not pull.is_fork and base in ("", pull.base)
        ]

    def _pulls(self, **wanted: str) -> list[PullRequest]:
        pages = self._web.pages(f"{self._repo}/pulls", _PULLS_READ, **wanted)
        return [_pull(each) for page in pages for each in rows(page)]

    # --- words -------------------------------------------------------------------------------------------------------

    def comments(self, number: int) -> list[Comment]:
        """See `Forge`."""
        return [_comment(each) for each in self._raw_comments(number)]

    def upsert_comment(self, number: int, marker: str, body: str) -> Comment:
        """See `Forge`. With an app's token, which may not ask who it is, a bot's comment that we may change is ours."""
        wanted = marked(marker, body)
        login = self._login()
        for each in self._raw_comments(number):
            if not bears(marker, text_or_empty(each, "body")) or not _is_by(each, login):
                continue
            if text_or_empty(each, "body") == wanted:
                return _comment(each)
            try:
                return self._change_comment(_comment(each).id, wanted)
            except CredentialsRefused:
                if login:
                    raise
        path = f"{self._repo}/issues/{number}/comments"
        return _comment(self._web.send("POST", path, _PULLS_WRITE, {"body": wanted}))

    def _change_comment(self, comment: int, body: str) -> Comment:
        path = f"{self._repo}/issues/comments/{comment}"
        return _comment(self._web.send("PATCH", path, _PULLS_WRITE, {"body": body}))

    def _raw_comments(self, number: int) -> list[Any]:
        pages = self._web.pages(f"{self._repo}/issues/{number}/comments", _PULLS_READ)
        return [each for page in pages for each in rows(page)]

    def _login(self) -> str:
        """Who we are; empty for an app, which GitHub does not tell."""
        if self._is_job_token:
            return _JOB_LOGIN
        try:
            return text(self._web.get("/user", "any valid token"), "login")
        except CredentialsRefused:
            return ""

    def reviews(self, number: int) -> list[Review]:
        """See `Forge`."""
        pages = self._web.pages(f"{self._repo}/pulls/{number}/reviews", _PULLS_READ)
        raw = [each for page in pages for each in rows(page)]
        return [_review(each) for each in raw if text_or_empty(each, "state") in _REVIEWS]

    # --- checks ------------------------------------------------------------------------------------------------------

    def put_check(self, sha: str, check: Check) -> CheckRun:
        """See `Forge`. Only an app, a workflow's GITHUB_TOKEN among them, has checks; other tokens set a status."""
        try:
            return self._put_run(sha, check)
        except CredentialsRefused:
            return self._put_status(sha, check)

    def _put_run(self, sha: str, check: Check) -> CheckRun:
        """The run is not complete before its last annotation is there: nobody merges on half of it."""
        notes = [_note(each) for each in check.annotations]
        batches = [notes[at : at + _BATCH] for at in range(0, len(notes), _BATCH)] or [[]]
        done = {"status": "completed", "conclusion": check.conclusion}
        if check.conclusion == "pending":
            done = {"status": "in_progress"}
        first = done if len(batches) == 1 else {"status": "in_progress"}
        fields = {"name": check.name, "head_sha": sha, "output": _output(check, batches[0]), **first}
        made = self._web.send("POST", f"{self._repo}/check-runs", _CHECKS_WRITE, fields)
        path = f"{self._repo}/check-runs/{number(made, 'id')}"
        for index, batch in enumerate(batches[1:], start=2):
            fields = {"output": _output(check, batch), **(done if index == len(batches) else {})}
            self._web.send("PATCH", path, _CHECKS_WRITE, fields)
        return CheckRun(number(made, "id"), check.name, sha, check.conclusion, "check", text_or_empty(made, "html_url"))

    def _put_status(self, sha: str, check: Check) -> CheckRun:
        fields = {"state": status_of(check), "context": check.name, "description": clipped(check.title, MAX_STATUS)}
        made = self._web.send("POST", f"{self._repo}/statuses/{quote(sha, safe='')}", _STATUS_WRITE, fields)
        return CheckRun(number(made, "id"), check.name, sha, check.conclusion, "status", text_or_empty(made, "url"))

    # --- rules -------------------------------------------------------------------------------------------------------

    def branch_rules(self, branch: str) -> BranchRules:
        """See `Forge`. Rule sets any reader may see; the older branch protection and who may bypass, administrators."""
        return branch_rules_of(self._web, self._repo, branch, is_job_token=self._is_job_token)


def _pull(raw: object) -> PullRequest:
    state: PullState = "closed" if text(raw, "state") == "closed" else "open"
    if text_or_empty(raw, "merged_at") or is_on(raw, "merged"):
        state = "merged"
    return PullRequest(
        number=number(raw, "number"),
        url=text(raw, "html_url"),
        head=text(raw, "head", "ref"),
        head_sha=text(raw, "head", "sha"),
        base=text(raw, "base", "ref"),
        state=state,
        title=text(raw, "title"),
        body=text_or_empty(raw, "body"),
        author=text_or_empty(raw, "user", "login"),
        is_fork=at(raw, "head", "repo", "id") is None or at(raw, "head", "repo", "id") != at(raw, "base", "repo", "id"),
    )


def _comment(raw: object) -> Comment:
    author = text_or_empty(raw, "user", "login")
    return Comment(number(raw, "id"), author, text_or_empty(raw, "body"), text_or_empty(raw, "html_url"))


def _is_by(raw: object, login: str) -> bool:
    if login:
        return text_or_empty(raw, "user", "login") == login
    return text_or_empty(raw, "user", "type") == "Bot"


def _review(raw: object) -> Review:
    return Review(
        author=text_or_empty(raw, "user", "login"),
        commit=text_or_empty(raw, "commit_id"),
        body=text_or_empty(raw, "body"),
        state=_REVIEWS[text(raw, "state")],
        submitted_at=moment(raw, "submitted_at"),
        number=number(raw, "id"),
        url=text_or_empty(raw, "html_url"),
    )


def _output(check: Check, notes: list[dict[str, Any]]) -> dict[str, Any]:
    return {"title": clipped(check.title, 250), "summary": clipped(check.summary), "annotations": notes}


def _note(annotation: Annotation) -> dict[str, Any]:
    title = {"title": clipped(annotation.title, 250)} if annotation.title else {}
    return {
        "path": annotation.path,
        "start_line": annotation.line,
        "end_line": annotation.line,
        "annotation_level": annotation.level,
        "message": clipped(annotation.message),
        **title,
    }
