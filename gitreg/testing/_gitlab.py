"""A smaller stand-in GitLab, written by hand from its documentation (docs.gitlab.com/api): no packaged description."""

from __future__ import annotations

import itertools
from pathlib import Path
from typing import Any

from gitreg.testing._bare import Bare
from gitreg.testing._wsgi import Account, Application, Call, Problem, Reply, paged

_WHEN = "2026-01-01T00:00:00.000Z"
_ROOT = "/projects/{name:path}"
_MERGE = f"{_ROOT}/merge_requests/{{number}}"


class GitLabStandIn(Application):
    """A WSGI application below `/api/v4`, with one project. Merge requests, notes, approvals, statuses, rules."""

    prefix = "/api/v4"
    # The more particular come first: a project's name holds slashes, so that `{name:path}` fits almost anything.
    routes = {  # noqa: RUF012 - read only
        "GET /user": "get_me",
        f"GET {_MERGE}/notes": "list_notes",
        f"POST {_MERGE}/notes": "create_note",
        f"PUT {_MERGE}/notes/{{note}}": "update_note",
        f"GET {_MERGE}/approvals": "get_approvals",
        f"GET {_MERGE}": "get_pull",
        f"PUT {_MERGE}": "update_pull",
        f"GET {_ROOT}/merge_requests": "list_pulls",
        f"POST {_ROOT}/merge_requests": "create_pull",
        f"POST {_ROOT}/statuses/{{sha}}": "create_status",
        f"GET {_ROOT}/repository/commits/{{sha}}/statuses": "list_statuses",
        f"GET {_ROOT}/protected_branches/{{branch}}": "get_protection",
        f"POST {_ROOT}/protected_branches": "create_protection",
        f"GET {_ROOT}/approval_rules": "list_approval_rules",
        f"POST {_ROOT}/approval_rules": "create_approval_rule",
        f"GET {_ROOT}": "get_project",
        f"PUT {_ROOT}": "update_project",
    }

    def __init__(self, full_name: str, path: Path) -> None:
        super().__init__()
        self.git = Bare(path)
        self.project: dict[str, Any] = {
            "id": 1,
            "path_with_namespace": full_name,
            "merge_method": "merge",
            "only_allow_merge_if_pipeline_succeeds": False,
            "merge_trains_enabled": False,
        }
        self.pulls: dict[int, dict[str, Any]] = {}
        self.notes: dict[int, list[dict[str, Any]]] = {}
        self.approved_by: dict[int, list[dict[str, Any]]] = {}
        self.statuses: list[dict[str, Any]] = []
        self.protections: dict[str, dict[str, Any]] = {}
        self.approval_rules: list[dict[str, Any]] = []
        self._forks: dict[int, Bare] = {}
        self._tokens: dict[str, Account] = {}
        self._numbers = itertools.count(1)

    def add_token(self, token: str, login: str) -> None:
        """Let somebody in, by PRIVATE-TOKEN or as a bearer."""
        self._tokens[token] = Account(login, next(self._numbers))

    def approve(self, number: int, login: str) -> None:
        """Somebody's approval, as a test arranges it."""
        self.approved_by[number].append({"user": _user(Account(login, 99)), "approved_at": _WHEN})

    def from_fork(self, fork: Path, branch: str, login: str) -> int:
        """A merge request of a fork's branch, as a test arranges it; its number."""
        number = next(self._numbers)
        self.notes[number], self.approved_by[number] = [], []
        made = _merge_request(number, f"/merge_requests/{number}", branch, "main", Account(login, 99))
        self.pulls[number] = {**made, "title": branch, "description": "", "source_project_id": 2}
        self._forks[number] = Bare(fork)
        self._pull(str(number))
        return number

    def say(self, number: int, login: str, body: str) -> None:
        """Somebody's note, as a test arranges it."""
        self.notes[number].append(self._note(Account(login, 99), body))

    def answer(self, call: Call) -> Reply:
        """Only with a token."""
        if self._who(call) is None:
            return Reply(401, {"message": "401 Unauthorized"})
        return super().answer(call)

    def get_me(self, call: Call) -> Reply:
        """Who has this token."""
        return Reply(200, _user(self._me(call)))

    def get_project(self, call: Call, name: str) -> Reply:  # noqa: ARG002 - a handler's shape
        """The one project."""
        self._check_name(name)
        return Reply(200, self.project)

    def update_project(self, call: Call, name: str) -> Reply:
        """Its settings."""
        self._check_name(name)
        self.project |= call.body
        return Reply(200, self.project)

    def list_pulls(self, call: Call, name: str) -> Reply:
        """By state and branches."""
        self._check_name(name)
        wanted = {key: call.params[key] for key in ("state", "source_branch", "target_branch") if key in call.params}
        found = [pull for pull in self.pulls.values() if all(pull[key] == value for key, value in wanted.items())]
        return paged(call, found, default=20)

    def create_pull(self, call: Call, name: str) -> Reply:
        """One open merge request for a pair of branches."""
        self._check_name(name)
        head, base = call.body["source_branch"], call.body["target_branch"]
        for pull in self.pulls.values():
            if (pull["source_branch"], pull["target_branch"], pull["state"]) == (head, base, "opened"):
                said = f"Another open merge request already exists for this source branch: !{pull['iid']}"
                return Reply(409, {"message": [said]})
        number = next(self._numbers)
        self.notes[number], self.approved_by[number] = [], []
        made = _merge_request(number, f"{call.api}/merge_requests/{number}", head, base, self._me(call))
        words = {"title": call.body["title"], "description": call.body.get("description")}
        self.pulls[number] = {**made, **words}
        return Reply(201, self._pull(str(number)))

    def get_pull(self, call: Call, name: str, number: str) -> Reply:  # noqa: ARG002 - a handler's shape
        """One merge request."""
        self._check_name(name)
        return Reply(200, self._pull(number))

    def update_pull(self, call: Call, name: str, number: str) -> Reply:
        """Title, description, or closed."""
        self._check_name(name)
        pull = self._pull(number)
        pull |= {key: call.body[key] for key in ("title", "description") if key in call.body}
        pull["state"] = {"close": "closed", "reopen": "opened"}.get(call.body.get("state_event", ""), pull["state"])
        return Reply(200, pull)

    def list_notes(self, call: Call, name: str, number: str) -> Reply:
        """The oldest first."""
        self._check_name(name)
        return paged(call, self.notes[self._pull(number)["iid"]], default=20)

    def create_note(self, call: Call, name: str, number: str) -> Reply:
        """Say something."""
        self._check_name(name)
        made = self._note(self._me(call), call.body["body"])
        self.notes[self._pull(number)["iid"]].append(made)
        return Reply(201, made)

    def update_note(self, call: Call, name: str, number: str, note: str) -> Reply:
        """Its author may change it."""
        self._check_name(name)
        for each in self.notes[self._pull(number)["iid"]]:
            if each["id"] == int(note) and each["author"]["username"] == self._me(call).login:
                each["body"] = call.body["body"]
                return Reply(200, each)
        raise Problem(403, "403 Forbidden")

    def get_approvals(self, call: Call, name: str, number: str) -> Reply:  # noqa: ARG002 - a handler's shape
        """Who approved; not what."""
        self._check_name(name)
        pull = self._pull(number)
        return Reply(200, {"id": pull["id"], "iid": pull["iid"], "approved_by": self.approved_by[pull["iid"]]})

    def create_status(self, call: Call, name: str, sha: str) -> Reply:
        """A status that is there already cannot be set again."""
        self._check_name(name)
        state, context = call.body["state"], call.body.get("name", "default")
        for each in self.statuses:
            if (each["sha"], each["name"], each["status"]) == (sha, context, state):
                raise Problem(400, f"Cannot transition status via :{state} from :{state}")
        words = {"status": state, "name": context, "description": call.body.get("description"), "target_url": None}
        made = {"id": next(self._numbers), "sha": sha, **words, "author": _user(self._me(call))}
        self.statuses = [each for each in self.statuses if (each["sha"], each["name"]) != (sha, context)] + [made]
        return Reply(201, made)

    def list_statuses(self, call: Call, name: str, sha: str) -> Reply:
        """The newest of each name."""
        self._check_name(name)
        wanted = call.params.get("name", "")
        return paged(call, [each for each in self.statuses if each["sha"] == sha and wanted in ("", each["name"])])

    def get_protection(self, call: Call, name: str, branch: str) -> Reply:  # noqa: ARG002 - a handler's shape
        """A protected branch."""
        self._check_name(name)
        if branch not in self.protections:
            raise Problem(404, "404 Not found")
        return Reply(200, self.protections[branch])

    def create_protection(self, call: Call, name: str) -> Reply:
        """Protect a branch; maintainers may push and merge where nothing else is said."""
        self._check_name(name)
        levels = {
            f"{kind}_access_levels": [_level(int(call.body.get(f"{kind}_access_level", 40)))]
            for kind in ("push", "merge")
        }
        flags = {key: bool(call.body.get(key)) for key in ("allow_force_push", "code_owner_approval_required")}
        made = {"id": next(self._numbers), "name": call.body["name"], **levels, **flags}
        self.protections[call.body["name"]] = made
        return Reply(201, made)

    def list_approval_rules(self, call: Call, name: str) -> Reply:
        """How many have to approve."""
        self._check_name(name)
        return paged(call, self.approval_rules)

    def create_approval_rule(self, call: Call, name: str) -> Reply:
        """One more rule."""
        self._check_name(name)
        self.approval_rules.append({"id": next(self._numbers), **call.body})
        return Reply(201, self.approval_rules[-1])

    def _who(self, call: Call) -> Account | None:
        bearer = call.headers.get("authorization", "").removeprefix("Bearer ")
        return self._tokens.get(call.headers.get("private-token", bearer))

    def _me(self, call: Call) -> Account:
        who = self._who(call)
        if who is None:
            raise Problem(401, "401 Unauthorized")
        return who

    def _check_name(self, name: str) -> None:
        if name not in (self.project["path_with_namespace"], "1"):
            raise Problem(404, "404 Project Not Found")

    def _pull(self, number: str) -> dict[str, Any]:
        found = self.pulls.get(int(number))
        if found is None:
            raise Problem(404, "404 Not found")
        if found["state"] == "opened":
            source = self._forks.get(found["iid"], self.git)
            found["sha"] = source.branch(found["source_branch"])
            self.git.keep(f"refs/merge-requests/{number}/head", found["sha"], source)
        return found

    def _note(self, who: Account, body: str) -> dict[str, Any]:
        return {
            "id": next(self._numbers),
            "body": body,
            "author": _user(who),
            "system": False,
            "created_at": _WHEN,
            "updated_at": _WHEN,
        }


def _merge_request(number: int, url: str, head: str, base: str, who: Account) -> dict[str, Any]:
    return {
        "id": 1000 + number,
        "iid": number,
        "project_id": 1,
        "web_url": url,
        "source_branch": head,
        "target_branch": base,
        "sha": "",
        "state": "opened",
        "author": _user(who),
        "source_project_id": 1,
        "target_project_id": 1,
        "created_at": _WHEN,
    }


def _user(who: Account) -> dict[str, Any]:
    return {"id": who.number, "username": who.login, "name": who.login, "state": "active"}


def _level(level: int) -> dict[str, Any]:
    names = {0: "No one", 30: "Developers + Maintainers", 40: "Maintainers"}
    return {"id": level, "access_level": level, "access_level_description": names.get(level, str(level))}
