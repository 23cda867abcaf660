"""Reviews on the forge, attested by CI with a key that main lets attest: from the button to the audit."""

from __future__ import annotations

import json
from datetime import UTC, datetime
from typing import TYPE_CHECKING, Any

import httpx
import pytest

from gitreg.forges import Clock, ForgeSetting, forge_of
from gitreg.testing.forges import GiteaStandIn, GitLabStandIn
from tests.e2e.clerk import Clerk, commit_by_hand
from tests.e2e.forge_hub import PROJECT, STAGE
from tests.forges.serving import serving

if TYPE_CHECKING:
    from tests.e2e.forge_hub import Hub

TITLE = "fraud: production 1 -> 2"


def _governed(hub: Hub, told: Any) -> None:  # noqa: ANN401 - JSON
    hub.ben.does("approve", told["proposal"]["id"], "--key", hub.ben.key)
    hub.ada.does("merge", told["proposal"]["id"])


def _reviews_count(hub: Hub) -> None:
    """The policy takes reviews; main knows Ben's account, and the key of CI that attests."""
    ada, ci = hub.ada, hub.ci
    file = ada.folder / "policies/production.json"
    policy = json.loads(file.read_text())
    for rule in policy["requirements"]:
        rule["forge_reviews"] = True
    file.write_text(json.dumps(policy))
    _governed(hub, ada.reads("govern", "-m", "Reviews will do.", "--key", ada.key, "policies/production.json"))
    for command in (
        ("approvers", "add", hub.ben.email, "--forge", "github:Ben", "-m", "his account"),
        ("approvers", "add", ci.email, "--key", ci.public_key, "--attests", "-m", "the workflow of main"),
    ):
        _governed(hub, ada.reads(*command, "--sign", ada.key))
    ada.does("sync")


def _reviewed(hub: Hub, who: str, event: str = "APPROVE", **more: str) -> int:
    number = hub.project.pulls[max(hub.project.pulls)].number
    hub.clerk(who)
    done = httpx.post(
        f"{hub.address}/api/v3/repos/{PROJECT}/pulls/{number}/reviews",
        json={"event": event, "body": "Seen.", **more},
        headers={"Authorization": f"Bearer token-of-{who}"},
        timeout=30,
    )
    assert done.status_code == 200, done.text
    return int(done.json()["id"])


def _attested(hub: Hub, *which: str) -> Any:  # noqa: ANN401 - JSON
    return hub.ci.reads("proposals", "attest", *which, "--key", hub.ci.key)


@pytest.mark.slow
def test_a_review_from_the_button_to_the_audit(hub: Hub) -> None:
    _reviews_count(hub)
    proposal = hub.proposed(2)
    head = hub.project.git.branch(f"proposals/{proposal}")
    number = _reviewed(hub, "ben")
    _reviewed(hub, "cleo")
    (found,) = _attested(hub)
    (review,) = found["reviews"]
    assert (found["id"], found["signed"], review["commit"], review["review"]) == (proposal, True, head, number)
    assert (review["reviewer"], review["handle"], review["verdict"]) == (hub.ben.email, "github:ben", "approve")
    (over,) = found["passed_over"]
    assert (over["handle"], "nobody's account" in over["reason"]) == ("github:cleo", True)
    (again,) = _attested(hub, proposal)
    assert (again["signed"], again["reviews"]) == (False, [review])
    assert "attested by" not in hub.ada.does("proposals", "show", proposal)
    hub.ada.does("sync")
    shown = hub.ada.does("proposals", "show", proposal)
    assert f"reviews attested by {hub.ci.email}" in shown
    assert f"{hub.ben.email} approved in review {number} of github:ben" in shown
    hub.ada.does("merge", proposal)
    why = hub.ada.does("why", "models:/fraud@production")
    assert f"attested by {hub.ci.email}, not signed" in " ".join(why.split())
    hub.ci.does("sync")
    audit = hub.ci.reads("audit", "verify")
    assert (audit["outcome"], audit["objections"], audit["by_review"]) == ("pass", [], 1)


