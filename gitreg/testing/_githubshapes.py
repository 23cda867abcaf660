"""GitHub's answers, with every field that its own description asks for. Links that nobody follows are there too."""

from __future__ import annotations

from typing import Any
from urllib.parse import quote

_USER_LINKS = [
    "avatar",
    "events",
    "followers",
    "following",
    "gists",
    "organizations",
    "received_events",
    "repos",
    "starred",
    "subscriptions",
]
_REPO_LINKS = [
    "archive",
    "assignees",
    "blobs",
    "branches",
    "collaborators",
    "comments",
    "commits",
    "compare",
    "contents",
    "contributors",
    "deployments",
    "downloads",
    "events",
    "forks",
    "git_commits",
    "git_refs",
    "git_tags",
    "hooks",
    "issue_comment",
    "issue_events",
    "issues",
    "keys",
    "labels",
    "languages",
    "merges",
    "milestones",
    "notifications",
    "pulls",
    "releases",
    "stargazers",
    "statuses",
    "subscribers",
    "subscription",
    "tags",
    "teams",
    "trees",
    "git",
    "ssh",
    "clone",
    "svn",
]
_PULL_LINKS = ["comments", "commits", "diff", "issue", "patch", "review_comments", "review_comment", "statuses"]
_WHEN = "2026-01-01T00:00:00Z"


def user(api: str, login: str, number: int, *, is_bot: bool = False) -> dict[str, Any]:
    """A `simple-user`."""
    url = f"{api}/users/{quote(login)}"
    return {
        "login": login,
        "id": number,
        "node_id": f"U_{number}",
        "gravatar_id": "",
        "url": url,
        "html_url": url,
        "type": "Bot" if is_bot else "User",
        "site_admin": False,
        **{f"{name}_url": f"{url}/{name}" for name in _USER_LINKS},
    }


def me(plain: dict[str, Any]) -> dict[str, Any]:
    """A `public-user`: what a token with no right to private facts is told of itself."""
    nothing = dict.fromkeys(["name", "company", "blog", "location", "email", "hireable", "bio"])
    counts = dict.fromkeys(["public_repos", "public_gists", "followers", "following"], 0)
    return {
        **plain,
        **nothing,
        "user_view_type": "public",
        "blog": "",
        **counts,
        "created_at": _WHEN,
        "updated_at": _WHEN,
    }


def repository(api: str, full_name: str, number: int, owner: dict[str, Any], *, is_fork: bool) -> dict[str, Any]:
    """A `full-repository`, which is also a `repository`."""
    url = f"{api}/repos/{full_name}"
    counts = [
        "forks",
        "forks_count",
        "open_issues",
        "open_issues_count",
        "size",
        "stargazers_count",
        "watchers",
        "watchers_count",
    ]
    return {
        "id": number,
        "node_id": f"R_{number}",
        "name": full_name.partition("/")[2],
        "full_name": full_name,
        "owner": owner,
        "private": True,
        "fork": is_fork,
        "url": url,
        "html_url": url,
        "default_branch": "main",
        **{f"{name}_url": f"{url}/{name}" for name in _REPO_LINKS},
        **dict.fromkeys(["archived", "disabled"], False),
        **dict.fromkeys(["has_issues", "has_projects", "has_wiki", "has_pages", "has_downloads"], True),
        "has_discussions": False,
        **dict.fromkeys(["description", "homepage", "language", "license", "mirror_url"]),
        **dict.fromkeys([*counts, "network_count", "subscribers_count"], 0),
        **dict.fromkeys(["created_at", "updated_at", "pushed_at"], _WHEN),
    }


def end(repo: dict[str, Any], ref: str, sha: str) -> dict[str, Any]:
    """The `head` or `base` of a pull request."""
    owner = repo["owner"]
    return {"label": f"{owner['login']}:{ref}", "ref": ref, "sha": sha, "repo": repo, "user": owner}


def pull(url: str, fields: dict[str, Any]) -> dict[str, Any]:
    """A `pull-request-simple`, with what `fields` say of it."""
    links = ["self", "html", "issue", "comments", "review_comments", "review_comment", "commits", "statuses"]
    number = fields["number"]
    issue = url.replace("/pulls/", "/issues/")
    return {
        "id": 1000 + number,
        "node_id": f"PR_{number}",
        "url": url,
        "html_url": url,
        **{f"{name}_url": f"{url}/{name}" for name in _PULL_LINKS},
        "issue_url": issue,
        "comments_url": f"{issue}/comments",
        "_links": {name: {"href": f"{url}/{name}"} for name in links},
        **dict.fromkeys(["assignee", "milestone", "auto_merge"]),
        "labels": [],
        "locked": False,
        "author_association": "MEMBER",
        **fields,
    }


def comment(url: str, number: int, fields: dict[str, Any]) -> dict[str, Any]:
    """An `issue-comment`."""
    own = {"id": number, "node_id": f"IC_{number}", "url": url, "html_url": url, "issue_url": url}
    return {**own, "author_association": "MEMBER", **fields}


def review(url: str, number: int, fields: dict[str, Any]) -> dict[str, Any]:
    """A `pull-request-review`."""
    links = {"html": {"href": url}, "pull_request": {"href": url}}
    own = {"id": number, "node_id": f"PRR_{number}", "html_url": url, "pull_request_url": url, "_links": links}
    return {**own, "author_association": "MEMBER", **fields}


def check_run(url: str, number: int, fields: dict[str, Any]) -> dict[str, Any]:
    """A `check-run`."""
    output = dict.fromkeys(["title", "summary", "text"]) | {"annotations_count": 0, "annotations_url": url}
    own = {"id": number, "node_id": f"CR_{number}", "url": url, "html_url": url, "details_url": url}
    rest: dict[str, Any] = {"external_id": "", "check_suite": {"id": number}, "app": None, "pull_requests": []}
    times = {"started_at": _WHEN, "completed_at": None, "conclusion": None, "output": output}
    return {**own, **rest, **times, **fields}


def status(url: str, number: int, fields: dict[str, Any]) -> dict[str, Any]:
    """A `status`."""
    own = {"id": number, "node_id": f"ST_{number}", "url": url, "avatar_url": None, "target_url": None}
    return {**own, "created_at": _WHEN, "updated_at": _WHEN, **fields}


def commit(url: str, sha: str) -> dict[str, Any]:
    """A `commit`, as a branch shows its tip."""
    person = {"name": "somebody", "email": "somebody@example.org", "date": _WHEN}
    inner = {
        "url": url,
        "author": person,
        "committer": person,
        "message": "",
        "comment_count": 0,
        "tree": {"sha": sha, "url": url},
    }
    own = {"url": url, "sha": sha, "node_id": f"C_{sha}", "html_url": url, "comments_url": url}
    somebody = user(url.partition("/repos/")[0], "somebody", 2)
    return {**own, "commit": inner, "author": somebody, "committer": somebody, "parents": []}
