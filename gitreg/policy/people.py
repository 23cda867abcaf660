"""Whose word a decision needs, and whether it has it.

One key belongs to one person, a person has one verdict, and the proposer's word is no approval. A standing rejection by
someone who would count blocks.
"""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import timedelta
from typing import TYPE_CHECKING

from gitreg.documents import (
    Action,
    ApprovalsRequirement,
    Approver,
    Approvers,
    CheckRequirement,
    Outcome,
    OverrideClause,
    Policy,
    Principal,
    RolesApartRequirement,
    RollbackClause,
    Trained,
    Verdict,
)
from gitreg.policy.roles import helpful, unfilled
from gitreg.policy.rules import is_for

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from gitreg.documents import Key, Observation

BY_CLAUSE: frozenset[Action] = frozenset(["rollback", "withdraw", "override"])
"""Actions for which a clause of the policy says who is asked, instead of its approvals."""


@dataclass(frozen=True)
class Need:
    """So many people of these groups; any group where none is named."""

    count: int
    groups: frozenset[str] = frozenset()
    excluded: frozenset[Principal] = frozenset()
    """Who trained the candidate, where a rule leaves them out."""
    max_age_days: int | None = None
    stale: frozenset[Principal] = frozenset()
    """Whose approval is older than that (see `aged`), or a review where signatures are asked for (see `by_review`)."""
    forge_reviews: bool = False
    """Whether a review on the forge meets it that somebody attested."""

    def counts(self, approver: Approver) -> bool:
        """Whether a person with these groups can meet it."""
        return not self.groups or not self.groups.isdisjoint(approver.groups)

    def __str__(self) -> str:
        noun = "approval" if self.count == 1 else "approvals"
        trainers = f", not from {' or '.join(sorted(self.excluded))} who trained it" if self.excluded else ""
        days = self.max_age_days
        age = f", not older than {days} day{'s' if days > 1 else ''}" if days is not None else ""
        review = " (a review on the forge will do)" if self.forge_reviews else ""
        return f"{self.count} {noun} from {' or '.join(sorted(self.groups)) or 'any approver'}{trainers}{age}{review}"


@dataclass(frozen=True)
class Quorum:
    """All needs that must be met at once. `proposer_counts` in a rollback, a withdrawal and an override."""

    needs: frozenset[Need]
    proposer_counts: bool = False
    apart: frozenset[frozenset[str]] = frozenset()
    """Groups of which nobody counts for two."""
    checkers: frozenset[str] = frozenset()
    """Groups that are asked for checks alone: who is in no other one approves nothing."""

    @property
    def words(self) -> tuple[str, ...]:
        """All that is asked, in words."""
        apart = (f"nobody for two of {', '.join(sorted(groups))}" for groups in sorted(self.apart, key=sorted))
        return (*map(str, _sorted(self)), *apart)

    def may_meet(self, need: Need, person: Principal, approver: Approver) -> bool:
        """Whether this person's word can count for a need, were it given now."""
        groups = frozenset(approver.groups)
        is_checker = bool(groups) and groups <= self.checkers
        return need.counts(approver) and not is_checker and not approver.attests and person not in need.excluded

    def meets(self, need: Need, person: Principal, approver: Approver) -> bool:
        """Whether the word that this person gave counts for a need."""
        return person not in need.stale and self.may_meet(need, person, approver)

    def eligible(self, person: Principal, approver: Approver, proposer: Principal) -> bool:
        """Whether this person's word would count for anything here."""
        may = self.proposer_counts or person != proposer
        return may and any(self.may_meet(need, person, approver) for need in self.needs)


@dataclass(frozen=True)
class PeopleVerdict:
    """The answer: what is needed, who has said yes, what is missing (in words), and who said no."""

    outcome: Outcome
    needed: tuple[str, ...]
    have: tuple[Principal, ...]
    missing: tuple[str, ...]
    rejected_by: tuple[Principal, ...] = ()
    proposed: bool = True
    """Whether the proposer's own signed statement is there."""
    by_review: tuple[Principal, ...] = ()
    """Of those who have said yes: whose word is a review on the forge that somebody attested, and no signature."""


def quorum_of(
    policy: Policy, action: Action, model: str | None = None, observations: Iterable[Observation] = ()
) -> Quorum:
    """What one stage's policy asks for this action.

    Of its rules for a model; of all of them at once, which is the strictest, where none is named. `observations` are
    those of the evidence: they say who trained the candidate.
    """
    rules = [rule for rule in policy.requirements if model is None or is_for(rule, model)]
    asked = [rule for rule in rules if isinstance(rule, ApprovalsRequirement) and rule.severity == "block"]
    if action in BY_CLAUSE:
        needs, apart = frozenset([_by_clause(policy, action, asked)]), frozenset[frozenset[str]]()
    else:
        apart = frozenset(
            frozenset(rule.groups)
            for rule in rules
            if isinstance(rule, RolesApartRequirement) and rule.severity == "block"
        )
        trained = [each for each in observations if isinstance(each, Trained)]
        needs = _with_roles(frozenset(_need(rule, trained) for rule in asked), apart)
    checkers = frozenset(
        rule.group for rule in policy.requirements if isinstance(rule, CheckRequirement) and rule.group is not None
    )
    return Quorum(needs, action in BY_CLAUSE, apart, checkers - _approving(policy) - _groups_of(needs))


