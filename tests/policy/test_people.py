"""Whose word counts."""

from __future__ import annotations

from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from gitreg.documents import (
    ApprovalsRequirement,
    Approver,
    Approvers,
    Key,
    Policy,
    Principal,
    RollbackClause,
    Verdict,
)
from gitreg.policy import (
    Need,
    Quorum,
    governance_quorum,
    judge_people,
    meetable,
    quorum_of,
    union_of,
    unmeetable,
)

NAMES = [Principal(f"{name}@example.org") for name in ("ada", "ben", "cara", "dora")]
ADA, BEN, CARA, DORA = NAMES
NOW = datetime(2026, 11, 21, tzinfo=UTC)


def team(*groups: tuple[str, ...]) -> Approvers:
    key = Key(type="ssh-ed25519", key="A" * 64)
    return Approvers(people={name: Approver(groups=of, keys=(key,)) for name, of in zip(NAMES, groups, strict=False)})


def asks(count: int, group: str | None = None, severity: str = "block") -> ApprovalsRequirement:
    return ApprovalsRequirement.model_validate(
        {"kind": "approvals", "rule": f"{count} {group}", "count": count, "group": group, "severity": severity}
    )


def named(wanted: list[tuple[int, str | None]]) -> tuple[ApprovalsRequirement, ...]:
    """Two rules may ask the same, but not under one name."""
    rules = (asks(count, group) for count, group in wanted)
    return tuple(rule.model_copy(update={"rule": f"{place}: {rule.rule}"}) for place, rule in enumerate(rules))


def said(**verdicts: str) -> dict[Principal, frozenset[Verdict]]:
    known: dict[str, Verdict] = {"approve": "approve", "reject": "reject", "propose": "propose"}
    return {
        Principal(f"{name}@example.org"): frozenset(known[word] for word in words.split())
        for name, words in verdicts.items()
    }


TWO_GROUPS = Policy(requirements=(asks(1, "risk"), asks(2)))


def test_every_need_is_met_at_once_and_one_person_may_meet_several() -> None:
    quorum = quorum_of(TWO_GROUPS, "promote")
    people = team((), ("risk",), ())
    found = judge_people(quorum, said(ada="propose", ben="approve", cara="approve"), ADA, people)
    assert (found.outcome, found.have, found.missing) == ("pass", (BEN, CARA), ())
    found = judge_people(quorum, said(ada="propose", ben="approve"), ADA, people)
    assert (found.outcome, found.missing) == ("fail", ("2 approvals from any approver",))


def test_the_proposers_word_is_no_approval_and_yet_required() -> None:
    quorum = quorum_of(Policy(requirements=(asks(1),)), "promote")
    found = judge_people(quorum, said(ada="propose approve"), ADA, team((), ()))
    assert (found.outcome, found.have) == ("fail", ())
    found = judge_people(quorum, said(ben="approve"), ADA, team((), ()))
    assert (found.outcome, found.proposed, found.missing) == ("fail", False, ())


def test_a_rejection_blocks_only_from_someone_who_would_count() -> None:
    quorum = quorum_of(Policy(requirements=(asks(1, "risk"),)), "promote")
    people = team((), ("risk",), ("risk",), ())
    words = said(ada="propose", ben="approve", dora="reject")
    assert judge_people(quorum, words, ADA, people).outcome == "pass"
    words = said(ada="propose", ben="approve", cara="reject")
    found = judge_people(quorum, words, ADA, people)
    assert (found.outcome, found.rejected_by) == ("fail", (CARA,))


def test_a_rejection_outweighs_an_approval_by_the_same_person() -> None:
    quorum = quorum_of(Policy(requirements=(asks(1),)), "promote")
    found = judge_people(quorum, said(ada="propose", ben="approve reject"), ADA, team((), ()))
    assert (found.outcome, found.have, found.rejected_by) == ("fail", (), (BEN,))


def test_a_rollback_needs_one_of_the_stages_group_and_the_proposers_own_word_counts() -> None:
    policy = Policy(requirements=(asks(2, "risk"),))
    people = team(("risk",), ("risk",), ())
    quorum = quorum_of(policy, "rollback")
    assert judge_people(quorum, said(ada="propose"), ADA, people).outcome == "pass"
    found = judge_people(quorum, said(cara="propose"), CARA, people)
    assert (found.outcome, found.missing) == ("fail", ("1 approval from risk",))
    assert judge_people(quorum, said(cara="propose", ben="approve"), CARA, people).outcome == "pass"


