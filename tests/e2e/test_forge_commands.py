"""Commands on a forge: pull requests, statements from comments, CI's report, forks, rules of branches."""

from __future__ import annotations

import json
import subprocess
import sys
from datetime import UTC, datetime
from typing import Literal

import httpx
import pytest

from gitreg.forges import Clock, ForgeSetting, forge_of
from gitreg.testing.forges import GiteaStandIn, GitLabStandIn
from tests.e2e.clerk import Clerk, assert_clean, commit_by_hand
from tests.e2e.forge_hub import PROJECT, STAGE, Hub
from tests.forges.serving import serving

# --- a pull request --------------------------------------------------------------------------------------------------


def test_promote_opens_a_pull_request_that_says_what_the_commit_says(hub: Hub) -> None:
    told = hub.ada.reads("promote", "fraud", "2", "--to", "production", "-m", "Better.", "--key", hub.ada.key)
    pull, proposal = hub.only_pull(), told["proposal"]
    assert told["pull_request"].endswith(f"/{pull.number}")
    assert (pull.title, pull.base, pull.head) == ("fraud: production 1 -> 2", "main", f"proposals/{proposal['id']}")
    assert pull.body.startswith("###") or pull.body.startswith("**"), pull.body
    assert pull.body.rstrip().splitlines()[-1] == f"Decision: {proposal['decision']}"
    assert hub.project.git.title_of(pull.head_sha) == pull.title


def test_without_a_token_one_line_says_how(hub: Hub) -> None:
    told = hub.ada.having(GITREG_FORGE_TOKEN="").run(
        "promote", "fraud", "2", "--to", "production", "-m", "why", "--key", hub.ada.key
    )
    assert (told.code, hub.project.pulls) == (0, {})
    (line,) = told.err.splitlines()
    assert "GITREG_FORGE_TOKEN" in line
    assert_clean(told.err)


@pytest.mark.parametrize(
    "wrong",
    [
        {"GITREG_FORGE_URL": "http://127.0.0.1:9"},
        {"GITREG_FORGE_TOKEN": "nobody"},
        {"GITREG_FORGE": "sourceforge"},
        {"GITREG_FORGE_URL": "http://forge.example.org"},
    ],
    ids=["not reached", "refused", "unknown", "in the clear"],
)
def test_a_forge_that_does_not_answer_never_fails_the_promotion(hub: Hub, wrong: dict[str, str]) -> None:
    ada = hub.ada.having(**wrong)
    told = ada.run("promote", "fraud", "2", "--to", "production", "-m", "why", "--key", ada.key)
    assert (told.code, hub.project.pulls) == (0, {}), told
    assert "Proposed fraud-2-production-" in told.out
    assert "No pull request was opened" in told.err
    assert_clean(told.err)


def test_a_remote_that_is_on_no_forge_is_passed_over_in_silence(hub: Hub) -> None:
    ada = Clerk(hub.ada.desk, hub.ada.folder)
    told = ada.run("promote", "fraud", "2", "--to", "production", "-m", "why", "--key", ada.key)
    assert (told.code, told.err) == (0, "")


def test_a_token_of_gits_credential_helper_is_asked_for_the_forge_alone(hub: Hub) -> None:
    helper = '!f() { echo "asked $1" >> "$HOME/asked"; cat >> "$HOME/asked"; echo password=token-of-ada; }; f'
    with (hub.ada.desk.home / ".gitconfig").open("a") as config:
        config.write(f'[credential "{hub.address}"]\n\tusername = ada\n\thelper = {json.dumps(helper)}\n')
    hub.ada.having(GITREG_FORGE_TOKEN="").does("promote", "fraud", "2", "--to", "production", "-m", "why")
    assert hub.only_pull().author.login == "ada"
    asked = (hub.ada.desk.home / "asked").read_text()
    assert f"host={hub.address.removeprefix('http://')}" in asked
    assert hub.server.host not in asked


def test_without_httpx_one_line_says_what_to_install(hub: Hub) -> None:
    ada = hub.ada
    start = "import sys; sys.modules['httpx'] = None; from gitreg.cli import main; sys.exit(main())"
    command = ("promote", "fraud", "2", "--to", "production", "-m", "why", "--key", str(ada.key))
    done = subprocess.run(
        [sys.executable, "-c", start, *command],
        cwd=ada.folder,
        env={**ada.desk.environment, **ada.extra},
        capture_output=True,
        text=True,
        check=False,
        timeout=60,
    )
    assert (done.returncode, hub.project.pulls) == (0, {}), done.stderr
    (line,) = done.stderr.splitlines()
    assert "pip install 'gitreg[forges]'" in line