def _need(rule: ApprovalsRequirement, trained: Iterable[Trained]) -> Need:
    of_rule = [frozenset(each.people) for each in trained if rule.not_trainer and each.rule == rule.rule]
    excluded = frozenset[Principal]().union(*of_rule)
    return Need(rule.count, _group(rule.group), excluded, rule.max_age_days, forge_reviews=rule.forge_reviews)


def _with_roles(needs: frozenset[Need], apart: Iterable[frozenset[str]]) -> frozenset[Need]:
    """As many people as roles: one of each group that is kept apart and that nothing else asks for."""
    asked = {need.groups for need in needs}
    more = {Need(1, frozenset([group])) for groups in apart for group in groups if frozenset([group]) not in asked}
    return needs | more


def _by_clause(policy: Policy, action: Action, asked: list[ApprovalsRequirement]) -> Need:
    clause = (policy.override or OverrideClause()) if action == "override" else (policy.rollback or RollbackClause())
    named = [_group(rule.group) for rule in asked]
    # "The stage's group": every group that its rules name; anyone where a rule leaves it open or there is none.
    groups = frozenset[str]().union(*named) if named and all(named) else frozenset[str]()
    return Need(clause.count, _group(clause.group) or groups)


def _approving(policy: Policy) -> frozenset[str]:
    """Every group that some rule or clause of the policy asks for approvals, whatever the model."""
    rules = policy.requirements
    named = {rule.group for rule in rules if isinstance(rule, ApprovalsRequirement)}
    named |= {group for rule in rules if isinstance(rule, RolesApartRequirement) for group in rule.groups}
    named |= {clause.group for clause in (policy.rollback, policy.override) if clause is not None}
    return frozenset(group for group in named if group is not None)


def union_of(quorums: Iterable[Quorum]) -> Quorum:
    """The quorum of a set: everything that any member asks, from people who count there."""
    all_of = tuple(quorums)
    needs: frozenset[Need] = frozenset().union(*(quorum.needs for quorum in all_of))
    return Quorum(
        needs,
        proposer_counts=bool(all_of) and all(quorum.proposer_counts for quorum in all_of),
        apart=frozenset[frozenset[str]]().union(*(quorum.apart for quorum in all_of)),
        checkers=frozenset[str]().union(*(quorum.checkers for quorum in all_of)) - _groups_of(needs),
    )


def governance_quorum(policies: Iterable[Policy]) -> Quorum:
    """Every stage's requirements at once, whatever the model, and at least one person who is not the proposer.

    Signatures alone count: who runs the forge never says who may decide.
    """
    stages = union_of(quorum_of(policy, "promote") for policy in policies)
    return replace(stages, needs=frozenset(replace(need, forge_reviews=False) for need in stages.needs) | {Need(1)})


def counts_review(quorum: Quorum, reviewer: Principal, proposer: Principal, approvers: Approvers) -> bool:
    """Whether this person's review on the forge counts for anything here, where somebody attests it."""
    known = approvers.people.get(reviewer)
    if known is None or reviewer == proposer:
        return False
    return any(need.forge_reviews and quorum.may_meet(need, reviewer, known) for need in quorum.needs)


def by_review(quorum: Quorum, reviewers: frozenset[Principal]) -> Quorum:
    """The quorum where these people are heard by a review alone: needs that ask for signatures do not count them."""
    needs = (need if need.forge_reviews else replace(need, stale=need.stale | reviewers) for need in quorum.needs)
    return replace(quorum, needs=frozenset(needs))


def aged(quorum: Quorum, approved_at: Mapping[Principal, datetime], at: datetime) -> Quorum:
    """The quorum as of a moment: where a need says how old an approval may be, older ones do not count for it."""
    return replace(quorum, needs=frozenset(_aged(need, approved_at, at) for need in quorum.needs))


def _aged(need: Need, approved_at: Mapping[Principal, datetime], at: datetime) -> Need:
    if need.max_age_days is None:
        return need
    oldest = at - timedelta(days=need.max_age_days)
    old = frozenset(person for person, said in approved_at.items() if said < oldest)
    return replace(need, stale=need.stale | old)


