"""A smaller stand-in Gitea, written by hand from its documentation (docs.gitea.com/api): no packaged description."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from gitreg.testing._bare import Bare
from gitreg.testing._wsgi import Account, Application, Call, Problem, Reply, paged

_WHEN = "2026-01-01T00:00:00Z"
_REPO = "/repos/{owner}/{name}"


class GiteaStandIn(Application):
    """A WSGI application below `/api/v1`, with one repository. Pull requests, comments, reviews, statuses, rules."""

    prefix = "/api/v1"
    routes = {  # noqa: RUF012 - read only
        "GET /user": "get_me",
        f"GET {_REPO}/pulls": "list_pulls",
        f"POST {_REPO}/pulls": "create_pull",
        f"GET {_REPO}/pulls/{{number}}": "get_pull",
        f"PATCH {_REPO}/pulls/{{number}}": "update_pull",
        f"GET {_REPO}/pulls/{{number}}/reviews": "list_reviews",
        f"GET {_REPO}/issues/{{number}}/comments": "list_comments",
        f"POST {_REPO}/issues/{{number}}/comments": "create_comment",
        f"PATCH {_REPO}/issues/comments/{{number}}": "update_comment",
        f"POST {_REPO}/statuses/{{sha}}": "create_status",
        f"GET {_REPO}/branches/{{branch:path}}": "get_branch",
        f"GET {_REPO}/branch_protections/{{branch:path}}": "get_protection",
        f"POST {_REPO}/branch_protections": "create_protection",
    }

    def __init__(self, full_name: str, path: Path) -> None:
        super().__init__()
        self.full_name = full_name
        self.git = Bare(path)
        self.pulls: dict[int, dict[str, Any]] = {}
        self.comments: list[dict[str, Any]] = []
        self.reviews: dict[int, list[dict[str, Any]]] = {}
        self.statuses: list[dict[str, Any]] = []
        self.protections: dict[str, dict[str, Any]] = {}
        self._forks: dict[int, Bare] = {}
        self._tokens: dict[str, Account] = {}
        self._numbers = itertools.count(1)

    def add_token(self, token: str, login: str) -> None:
        """Let somebody in."""
        self._tokens[token] = Account(login, next(self._numbers))

    def review(self, number: int, login: str, state: str, commit: str, *, dismissed: bool = False) -> None:
        """Somebody's review, as a test arranges it."""
        words = {"body": "", "state": state, "commit_id": commit, "dismissed": dismissed, "stale": False}
        made = {"id": next(self._numbers), "user": {"login": login}, **words, "submitted_at": _WHEN}
        self.reviews[number].append(made)

    def from_fork(self, fork: Path, branch: str, login: str) -> int:
        """A pull request of a fork's branch, as a test arranges it; its number."""
        number = next(self._numbers)
        made = self._made(number, f"/pulls/{number}", branch, "main", {"id": 99, "login": login})
        made["head"]["repo_id"] = 2
        self._forks[number] = Bare(fork)
        self.pulls[number] = {**made, "title": branch, "body": ""}
        self._pull(str(number))
        return number

    def answer(self, call: Call) -> Reply:
        """Only with a token, and only for the one repository."""
        if self._who(call) is None:
            return Reply(401, {"message": "token is required", "url": "/api/swagger"})
        if call.path != "/user" and not call.path.startswith(f"/repos/{self.full_name}/"):
            return Reply(404, {"message": "The target couldn't be found.", "errors": []})
        return super().answer(call)

    def get_me(self, call: Call) -> Reply:
        """Who has this token."""
        return Reply(200, self._me(call))

    def list_pulls(self, call: Call, owner: str, name: str) -> Reply:  # noqa: ARG002 - a handler's shape
        """By state alone."""
        state = call.params.get("state", "open")
        return paged(call, [pull for pull in self.pulls.values() if state in ("all", pull["state"])])

    def create_pull(self, call: Call, owner: str, name: str) -> Reply:  # noqa: ARG002 - a handler's shape
        """One open pull request for a pair of branches."""
        head, base = call.body["head"], call.body["base"]
        for pull in self.pulls.values():
            if (pull["head"]["ref"], pull["base"]["ref"], pull["state"]) == (head, base, "open"):
                raise Problem(409, f"pull request already exists for these targets [id: {pull['id']}]")
        number = next(self._numbers)
        made = self._made(number, f"{call.api}/pulls/{number}", head, base, self._me(call))
        self.pulls[number] = {**made, "title": call.body["title"], "body": call.body.get("body", "")}
        return Reply(201, self._pull(str(number)))

    def _made(self, number: int, url: str, head: str, base: str, who: dict[str, Any]) -> dict[str, Any]:
        self.reviews[number] = []
        return {
            "id": number,
            "number": number,
            "html_url": url,
            "head": {"ref": head, "sha": "", "repo_id": 1},
            "base": {"ref": base, "sha": self.git.branch(base), "repo_id": 1},
            "state": "open",
            "merged": False,
            "user": who,
        }

    def get_pull(self, call: Call, owner: str, name: str, number: str) -> Reply:  # noqa: ARG002 - a handler's shape
        """One pull request."""
        return Reply(200, self._pull(number))

    def update_pull(self, call: Call, owner: str, name: str, number: str) -> Reply:  # noqa: ARG002 - a handler's shape
        """Title, body, state."""
        pull = self._pull(number)
        pull |= {key: call.body[key] for key in ("title", "body", "state") if key in call.body}
        return Reply(201, pull)

    def list_reviews(self, call: Call, owner: str, name: str, number: str) -> Reply:  # noqa: ARG002 - a handler's shape
        """The oldest first."""
        return paged(call, self.reviews[self._pull(number)["number"]])

    def list_comments(self, call: Call, owner: str, name: str, number: str) -> Reply:  # noqa: ARG002 - a handler's shape
        """All at once: Gitea gives an issue's comments no pages."""
        return Reply(200, [each for each in self.comments if each["issue"] == self._pull(number)["number"]])

    def create_comment(self, call: Call, owner: str, name: str, number: str) -> Reply:  # noqa: ARG002 - a handler's shape
        """Say something."""
        words = {"issue": self._pull(number)["number"], "body": call.body["body"], "html_url": call.api}
        self.comments.append({"id": next(self._numbers), "user": self._me(call), **words})
        return Reply(201, self.comments[-1])

    def update_comment(self, call: Call, owner: str, name: str, number: str) -> Reply:  # noqa: ARG002 - a handler's shape
        """Change what was said."""
        for each in self.comments:
            if each["id"] == int(number):
                each["body"] = call.body["body"]
                return Reply(200, each)
        raise Problem(404, "The target couldn't be found.")

    def create_status(self, call: Call, owner: str, name: str, sha: str) -> Reply:  # noqa: ARG002 - a handler's shape
        """One more status."""
        words = {"status": call.body["state"], "context": call.body["context"], "url": f"{call.api}/statuses/{sha}"}
        self.statuses.append({"id": next(self._numbers), "sha": sha, **words, "creator": self._me(call)})
        return Reply(201, self.statuses[-1])

    def get_branch(self, call: Call, owner: str, name: str, branch: str) -> Reply:  # noqa: ARG002 - a handler's shape
        """Whether it is protected, and by which rule."""
        is_protected = branch in self.protections
        rule = {"effective_branch_protection_name": branch if is_protected else ""}
        return Reply(200, {"name": branch, "protected": is_protected, **rule})

    def get_protection(self, call: Call, owner: str, name: str, branch: str) -> Reply:  # noqa: ARG002 - a handler's shape
        """A rule by its name."""
        if branch not in self.protections:
            raise Problem(404, "The target couldn't be found.")
        return Reply(200, self.protections[branch])

    def create_protection(self, call: Call, owner: str, name: str) -> Reply:  # noqa: ARG002 - a handler's shape
        """A new rule."""
        self.protections[call.body["rule_name"]] = dict(call.body)
        return Reply(201, call.body)

    def _who(self, call: Call) -> Account | None:
        return self._tokens.get(call.headers.get("authorization", "").removeprefix("token "))

    def _me(self, call: Call) -> dict[str, Any]:
        who = self._who(call)
        return {"id": who.number, "login": who.login} if who else {}

    def _pull(self, number: str) -> dict[str, Any]:
        found = self.pulls.get(int(number))
        if found is None:
            raise Problem(404, "The target couldn't be found.")
        if found["state"] == "open":
            source = self._forks.get(found["number"], self.git)
            found["head"]["sha"] = source.branch(found["head"]["ref"])
            self.git.keep(f"refs/pull/{number}/head", found["head"]["sha"], source)
        return found
