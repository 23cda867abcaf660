"""From a proposal to production, in real repositories."""

from __future__ import annotations

import os
import re
import subprocess
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager
from datetime import timedelta
from typing import TYPE_CHECKING

import pytest

from gitreg.decisions import Look, Word, add_person, agent_signer, choose_signer
from gitreg.errors import (
    AlreadyExists,
    ApprovalRefused,
    NotApproved,
    NotInForce,
    ProposalClosed,
    ProposalExpired,
    ProposalNotFound,
    ProposalRejected,
    StageNotFound,
    StaleProposal,
    VersionHeld,
)
from tests.decisions.clones import Person, Town, protected_files
from tests.decisions.world import TARGET, Signed, candidate, key, mail, version

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def town(tmp_path: Path) -> Town:
    town = Town(tmp_path)
    town.create(protected_files())
    return town


@pytest.fixture
def ada(town: Town) -> Person:
    return town.person("ada")


@pytest.fixture
def ben(town: Town) -> Person:
    return town.person("ben")


def test_a_proposal_is_approved_in_another_clone_and_merged_in_a_third(town: Town, ada: Person, ben: Person) -> None:
    outcome = ada.promote(candidate(1))
    assert outcome.landed is None
    assert outcome.proposal is not None
    name = outcome.proposal.id
    assert name.startswith("fraud-1-production-")
    assert outcome.title == "fraud: production -> 1"

    said = ben.proposals.approve(name, ben.signer, Word("approve", "looks right", decision=outcome.proposal.digest))
    assert said.counts
    assert said.proposal.state == "approved"

    cara = town.person("cara")
    landing = cara.proposals.merge(name)
    assert landing.title == "fraud: production -> 1"
    commit = cara.store.commit(cara.office.main)
    assert (commit.author.email, commit.committer.email) == ("ada@example.org", "cara@example.org")
    assert len(commit.parents) == 1
    assert town.origin.tip("refs/heads/main") == commit.id
    assert town.origin.refs("refs/heads/proposals/") == {}
    assert town.origin.refs("refs/gitreg/") == {}

    ada.office.refresh()
    assert ada.number(TARGET) == 1
    assert ada.proposals.list() == []
    assert ada.proposals.get(name).state == "merged"
    standing = ada.record.resolve("fraud", "production")
    assert standing.version == version(1)
    assert standing.approved_by == ("ben@example.org",)


def test_on_an_unprotected_stage_it_lands_at_once(town: Town, ada: Person) -> None:
    outcome = ada.promote(candidate(1), "staging")
    assert outcome.landed
    assert outcome.landed == town.origin.tip("refs/heads/main")
    assert outcome.unreviewed
    assert outcome.title == "fraud: staging -> 1 (unreviewed)"
    assert ada.store.commit(outcome.landed).subject == outcome.title


def test_a_dry_run_changes_nothing(town: Town, ada: Person) -> None:
    before = town.origin.refs()
    outcome = ada.proposals.promote(candidate(1), "production", "because", signer=ada.signer, dry_run=True)
    assert (outcome.landed, outcome.proposal) == (None, None)
    assert outcome.people is not None
    assert outcome.people.missing == ("1 approval from any approver",)
    assert town.origin.refs() == before


def proposed(ada: Person, number: int = 1) -> str:
    proposal = ada.promote(candidate(number)).proposal
    assert proposal is not None
    return str(proposal.id)


def test_an_unapproved_proposal_does_not_merge(ada: Person) -> None:
    name = proposed(ada)
    with pytest.raises(NotApproved, match="Needs 1 approval"):
        ada.proposals.merge(name)


def test_the_authors_approval_records_what_she_owes_and_is_none(ada: Person) -> None:
    proposal = ada.promote(candidate(1), signed=False).proposal
    assert proposal is not None
    assert not proposal.people.proposed
    said = ada.proposals.approve(proposal.id, ada.signer)
    assert (said.verdict, said.counts) == ("propose", False)
    assert "not an approval" in said.note
    assert said.proposal.people.proposed
    with pytest.raises(NotApproved):
        ada.proposals.merge(proposal.id)


