"""GitLab: its REST API, version 4 (docs.gitlab.com/api/rest). A pull request is a merge request there."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING
from urllib.parse import quote

from gitreg.errors import CredentialsRefused, NotFound
from gitreg.forges.pulls import Pulls
from gitreg.forges.reading import at, is_on, moment, number, number_or, rows, rows_or_empty, text, text_or_empty
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
)

if TYPE_CHECKING:
    from gitreg.forges.web import Web

_READ, _WRITE = "the scope read_api", "the scope api and the role Developer"
_RULES = "the scope read_api and the role Maintainer"
_STATES: dict[str, PullState] = {"opened": "open", "locked": "open", "closed": "closed", "merged": "merged"}
_ASKED: dict[PullState, str] = {"open": "opened", "closed": "closed", "merged": "merged"}
_UP_TO_DATE = ("ff", "rebase_merge")
"""Merge methods that land only what was tried on the base's very tip."""
PIPELINE = "pipeline"
"""GitLab requires the whole pipeline, not one job of it by name."""


class GitLab(Pulls):
    """One project on GitLab."""

    kind: Kind = "gitlab"
    noun = "merge request"
    mark = "!"

    def __init__(self, web: Web, project: str) -> None:
        self.project = project
        self._web = web
        self._root = "/projects/" + quote(project, safe="")

    # --- merge requests ----------------------------------------------------------------------------------------------

    def _create(self, head: str, base: str, title: str, body: str) -> PullRequest:
        fields = {"source_branch": head, "target_branch": base, "title": title, "description": body}
        return _pull(self._web.send("POST", f"{self._root}/merge_requests", _WRITE, fields))

    def _change(self, number: int, title: str, body: str) -> PullRequest:
        fields = {"title": title, "description": body}
        return _pull(self._web.send("PUT", f"{self._root}/merge_requests/{number}", _WRITE, fields))

    def _close(self, number: int) -> PullRequest:
        return _pull(self._web.send("PUT", f"{self._root}/merge_requests/{number}", _WRITE, {"state_event": "close"}))

    def _fetch(self, number: int) -> PullRequest:
        return _pull(self._web.get(f"{self._root}/merge_requests/{number}", _READ))

    def pull_requests(self, state: PullState = "open") -> list[PullRequest]:
        """See `Forge`."""
        found = self._pulls(state=_ASKED[state], order_by="created_at", sort="asc")
        return [pull for pull in found if pull.state == state]

    def _open_ones(self, head: str, base: str = "") -> list[PullRequest]:
        wanted = {"source_branch": head, "state": "opened", **({"target_branch": base} if base else {})}
        pulls = self._pulls(**wanted)
        return [pull for pull in pulls if pull.head == head and not pull.is_fork and base in ("", pull.base)]

    def _pulls(self, **wanted: str) -> list[PullRequest]:
        pages = self._web.pages(f"{self._root}/merge_requests", _READ, **wanted)
        return [_pull(each) for page in pages for each in rows(page)]

    # --- words -------------------------------------------------------------------------------------------------------

    def comments(self, number: int) -> list[Comment]:
        """See `Forge`; GitLab's own notes of what happened are left out."""
        path = f"{self._root}/merge_requests/{number}/notes"
        pages = self._web.pages(path, _READ, order_by="created_at", sort="asc")
        return [_comment(each) for page in pages for each in rows(page) if not is_on(each, "system")]

    def upsert_comment(self, number: int, marker: str, body: str) -> Comment:
        """See `Forge`."""
        wanted = marked(marker, body)
        path = f"{self._root}/merge_requests/{number}/notes"
        login = text(self._web.get("/user", _READ), "username")
        ours = [each for each in self.comments(number) if each.author == login and bears(marker, each.body)]
        if not ours:
            return _comment(self._web.send("POST", path, _WRITE, {"body": wanted}))
        if ours[0].body == wanted:
            return ours[0]
        return _comment(self._web.send("PUT", f"{path}/{ours[0].id}", _WRITE, {"body": wanted}))

    def reviews(self, number: int) -> list[Review]:
        """See `Forge`. GitLab does not say which commit was approved, so none of these can count."""
        answer = self._web.get(f"{self._root}/merge_requests/{number}/approvals", _READ)
        return [
            Review(text_or_empty(each, "user", "username"), "", "", "approved", moment(each, "approved_at"))
            for each in rows_or_empty(answer, "approved_by")
        ]

    # --- checks and rules --------------------------------------------------------------------------------------------

    def put_check(self, sha: str, check: Check) -> CheckRun:
        """See `Forge`: a commit status. One that says so already is left, since GitLab refuses to set it again."""
        state = "failed" if check.conclusion == "failure" else status_of(check)
        said = clipped(check.title, MAX_STATUS)
        commit = quote(sha, safe="")
        path = f"{self._root}/repository/commits/{commit}/statuses"
        for page in self._web.pages(path, _READ, name=check.name):
            for each in rows(page):
                known = [text_or_empty(each, key) for key in ("name", "status", "description")]
                # One that is pending cannot be set to pending again, whatever it says.
                if known == [check.name, state, said] or known[:2] == [check.name, state] == [check.name, "pending"]:
                    return _status(each, sha, check)
        fields = {"state": state, "name": check.name, "description": said}
        return _status(self._web.send("POST", f"{self._root}/statuses/{commit}", _WRITE, fields), sha, check)

    def branch_rules(self, branch: str) -> BranchRules:
        """See `Forge`. Approval rules are a paid feature: where GitLab hides them, they are unknown."""
        project = self._web.get(self._root, _READ)
        required = (RequiredCheck(PIPELINE),) if is_on(project, "only_allow_merge_if_pipeline_succeeds") else ()
        trains = at(project, "merge_trains_enabled")
        rules = BranchRules(
            kind="gitlab",
            branch=branch,
            required_checks=required,
            needs_up_to_date=text_or_empty(project, "merge_method") in _UP_TO_DATE,
            has_merge_queue=trains is True,
            our_pull_requests_start_checks=True,
        )
        return self._protected(rules)

    def _protected(self, rules: BranchRules) -> BranchRules:
        try:
            found = self._web.get(f"{self._root}/protected_branches/{quote(rules.branch, safe='')}", _RULES)
        except NotFound:
            return rules
        except CredentialsRefused:
            return replace(rules, needs_pull_request=None, allows_force_push=None, allows_deletion=None, bypass=None)
        pushers = [each for each in rows_or_empty(found, "push_access_levels") if number_or(0, each, "access_level")]
        return replace(
            rules,
            needs_pull_request=not pushers,
            approvals=self._approvals(),
            needs_owner_review=is_on(found, "code_owner_approval_required"),
            allows_force_push=is_on(found, "allow_force_push"),
            allows_deletion=False,
            bypass=tuple(text_or_empty(each, "access_level_description") for each in pushers),
        )

    def _approvals(self) -> int | None:
        """How many approvals the project's rules ask for together; the largest of them."""
        try:
            pages = list(self._web.pages(f"{self._root}/approval_rules", _RULES))
        except (CredentialsRefused, NotFound):
            return None
        return max((number_or(0, each, "approvals_required") for page in pages for each in rows(page)), default=0)


def _pull(raw: object) -> PullRequest:
    return PullRequest(
        number=number(raw, "iid"),
        url=text(raw, "web_url"),
        head=text(raw, "source_branch"),
        head_sha=text_or_empty(raw, "sha"),
        base=text(raw, "target_branch"),
        state=_STATES.get(text(raw, "state"), "closed"),
        title=text(raw, "title"),
        body=text_or_empty(raw, "description"),
        author=text_or_empty(raw, "author", "username"),
        is_fork=at(raw, "source_project_id") != at(raw, "target_project_id"),
    )


def _comment(raw: object) -> Comment:
    return Comment(number(raw, "id"), text_or_empty(raw, "author", "username"), text_or_empty(raw, "body"))


def _status(raw: object, sha: str, check: Check) -> CheckRun:
    url = text_or_empty(raw, "target_url")
    return CheckRun(number(raw, "id"), check.name, sha, check.conclusion, "status", url)
