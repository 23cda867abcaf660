"""Checks and overrides in real clones: CI is somebody with a key, who approves nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

import pytest

from gitreg.decisions import Target, Word
from gitreg.documents import (
    ApprovalsRequirement,
    CheckReport,
    CheckRequirement,
    Descriptor,
    Digest,
    FreezeRequirement,
    OverrideClause,
    Policy,
    Window,
)
from gitreg.errors import ApprovalRefused, NotApproved, RuleFailed
from tests.decisions.clones import Town, protected_files
from tests.decisions.world import START, candidate, people

if TYPE_CHECKING:
    from pathlib import Path

    from tests.decisions.clones import Person

TEAM = people(ada=("leads",), ben=("risk",), ci=("ci",))
CHECK = CheckRequirement(kind="check", rule="tests", name="integration", group="ci")
REVIEWED = ApprovalsRequirement(kind="approvals", rule="reviewed", count=1)
FREEZE = FreezeRequirement(
    kind="freeze",
    rule="holidays",
    windows=(Window(start="2026-11-20T00:00", end="2026-11-22T00:00", zone="Europe/Berlin"),),
)
PASSED = CheckReport(name="integration", status="pass")
FAILED = CheckReport(name="integration", status="fail")
REPORT = Descriptor(media_type="application/xml", digest=Digest.of(b"<testsuite/>"), size=12)


@pytest.fixture
def town(tmp_path: Path) -> Town:
    town = Town(tmp_path)
    policy = Policy(requirements=(REVIEWED, CHECK), override=OverrideClause(count=1, group="leads", hours=24))
    town.create(protected_files(TEAM, policy))
    return town


@pytest.fixture
def ada(town: Town) -> Person:
    return town.person("ada")


@pytest.fixture
def ci(town: Town) -> Person:
    return town.person("ci")


def proposed(ada: Person, number: int = 1) -> str:
    outcome = ada.promote(candidate(number))
    assert outcome.proposal is not None
    return outcome.proposal.id


def test_a_promotion_waits_for_its_check_and_lands_with_it(town: Town, ada: Person, ci: Person) -> None:
    name = proposed(ada)
    ben = town.person("ben")
    said = ben.proposals.approve(name, ben.signer, Word("approve", conditions=("recalibrate by 2027-03-31",)))
    assert said.proposal.state == "open"
    assert said.proposal.people.missing == ("the check integration from ci",)
    with pytest.raises(NotApproved, match="integration"):
        ada.proposals.merge(name)
    report = CheckReport(name="integration", status="pass", report=REPORT)
    assert ci.proposals.add_check(name, ci.signer, report).counts
    ada.proposals.merge(name)
    assert ada.number(Target("fraud", "production")) == 1
    view = ada.proposals.get(name)
    assert view.state == "merged"
    conditions = [each.statement.conditions for each in view.statements if each.person == "ben@example.org"]
    assert conditions == [("recalibrate by 2027-03-31",)]
    (check,) = ada.proposals.checks(name)
    assert (check.status, check.person, check.report, check.is_asked_for) == ("pass", "ci@example.org", REPORT, True)


def test_a_failed_check_stops_the_merge_until_it_passes(town: Town, ada: Person, ci: Person) -> None:
    name = proposed(ada)
    ben = town.person("ben")
    ben.proposals.approve(name, ben.signer)
    ci.proposals.add_check(name, ci.signer, FAILED)
    with pytest.raises(RuleFailed, match=r"failed, says ci@example\.org"):
        ada.proposals.merge(name)
    ci.proposals.add_check(name, ci.signer, PASSED)
    ada.proposals.merge(name)


def test_a_later_statement_repeats_what_the_key_said_before(ada: Person, ci: Person) -> None:
    name = proposed(ada)
    ci.proposals.add_check(name, ci.signer, PASSED)
    said = ci.proposals.add_check(name, ci.signer, CheckReport(name="unit", status="fail"))
    assert not said.counts
    assert "No rule asks" in said.note
    found = {each.name: each.status for each in ci.proposals.checks(name)}
    assert found == {"integration": "pass", "unit": "fail"}


def test_a_check_by_somebody_of_another_group_does_not_count_and_says_so(town: Town, ada: Person) -> None:
    name = proposed(ada)
    ben = town.person("ben")
    said = ben.proposals.add_check(name, ben.signer, PASSED)
    assert not said.counts
    assert said.note == "It does not count: it is asked of ci."


def test_one_key_says_checks_or_approves_and_never_both(town: Town, ada: Person, ci: Person) -> None:
    name = proposed(ada)
    ben = town.person("ben")
    ben.proposals.approve(name, ben.signer)
    with pytest.raises(ApprovalRefused, match="approve it already"):
        ben.proposals.add_check(name, ben.signer, PASSED)
    with pytest.raises(ApprovalRefused, match="propose it already"):
        ada.proposals.add_check(name, ada.signer, PASSED)
    ci.proposals.add_check(name, ci.signer, PASSED)
    with pytest.raises(ApprovalRefused, match="signed checks already"):
        ci.proposals.approve(name, ci.signer)


def test_checks_that_are_asked_for_are_listed_before_anybody_ran_them(ada: Person) -> None:
    (found,) = ada.proposals.checks(proposed(ada))
    assert (found.name, found.status, found.is_asked_for) == ("integration", None, True)


def test_what_could_land_at_once_waits_as_a_proposal_in_a_freeze_and_merge_refuses(tmp_path: Path) -> None:
    town = Town(tmp_path)
    town.create(protected_files(TEAM, Policy(requirements=(FREEZE,))))
    ada = town.person("ada")
    outcome = ada.promote(candidate(1))
    assert outcome.landed is None
    assert outcome.proposal is not None
    assert "Nothing lands from 2026-11-20T00:00" in outcome.warnings[0]
    with pytest.raises(RuleFailed, match="Nothing lands"):
        ada.proposals.merge(outcome.proposal.id)
    town.clock.at = START.replace(day=23)
    ada.proposals.merge(outcome.proposal.id)


def test_an_override_is_listed_until_it_is_regularised_and_overdue_by_the_clock(
    town: Town, ada: Person, ci: Person
) -> None:
    found = ada.proposals.override(candidate(1), "production", "the old one fails", signer=ada.signer)
    assert found.landed is not None
    assert found.title == "fraud: production -> 1 (override)"
    (view,) = ada.record.overrides()
    assert (view.model, view.number, view.is_overdue) == ("fraud", 1, False)
    assert ada.record.log("fraud")[0].override == view
    town.clock.at = START.replace(day=23)
    assert [each.is_overdue for each in ada.record.overrides()] == [True]
    name = proposed(ada)
    ben = town.person("ben")
    ben.proposals.approve(name, ben.signer)
    ci.proposals.add_check(name, ci.signer, PASSED)
    ada.proposals.merge(name)
    assert ada.record.overrides() == []
    assert [each.override for each in ada.record.log("fraud")] == [None, None]