def test_a_stranger_cannot_approve(town: Town, ada: Person) -> None:
    name = proposed(ada)
    mallory = town.person("mallory")
    with pytest.raises(ApprovalRefused, match="belongs to nobody"):
        mallory.proposals.approve(name, mallory.signer)


def test_another_persons_key_is_the_wrong_key(ada: Person, ben: Person) -> None:
    name = proposed(ada)
    with pytest.raises(ApprovalRefused, match=r"This key is ada@example[.]org's"):
        ben.proposals.approve(name, ada.signer)


def test_a_changed_decision_is_not_approved_blindly(ada: Person, ben: Person) -> None:
    name = proposed(ada)
    with pytest.raises(ApprovalRefused, match="it changed"):
        ben.proposals.approve(name, ben.signer, Word("approve", decision="0123456789abcdef"))


def test_a_rejected_proposal_does_not_merge_until_its_critic_agrees(ada: Person, ben: Person) -> None:
    name = proposed(ada)
    assert ben.proposals.reject(name, ben.signer, "the data is old").proposal.state == "rejected"
    with pytest.raises(ProposalRejected, match=r"ben@example[.]org"):
        ada.proposals.merge(name)
    ben.proposals.approve(name, ben.signer)
    ada.proposals.merge(name)
    assert ada.number(TARGET) == 1


def test_a_closed_proposal_keeps_its_commits(town: Town, ada: Person, ben: Person) -> None:
    name = proposed(ada)
    ben.proposals.reject(name, ben.signer, "no")
    assert ada.proposals.close(name).state == "closed"
    assert list(town.origin.refs("refs/gitreg/")) == [f"refs/gitreg/closed/{name}"]
    with pytest.raises(ProposalClosed):
        ben.proposals.approve(name, ben.signer)
    with pytest.raises(ProposalClosed):
        ben.proposals.merge(name)
    assert [view.state for view in ben.proposals.list(all=True)] == ["closed"]


def test_the_second_of_two_proposals_is_stale(ada: Person, ben: Person) -> None:
    one, two = proposed(ada, 1), proposed(ada, 2)
    for name in (one, two):
        ben.proposals.approve(name, ben.signer)
    ada.proposals.merge(one)
    assert ada.proposals.get(two).state == "stale"
    with pytest.raises(StaleProposal, match="was made to replace"):
        ada.proposals.merge(two)
    with pytest.raises(ProposalClosed, match="was merged"):
        ada.proposals.merge(one)


def test_a_proposal_expires(town: Town, ada: Person, ben: Person) -> None:
    name = proposed(ada)
    ben.proposals.approve(name, ben.signer)
    town.clock.at += timedelta(days=31)
    assert ada.proposals.get(name).state == "expired"
    with pytest.raises(ProposalExpired):
        ada.proposals.merge(name)
    with pytest.raises(ProposalExpired):
        ben.proposals.approve(name, ben.signer)


def test_there_is_no_such_proposal(ada: Person) -> None:
    with pytest.raises(ProposalNotFound):
        ada.proposals.merge("fraud-1-production-0000")
    with pytest.raises(ProposalNotFound):
        ada.proposals.get("No Such Thing")


def in_production(ada: Person, ben: Person, number: int) -> None:
    name = proposed(ada, number)
    ben.proposals.approve(name, ben.signer)
    ada.proposals.merge(name)


def test_a_rollback_is_one_command_of_one_person(ada: Person, ben: Person) -> None:
    in_production(ada, ben, 1)
    in_production(ada, ben, 2)
    outcome = ben.proposals.rollback(TARGET, "it is wrong at night", signer=ben.signer)
    assert outcome.landed is not None
    assert outcome.title == "fraud: production 2 -> 1 (rollback)"
    assert ben.number(TARGET) == 1
    (hold,) = ben.record.holds()
    assert (hold.model, hold.number, hold.stages, hold.reason) == ("fraud", 2, ("production",), "it is wrong at night")
    with pytest.raises(VersionHeld, match="wrong at night"):
        ada.promote(candidate(2))
    lift = ada.proposals.lift(TARGET, version(2).digest, "mended", signer=ada.signer)
    assert lift.proposal is not None
    ben.proposals.approve(lift.proposal.id, ben.signer)
    ben.proposals.merge(lift.proposal.id)
    assert ben.record.holds() == []
    assert ben.number(TARGET) == 1