@pytest.mark.slow
def test_reviews_that_are_not_of_the_decision_as_it_is_are_passed_over(hub: Hub) -> None:
    _reviews_count(hub)
    proposal = hub.proposed(2)
    branch = f"proposals/{proposal}"
    old = hub.project.git.branch(branch)
    decision = json.loads(hub.ada.git("show", f"{branch}:{STAGE}/decision.json"))
    text = json.dumps({**decision, "reason": "Another."}, sort_keys=True, indent=2, ensure_ascii=False) + "\n"
    hub.ada.git("branch", "other", "main")
    other = commit_by_hand(hub.ada, {f"{STAGE}/decision.json": text.encode()}, "refs/heads/other")
    hub.ada.git("push", "--quiet", "origin", "other")
    _reviewed(hub, "ben", commit_id=other)
    assert "not part of the proposal" in _attested(hub)[0]["passed_over"][0]["reason"]
    _reviewed(hub, "ben", commit_id=hub.ada.git("rev-parse", f"{old}~1").strip())
    assert "another decision" in _attested(hub)[0]["passed_over"][0]["reason"]
    number = _reviewed(hub, "ben")
    assert [each["review"] for each in _attested(hub)[0]["reviews"]] == [number]
    pull = hub.project.pulls[max(hub.project.pulls)]
    pull.reviews[-1].state = "DISMISSED"
    (found,) = _attested(hub)
    assert (found["signed"], found["reviews"], found["passed_over"]) == (True, [], [])
    hub.ada.does("sync")
    assert hub.ada.run("merge", proposal).code == 6
    _reviewed(hub, "ben", "REQUEST_CHANGES")
    assert _attested(hub)[0]["reviews"][0]["verdict"] == "reject"
    hub.cleo.does("approve", proposal, "--key", hub.cleo.key)
    refused = hub.ada.run("merge", proposal)
    assert (refused.code, "ejected by ben" in refused.err) == (6, True), refused


@pytest.mark.slow
def test_gitea_names_the_commit_of_a_review_and_gitlab_does_not(hub: Hub) -> None:
    ada = hub.ada
    _reviews_count(hub)
    _governed(hub, ada.reads("approvers", "add", hub.ben.email, "--forge", "gitea:ben", "-m", "x", "--sign", ada.key))
    proposal = Clerk(ada.desk, ada.folder).reads(
        "promote", "fraud", "2", "--to", "production", "-m", "why", "--key", ada.key
    )["proposal"]["id"]
    head = hub.project.git.branch(f"proposals/{proposal}")
    app = GiteaStandIn(PROJECT, hub.project.git.path)
    app.add_token("token-of-ci", "ci")
    with serving(app) as address:
        ci = hub.ci.having(GITREG_FORGE="gitea", GITREG_FORGE_URL=address)
        forge = {"GITREG_FORGE_TOKEN": "token-of-ci"}
        clock = Clock(lambda: datetime.now(UTC))
        made = forge_of(hub.server.url(PROJECT), forge, clock, None, ForgeSetting("gitea", address))
        number = made.open_pull_request(f"proposals/{proposal}", "main", title="x", body="x").number
        app.review(number, "Ben", "APPROVED", head)
        app.review(number, "cleo", "APPROVED", head, dismissed=True)
        (found,) = ci.reads("proposals", "attest", str(number), "--key", ci.key)
    assert [(each["handle"], each["commit"]) for each in found["reviews"]] == [("gitea:ben", head)]
    assert found["passed_over"] == []
    lab = GitLabStandIn(PROJECT, hub.project.git.path)
    lab.add_token("token-of-ci", "ci")
    with serving(lab) as address:
        ci = hub.ci.having(GITREG_FORGE="gitlab", GITREG_FORGE_URL=address)
        made = forge_of(hub.server.url(PROJECT), forge, clock, None, ForgeSetting("gitlab", address))
        number = made.open_pull_request(f"proposals/{proposal}", "main", title="x", body="x").number
        lab.approve(number, "ben")
        told = ci.run("proposals", "attest", str(number), "--key", ci.key)
    assert (told.code, "does not say which commit" in told.err, "gitreg approve" in told.err) == (6, True, True), told


def test_a_key_that_may_not_attest_is_told_so(hub: Hub) -> None:
    proposal = hub.proposed(2)
    told = hub.ben.run("proposals", "attest", proposal, "--key", hub.ben.key)
    assert (told.code, "may not attest" in told.err) == (6, True), told


def test_where_the_policy_asks_for_signatures_no_review_is_attested(hub: Hub) -> None:
    ada, ci = hub.ada, hub.ci
    accounts = ("--forge", "github:ben")
    _governed(hub, ada.reads("approvers", "add", hub.ben.email, *accounts, "-m", "x", "--sign", ada.key))
    key = ("--key", ci.public_key, "--attests")
    _governed(hub, ada.reads("approvers", "add", ci.email, *key, "-m", "x", "--sign", ada.key))
    hub.proposed(2)
    _reviewed(hub, "ben")
    (found,) = _attested(hub)
    assert (found["signed"], found["reviews"]) == (False, [])
    assert "takes a signature" in found["passed_over"][0]["reason"]
