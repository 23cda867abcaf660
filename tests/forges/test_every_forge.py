"""What every forge promises, on each stand-in."""

from __future__ import annotations

import subprocess
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitreg.errors import CredentialsRefused, ProposalNotFound
from gitreg.forges import Annotation, Check, Conclusion, Forge, Kind
from gitreg.testing.forges import Application, GiteaStandIn, GitHubStandIn, GitLabStandIn, Reply
from tests.forges.conftest import NOW, PROJECT, Repository, forge_at
from tests.forges.serving import serving

if TYPE_CHECKING:
    from collections.abc import Iterator


@dataclass
class Stand:
    """One forge that runs; `adas` and `bens` are tokens."""

    app: Application
    make: Callable[[str], Forge]


def _app(kind: Kind, repository: Repository) -> Application:
    if kind == "github":
        hub = GitHubStandIn(lambda: NOW)
        hub.add_project(PROJECT, repository.bare)
        hub.add_token("adas", "ada")
        hub.add_token("bens", "ben")
        return hub
    other = (GitLabStandIn if kind == "gitlab" else GiteaStandIn)(PROJECT, repository.bare)
    other.add_token("adas", "ada")
    other.add_token("bens", "ben")
    return other


@pytest.fixture(params=["github", "gitlab", "gitea"])
def stand(request: pytest.FixtureRequest, repository: Repository) -> Iterator[Stand]:
    app = _app(request.param, repository)
    with serving(app) as address:
        yield Stand(app, lambda token: forge_at(request.param, address, {"GITREG_FORGE_TOKEN": token}))


def test_opening_twice_opens_once(stand: Stand, repository: Repository) -> None:
    forge = stand.make("adas")
    sha = repository.push("proposals/one", {"a": "1"})
    first = forge.open_pull_request("proposals/one", "main", title="one", body="body")
    again = forge.open_pull_request("proposals/one", "main", title="two", body="other")
    assert (first.head, first.head_sha, first.base, first.state) == ("proposals/one", sha, "main", "open")
    assert (first.author, first.is_fork, first.title, first.body) == ("ada", False, "one", "body")
    assert (again.number, again.title, again.body) == (first.number, "two", "other")
    asked = len(stand.app.calls)
    assert forge.open_pull_request("proposals/one", "main", title="two", body="other") == again
    assert len(stand.app.calls) == asked + 1
    assert (
        forge.pull_requests() == [again] == [forge.pull_request("proposals/one")] == [forge.pull_request(again.number)]
    )
    assert forge.pull_requests("closed") == forge.pull_requests("merged") == []


def test_the_head_is_the_branchs_newest(stand: Stand, repository: Repository) -> None:
    forge = stand.make("adas")
    repository.push("proposals/one", {"a": "1"})
    number = forge.open_pull_request("proposals/one", "main", title="t", body="b").number
    sha = repository.more("proposals/one", {"b": "2"})
    assert forge.pull_request(number).head_sha == sha


def test_what_is_not_there_is_said_to_be(stand: Stand) -> None:
    for which in (99, "no-branch"):
        with pytest.raises(ProposalNotFound):
            stand.make("adas").pull_request(which)


def test_one_comment_per_marker_and_author(stand: Stand, repository: Repository) -> None:
    repository.push("proposals/one", {"a": "1"})
    ada, ben = stand.make("adas"), stand.make("bens")
    number = ada.open_pull_request("proposals/one", "main", title="t", body="b").number
    theirs = ben.upsert_comment(number, "report", "believe me")
    first = ada.upsert_comment(number, "report", "one")
    second = ada.upsert_comment(number, "report", "two")
    asked = len(stand.app.calls)
    assert ada.upsert_comment(number, "report", "two") == second
    assert len(stand.app.calls) == asked + 2
    assert (theirs.id != first.id, first.id == second.id) == (True, True)
    assert [(each.author, each.body.splitlines()[-1]) for each in ada.comments(number)] == [
        ("ben", "believe me"),
        ("ada", "two"),
    ]


def test_comments_of_many_pages(stand: Stand, repository: Repository) -> None:
    repository.push("proposals/one", {"a": "1"})
    forge = stand.make("adas")
    number = forge.open_pull_request("proposals/one", "main", title="t", body="b").number
    for index in range(105):
        forge.upsert_comment(number, f"m{index}", str(index)) if index > 103 else _say(stand, number, str(index))
    assert [each.body.splitlines()[-1] for each in forge.comments(number)] == [str(index) for index in range(105)]