def test_promoting_to_where_it_is_or_to_nowhere_is_refused(ada: Person, ben: Person) -> None:
    in_production(ada, ben, 1)
    with pytest.raises(AlreadyExists):
        ada.promote(candidate(1))
    with pytest.raises(StageNotFound, match="There is no stage shadow"):
        ada.promote(candidate(1), "shadow")


def test_a_withdrawn_stage_and_one_never_set_resolve_to_nothing(ada: Person) -> None:
    with pytest.raises(StageNotFound, match="Nothing was ever decided"):
        ada.record.resolve("fraud", "staging")
    ada.promote(candidate(1), "staging")
    ada.proposals.withdraw("fraud", "staging", "not needed")
    with pytest.raises(StageNotFound, match="withdrawn"):
        ada.record.resolve("fraud", "staging")


def test_a_pointer_forced_in_by_hand_does_not_resolve_and_names_what_was(ada: Person, ben: Person) -> None:
    in_production(ada, ben, 1)
    old = ada.office.main
    path = f"{TARGET.folder}/decision.json"
    data = (ada.office.snapshot().read(path) or b"").replace(b'"number": 1', b'"number": 9')
    ada.office.land(lambda _: {path: data}, ada.office.text("hand edit\n"))
    with pytest.raises(NotInForce) as caught:
        ada.record.resolve("fraud", "production")
    assert caught.value.hint == "In force last was version 1: models:/fraud/1"
    assert {finding.rule for finding in Look(ada.office, old, ada.office.main, is_push=True).findings()} >= {"stale"}


def test_people_govern_themselves(town: Town, ada: Person, ben: Person) -> None:
    edits = add_person(ada.office.snapshot(), mail("dora"), key("dora"), ("risk",))
    outcome = ada.proposals.govern(edits, "she joins", signer=ada.signer)
    assert outcome.proposal is not None
    assert outcome.proposal.id.startswith("govern-")
    assert outcome.title == "governance: allowed_signers, approvers.json"
    ben.proposals.approve(outcome.proposal.id, ben.signer)
    ben.proposals.merge(outcome.proposal.id)
    name = proposed(ada)
    dora = town.person("dora")
    assert dora.proposals.approve(name, dora.signer).counts


def test_the_log_tells_what_landed(ada: Person, ben: Person) -> None:
    in_production(ada, ben, 1)
    in_production(ada, ben, 2)
    ben.proposals.rollback(TARGET, "back", signer=ben.signer)
    titles = [landing.title for landing in ben.record.log()]
    assert titles == ["fraud: production 2 -> 1 (rollback)", "fraud: production 1 -> 2", "fraud: production -> 1"]
    base, head = (landing.entry.place.commit for landing in (ben.record.log()[2], ben.record.log()[1]))
    (change,) = ben.record.changes(base, head)
    assert (change.target, change.before and change.before.number, change.after and change.after.number) == (
        TARGET,
        1,
        2,
    )


def test_ci_says_what_a_proposal_lacks_and_that_a_push_is_good(ada: Person, ben: Person) -> None:
    old = ada.office.main
    name = proposed(ada)
    branch = ada.store.branches.proposal(name)
    ada.office.refresh()
    found = ada.record.validate(ada.store.branches.main, branch)
    assert [finding.rule for finding in found] == ["approvals"]
    ben.proposals.approve(name, ben.signer)
    ada.office.refresh()
    assert ada.record.validate(ada.store.branches.main, branch) == []
    ada.proposals.merge(name)
    assert ada.record.validate(old, ada.store.branches.main, is_push=True) == []