def test_a_rehearsal_opens_nothing(hub: Hub) -> None:
    hub.ada.does("promote", "fraud", "2", "--to", "production", "-m", "why", "--dry-run")
    assert (hub.project.pulls, hub.checked.count) == ({}, 0)


# --- collecting ------------------------------------------------------------------------------------------------------


def _approved_by_comment(hub: Hub, proposal: str, who: Clerk) -> str:
    """Somebody who may not push signs, and puts what is printed below the pull request with a word of her own."""
    block = who.does("approve", proposal, "--print", "--key", who.key, "-m", "Fits `region` ```too```.")
    account = hub.app._accounts[who.name]
    text = f"Looks good to me!\n\n{block}\nThanks.".replace("\n", "\r\n")  # as GitHub's text field sends it
    hub.app.say(hub.project, hub.only_pull().number, account, text)
    return block


def test_statements_of_refs_comments_and_files_are_sealed_in_one_commit(hub: Hub) -> None:
    proposal = hub.proposed(2)
    before = hub.only_pull().head_sha
    block = _approved_by_comment(hub, proposal, hub.ben)
    assert hub.ben.reads("proposals", "show", proposal)["people"]["approved_by"] == []
    told = hub.ada.reads("collect", proposal, "-m", "All of them.")
    assert "All of them." in hub.ada.git("log", "-1", "--format=%B", told["commit"])
    assert (told["met"], [each["where"] for each in told["statements"]][-1][:14]) == (True, "ben's comment ")
    tip = hub.ada.git("rev-parse", f"refs/heads/proposals/{proposal}", cwd=hub.project.git.path).strip()
    assert (tip, hub.project.git.count(before, tip)) == (told["commit"], 1)
    (hub.root / "ben.md").write_text(block)
    again = hub.ada.reads("collect", proposal, "--from", hub.root / "ben.md")
    assert (again["commit"], again["met"]) == (None, True)


def test_nothing_is_sealed_before_the_policy_is_met_so_that_the_head_moves_once(hub: Hub) -> None:
    proposal = hub.proposed(2)
    head = hub.only_pull().head_sha
    told = hub.ada.run("collect", proposal, "--json")
    assert (told.code, told.json["commit"], told.json["met"]) == (1, None, False)
    assert hub.project.git.branch(f"proposals/{proposal}") == head
    assert "Needs 1 approval" in hub.ada.run("collect", proposal).out


def test_a_statement_that_does_not_fit_is_refused_by_name_and_stops_nobody(hub: Hub) -> None:
    proposal = hub.proposed(2)
    block = _approved_by_comment(hub, proposal, hub.ben)
    eve = hub.clerk("eve")
    number, account = hub.only_pull().number, hub.app._accounts["eve"]
    hub.app.say(hub.project, number, account, block.replace("Fits", "Fots"))
    hub.app.say(hub.project, number, account, "```gitreg-statement\n{}\n```")
    hub.app.say(hub.project, number, account, "```gitreg-statement\nnever closed \x1b[31m")
    stolen = hub.cleo.does("approve", proposal, "--print", "--key", hub.cleo.key).replace("cleo@", "eve@")
    hub.app.say(hub.project, number, account, stolen)
    told = hub.ada.reads("collect", proposal)
    assert told["met"]
    refused = [each for each in told["statements"] if not each["taken"]]
    assert len(refused) == 4
    assert all(each["reason"] and each["where"].startswith("eve's comment") for each in refused)
    assert eve.name not in str([each for each in told["statements"] if each["taken"]])
    assert_clean(hub.ada.run("collect", proposal).out)


def test_an_approval_of_another_decision_is_not_taken(hub: Hub) -> None:
    proposal = hub.proposed(2)
    block = hub.ben.does("approve", proposal, "--print", "--key", hub.ben.key)
    hub.ada.does("close", proposal)
    again = hub.proposed(2)
    (hub.root / "old.md").write_text(block)
    told = hub.ada.run("collect", again, "--from", hub.root / "old.md", "--json")
    assert told.code == 1
    assert "is about the decision" in next(each["reason"] for each in told.json["statements"] if not each["taken"])


