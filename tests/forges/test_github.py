"""Our client and the stand-in GitHub: every request and every answer is checked against GitHub's own description."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import httpx
import pytest

from gitreg.errors import CredentialsRefused, NotFound, ProposalNotFound, RemoteRefused
from gitreg.forges import Annotation, Check, Forge
from gitreg.testing.forges import Reply
from tests.forges.conftest import PROJECT, SECRET, Repository, Served, forge_at, git

BENS = "bens"

if TYPE_CHECKING:
    from pathlib import Path


def call(served: Served, method: str, path: str, body: dict[str, Any], *, token: str = SECRET) -> httpx.Response:
    """What the client has no method for: a merge and a review are people's, on the forge's own page."""
    url = f"{served.address}/api/v3/repos/{PROJECT}{path}"
    return httpx.request(method, url, json=body, headers={"Authorization": f"Bearer {token}"}, trust_env=False)


def opened(forge: Forge, repository: Repository, branch: str = "proposals-one") -> int:
    repository.push(branch, {branch: "1"})
    return forge.open_pull_request(branch, "main", title="fraud: production 6 -> 7", body="the report").number


# --- pull requests -------------------------------------------------------------------------------------------------


def test_a_pull_request_is_opened_once_and_then_kept_up_to_date(github: Served, repository: Repository) -> None:
    forge = github.forge()
    sha = repository.push("proposals-one", {"a": "1"})
    first = forge.open_pull_request("proposals-one", "main", title="one", body="body")
    again = forge.open_pull_request("proposals-one", "main", title="two", body="other")
    same = forge.open_pull_request("proposals-one", "main", title="two", body="other")
    assert (first.number, first.head_sha, first.state, first.is_fork) == (again.number, sha, "open", False)
    assert (again.title, again.body, again.author) == ("two", "other", "ada")
    assert same == again == forge.pull_request("proposals-one") == forge.pull_request(first.number)
    assert [call for call in github.app.calls if call.startswith(("POST", "PATCH"))] == [
        f"POST /repos/{PROJECT}/pulls",
        f"PATCH /repos/{PROJECT}/pulls/{first.number}",
    ]


def test_the_head_follows_its_branch(github: Served, repository: Repository) -> None:
    number = opened(github.forge(), repository)
    sha = repository.more("proposals-one", {"b": "2"})
    assert github.forge().pull_request(number).head_sha == sha
    assert git(repository.bare, "rev-parse", f"refs/pull/{number}/head") == sha


def test_who_loses_the_race_to_open_updates_what_the_other_opened(github: Served, repository: Repository) -> None:
    forge = github.forge()
    number = opened(forge, repository)
    github.app.next_replies.append(Reply(200, []))  # when we first look, the other's is not there yet
    assert forge.open_pull_request("proposals-one", "main", title="mine", body="b").number == number
    assert forge.pull_request(number).title == "mine"


def test_a_branch_that_is_not_there_is_refused_with_the_field(github: Served) -> None:
    with pytest.raises(RemoteRefused, match="PullRequest head invalid"):
        github.forge().open_pull_request("nowhere", "main", title="t", body="b")


def test_pull_requests_are_listed_by_state_over_pages(github: Served, repository: Repository) -> None:
    forge = github.forge()
    for index in range(3):
        opened(forge, repository, f"p{index}")
    assert [pull.head for pull in forge.pull_requests()] == ["p0", "p1", "p2"]
    one, two, _ = forge.pull_requests()
    assert call(github, "PUT", f"/pulls/{one.number}/merge", {}).status_code == 200
    assert call(github, "PATCH", f"/pulls/{two.number}", {"state": "closed"}).status_code == 200
    assert [pull.head for pull in forge.pull_requests("merged")] == ["p0"]
    assert [pull.head for pull in forge.pull_requests("closed")] == ["p1"]


def test_a_pull_request_that_is_not_there(github: Served) -> None:
    for which in (99, "no-branch"):
        with pytest.raises(ProposalNotFound):
            github.forge().pull_request(which)


def test_a_fork_is_known_for_one(github: Served, repository: Repository, tmp_path: Path) -> None:
    git(tmp_path, "clone", "-q", "--bare", str(repository.bare), str(tmp_path / "fork.git"))
    github.app.add_project("mallory/models", tmp_path / "fork.git", fork_of=PROJECT)
    sha = repository.push("proposals-one", {"a": "1"})
    git(repository.clone, "push", "-q", str(tmp_path / "fork.git"), "proposals-one")
    git(repository.clone, "push", "-q", "origin", ":proposals-one")
    made = call(github, "POST", "/pulls", {"head": "mallory:proposals-one", "base": "main", "title": "t"})
    pull = github.forge().pull_request(made.json()["number"])
    assert (pull.is_fork, pull.head, pull.head_sha) == (True, "proposals-one", sha)
    with pytest.raises(ProposalNotFound):  # a branch's name is that of our own repository
        github.forge().pull_request("proposals-one")


# --- merges --------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize(
    ("method", "subjects", "parents"),
    [
        ("merge", ["Merge pull request #3 from acme/proposals-one", "second", "first", "a registry"], 2),
        ("squash", ["fraud: production 6 -> 7 (#3)", "a registry"], 1),
        ("rebase", ["second", "first", "beside", "a registry"], 1),
    ],
)
def test_a_merge_is_really_made(
    github: Served, repository: Repository, method: str, subjects: list[str], parents: int
) -> None:
    repository.push("proposals-one", {"a": "1"}, title="first")
    repository.more("proposals-one", {"b": "2"}, title="second")
    if method == "rebase":
        repository.push("main", {"c": "3"}, title="beside")
    number = (
        github.forge().open_pull_request("proposals-one", "main", title="fraud: production 6 -> 7", body="r").number
    )
    done = call(github, "PUT", f"/pulls/{number}/merge", {"merge_method": method})
    tip = git(repository.bare, "rev-parse", "main")
    assert (done.json()["merged"], done.json()["sha"]) == (True, tip)
    shown = [line.replace(f"#{number}", "#3") for line in repository.log("main")]
    assert shown == subjects
    assert len(git(repository.bare, "log", "-1", "--format=%P", "main").split()) == parents
    assert git(repository.bare, "show", "main:a") == "1"
    assert github.forge().pull_request(number).state == "merged"


def test_a_conflict_and_a_moved_head_change_nothing(github: Served, repository: Repository) -> None:
    repository.push("proposals-one", {"a": "1"})
    repository.push("main", {"a": "2"})
    number = github.forge().open_pull_request("proposals-one", "main", title="t", body="b").number
    before = git(repository.bare, "rev-parse", "main")
    assert call(github, "PUT", f"/pulls/{number}/merge", {"sha": "0" * 40}).status_code == 409
    for method in ("merge", "squash", "rebase"):
        assert call(github, "PUT", f"/pulls/{number}/merge", {"merge_method": method}).status_code == 405
    assert git(repository.bare, "rev-parse", "main") == before
    assert git(repository.bare, "worktree", "list").count("\n") == 0


# --- words ---------------------------------------------------------------------------------------------------------


def test_one_comment_is_kept_up_to_date(github: Served, repository: Repository) -> None:
    forge = github.forge()
    number = opened(forge, repository)
    first = forge.upsert_comment(number, "report", "verdict: wait")
    assert forge.upsert_comment(number, "report", "verdict: good").id == first.id
    assert forge.upsert_comment(number, "report", "verdict: good").id == first.id
    other = forge.upsert_comment(number, "checks", "something else")
    assert [(each.id, each.author) for each in forge.comments(number)] == [(first.id, "ada"), (other.id, "ada")]
    assert forge.comments(number)[0].body == "<!-- gitreg:report -->\nverdict: good"
    assert sum(each.startswith("PATCH") for each in github.app.calls) == 1


def test_a_strangers_comment_with_our_marker_is_left_alone(github: Served, repository: Repository) -> None:
    number = opened(github.forge(), repository)
    theirs = github.forge("bens").upsert_comment(number, "report", "approved, trust me")
    ours = github.forge().upsert_comment(number, "report", "verdict: refused")
    assert ours.id != theirs.id
    assert [each.body.splitlines()[1] for each in github.forge().comments(number)] == [
        "approved, trust me",
        "verdict: refused",
    ]


def test_an_app_finds_its_own_comment_and_not_another_bots(github: Served, repository: Repository) -> None:
    github.app.add_token("others", "other[bot]", is_app=True)
    number = opened(github.forge(), repository)
    other = github.forge("others").upsert_comment(number, "report", "another bot's")
    ours = github.forge("apps").upsert_comment(number, "report", "one")
    assert ours.id != other.id
    assert github.forge("apps").upsert_comment(number, "report", "two").id == ours.id


def test_a_workflows_own_token_knows_its_name(github: Served, repository: Repository) -> None:
    github.app.add_token("job", "github-actions[bot]", is_app=True)
    number = opened(github.forge(), repository)
    forge = forge_at("github", github.address, {"GITHUB_TOKEN": "job", "GITHUB_ACTIONS": "true"})
    first = forge.upsert_comment(number, "report", "one")
    assert forge.upsert_comment(number, "report", "two").id == first.id
    assert not any(each == "GET /user" for each in github.app.calls)


def test_comments_are_read_over_pages(github: Served, repository: Repository) -> None:
    number = opened(github.forge(), repository)
    ada = github.app._tokens[SECRET]
    said = [github.app.say(github.project, number, ada, f"word {index}").body for index in range(230)]
    assert [each.body for each in github.forge().comments(number)] == said


def test_a_long_comment_is_cut_and_says_so(github: Served, repository: Repository) -> None:
    number = opened(github.forge(), repository)
    body = github.forge().upsert_comment(number, "report", "x" * 100_000).body
    assert len(body) < 65_536
    assert body.startswith("<!-- gitreg:report -->\nxxx")
    assert body.endswith("does not fit here.*")


def test_a_review_names_the_commit_it_was_given_for(github: Served, repository: Repository) -> None:
    forge = github.forge()
    number = opened(forge, repository)
    sha = forge.pull_request(number).head_sha
    for event in ("COMMENT", "REQUEST_CHANGES", "APPROVE"):
        said = {"event": event, "body": event}
        assert call(github, "POST", f"/pulls/{number}/reviews", said, token=BENS).is_success
    repository.more("proposals-one", {"b": "2"})
    reviews = forge.reviews(number)
    assert [(each.author, each.state, each.commit) for each in reviews] == [
        ("ben", "commented", sha),
        ("ben", "changes_requested", sha),
        ("ben", "approved", sha),
    ]
    assert reviews[0].submitted_at is not None
    assert reviews[0].submitted_at.utcoffset() is not None
    assert forge.pull_request(number).head_sha != sha


# --- checks --------------------------------------------------------------------------------------------------------


def notes(count: int) -> tuple[Annotation, ...]:
    return tuple(Annotation("gitreg.json", index + 1, "failure", f"finding {index}", "rule") for index in range(count))


@pytest.mark.parametrize(("count", "requests"), [(0, 1), (1, 1), (50, 1), (51, 2), (120, 3)])
def test_annotations_go_in_batches_and_the_last_one_concludes(
    github: Served, repository: Repository, count: int, requests: int
) -> None:
    sha = repository.push("proposals-one", {"a": "1"})
    run = github.forge("apps").put_check(sha, Check("validate", "failure", "refused", "why", notes(count)))
    kept = github.project.checks[run.id]
    assert (run.kind, run.conclusion, kept.status, kept.conclusion) == ("check", "failure", "completed", "failure")
    assert [each["message"] for each in kept.annotations] == [f"finding {index}" for index in range(count)]
    assert len(github.app.calls) == requests


def test_a_token_that_is_no_app_sets_a_status(github: Served, repository: Repository) -> None:
    sha = repository.push("proposals-one", {"a": "1"})
    run = github.forge().put_check(sha, Check("validate", "success", "t" * 300, "why", notes(3)))
    (kept,) = github.project.statuses.values()
    assert (run.kind, kept.context, kept.state, len(kept.description or "")) == ("status", "validate", "success", 140)


# --- refusals ------------------------------------------------------------------------------------------------------


def test_a_missing_permission_is_named(github: Served, repository: Repository) -> None:
    github.app.add_token("weak", "weak", may=frozenset())
    repository.push("proposals-one", {"a": "1"})
    with pytest.raises(CredentialsRefused, match="Pull requests: write") as caught:
        github.forge("weak").open_pull_request("proposals-one", "main", title="t", body="b")
    assert "GITREG_FORGE_TOKEN" in caught.value.hint


def test_a_wrong_token_is_refused_and_not_shown(github: Served) -> None:
    with pytest.raises(CredentialsRefused, match="Bad credentials") as caught:
        github.forge("wrong-token-value").pull_requests()
    assert "wrong-token-value" not in str(caught.value)


def test_a_repository_that_is_not_there_may_be_one_that_is_not_shown(github: Served) -> None:
    github.app.projects.clear()
    with pytest.raises(NotFound, match="does not show it"):
        github.forge().pull_requests()