def test_a_rollback_clause_says_otherwise() -> None:
    policy = Policy(requirements=(asks(1),), rollback=RollbackClause(count=2, group="night"))
    assert quorum_of(policy, "withdraw") == Quorum(frozenset([Need(2, frozenset(["night"]))]), proposer_counts=True)
    assert quorum_of(policy, "hold") == Quorum(frozenset([Need(1)]))


def test_a_rule_that_only_warns_asks_nobody() -> None:
    assert quorum_of(Policy(requirements=(asks(1, None, "warn"),)), "promote") == Quorum(frozenset())


def test_a_sets_quorum_is_the_union_and_governances_has_one_who_is_not_the_proposer() -> None:
    one, two = Policy(requirements=(asks(1, "risk"),)), Policy(requirements=(asks(2, "leads"),))
    union = union_of([quorum_of(one, "promote"), quorum_of(two, "promote")])
    assert {str(need) for need in union.needs} == {"1 approval from risk", "2 approvals from leads"}
    assert governance_quorum([one, two]).needs == union.needs | {Need(1)}
    assert governance_quorum([Policy(requirements=())]).needs == {Need(1)}


def test_a_quorum_is_meetable_if_some_proposer_finds_the_others() -> None:
    quorum = quorum_of(Policy(requirements=(asks(1, "risk"),)), "promote")
    assert not meetable(quorum, team(("risk",)))
    assert meetable(quorum, team(("risk",), ()))
    assert not meetable(quorum, team((), ()))
    assert meetable(quorum_of(Policy(requirements=(asks(1, "risk"),)), "rollback"), team(("risk",)))
    assert unmeetable(quorum, Approvers(people={})) == "nobody in approvers.json has a key to sign with"


def test_expired_keys_meet_nothing() -> None:
    old = Key(type="ssh-ed25519", key="A" * 64, valid_before=NOW)
    people = Approvers(people={ADA: Approver(keys=(old,)), BEN: Approver(keys=(old,))})
    quorum = quorum_of(Policy(requirements=(asks(1),)), "promote")
    assert meetable(quorum, people)
    assert meetable(quorum, people, NOW - timedelta(seconds=1))
    assert not meetable(quorum, people, NOW)


VERDICTS: tuple[Verdict, ...] = ("propose", "approve", "reject")
APPROVE, REJECT = frozenset[Verdict](["approve"]), frozenset[Verdict](["reject"])
words = st.frozensets(st.sampled_from(VERDICTS))
statements = st.dictionaries(st.sampled_from(NAMES), words)
groups = st.lists(st.lists(st.sampled_from(["risk", "leads"]), unique=True).map(tuple), min_size=4, max_size=4)
needs = st.lists(st.tuples(st.integers(1, 3), st.sampled_from([None, "risk", "leads"])), max_size=3)


@given(statements, groups, needs)
def test_more_approvals_never_take_a_pass_away_and_a_rejection_never_gives_one(
    spoken: dict[Principal, frozenset[Verdict]], of: list[tuple[str, ...]], wanted: list[tuple[int, str | None]]
) -> None:
    people = team(*of)
    quorum = quorum_of(Policy(requirements=named(wanted)), "promote")
    before = judge_people(quorum, spoken, ADA, people)
    for person in NAMES:
        more = {**spoken, person: spoken.get(person, frozenset()) | APPROVE}
        less = {**spoken, person: spoken.get(person, frozenset()) | REJECT}
        if before.outcome == "pass":
            assert judge_people(quorum, more, ADA, people).outcome == "pass"
        else:
            assert judge_people(quorum, less, ADA, people).outcome == "fail"


@given(groups, needs)
def test_what_is_meetable_can_be_met_and_what_is_not_cannot(
    of: list[tuple[str, ...]], wanted: list[tuple[int, str | None]]
) -> None:
    people = team(*of)
    quorum = quorum_of(Policy(requirements=named(wanted)), "promote")
    everybody: dict[Principal, frozenset[Verdict]] = {name: frozenset(["approve", "propose"]) for name in NAMES}
    outcomes = {judge_people(quorum, everybody, proposer, people).outcome for proposer in NAMES}
    assert meetable(quorum, people) == ("pass" in outcomes)
