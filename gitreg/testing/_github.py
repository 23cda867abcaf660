"""A stand-in GitHub: its REST API, as far as gitreg uses it, over bare repositories on disk."""

from __future__ import annotations

import itertools
from collections.abc import Callable
from datetime import UTC, datetime
from pathlib import Path
from typing import Any

from gitreg.testing import _githubshapes as shapes
from gitreg.testing._bare import Bare, MergeConflict, Writer
from gitreg.testing._githubstate import (
    CheckFact,
    Opinion,
    Project,
    Pull,
    Said,
    StatusFact,
    message,
    state_now,
    take_output,
)
from gitreg.testing._wsgi import Account, Application, Call, Problem, Reply, paged

_DOCS = "https://docs.github.com/rest"
_REPO = "/repos/{owner}/{name}"
_EVENTS = {"APPROVE": "APPROVED", "REQUEST_CHANGES": "CHANGES_REQUESTED", "COMMENT": "COMMENTED"}


class GitHubStandIn(Application):
    """A WSGI application that answers as GitHub Enterprise does, below `/api/v3`.

    Pull requests are merged, squashed and rebased for real; rule sets are held at the merge. What it does not have:
    GraphQL, webhooks, organisations, merge queues, and checking who pushes, since git goes past it to the folder.
    """

    prefix = "/api/v3"
    routes = {  # noqa: RUF012 - read only
        "GET /user": "get_me",
        f"GET {_REPO}": "get_repository",
        f"GET {_REPO}/pulls": "list_pulls",
        f"POST {_REPO}/pulls": "create_pull",
        f"GET {_REPO}/pulls/{{number}}": "get_pull",
        f"PATCH {_REPO}/pulls/{{number}}": "update_pull",
        f"PUT {_REPO}/pulls/{{number}}/merge": "merge_pull",
        f"GET {_REPO}/pulls/{{number}}/reviews": "list_reviews",
        f"POST {_REPO}/pulls/{{number}}/reviews": "create_review",
        f"GET {_REPO}/issues/{{number}}/comments": "list_comments",
        f"POST {_REPO}/issues/{{number}}/comments": "create_comment",
        f"PATCH {_REPO}/issues/comments/{{number}}": "update_comment",
        f"POST {_REPO}/check-runs": "create_check",
        f"PATCH {_REPO}/check-runs/{{number}}": "update_check",
        f"GET {_REPO}/commits/{{ref:path}}/check-runs": "list_checks",
        f"POST {_REPO}/statuses/{{sha}}": "create_status",
        f"GET {_REPO}/commits/{{ref:path}}/status": "combined_status",
        f"GET {_REPO}/branches/{{branch:path}}/protection": "get_protection",
        f"GET {_REPO}/branches/{{branch:path}}": "get_branch",
        f"GET {_REPO}/rules/branches/{{branch:path}}": "list_rules",
        f"POST {_REPO}/rulesets": "create_rule_set",
        f"GET {_REPO}/rulesets/{{number}}": "get_rule_set",
    }

    def __init__(self, now: Callable[[], datetime] = lambda: datetime.now(UTC)) -> None:
        super().__init__()
        self.projects: dict[str, Project] = {}
        self._tokens: dict[str, Account] = {}
        self._accounts: dict[str, Account] = {}
        self._numbers = itertools.count(1)
        self._now = now

    # --- what a test arranges ----------------------------------------------------------------------------------------

    def add_project(self, full_name: str, path: Path, *, fork_of: str = "") -> Project:
        """Put a bare repository under a name."""
        project = Project(full_name, next(self._numbers), Bare(path), fork_of)
        self.projects[full_name] = project
        return project

    def add_token(self, token: str, login: str, *, is_app: bool = False, may: frozenset[str] | None = None) -> None:
        """Let somebody in. `may` names permissions as GitHub's header does (`pull_requests=write`); None is all."""
        number = self._accounts[login].number if login in self._accounts else next(self._numbers)
        account = Account(login, number, is_app, may)
        self._tokens[token] = self._accounts[login] = account

    # --- repositories and people -------------------------------------------------------------------------------------

    def get_me(self, call: Call) -> Reply:
        """`GET /user`: an installation's token may not ask."""
        who = self._who(call)
        if who.is_bot:
            raise Problem(403, "Resource not accessible by integration")
        return Reply(200, shapes.me(self._user(call, who)))

    def get_repository(self, call: Call, owner: str, name: str) -> Reply:
        """`GET /repos/{owner}/{repo}`."""
        return Reply(200, self._repository(call, self._project(call, owner, name)))

    # --- pull requests -----------------------------------------------------------------------------------------------

    def list_pulls(self, call: Call, owner: str, name: str) -> Reply:
        """Newest first, as GitHub lists them where nothing else is asked."""
        project = self._project(call, owner, name)
        state, head, base = (call.params.get(key, "") for key in ("state", "head", "base"))
        wanted = ("open", "closed") if state == "all" else (state or "open",)
        found = [
            pull
            for pull in project.pulls.values()
            if pull.state in wanted
            and head in ("", f"{pull.head_project.owner}:{pull.head}")
            and base in ("", pull.base)
        ]
        if call.params.get("direction", "desc") == "desc":
            found.reverse()
        reply = paged(call, found)
        return Reply(200, [self._pull(call, project, pull) for pull in reply.body], reply.headers)

    def create_pull(self, call: Call, owner: str, name: str) -> Reply:
        """Open one, from a branch here or of a fork (`owner:branch`)."""
        project = self._project(call, owner, name, "pull_requests=write")
        source, head = self._source(project, str(call.body.get("head", "")))
        base = str(call.body.get("base", ""))
        self._check_ends(project, source, head, base)
        who, when, number = self._who(call), self._when(), next(self._numbers)
        words = (str(call.body.get("title") or head), call.body.get("body"))
        pull = Pull(number, head, source, base, *words, who, when, source.git.branch(head), updated=when)
        project.pulls[pull.number] = pull
        self._follow(project, pull)
        return Reply(201, self._whole_pull(call, project, pull))

    def get_pull(self, call: Call, owner: str, name: str, number: str) -> Reply:
        """One pull request."""
        project = self._project(call, owner, name)
        return Reply(200, self._whole_pull(call, project, _found(project.pulls, number)))

    def update_pull(self, call: Call, owner: str, name: str, number: str) -> Reply:
        """Title, body, base, or open and closed."""
        project = self._project(call, owner, name, "pull_requests=write")
        pull = _found(project.pulls, number)
        pull.title, pull.body = call.body.get("title", pull.title), call.body.get("body", pull.body)
        pull.base = call.body.get("base", pull.base)
        if pull.merged_at is None and "state" in call.body:
            pull.state = call.body["state"]
            pull.closed_at = self._when() if pull.state == "closed" else None
        pull.updated = self._when()
        return Reply(200, self._whole_pull(call, project, pull))

    def merge_pull(self, call: Call, owner: str, name: str, number: str) -> Reply:
        """Merge, squash or rebase, if the rules of the branch let it."""
        project = self._project(call, owner, name, "contents=write")
        pull = _found(project.pulls, number)
        self._follow(project, pull)
        if call.body.get("sha", pull.head_sha) != pull.head_sha:
            raise Problem(409, "Head branch was modified. Review and try the merge again.")
        if pull.state != "open":
            raise Problem(405, "Pull Request is not mergeable")
        self._check_rules(project, pull)
        method = call.body.get("merge_method", "merge")
        who = self._who(call)
        writer = Writer(who.login, f"{who.number}+{who.login}@users.noreply.github.com", self._when())
        try:
            made = project.git.land(method, pull.base, pull.head_sha, message(method, pull, call.body), writer)
        except MergeConflict:
            raise Problem(405, "Pull Request is not mergeable") from None
        pull.state, pull.merge_sha, pull.merged_by = "closed", made, who
        pull.merged_at = pull.closed_at = pull.updated = self._when()
        return Reply(200, {"sha": made, "merged": True, "message": "Pull Request successfully merged"})

    def list_reviews(self, call: Call, owner: str, name: str, number: str) -> Reply:
        """The oldest first. Those of an older head are dismissed where a rule says so."""
        project = self._project(call, owner, name)
        pull = _found(project.pulls, number)
        reply = paged(call, pull.reviews)
        return Reply(200, [self._review(call, project, pull, each) for each in reply.body], reply.headers)

    def create_review(self, call: Call, owner: str, name: str, number: str) -> Reply:
        """A review of the head, or of `commit_id`. Nobody approves a pull request of their own."""
        project = self._project(call, owner, name, "pull_requests=write")
        pull, who = _found(project.pulls, number), self._who(call)
        self._follow(project, pull)
        event = call.body.get("event", "")
        if who.login == pull.author.login and event in ("APPROVE", "REQUEST_CHANGES"):
            raise Problem(422, "Unprocessable Entity")
        commit = call.body.get("commit_id", pull.head_sha)
        said = (call.body.get("body", ""), _EVENTS.get(event, "PENDING"), self._when())
        made = Opinion(next(self._numbers), who, commit, *said)
        pull.reviews.append(made)
        return Reply(200, self._review(call, project, pull, made))

    # --- comments ----------------------------------------------------------------------------------------------------

    def list_comments(self, call: Call, owner: str, name: str, number: str) -> Reply:
        """The oldest first."""
        project = self._project(call, owner, name)
        _found(project.pulls, number)
        reply = paged(call, [each for each in project.comments.values() if each.issue == int(number)])
        return Reply(200, [self._comment(call, project, each) for each in reply.body], reply.headers)

    def create_comment(self, call: Call, owner: str, name: str, number: str) -> Reply:
        """Say something below a pull request."""
        project = self._project(call, owner, name, "pull_requests=write")
        _found(project.pulls, number)
        made = self.say(project, int(number), self._who(call), call.body["body"])
        return Reply(201, self._comment(call, project, made))

    def say(self, project: Project, issue: int, who: Account, body: str) -> Said:
        """A comment by anybody, as a test arranges it."""
        made = Said(next(self._numbers), issue, who, body, self._when(), self._when())
        project.comments[made.number] = made
        return made

    def update_comment(self, call: Call, owner: str, name: str, number: str) -> Reply:
        """Who may write may change anybody's; an app only its own."""
        project = self._project(call, owner, name, "pull_requests=write")
        found, who = _found(project.comments, number), self._who(call)
        if who.is_bot and found.author.login != who.login:
            raise Problem(403, "Resource not accessible by integration")
        found.body, found.updated = call.body["body"], self._when()
        return Reply(200, self._comment(call, project, found))

    # --- checks and statuses -----------------------------------------------------------------------------------------

    def create_check(self, call: Call, owner: str, name: str) -> Reply:
        """Apps alone have check runs."""
        project = self._project(call, owner, name, "checks=write")
        who, body = self._who(call), call.body
        if not who.is_bot:
            raise Problem(403, "You must authenticate via a GitHub App.")
        if not project.git.sha(body["head_sha"]):
            raise Problem(422, f"No commit found for SHA: {body['head_sha']}")
        state = (body.get("status", "queued"), body.get("conclusion"))
        made = CheckFact(next(self._numbers), body["name"], body["head_sha"], who.login, *state, {}, [])
        take_output(made, body)
        project.checks[made.number] = made
        return Reply(201, self._check(call, project, made))

    def update_check(self, call: Call, owner: str, name: str, number: str) -> Reply:
        """Annotations add up."""
        project = self._project(call, owner, name, "checks=write")
        found = _found(project.checks, number)
        if found.app != self._who(call).login:
            raise Problem(403, "Invalid app_id for the check run")
        found.status = call.body.get("status", found.status)
        found.conclusion = call.body.get("conclusion", found.conclusion)
        take_output(found, call.body)
        return Reply(200, self._check(call, project, found))

    def list_checks(self, call: Call, owner: str, name: str, ref: str) -> Reply:
        """The newest of each name."""
        project = self._project(call, owner, name)
        newest = {each.name: each for each in project.checks.values() if each.sha == project.git.sha(ref)}
        found = [self._check(call, project, each) for each in newest.values()]
        return Reply(200, {"total_count": len(found), "check_runs": found})

    def create_status(self, call: Call, owner: str, name: str, sha: str) -> Reply:
        """One more status of a commit."""
        project = self._project(call, owner, name, "statuses=write")
        if not project.git.sha(sha):
            raise Problem(422, f"No commit found for SHA: {sha}")
        said = (call.body.get("context", "default"), call.body["state"], call.body.get("description"))
        if len(said[2] or "") > 140:  # noqa: PLR2004 - GitHub's own limit
            raise Problem(422, "Validation Failed", {"field": "description", "code": "custom", "resource": "Status"})
        made = StatusFact(next(self._numbers), sha, *said, self._who(call))
        project.statuses[made.number] = made
        return Reply(201, {**self._status(call, made), "creator": self._user(call, made.creator)})

    def combined_status(self, call: Call, owner: str, name: str, ref: str) -> Reply:
        """All contexts together."""
        project, url = self._project(call, owner, name), call.api + call.path
        sha = project.git.sha(ref)
        newest = {each.context: each for each in project.statuses.values() if each.sha == sha}
        found = [{**self._status(call, each), "required": None} for each in newest.values()]
        states = {each.state for each in newest.values()}
        state = "failure" if states & {"failure", "error"} else "success" if states == {"success"} else "pending"
        repo = self._repository(call, project)
        rest = {"sha": sha, "repository": repo, "commit_url": url, "url": url}
        return Reply(200, {"state": state, "statuses": found, "total_count": len(found), **rest})

    # --- rules -------------------------------------------------------------------------------------------------------

    def get_branch(self, call: Call, owner: str, name: str, branch: str) -> Reply:
        """Whether it is protected, and by which checks, any reader may know."""
        project, url = self._project(call, owner, name), call.api + call.path
        sha = project.git.branch(branch)
        if not sha:
            raise Problem(404, "Branch not found")
        old = project.protections.get(branch, {})
        checks = old.get("required_status_checks", {"contexts": [], "checks": []})
        shown = {"enabled": bool(old), "required_status_checks": {"enforcement_level": "everyone", **checks}}
        rest = {"_links": {"html": url, "self": url}, "protection": shown, "protection_url": f"{url}/protection"}
        protected = bool(old or project.rules_of(branch))
        return Reply(200, {"name": branch, "commit": shapes.commit(url, sha), "protected": protected, **rest})

    def get_protection(self, call: Call, owner: str, name: str, branch: str) -> Reply:
        """The older branch protection; administrators only."""
        project = self._project(call, owner, name, "administration=read")
        if branch not in project.protections:
            raise Problem(404, "Branch not protected")
        return Reply(200, project.protections[branch])

    def list_rules(self, call: Call, owner: str, name: str, branch: str) -> Reply:
        """The rules of all rule sets in force there."""
        return paged(call, self._project(call, owner, name).rules_of(branch))

    def create_rule_set(self, call: Call, owner: str, name: str) -> Reply:
        """What the settings page does with a file to import."""
        project = self._project(call, owner, name, "administration=write")
        number = next(self._numbers)
        project.rule_sets[number] = call.body
        return Reply(201, self._rule_set(call, project, number))

    def get_rule_set(self, call: Call, owner: str, name: str, number: str) -> Reply:
        """Who may bypass it is told only to who may change it."""
        project = self._project(call, owner, name)
        _found(project.rule_sets, number)
        return Reply(200, self._rule_set(call, project, int(number)))

    # --- the rules of the house --------------------------------------------------------------------------------------

    def refuse(self, problem: Problem) -> Reply:
        """GitHub's errors name their page, and the fields of a 422."""
        errors = {"errors": problem.errors} if problem.errors else {}
        status = {"status": str(problem.status)}
        return Reply(problem.status, {"message": problem.message, "documentation_url": _DOCS, **errors, **status})

    def _who(self, call: Call) -> Account:
        found = self._tokens.get(call.headers.get("authorization", "").partition(" ")[2])
        if found is None:
            raise Problem(401, "Bad credentials")
        return found

    def _project(self, call: Call, owner: str, name: str, needs: str = "") -> Project:
        who = self._who(call)
        project = self.projects.get(f"{owner}/{name}")
        if project is None:
            raise Problem(404, "Not Found")
        if needs and who.may is not None and needs not in who.may:
            raise Problem(403, "Resource not accessible by integration")
        for pull in project.pulls.values():
            self._follow(project, pull)
        return project

    def _source(self, project: Project, head: str) -> tuple[Project, str]:
        owner, _, branch = head.rpartition(":")
        if not owner or owner == project.owner:
            return project, branch
        forks = [each for each in self.projects.values() if each.owner == owner and each.parent == project.full_name]
        if not forks:
            raise Problem(422, "Validation Failed", {"resource": "PullRequest", "field": "head", "code": "invalid"})
        return forks[0], branch

    def _check_ends(self, project: Project, source: Project, head: str, base: str) -> None:
        for field, git, branch in (("head", source.git, head), ("base", project.git, base)):
            if not git.branch(branch):
                raise Problem(422, "Validation Failed", {"resource": "PullRequest", "field": field, "code": "invalid"})
        same = [p for p in project.pulls.values() if (p.head_project, p.head, p.base) == (source, head, base)]
        if any(each.state == "open" for each in same):
            said = f"A pull request already exists for {source.owner}:{head}."
            raise Problem(422, "Validation Failed", {"resource": "PullRequest", "code": "custom", "message": said})
        if source.git.branch(head) == project.git.branch(base):
            said = f"No commits between {base} and {head}"
            raise Problem(422, "Validation Failed", {"resource": "PullRequest", "code": "custom", "message": said})

    def _follow(self, project: Project, pull: Pull) -> None:
        """An open pull request's head is its branch's, and is kept at `refs/pull/N/head`."""
        tip = pull.head_project.git.branch(pull.head) if pull.state == "open" else ""
        ref = f"refs/pull/{pull.number}/head"
        if tip and (tip != pull.head_sha or project.git.sha(ref) != tip):
            pull.head_sha = tip
            project.git.keep(ref, tip, pull.head_project.git)

    def _check_rules(self, project: Project, pull: Pull) -> None:
        for rule in project.rules_of(pull.base):
            parameters = rule.get("parameters", {})
            if rule["type"] == "pull_request":
                self._check_approvals(project, pull, parameters["required_approving_review_count"])
            if rule["type"] == "required_status_checks":
                self._check_checks(project, pull, parameters)

    def _check_approvals(self, project: Project, pull: Pull, wanted: int) -> None:
        last = {each.author.login: state_now(project, pull, each) for each in pull.reviews if each.state != "COMMENTED"}
        if list(last.values()).count("APPROVED") < wanted:
            raise Problem(405, f"At least {wanted} approving review is required by reviewers with write access.")

    def _check_checks(self, project: Project, pull: Pull, parameters: dict[str, Any]) -> None:
        runs = {each.name: each.conclusion for each in project.checks.values() if each.sha == pull.head_sha}
        states = {each.context: each.state for each in project.statuses.values() if each.sha == pull.head_sha}
        for check in parameters["required_status_checks"]:
            name = check["context"]
            if runs.get(name) not in ("success", "neutral", "skipped") and states.get(name) != "success":
                raise Problem(405, f'Required status check "{name}" is expected.')
        is_strict = parameters["strict_required_status_checks_policy"]
        if is_strict and not project.git.has_merged(project.git.branch(pull.base), pull.head_sha):
            raise Problem(405, "Head branch is out of date")

    def _when(self) -> str:
        return self._now().astimezone(UTC).strftime("%Y-%m-%dT%H:%M:%SZ")

    # --- answers -----------------------------------------------------------------------------------------------------

    def _user(self, call: Call, who: Account) -> dict[str, Any]:
        return shapes.user(call.api, who.login, who.number, is_bot=who.is_bot)

    def _repository(self, call: Call, project: Project) -> dict[str, Any]:
        owner = shapes.user(call.api, project.owner, 1)
        return shapes.repository(call.api, project.full_name, project.number, owner, is_fork=bool(project.parent))

    def _pull(self, call: Call, project: Project, pull: Pull) -> dict[str, Any]:
        head, base = self._repository(call, pull.head_project), self._repository(call, project)
        fields = {
            "number": pull.number,
            "state": pull.state,
            "title": pull.title,
            "body": pull.body,
            "user": self._user(call, pull.author),
            "head": shapes.end(head, pull.head, pull.head_sha),
            "base": shapes.end(base, pull.base, project.git.branch(pull.base)),
            "created_at": pull.created,
            "updated_at": pull.updated,
            "closed_at": pull.closed_at,
            "merged_at": pull.merged_at,
            "merge_commit_sha": pull.merge_sha,
            "draft": False,
        }
        return shapes.pull(f"{call.api}/repos/{project.full_name}/pulls/{pull.number}", fields)

    def _whole_pull(self, call: Call, project: Project, pull: Pull) -> dict[str, Any]:
        """With the numbers that a list leaves out."""
        base = project.git.branch(pull.base)
        files, added, removed = project.git.changes(base, pull.head_sha)
        clean = None if pull.merged_at else project.git.merges_cleanly(base, pull.head_sha)
        return {
            **self._pull(call, project, pull),
            "merged": pull.merged_at is not None,
            "merged_by": None if pull.merged_by is None else self._user(call, pull.merged_by),
            "mergeable": clean,
            "mergeable_state": "unknown" if clean is None else "clean" if clean else "dirty",
            "maintainer_can_modify": False,
            "comments": sum(each.issue == pull.number for each in project.comments.values()),
            "review_comments": 0,
            "commits": project.git.count(base, pull.head_sha),
            "additions": added,
            "deletions": removed,
            "changed_files": files,
        }

    def _comment(self, call: Call, project: Project, said: Said) -> dict[str, Any]:
        url = f"{call.api}/repos/{project.full_name}/issues/comments/{said.number}"
        fields = {"body": said.body, "created_at": said.created, "updated_at": said.updated}
        return shapes.comment(url, said.number, {**fields, "user": self._user(call, said.author)})

    def _review(self, call: Call, project: Project, pull: Pull, each: Opinion) -> dict[str, Any]:
        url = f"{call.api}/repos/{project.full_name}/pulls/{pull.number}/reviews/{each.number}"
        fields = {"body": each.body, "commit_id": each.commit, "submitted_at": each.submitted}
        fields["state"] = state_now(project, pull, each)
        return shapes.review(url, each.number, {**fields, "user": self._user(call, each.author)})

    def _check(self, call: Call, project: Project, each: CheckFact) -> dict[str, Any]:
        url = f"{call.api}/repos/{project.full_name}/check-runs/{each.number}"
        output = {"title": None, "summary": None, "text": None, **each.output}
        output |= {"annotations_count": len(each.annotations), "annotations_url": f"{url}/annotations"}
        fields = {"name": each.name, "head_sha": each.sha, "status": each.status, "conclusion": each.conclusion}
        return shapes.check_run(url, each.number, {**fields, "output": output})

    def _status(self, call: Call, each: StatusFact) -> dict[str, Any]:
        fields = {"context": each.context, "state": each.state, "description": each.description}
        return shapes.status(f"{call.api}{call.path}", each.number, fields)

    def _rule_set(self, call: Call, project: Project, number: int) -> dict[str, Any]:
        who = self._who(call)
        known = {"id": number, "source": project.full_name, "source_type": "Repository", **project.rule_sets[number]}
        is_admin = who.may is None or "administration=write" in who.may
        return known if is_admin else {key: value for key, value in known.items() if key != "bypass_actors"}


def _found(things: dict[int, Any], number: str) -> Any:  # noqa: ANN401 - what the dictionary holds
    if not number.isdecimal() or int(number) not in things:
        raise Problem(404, "Not Found")
    return things[int(number)]