def test_a_rejection_in_a_comment_is_heard(hub: Hub) -> None:
    """There is no `reject --print`: a rejection is pushed, or said by closing; what is signed counts all the same."""
    proposal = hub.proposed(2)
    hub.cleo.does("reject", proposal, "-m", "It leaks.", "--key", hub.cleo.key)
    _approved_by_comment(hub, proposal, hub.ben)
    told = hub.ada.run("collect", proposal)
    assert (told.code, "rejected by cleo@example.org" in told.err) == (6, True), told


def test_where_the_comments_cannot_be_read_the_rest_is_collected_and_said(hub: Hub) -> None:
    proposal = hub.proposed(2)
    hub.ben.does("approve", proposal, "--key", hub.ben.key)
    stranger = {"GITREG_FORGE_TOKEN": "nobody"}
    told = hub.ada.having(**stranger).run("collect", proposal)
    assert (told.code, "Comments were not read" in told.err) == (0, True), told


@pytest.mark.parametrize("kind", ["gitlab", "gitea"])
def test_the_other_forges_open_report_and_collect_as_well(hub: Hub, kind: Literal["gitlab", "gitea"]) -> None:
    stand_in = GitLabStandIn if kind == "gitlab" else GiteaStandIn
    app = stand_in(PROJECT, hub.project.git.path)
    for name in ("ada", "ben"):
        app.add_token(f"token-of-{name}", name)
    with serving(app) as address:
        ada, ben = (each.having(GITREG_FORGE=kind, GITREG_FORGE_URL=address) for each in (hub.ada, hub.ben))
        told = ada.reads("promote", "fraud", "2", "--to", "production", "-m", "why", "--key", ada.key)
        proposal = told["proposal"]["id"]
        assert ada.reads("proposals", "comment", proposal)["pull_request"] == told["pull_request"]
        environ = {"GITREG_FORGE_TOKEN": "token-of-ben"}
        setting = ForgeSetting(kind, address)
        forge = forge_of(hub.server.url(PROJECT), environ, Clock(lambda: datetime.now(UTC)), None, setting)
        block = ben.does("approve", proposal, "--print", "--key", ben.key)
        forge.upsert_comment(forge.pull_request(f"proposals/{proposal}").number, "mine", block)
        collected = ada.reads("collect", proposal)
    assert (collected["met"], collected["commit"] is not None) == (True, True)


# --- merging ---------------------------------------------------------------------------------------------------------


def test_merge_says_below_the_pull_request_where_it_landed_and_closes_it(hub: Hub) -> None:
    proposal = hub.proposed(2)
    hub.ben.does("approve", proposal, "--key", hub.ben.key)
    told = hub.ada.reads("merge", proposal)
    pull = hub.only_pull()
    assert told["pull_request"].endswith(f"/{pull.number}")
    assert pull.state == "closed"
    (comment,) = hub.project.comments.values()
    assert comment.body.splitlines()[-1] == f"Landed on main as {told['landed']}."


@pytest.mark.parametrize(
    ("wrong", "words"),
    [
        ({"GITREG_FORGE_TOKEN": ""}, "there is no token"),
        ({"GITREG_FORGE_TOKEN": "nobody"}, "was not closed"),
        ({"GITREG_FORGE_URL": "http://127.0.0.1:9"}, "was not closed"),
    ],
    ids=["no token", "refused", "not reached"],
)
def test_a_merge_is_one_whatever_becomes_of_its_pull_request(hub: Hub, wrong: dict[str, str], words: str) -> None:
    proposal = hub.proposed(2)
    hub.ben.does("approve", proposal, "--key", hub.ben.key)
    told = hub.ada.having(**wrong).run("merge", proposal)
    assert told.code == 0, told
    (line,) = told.err.splitlines()
    assert words in line
    assert_clean(told.err)


# --- the report of CI ------------------------------------------------------------------------------------------------


def test_ci_keeps_one_comment_and_a_check_with_annotations(hub: Hub) -> None:
    proposal = hub.proposed(2)
    pull = hub.only_pull()
    told = hub.ci.reads("proposals", "comment", str(pull.number))
    (first,) = hub.project.comments.values()
    assert (told["commit"], told["check"]) == (pull.head_sha, "pending")
    assert [each["rule"] for each in told["findings"]] == ["approvals"]
    assert "Waits for 1 approval" in first.body, first.body
    hub.ben.does("approve", proposal, "--key", hub.ben.key)
    assert hub.ci.reads("proposals", "comment", proposal)["check"] == "success"
    (second,) = hub.project.comments.values()
    assert second.number == first.number
    assert "pproved" in second.body, second.body
    assert {each.name for each in hub.project.checks.values()} == {"gitreg"}


