"""Reviews on a forge count where the policy says so, as the signed word of who may attest them, and no further."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import timedelta
from typing import TYPE_CHECKING, Any

import pytest

from gitreg.documents import (
    Actor,
    ApprovalsRequirement,
    Approver,
    Approvers,
    Decision,
    Policy,
    ReviewReport,
    RollbackClause,
    Statement,
    paths,
)
from gitreg.signing import NAMESPACE, render_allowed_signers, sign
from tests.decisions.world import (
    FOLDER,
    GOVERNANCE,
    START,
    Files,
    World,
    changed,
    key,
    mail,
    private_key,
    proposed,
    protected,
    public_key,
    rules_of,
)

if TYPE_CHECKING:
    from gitreg.decisions.drafting import Draft
    from gitreg.decisions.judgement import Judgement

PEOPLE = Approvers(
    people={
        mail("ada"): Approver(groups=("leads",), keys=(key("ada"),), forge=("github:ada",)),
        mail("ben"): Approver(groups=("leads", "risk"), keys=(key("ben"),), forge=("github:ben",)),
        mail("cara"): Approver(groups=("risk",), keys=(key("cara"),)),
        mail("ci"): Approver(keys=(key("ci"),), attests=True),
    }
)


def asks(count: int = 1, *, forge_reviews: bool = True, **more: Any) -> ApprovalsRequirement:  # noqa: ANN401 - its fields
    return ApprovalsRequirement(kind="approvals", rule="reviewed", count=count, forge_reviews=forge_reviews, **more)


def world(*rules: ApprovalsRequirement, people: Approvers = PEOPLE) -> World:
    return protected(people, Policy(requirements=rules or (asks(),)))


def review(name: str = "ben", **changes: Any) -> ReviewReport:  # noqa: ANN401 - fields of the report
    said = ReviewReport(
        reviewer=mail(name),
        handle=f"github:{name}",
        review=80,
        url=None,
        commit="c" * 40,
        verdict="approve",
        submitted_at=START,
    )
    return changed(said, **changes)


@dataclass
class Attestation:
    """What somebody says a forge shows, signed with a key."""

    reviews: tuple[ReviewReport, ...]
    name: str = "ci"
    about: Decision | None = None

    def files(self, decision: Decision, now: Any = START) -> Files:  # noqa: ANN401 - a moment
        statement = Statement(
            decision=(self.about or decision).digest,
            verdict="attest",
            reviews=self.reviews,
            actor=Actor(principal=mail(self.name), via="ci"),
            signed_at=now,
        )
        path = paths.statement(FOLDER, public_key(self.name).fingerprint)
        data = statement.to_bytes()
        return {path: data, f"{path}.sig": sign(private_key(self.name), data, NAMESPACE)}


def landed(line: World, *reviews: ReviewReport, who: tuple[str, ...] = (), by: str = "ci") -> Judgement:
    draft = line.promote(1)
    line.land(draft, proposed(), *who, also=Attestation(reviews, by).files(draft.decision, line.now))
    return line.verdict()


def test_a_review_that_ci_attests_is_an_approval_where_the_policy_says_so() -> None:
    verdict = landed(world(), review())
    assert (verdict.is_in_force, verdict.people.have) == (True, (mail("ben"),))


@pytest.mark.parametrize("rules", [(asks(forge_reviews=False),), (asks(), asks(forge_reviews=False, group="risk"))])
def test_where_a_rule_asks_for_signatures_a_review_does_not_meet_it(rules: tuple[ApprovalsRequirement, ...]) -> None:
    rules = tuple(changed(rule, rule=f"rule-{at}") for at, rule in enumerate(rules))
    verdict = landed(world(*rules), review())
    assert not verdict.is_in_force
    assert "approvals" in rules_of(verdict)
    assert landed(world(*rules), review(), who=("ben",)).is_in_force


def test_nobody_counts_twice_with_a_review_and_a_signature() -> None:
    assert not landed(world(asks(2)), review(), who=("ben",)).is_in_force
    assert landed(world(asks(2)), review(), who=("cara",)).is_in_force


def test_two_reviews_of_one_person_are_one_approval() -> None:
    assert not landed(world(asks(2)), review(), review(review=81)).is_in_force


@pytest.mark.parametrize("signed", [(), ("ben",), ("cara",)])
def test_a_review_that_asks_for_changes_blocks_like_a_rejection(signed: tuple[str, ...]) -> None:
    verdict = landed(world(), review(verdict="reject"), who=signed)
    assert "rejected" in rules_of(verdict)
    assert verdict.people.rejected_by == (mail("ben"),)


def test_a_review_that_asks_for_changes_blocks_nothing_where_reviews_do_not_count() -> None:
    assert landed(world(asks(forge_reviews=False)), review(verdict="reject"), who=("cara",)).is_in_force


@pytest.mark.parametrize(
    "said",
    [
        review("ada"),
        review(handle="github:mallory"),
        review(handle="gitlab:ben"),
        review("cara", handle="github:ben"),
        review("cara"),
        review("mallory"),
        review("ci"),
    ],
    ids=["proposer's", "another account", "another forge", "another person", "no account", "nobody's", "its own"],
)
def test_a_review_that_is_not_hers_by_the_people_of_before_counts_for_nothing(said: ReviewReport) -> None:
    verdict = landed(world(), said)
    assert not verdict.is_in_force
    assert "approval-ignored" in {finding.rule for finding in verdict.findings}


def test_a_key_that_may_not_attest_attests_nothing() -> None:
    verdict = landed(world(), review(), by="cara")
    assert not verdict.is_in_force
    assert any("may not attest reviews" in finding.message for finding in verdict.findings)


def test_a_stranger_s_key_attests_nothing() -> None:
    assert not landed(world(), review(), by="mallory").is_in_force


def test_who_attests_approves_nothing_itself() -> None:
    line = world()
    line.land(line.promote(1), proposed(), "ci")
    assert not line.verdict().is_in_force


def test_an_attestation_is_of_one_decision_and_not_of_the_next() -> None:
    line = world()
    first = line.promote(1)
    line.land(first, proposed(), also=Attestation((review(),)).files(first.decision, line.now))
    second = line.promote(2)
    replayed = Attestation((review(),), about=first.decision).files(second.decision, line.now)
    line.land(second, proposed(), also=replayed)
    assert not line.verdict().is_in_force
    assert "approval-invalid" in rules_of(line.verdict())


def test_an_attestation_that_was_changed_is_none() -> None:
    line = world()
    draft = line.promote(1)
    files = Attestation((review(verdict="reject"),)).files(draft.decision, line.now)
    (path,) = [each for each in files if each.endswith(".json")]
    line.land(draft, proposed(), "cara", also={**files, path: (files[path] or b"").replace(b'"reject"', b'"approve"')})
    assert "approval-invalid" in rules_of(line.verdict())


def with_account() -> Files:
    people = dict(PEOPLE.people)
    people[mail("cara")] = Approver(groups=("risk",), keys=(key("cara"),), forge=("github:mallory",))
    approvers = Approvers(people=people)
    return {paths.APPROVERS: approvers.to_bytes(), paths.ALLOWED_SIGNERS: render_allowed_signers(approvers)}


def test_an_account_that_comes_in_the_same_landing_counts_for_nothing() -> None:
    line = world()
    draft = line.promote(1)
    said = Attestation((review("cara", handle="github:mallory"),)).files(draft.decision, line.now)
    line.land(draft, proposed(), also={**with_account(), **said})
    assert not line.verdict().is_in_force


def test_an_account_that_was_decided_before_counts() -> None:
    line = world()
    line.land(line.govern(with_account()), proposed(), "ben")
    assert landed(line, review("cara", handle="github:mallory")).is_in_force


def test_an_account_of_two_people_is_refused_by_governance() -> None:
    line = world()
    people = dict(PEOPLE.people)
    people[mail("cara")] = Approver(groups=("risk",), keys=(key("cara"),), forge=("github:ben",))
    line.land(line.govern({paths.APPROVERS: Approvers(people=people).to_bytes()}), proposed(), "ben")
    assert not line.verdict(GOVERNANCE).is_in_force


def test_governance_counts_signatures_alone() -> None:
    line = world()
    draft = line.govern(with_account())
    files = Attestation((review(),)).files(draft.decision, line.now)
    there = {path.replace(FOLDER, GOVERNANCE): data for path, data in files.items()}
    line.land(draft, proposed(), also=there)
    assert not line.verdict(GOVERNANCE).is_in_force


def test_a_rollback_counts_signatures_alone() -> None:
    line = protected(PEOPLE, Policy(requirements=(asks(),), rollback=RollbackClause(count=2)))
    line.promoted(1)
    line.promoted(2)
    draft: Draft = line.rolled_back()
    line.land(draft, proposed(), also=Attestation((review(),)).files(draft.decision, line.now))
    assert not line.verdict().is_in_force


def test_a_newer_attestation_takes_the_place_of_the_old_one_while_the_decision_waits() -> None:
    line = world(asks(2))
    draft = line.promote(1)
    line.land(draft, proposed(), also=Attestation((review(verdict="reject"),)).files(draft.decision, line.now))
    assert "rejected" in rules_of(line.verdict())
    line.commit({**Attestation((review(),)).files(draft.decision, line.now), **line.signed(draft.decision, "cara")})
    assert line.verdict().is_in_force


def test_an_old_review_is_too_old_where_the_policy_says_how_old_it_may_be() -> None:
    line = world(asks(max_age_days=1))
    draft = line.promote(1)
    late = line.now + timedelta(days=3)
    line.land(draft, proposed(), also=Attestation((review(),)).files(draft.decision, late))
    assert not line.verdict().is_in_force
    draft = line.promote(1)
    line.land(draft, proposed(), also=Attestation((review(submitted_at=late),)).files(draft.decision, late))
    assert line.verdict().is_in_force
