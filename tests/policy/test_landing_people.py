"""Per model, roles apart, nobody who trained, nothing too old; and groups that only checks are asked of."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta
from itertools import product

from hypothesis import given
from hypothesis import strategies as st

from gitreg.documents import (
    ApprovalsRequirement,
    Approver,
    Approvers,
    CheckRequirement,
    Key,
    OverrideClause,
    Policy,
    Principal,
    Requirement,
    RolesApartRequirement,
    RunId,
    Trained,
    Verdict,
)
from gitreg.policy import Need, PeopleVerdict, Quorum, aged, governance_quorum, judge_people, quorum_of, unmeetable
from gitreg.policy.roles import helpful, unfilled

NAMES = [Principal(f"{name}@example.org") for name in ("ada", "ben", "cara", "dora", "eve")]
ADA, BEN, CARA, DORA, EVE = NAMES
NOW = datetime(2026, 11, 21, tzinfo=UTC)
KEY = Key(type="ssh-ed25519", key="A" * 64)
RUN = RunId("0199c0de5a4b7c3d8e9fa0b1c2d3e4f5")
GROUPS = ("risk", "leads", "ops")


def team(**groups: str) -> Approvers:
    return Approvers(
        people={
            Principal(f"{name}@example.org"): Approver(groups=tuple(of.split()), keys=(KEY,))
            for name, of in groups.items()
        }
    )


def asks(count: int = 1, group: str | None = None, **more: object) -> ApprovalsRequirement:
    fields = {"kind": "approvals", "rule": f"{count} {group}", "count": count, "group": group, **more}
    return ApprovalsRequirement.model_validate(fields)


def apart(*groups: str) -> RolesApartRequirement:
    return RolesApartRequirement(kind="roles-apart", rule="apart", groups=groups)


def policy(*rules: Requirement, **more: object) -> Policy:
    return Policy.model_validate({"requirements": rules, **more})


def weigh(quorum: Quorum, people: Approvers, *approving: Principal) -> PeopleVerdict:
    said: dict[Principal, frozenset[Verdict]] = {who: frozenset(["approve"]) for who in approving}
    return judge_people(quorum, {ADA: frozenset(["propose"]), **said}, ADA, people)


def test_a_rule_for_some_models_asks_nobody_about_others_and_governance_whatever_the_model() -> None:
    rules = policy(asks(2, "risk", models=("credit-*",)), asks(1))
    assert {str(need) for need in quorum_of(rules, "promote", "fraud").needs} == {"1 approval from any approver"}
    assert len(quorum_of(rules, "promote", "credit-cards").needs) == 2
    assert Need(2, frozenset(["risk"])) in governance_quorum([rules]).needs


def test_one_person_with_two_roles_fills_one_of_them() -> None:
    quorum = quorum_of(policy(asks(1, "risk"), asks(1, "leads"), apart("risk", "leads")), "promote", "fraud")
    people = team(ada="", ben="risk leads", cara="risk")
    found = weigh(quorum, people, BEN)
    assert found.outcome == "fail"
    assert found.missing == ("1 more approval from leads or risk: nobody counts for two of leads, risk",)
    assert weigh(quorum, people, BEN, CARA).outcome == "pass"
    assert found.needed == ("1 approval from leads", "1 approval from risk", "nobody for two of leads, risk")


def test_roles_that_no_other_rule_asks_for_are_asked_for_once_each() -> None:
    quorum = quorum_of(policy(apart("risk", "leads")), "promote", "fraud")
    people = team(ada="", ben="risk", cara="leads")
    assert weigh(quorum, people, BEN).missing == ("1 approval from leads",)
    assert weigh(quorum, people, BEN, CARA).outcome == "pass"


def test_only_who_would_help_is_asked_for() -> None:
    rules = policy(asks(1, "risk"), asks(1, "leads"), asks(1, "ops"), apart("risk", "leads", "ops"))
    people = team(ada="", ben="risk leads", cara="ops")
    (words,) = weigh(quorum_of(rules, "promote", "fraud"), people, BEN, CARA).missing
    assert words.startswith("1 more approval from leads or risk:")


def test_roles_apart_that_too_few_people_have_can_never_be_met() -> None:
    quorum = quorum_of(policy(asks(1, "risk"), asks(1, "leads"), apart("risk", "leads")), "promote")
    assert unmeetable(quorum, team(ada="", ben="risk leads")) is not None
    assert unmeetable(quorum, team(ada="", ben="risk leads", cara="leads")) is None


def test_who_trained_does_not_count_for_the_rule_that_says_so_and_does_for_others() -> None:
    seen = (Trained(rule="1 risk", run=RUN, people=(BEN,)),)
    people = team(ada="", ben="risk", cara="risk")
    quorum = quorum_of(policy(asks(1, "risk", not_trainer=True)), "promote", "fraud", seen)
    assert weigh(quorum, people, BEN).missing == (f"1 approval from risk, not from {BEN} who trained it",)
    assert weigh(quorum, people, CARA).outcome == "pass"
    both = quorum_of(policy(asks(1, "risk", not_trainer=True), asks(2)), "promote", "fraud", seen)
    assert weigh(both, people, BEN, CARA).outcome == "pass"
    assert weigh(quorum_of(policy(asks(1, "risk")), "promote", "fraud", seen), people, BEN).outcome == "pass"


def test_an_approval_counts_up_to_its_age_and_not_a_microsecond_longer() -> None:
    quorum = quorum_of(policy(asks(1, "risk", max_age_days=7)), "promote", "fraud")
    people = team(ada="", ben="risk")
    week = NOW + timedelta(days=7)
    assert weigh(aged(quorum, {BEN: NOW}, week), people, BEN).outcome == "pass"
    then = aged(quorum, {BEN: NOW}, week + timedelta(microseconds=1))
    assert weigh(then, people, BEN).outcome == "fail"
    assert weigh(then, people, BEN).missing == ("1 approval from risk, not older than 7 days",)


def test_a_rejection_never_grows_too_old() -> None:
    quorum = quorum_of(policy(asks(1, "risk", max_age_days=7)), "promote", "fraud")
    people = team(ada="", ben="risk", cara="risk")
    said: dict[Principal, frozenset[Verdict]] = {
        ADA: frozenset(["propose"]),
        BEN: frozenset(["reject"]),
        CARA: frozenset(["approve"]),
    }
    then = aged(quorum, {BEN: NOW, CARA: NOW + timedelta(days=90)}, NOW + timedelta(days=90))
    assert judge_people(then, said, ADA, people).rejected_by == (BEN,)


def test_a_check_is_no_approval_and_a_group_that_only_checks_are_asked_of_approves_nothing() -> None:
    check = CheckRequirement(kind="check", rule="tests", name="integration", group="ci")
    people = team(ada="", ben="", cara="ci", dora="ci risk")
    quorum = quorum_of(policy(asks(1), check), "promote", "fraud")
    said: dict[Principal, frozenset[Verdict]] = {ADA: frozenset(["propose"]), BEN: frozenset(["check"])}
    assert judge_people(quorum, said, ADA, people).outcome == "fail"
    assert weigh(quorum, people, CARA).outcome == "fail"
    assert weigh(quorum, people, DORA).outcome == "pass"
    assert unmeetable(quorum, team(cara="ci", eve="ci")) is not None
    named = quorum_of(policy(asks(1), asks(1, "ci"), check), "promote", "fraud")
    assert weigh(named, people, CARA).outcome == "pass"


def test_an_override_asks_its_clause_alone_and_the_proposers_own_word_counts() -> None:
    rules = policy(asks(3, "risk"), apart("risk", "leads"), override=OverrideClause(count=1, group="leads"))
    quorum = quorum_of(rules, "override", "fraud")
    assert quorum.needs == {Need(1, frozenset(["leads"]))}
    assert weigh(quorum, team(ada="leads")).outcome == "pass"
    assert weigh(quorum, team(ada="risk")).outcome == "fail"


people_of = st.dictionaries(st.sampled_from(NAMES), st.frozensets(st.sampled_from(GROUPS)), max_size=5)
places_of = st.dictionaries(st.sampled_from(GROUPS), st.integers(0, 2), min_size=1)


def by_trying(places: dict[str, int], able: dict[Principal, frozenset[str]]) -> int:
    """Every person in every one of her groups, or in none."""
    choices = [[*groups, ""] for groups in able.values()]
    return min(
        sum(max(0, count - taken.count(group)) for group, count in places.items()) for taken in product(*choices)
    )


@given(places_of, people_of)
def test_the_matching_is_the_best_there_is(places: dict[str, int], able: dict[Principal, frozenset[str]]) -> None:
    assert unfilled(places, able) == by_trying(places, able)


@given(places_of, people_of)
def test_one_more_of_a_group_that_helps_fills_a_place_and_of_another_does_not(
    places: dict[str, int], able: dict[Principal, frozenset[str]]
) -> None:
    for group in places:
        more = {**able, Principal("new@example.org"): frozenset([group])}
        assert (unfilled(places, more) < unfilled(places, able)) == (group in helpful(places, able))


@given(people_of, st.frozensets(st.sampled_from(NAMES[1:])), st.lists(st.integers(1, 2), min_size=3, max_size=3))
def test_what_is_missing_is_said_exactly_where_it_does_not_pass_and_more_approvals_never_hurt(
    of: dict[Principal, frozenset[str]], approving: frozenset[Principal], counts: list[int]
) -> None:
    people = Approvers(people={name: Approver(groups=tuple(sorted(of.get(name, ()))), keys=(KEY,)) for name in NAMES})
    rules = [asks(count, group) for count, group in zip(counts, GROUPS, strict=True)]
    quorum = quorum_of(policy(*rules, apart("risk", "leads")), "promote", "fraud")
    found = weigh(quorum, people, *approving)
    assert (found.outcome == "pass") == (not found.missing)
    if found.outcome == "pass":
        assert weigh(quorum, people, *NAMES[1:]).outcome == "pass"
        assert len(approving) >= counts[0] + counts[1]