def test_what_waits_for_people_passes_only_where_that_is_asked_of_a_proposal(hub: Hub) -> None:
    proposal = hub.proposed(2)
    ask = ("validate", "--base", "origin/main", "--head", f"proposals/{proposal}")
    assert hub.ada.run(*ask).code == 1
    waiting = hub.ada.run(*ask, "--awaiting", "pass")
    assert (waiting.code, "1 approval" in waiting.out) == (0, True), waiting
    hub.cleo.does("reject", proposal, "-m", "It leaks.", "--key", hub.cleo.key)
    hub.ada.does("sync")
    assert hub.ada.run(*ask, "--awaiting", "pass").code == 1
    for wrong in (("--push",), ("--facts", "main..main")):
        told = hub.ada.run(*ask, "--awaiting", "pass", *wrong)
        assert (told.code, "wait for nobody" in told.err) == (2, True), told


def test_what_no_proposal_may_do_is_red_and_stands_beside_its_file(hub: Hub) -> None:
    ada = hub.ada
    ada.git("fetch", "--quiet", "origin")
    ada.git("update-ref", "refs/heads/mine", "refs/remotes/origin/main")
    commit_by_hand(ada, {f"{STAGE}/version.json": b"{}\n", "README.md": b"@team <!-- x -->\n"}, "refs/heads/mine")
    ada.git("push", "--quiet", "origin", "mine")
    made = httpx.post(
        f"{hub.address}/api/v3/repos/{PROJECT}/pulls",
        json={"head": "mine", "base": "main", "title": "x", "body": "x"},
        headers={"Authorization": "Bearer token-of-ada"},
        timeout=30,
    )
    told = hub.ci.reads("proposals", "comment", f"#{made.json()['number']}")
    assert told["check"] == "failure"
    (check,) = hub.project.checks.values()
    assert f"{STAGE}/version.json" in {each["path"] for each in check.annotations}
    (comment,) = hub.project.comments.values()
    assert "named-path" in comment.body or "owned-path" in comment.body, comment.body


# --- forks, rules of branches ----------------------------------------------------------------------------------------


def test_a_fork_is_adopted_as_objects_and_can_then_be_approved(hub: Hub) -> None:
    """Eve may not push here: she proposes in a fork of her own, by the same means."""
    fork = hub.root / "served/eve/models"
    fork.parent.mkdir()
    hub.ada.git("clone", "--quiet", "--bare", str(hub.project.git.path), str(fork), cwd=hub.root)
    theirs = hub.app.add_project("eve/models", fork, fork_of=PROJECT)
    eve = Clerk(hub.clerk("eve").desk, hub.root / "eve")
    eve.at(hub.root).git("clone", "--quiet", hub.server.url("eve/models"), "eve")
    eve.does("use", "--blobs", str(hub.root / "bytes"))
    proposal = eve.reads("promote", "fraud", "2", "--to", "production", "-m", "why")["proposal"]["id"]
    made = httpx.post(
        f"{hub.address}/api/v3/repos/{PROJECT}/pulls",
        json={"head": f"eve:proposals/{proposal}", "base": "main", "title": "mine", "body": ""},
        headers={"Authorization": "Bearer token-of-eve"},
        timeout=30,
    )
    number = str(made.json()["number"])
    adopted = hub.ada.reads("proposals", "adopt", number)
    assert (adopted["id"], adopted["proposer"]) == (proposal, "eve@example.org")
    assert hub.project.git.branch(f"proposals/{proposal}") == theirs.git.branch(f"proposals/{proposal}")
    assert hub.ada.reads("proposals", "adopt", number)["id"] == proposal
    hub.ben.does("approve", proposal, "--key", hub.ben.key)
    assert "Unsigned" not in hub.ben.reads("proposals", "show", proposal)["state"]