@pytest.mark.parametrize(
    "merge",
    [
        [["merge", "-q", "--no-ff", "-m", "Merge pull request", "BRANCH"]],
        [["merge", "-q", "--squash", "BRANCH"], ["commit", "-q", "-m", "Squashed"]],
        [["merge", "-q", "--ff-only", "BRANCH"]],
        [["cherry-pick", "main..BRANCH"]],
    ],
    ids=["merge", "squash", "fast-forward", "rebase"],
)
def test_any_way_of_merging_a_sealed_proposal_is_good(ada: Person, ben: Person, merge: list[list[str]]) -> None:
    name = proposed(ada)
    ben.proposals.reject(name, ben.signer, "wait")
    ben.proposals.approve(name, ben.signer)
    assert ada.proposals.collect(name).state == "approved"
    old = ada.office.main
    if merge[0][0] != "merge" or "--ff-only" not in merge[0]:
        git(ada, "commit", "-q", "--allow-empty", "-m", "something else")
    for command in merge:
        git(ada, *(word.replace("BRANCH", f"proposals/{name}") for word in command))
    assert ada.number(TARGET) == 1
    assert ada.record.validate(old, "main", is_push=True) == []


def test_a_proposal_merged_too_early_is_completed_by_its_approval(ada: Person) -> None:
    name = proposed(ada)
    git(ada, "merge", "-q", "--no-ff", "-m", "too early", f"proposals/{name}")
    with pytest.raises(NotInForce, match="Needs 1 approval"):
        ada.record.resolve("fraud", "production")
    assert [finding.rule for finding in ada.record.validate("main~1", "main", is_push=True)] == ["approvals"]
    decision = ada.proposals.get(name).decision
    files = Signed("ben").files(decision, now=ada.store.surroundings.now())
    ada.office.land(lambda _: files, ada.office.text("approved\n"))
    assert ada.number(TARGET) == 1


def git(person: Person, *words: str) -> None:
    environ = {
        **person.store.surroundings.environ,
        "PATH": os.environ["PATH"],
        "HOME": str(person.store.surroundings.home),
    }
    subprocess.run(["git", *words], cwd=person.store.path, env=environ, check=True, capture_output=True)


def test_two_people_who_merge_at_once_land_one_commit(town: Town, ada: Person, ben: Person) -> None:
    one, two = proposed(ada, 1), proposed(ada, 2)
    for name in (one, two):
        ben.proposals.approve(name, ben.signer)
    with ThreadPoolExecutor(2) as pool:
        done = [pool.submit(person.proposals.merge, name) for person, name in ((ada, one), (ben, two))]
    errors = [each.exception() for each in done]
    assert sorted(type(error).__name__ for error in errors) == ["NoneType", "StaleProposal"]
    assert len(list(town.origin.first_parents("main"))) == 2


def test_the_signer_is_gits_own_key(ada: Person) -> None:
    rules, me = ada.proposals.people(), ada.office.actor().principal
    assert choose_signer(rules, me, {}) is None
    found = choose_signer(rules, me, {}, str(ada.key))
    assert found is not None
    assert found.public_key == ada.signer.public_key
    assert choose_signer(rules, me, {}, "0xDEADBEEF") is None


@pytest.mark.slow
@pytest.mark.usefixtures("openssh")
def test_the_signer_is_the_agents_that_is_listed(ada: Person, ben: Person) -> None:
    rules, me = ada.proposals.people(), ada.office.actor().principal
    with agent(ben.key) as environ:
        assert choose_signer(rules, me, environ) is None
        assert choose_signer(rules, ben.office.actor().principal, environ, "0xDEADBEEF") is not None
        signer = agent_signer(rules, ben.office.actor().principal, environ)
        assert signer is not None
        name = proposed(ada)
        assert ben.proposals.approve(name, signer).counts


@contextmanager
def agent(key: Path) -> Iterator[dict[str, str]]:
    started = subprocess.run(["ssh-agent", "-s"], capture_output=True, text=True, check=True).stdout
    environ = dict(re.findall(r"(SSH_\w+)=([^;]+);", started)) | {"PATH": os.environ["PATH"]}
    try:
        subprocess.run(["ssh-add", "-q", str(key)], env=environ, check=True, capture_output=True)
        yield environ
    finally:
        subprocess.run(["ssh-agent", "-k"], env=environ, check=True, capture_output=True)
