"""Second oracles: clients that others wrote drive the stand-ins, so that these do not only please our own."""

from __future__ import annotations

from typing import TYPE_CHECKING

import github as pygithub
import gitlab
import pytest

from gitreg.testing.forges import GitLabStandIn
from tests.forges.conftest import PROJECT, SECRET, Repository, Served, forge_at
from tests.forges.serving import serving

if TYPE_CHECKING:
    from github.Repository import Repository as TheirRepository


@pytest.fixture
def theirs(github: Served) -> TheirRepository:
    client = pygithub.Github(base_url=f"{github.address}/api/v3", auth=pygithub.Auth.Token(SECRET), retry=None)
    with client:
        return client.get_repo(PROJECT)


def test_pygithub_opens_comments_reviews_checks_and_merges(
    github: Served, repository: Repository, theirs: TheirRepository
) -> None:
    sha = repository.push("proposals-one", {"a": "1"}, title="first")
    pull = theirs.create_pull(base="main", head="proposals-one", title="t", body="b")
    pull.edit(title="fraud: production 6 -> 7")
    comment = pull.create_issue_comment("hello")
    comment.edit("hello again")
    pull.create_review(body="looked", event="COMMENT")
    ours = github.forge()
    assert [each.body for each in ours.comments(pull.number)] == ["hello again"]
    assert [(each.author, each.state, each.commit) for each in ours.reviews(pull.number)] == [("ada", "commented", sha)]
    done = pull.merge(merge_method="squash")
    assert done.merged
    assert ours.pull_request(pull.number).state == "merged"
    assert repository.log("main") == [f"fraud: production 6 -> 7 (#{pull.number})", "a registry"]


def test_pygithub_reads_what_we_wrote(github: Served, repository: Repository, theirs: TheirRepository) -> None:
    repository.push("proposals-one", {"a": "1"})
    ours = github.forge()
    made = ours.open_pull_request("proposals-one", "main", title="t", body="b")
    for index in range(35):
        ours.upsert_comment(made.number, f"m{index}", str(index))
    pull = theirs.get_pull(made.number)
    assert (pull.title, pull.head.sha, pull.mergeable, pull.commits) == ("t", made.head_sha, True, 1)
    assert len(list(pull.get_issue_comments())) == 35
    assert [each.number for each in theirs.get_pulls(state="open", head="acme:proposals-one")] == [made.number]


def test_python_gitlab_and_we_see_the_same(repository: Repository) -> None:
    app = GitLabStandIn(PROJECT, repository.bare)
    app.add_token("adas", "ada")
    sha = repository.push("proposals/one", {"a": "1"})
    with serving(app) as address, gitlab.Gitlab(address, private_token="adas") as client:  # noqa: S106 - opens nothing
        project = client.projects.get(PROJECT)
        merge = project.mergerequests.create(
            {"source_branch": "proposals/one", "target_branch": "main", "title": "t", "description": "b"}
        )
        merge.title = "other"
        merge.save()
        merge.notes.create({"body": "hello"})
        app.approve(merge.iid, "ben")
        from_ours = _ours(address, merge.iid)
        assert from_ours == ("other", sha, ["hello"], [("ben", "", "approved")])
        assert [each.iid for each in project.mergerequests.list(state="opened", get_all=True)] == [merge.iid]


def _ours(address: str, number: int) -> tuple[str, str, list[str], list[tuple[str, ...]]]:
    forge = forge_at("gitlab", address, {"GITLAB_TOKEN": "adas"})
    pull = forge.pull_request(number)
    reviews: list[tuple[str, ...]] = [(each.author, each.commit, each.state) for each in forge.reviews(number)]
    return pull.title, pull.head_sha, [each.body for each in forge.comments(number)], reviews