@pytest.mark.parametrize("kind", ["gitlab", "gitea"])
def test_a_fork_is_adopted_on_the_other_forges_as_well(hub: Hub, kind: Literal["gitlab", "gitea"]) -> None:
    """Over the network: its head is a ref of the base's repository, named as that forge names it."""
    fork = hub.root / "served/eve/models"
    fork.parent.mkdir()
    hub.ada.git("clone", "--quiet", "--bare", str(hub.project.git.path), str(fork), cwd=hub.root)
    eve = Clerk(hub.clerk("eve").desk, hub.root / "eve")
    eve.at(hub.root).git("clone", "--quiet", hub.server.url("eve/models"), "eve")
    eve.does("use", "--blobs", str(hub.root / "bytes"))
    proposal = eve.reads("promote", "fraud", "2", "--to", "production", "-m", "why")["proposal"]["id"]
    app = (GitLabStandIn if kind == "gitlab" else GiteaStandIn)(PROJECT, hub.project.git.path)
    app.add_token("token-of-ada", "ada")
    number = app.from_fork(fork, f"proposals/{proposal}", "eve")
    with serving(app) as address:
        ada = hub.ada.having(GITREG_FORGE=kind, GITREG_FORGE_URL=address)
        adopted = ada.reads("proposals", "adopt", str(number))
        assert (adopted["id"], adopted["proposer"]) == (proposal, "eve@example.org")
        tip = hub.project.git.branch(f"proposals/{proposal}")
        commit_by_hand(eve, {f"{STAGE}/more.json": b"{}\n"}, f"refs/heads/proposals/{proposal}")
        eve.git("push", "--quiet", "origin", f"proposals/{proposal}")
        told = ada.run("proposals", "adopt", str(number))
    assert (told.code, "extra-path" in told.out) == (1, True), told
    assert hub.project.git.branch(f"proposals/{proposal}") == tip != ""


def test_a_fork_that_does_more_than_it_says_is_not_adopted(hub: Hub) -> None:
    proposal = hub.proposed(2)
    commit_by_hand(hub.ada, {f"{STAGE}/more.json": b"{}\n"}, f"refs/heads/proposals/{proposal}")
    hub.ada.git("push", "--quiet", "origin", f"proposals/{proposal}")
    told = hub.ada.run("proposals", "adopt", str(hub.only_pull().number))
    assert told.code == 1, told
    assert "extra-path" in told.out


def test_doctor_says_which_promise_each_missing_rule_breaks_and_nothing_once_they_are_there(hub: Hub) -> None:
    bare = hub.ada.reads("doctor")
    kinds = {(each["kind"], each["subject"]) for each in bare}
    assert {("branch-force-push", "main"), ("branch-force-push", "ledger"), ("branch-pull-request", "main")} <= kinds
    for more in ((), ("--ledger",)):
        text = hub.ada.does("protect", "production", "--approvals", "2", "--print", "github", *more)
        hub.project.rule_sets[len(hub.project.rule_sets) + 1] = json.loads(text)
    assert [each for each in hub.ada.reads("doctor") if each["kind"].startswith("branch-")] == []


def test_doctor_without_a_token_says_nothing_of_branches(hub: Hub) -> None:
    found = hub.ada.having(GITREG_FORGE_TOKEN="").reads("doctor")
    assert [each for each in found if each["kind"].startswith("branch-")] == []


def test_owners_of_the_stage_are_the_people_of_the_group(hub: Hub) -> None:
    text = hub.ada.does("protect", "production", "--group", "leads", "--print", "github", "--codeowners")
    team = "ada@example.org ben@example.org cleo@example.org"
    for path in ("models/*/stages/production/", "models/*/holds/", "rights.json", "policies/", ".gitlab-ci.yml"):
        assert f"/{path} {team}" in text.splitlines()
    told = hub.ada.run("protect", "production", "--group", "nobody", "--print", "gitlab", "--codeowners")
    assert (told.code, "nobody" in told.err) == (3, True)
    assert hub.ada.run("protect", "staging", "--print", "github").code == 3
    for kind in ("github", "gitlab", "gitea"):
        assert json.loads(hub.ada.does("protect", "production", "--print", kind))


def test_statements_beyond_what_is_read_are_said_to_be_there(hub: Hub) -> None:
    proposal = hub.proposed(2)
    account = hub.app._accounts["ada"]
    for number in range(11):
        hub.app.say(hub.project, hub.only_pull().number, account, f"```gitreg-statement\n{number}\n```\n" * 60)
    told = hub.ada.run("collect", proposal)
    assert (told.code, "50 more statements" in told.err) == (1, True), told.err
