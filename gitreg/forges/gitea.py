"""Gitea and Forgejo (Codeberg): their REST API, version 1 (docs.gitea.com/api)."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any
from urllib.parse import quote

from gitreg.errors import CredentialsRefused, NotFound
from gitreg.forges.pulls import Pulls
from gitreg.forges.reading import is_on, moment, number, number_or, rows, rows_or_empty, text, text_or_empty
from gitreg.forges.texts import MAX_STATUS, bears, clipped, marked, status_of
from gitreg.forges.values import (
    BranchRules,
    Check,
    CheckRun,
    Comment,
    Kind,
    PullRequest,
    PullState,
    RequiredCheck,
    Review,
    ReviewState,
)

if TYPE_CHECKING:
    from gitreg.forges.web import Web

_READ, _WRITE = "read:repository", "write:repository"
_TALK = "write:issue"
_RULES = "read:repository as an administrator of the repository"
_PAGE = "50"
_REVIEWS: dict[str, ReviewState] = {
    "APPROVED": "approved",
    "REQUEST_CHANGES": "changes_requested",
    "COMMENT": "commented",
}


class Gitea(Pulls):
    """One repository on Gitea or Forgejo."""

    kind: Kind = "gitea"

    def __init__(self, web: Web, project: str) -> None:
        self.project = project
        self._web = web
        self._repo = "/repos/" + quote(project, safe="/")

    # --- pull requests -----------------------------------------------------------------------------------------------

    def _create(self, head: str, base: str, title: str, body: str) -> PullRequest:
        fields = {"head": head, "base": base, "title": title, "body": body}
        return _pull(self._web.send("POST", f"{self._repo}/pulls", _WRITE, fields))

    def _change(self, number: int, title: str, body: str) -> PullRequest:
        fields = {"title": title, "body": body}
        return _pull(self._web.send("PATCH", f"{self._repo}/pulls/{number}", _WRITE, fields))

    def _close(self, number: int) -> PullRequest:
        return _pull(self._web.send("PATCH", f"{self._repo}/pulls/{number}", _WRITE, {"state": "closed"}))

    def _fetch(self, number: int) -> PullRequest:
        return _pull(self._web.get(f"{self._repo}/pulls/{number}", _READ))

    def pull_requests(self, state: PullState = "open") -> list[PullRequest]:
        """See `Forge`."""
        asked = "open" if state == "open" else "closed"
        raw = self._all(f"{self._repo}/pulls", _READ, state=asked, sort="oldest")
        return [pull for pull in map(_pull, raw) if pull.state == state]

    def _open_ones(self, head: str, base: str = "") -> list[PullRequest]:
        """Gitea has no filter by branch."""
        found = self.pull_requests()
        return [pull for pull in found if pull.head == head and not pull.is_fork and base in ("", pull.base)]

    def _all(self, path: str, needs: str, **wanted: str) -> list[Any]:
        return [each for page in self._web.pages(path, needs, limit=_PAGE, **wanted) for each in rows(page)]

    # --- words -------------------------------------------------------------------------------------------------------

    def comments(self, number: int) -> list[Comment]:
        """See `Forge`."""
        return [_comment(each) for each in self._all(f"{self._repo}/issues/{number}/comments", "read:issue")]

    def upsert_comment(self, number: int, marker: str, body: str) -> Comment:
        """See `Forge`."""
        wanted = marked(marker, body)
        login = text(self._web.get("/user", "read:user"), "login")
        ours = [each for each in self.comments(number) if each.author == login and bears(marker, each.body)]
        if not ours:
            return _comment(self._web.send("POST", f"{self._repo}/issues/{number}/comments", _TALK, {"body": wanted}))
        if ours[0].body == wanted:
            return ours[0]
        path = f"{self._repo}/issues/comments/{ours[0].id}"
        return _comment(self._web.send("PATCH", path, _TALK, {"body": wanted}))

    def reviews(self, number: int) -> list[Review]:
        """See `Forge`."""
        raw = self._all(f"{self._repo}/pulls/{number}/reviews", _READ)
        return [_review(each) for each in raw if text_or_empty(each, "state") in _REVIEWS]

    # --- checks and rules --------------------------------------------------------------------------------------------

    def put_check(self, sha: str, check: Check) -> CheckRun:
        """See `Forge`: a commit status."""
        fields = {"state": status_of(check), "context": check.name, "description": clipped(check.title, MAX_STATUS)}
        made = self._web.send("POST", f"{self._repo}/statuses/{quote(sha, safe='')}", _WRITE, fields)
        return CheckRun(number(made, "id"), check.name, sha, check.conclusion, "status", text_or_empty(made, "url"))

    def branch_rules(self, branch: str) -> BranchRules:
        """See `Forge`. The rule may be a pattern: the branch says which one holds."""
        rules = BranchRules(kind="gitea", branch=branch, our_pull_requests_start_checks=True)
        shown = self._web.get(f"{self._repo}/branches/{quote(branch, safe='')}", _READ)
        if not is_on(shown, "protected"):
            return rules
        name = text_or_empty(shown, "effective_branch_protection_name") or branch
        try:
            found = self._web.get(f"{self._repo}/branch_protections/{quote(name, safe='')}", _RULES)
        except (CredentialsRefused, NotFound):
            return _hidden(branch)
        return _rules(branch, found)


def _hidden(branch: str) -> BranchRules:
    """Protected, and no more is told: nobody can delete a protected branch."""
    return BranchRules(
        "gitea",
        branch,
        needs_pull_request=None,
        approvals=None,
        dismisses_stale_approvals=None,
        required_checks=None,
        needs_up_to_date=None,
        allows_force_push=None,
        allows_deletion=False,
        bypass=None,
        our_pull_requests_start_checks=True,
    )


def _rules(branch: str, found: object) -> BranchRules:
    contexts = rows_or_empty(found, "status_check_contexts") if is_on(found, "enable_status_check") else []
    pushes = is_on(found, "enable_push")
    return BranchRules(
        kind="gitea",
        branch=branch,
        needs_pull_request=not pushes,
        approvals=number_or(0, found, "required_approvals"),
        dismisses_stale_approvals=is_on(found, "dismiss_stale_approvals"),
        needs_owner_review=False,
        required_checks=tuple(RequiredCheck(str(each)) for each in contexts),
        needs_up_to_date=is_on(found, "block_on_outdated_branch"),
        has_merge_queue=False,
        allows_force_push=is_on(found, "enable_force_push"),
        allows_deletion=False,
        bypass=() if is_on(found, "block_admin_merge_override") else ("administrators",),
        our_pull_requests_start_checks=True,
    )


def _pull(raw: object) -> PullRequest:
    state: PullState = "merged" if is_on(raw, "merged") else "closed" if text(raw, "state") == "closed" else "open"
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
        is_fork=number_or(-1, raw, "head", "repo_id") != number_or(-2, raw, "base", "repo_id"),
    )


def _comment(raw: object) -> Comment:
    author = text_or_empty(raw, "user", "login")
    return Comment(number(raw, "id"), author, text_or_empty(raw, "body"), text_or_empty(raw, "html_url"))


def _review(raw: object) -> Review:
    state: ReviewState = "dismissed" if is_on(raw, "dismissed") else _REVIEWS[text(raw, "state")]
    author, commit = text_or_empty(raw, "user", "login"), text_or_empty(raw, "commit_id")
    told = (number(raw, "id"), text_or_empty(raw, "html_url"))
    return Review(author, commit, text_or_empty(raw, "body"), state, moment(raw, "submitted_at"), *told)