def judge_people(
    quorum: Quorum, statements: Mapping[Principal, frozenset[Verdict]], proposer: Principal, approvers: Approvers
) -> PeopleVerdict:
    """Weigh what each person said (under all her keys together) against what is needed.

    `statements` holds only what was verified: a key that was hers, at a time it was valid.
    """
    known = {person: said for person, said in statements.items() if person in approvers.people}
    against = _who(known, "reject", quorum, proposer, approvers)
    yes = _who(known, "approve", quorum, proposer, approvers)
    have = tuple(person for person in yes if person not in against and _is_fresh(person, quorum, approvers))
    missing = _missing(quorum, have, approvers.people)
    proposed = "propose" in statements.get(proposer, frozenset())
    outcome: Outcome = "pass" if proposed and not missing and not against else "fail"
    return PeopleVerdict(outcome, quorum.words, have, missing, against, proposed)


def _who(
    statements: Mapping[Principal, frozenset[Verdict]],
    verdict: Verdict,
    quorum: Quorum,
    proposer: Principal,
    approvers: Approvers,
) -> tuple[Principal, ...]:
    """Everyone who counts and said so; the proposer's `propose` is her yes where she counts."""
    yes = {verdict, "propose"} if verdict == "approve" else {verdict}
    return tuple(
        sorted(
            person
            for person, said in statements.items()
            if quorum.eligible(person, approvers.people[person], proposer)
            and not said.isdisjoint(yes if person == proposer else {verdict})
        )
    )


def _is_fresh(person: Principal, quorum: Quorum, approvers: Approvers) -> bool:
    return any(quorum.meets(need, person, approvers.people[person]) for need in quorum.needs)


def _missing(quorum: Quorum, have: Iterable[Principal], people: Mapping[Principal, Approver]) -> tuple[str, ...]:
    """What these people's approvals leave open, in words."""
    who = tuple(have)
    needs = tuple(str(need) for need in _sorted(quorum) if _met(quorum, need, who, people) < need.count)
    roles = (_apart(quorum, groups, who, people) for groups in sorted(quorum.apart, key=sorted))
    return (*needs, *(words for words in roles if words))


def _met(quorum: Quorum, need: Need, have: Iterable[Principal], people: Mapping[Principal, Approver]) -> int:
    return sum(quorum.meets(need, person, people[person]) for person in have)


def _apart(
    quorum: Quorum, groups: frozenset[str], have: Iterable[Principal], people: Mapping[Principal, Approver]
) -> str:
    """How many people more it takes because nobody counts for two of these groups; empty where none.

    Somebody counts for a group where she meets all that is asked of it alone. What a need says itself is not said
    again.
    """
    who = tuple(have)
    of = {group: [need for need in quorum.needs if need.groups == frozenset([group])] for group in groups}
    places = {group: max(need.count for need in needs) for group, needs in of.items()}
    able = {
        person: frozenset(
            group for group, needs in of.items() if all(quorum.meets(n, person, people[person]) for n in needs)
        )
        for person in who
    }
    short = {
        group: max(max(0, need.count - _met(quorum, need, who, people)) for need in needs)
        for group, needs in of.items()
    }
    left = unfilled(places, able) - sum(short.values())
    if left <= 0:
        return ""
    where = " or ".join(group for group in helpful(places, able) if not short[group])
    noun = "approval" if left == 1 else "approvals"
    return f"{left} more {noun} from {where}: nobody counts for two of {', '.join(sorted(groups))}"


def _sorted(quorum: Quorum) -> list[Need]:
    return sorted(quorum.needs, key=lambda need: (sorted(need.groups), need.count, str(need)))


def _group(group: str | None) -> frozenset[str]:
    return frozenset([group]) if group is not None else frozenset()


def _groups_of(needs: Iterable[Need]) -> frozenset[str]:
    return frozenset(group for need in needs for group in need.groups)


def unmeetable(quorum: Quorum, approvers: Approvers, at: datetime | None = None) -> str | None:
    """Why no proposer could ever find the people this quorum needs; None where one can.

    `at` leaves out keys that have expired by then; without it only owning a key matters.
    """
    able = {person: approver for person, approver in approvers.people.items() if _has_key(approver, at)}
    if not able:
        return "nobody in approvers.json has a key to sign with"
    short = [_short(quorum, able, proposer) for proposer in able]
    return None if any(need is None for need in short) else f"{short[0]} cannot be had"


def meetable(quorum: Quorum, approvers: Approvers, at: datetime | None = None) -> bool:
    """Whether there is a proposer for whom the others can meet the quorum."""
    return unmeetable(quorum, approvers, at) is None


def _short(quorum: Quorum, able: Mapping[Principal, Approver], proposer: Principal) -> str | None:
    """The first need that stays unmet when everybody but the proposer approves."""
    rest = [person for person in able if quorum.proposer_counts or person != proposer]
    return next(iter(_missing(quorum, rest, able)), None)


def _has_key(approver: Approver, at: datetime | None) -> bool:
    return any(_is_open(key, at) for key in approver.keys)


def _is_open(key: Key, at: datetime | None) -> bool:
    return at is None or key.valid_before is None or at < key.valid_before