def _say(stand: Stand, number: int, body: str) -> None:
    app = stand.app
    if isinstance(app, GitLabStandIn):
        app.say(number, "ben", body)
    elif isinstance(app, GitHubStandIn):
        app.say(app.projects[PROJECT], number, app._tokens["bens"], body)
    elif isinstance(app, GiteaStandIn):
        app.comments.append({"id": 1000 + int(body), "user": {"login": "ben"}, "issue": number, "body": body})


@pytest.mark.parametrize("conclusion", ["success", "failure", "neutral", "pending"])
def test_a_check_may_be_put_twice(stand: Stand, repository: Repository, conclusion: Conclusion) -> None:
    sha = repository.push("proposals/one", {"a": "1"})
    note = Annotation("gitreg.json", 1, "warning", "look")
    for title in ("title", "title", "another" if conclusion == "pending" else "title"):
        check = Check("validate", conclusion, title, "summary", (note,))
        run = stand.make("adas").put_check(sha, check)
        assert (run.kind, run.name, run.sha, run.conclusion) == ("status", "validate", sha, check.conclusion)


def test_a_check_that_waited_can_be_completed_and_wait_again(stand: Stand, repository: Repository) -> None:
    sha = repository.push("proposals/one", {"a": "1"})
    conclusions: list[Conclusion] = ["pending", "success", "pending", "failure"]
    for conclusion in conclusions:
        stand.make("adas").put_check(sha, Check("gitreg", conclusion, "title"))
        assert _status(stand, sha) == ("failed" if conclusion == "failure" and _is_gitlab(stand) else conclusion)


def _is_gitlab(stand: Stand) -> bool:
    return isinstance(stand.app, GitLabStandIn)


def _status(stand: Stand, sha: str) -> str:
    """The newest state that the forge keeps."""
    app = stand.app
    if isinstance(app, GitHubStandIn):
        return [each.state for each in app.projects[PROJECT].statuses.values() if each.sha == sha][-1]
    assert isinstance(app, GitLabStandIn | GiteaStandIn)
    return str([each["status"] for each in app.statuses if each["sha"] == sha][-1])


def test_closing_twice_closes_once(stand: Stand, repository: Repository) -> None:
    repository.push("proposals/one", {"a": "1"})
    forge = stand.make("adas")
    number = forge.open_pull_request("proposals/one", "main", title="t", body="b").number
    assert forge.close_pull_request(number).state == "closed"
    asked = len(stand.app.calls)
    assert forge.close_pull_request(number).state == "closed"
    assert len(stand.app.calls) == asked + 1


@pytest.mark.parametrize("stand", ["gitlab", "gitea"], indirect=True)  # GitHub's: tests/forges/test_github.py
def test_a_fork_s_pull_request_is_told_from_ours(stand: Stand, repository: Repository, tmp_path: Path) -> None:
    assert isinstance(stand.app, GitLabStandIn | GiteaStandIn)
    sha = repository.push("proposals/one", {"a": "1"})
    fork = tmp_path / "fork.git"
    subprocess.run(["git", "clone", "--quiet", "--bare", repository.bare, fork], check=True)
    number = stand.app.from_fork(fork, "proposals/one", "eve")
    found = stand.make("adas").pull_request(number)
    assert (found.is_fork, found.head_sha, found.author) == (True, sha, "eve")
    with pytest.raises(ProposalNotFound):
        stand.make("adas").pull_request("proposals/one")


def test_a_wrong_token_is_refused(stand: Stand) -> None:
    with pytest.raises(CredentialsRefused):
        stand.make("nobodys").pull_requests()


def test_a_branch_without_rules_promises_nothing(stand: Stand) -> None:
    rules = stand.make("adas").branch_rules("main")
    assert (rules.needs_pull_request, rules.approvals, rules.required_checks) == (False, 0, ())
    assert (rules.allows_force_push, rules.allows_deletion, rules.needs_up_to_date) == (True, True, False)


def test_who_loses_the_race_to_open_updates_what_the_other_opened(stand: Stand, repository: Repository) -> None:
    repository.push("proposals/one", {"a": "1"})
    theirs = stand.make("bens").open_pull_request("proposals/one", "main", title="theirs", body="b")
    stand.app.next_replies.append(Reply(200, []))  # when we first look, theirs is not there yet
    ours = stand.make("adas").open_pull_request("proposals/one", "main", title="mine", body="b")
    assert (ours.number, ours.title) == (theirs.number, "mine")


def test_a_title_fits_the_forge(stand: Stand, repository: Repository) -> None:
    repository.push("proposals/one", {"a": "1"})
    pull = stand.make("adas").open_pull_request("proposals/one", "main", title="t" * 999, body="b")
    assert len(pull.title) == 250
