"""Whose word a decision needs, and whether it has it.

One key belongs to one person, a person has one verdict, and the proposer's word is no approval. A standing rejection by
someone who would count blocks.
"""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitreg.documents import (
    Action,
    ApprovalsRequirement,
    Approver,
    Approvers,
    Outcome,
    Policy,
    Principal,
    RollbackClause,
    Verdict,
)

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping
    from datetime import datetime

    from gitreg.documents import Key

_BY_CLAUSE: frozenset[Action] = frozenset(["rollback", "withdraw"])


@dataclass(frozen=True)
class Need:
    """So many people of these groups; any group where none is named."""

    count: int
    groups: frozenset[str] = frozenset()

    def counts(self, approver: Approver) -> bool:
        """Whether a person with these groups can meet it."""
        return not self.groups or not self.groups.isdisjoint(approver.groups)

    def __str__(self) -> str:
        noun = "approval" if self.count == 1 else "approvals"
        return f"{self.count} {noun} from {' or '.join(sorted(self.groups)) or 'any approver'}"


@dataclass(frozen=True)
class Quorum:
    """All needs that must be met at once. `proposer_counts` in a rollback and a withdrawal."""

    needs: frozenset[Need]
    proposer_counts: bool = False

    def eligible(self, person: Principal, approver: Approver, proposer: Principal) -> bool:
        """Whether this person's word would count for anything here."""
        may = self.proposer_counts or person != proposer
        return may and any(need.counts(approver) for need in self.needs)


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


def quorum_of(policy: Policy, action: Action) -> Quorum:
    """What one stage's policy asks for this action."""
    blocking = [
        rule for rule in policy.requirements if isinstance(rule, ApprovalsRequirement) and rule.severity == "block"
    ]
    if action not in _BY_CLAUSE:
        return Quorum(frozenset(Need(rule.count, _groups(rule.group)) for rule in blocking))
    clause = policy.rollback or RollbackClause()
    named = [_groups(rule.group) for rule in blocking]
    # "The stage's group": every group that its rules name; anyone where a rule leaves it open or there is none.
    groups = frozenset().union(*named) if named and all(named) else frozenset[str]()
    return Quorum(frozenset([Need(clause.count, _groups(clause.group) or groups)]), proposer_counts=True)


def union_of(quorums: Iterable[Quorum]) -> Quorum:
    """The quorum of a set: everything that any member asks, from people who count there."""
    all_of = tuple(quorums)
    needs: frozenset[Need] = frozenset().union(*(quorum.needs for quorum in all_of))
    return Quorum(needs, proposer_counts=bool(all_of) and all(quorum.proposer_counts for quorum in all_of))


def governance_quorum(policies: Iterable[Policy]) -> Quorum:
    """Every stage's requirements at once, and at least one person who is not the proposer."""
    stages = union_of(quorum_of(policy, "promote") for policy in policies)
    return Quorum(stages.needs | {Need(1)})


def judge_people(
    quorum: Quorum, statements: Mapping[Principal, frozenset[Verdict]], proposer: Principal, approvers: Approvers
) -> PeopleVerdict:
    """Weigh what each person said (under all her keys together) against what is needed.

    `statements` holds only what was verified: a key that was hers, at a time it was valid.
    """
    known = {person: said for person, said in statements.items() if person in approvers.people}
    against = _who(known, "reject", quorum, proposer, approvers)
    have = tuple(person for person in _who(known, "approve", quorum, proposer, approvers) if person not in against)
    missing = tuple(str(need) for need in _sorted(quorum) if _met(need, have, approvers) < need.count)
    proposed = "propose" in statements.get(proposer, frozenset())
    outcome: Outcome = "pass" if proposed and not missing and not against else "fail"
    return PeopleVerdict(outcome, tuple(map(str, _sorted(quorum))), have, missing, against, proposed)


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


def _met(need: Need, have: Iterable[Principal], approvers: Approvers) -> int:
    return sum(need.counts(approvers.people[person]) for person in have)


def _sorted(quorum: Quorum) -> list[Need]:
    return sorted(quorum.needs, key=lambda need: (sorted(need.groups), need.count))


def _groups(group: str | None) -> frozenset[str]:
    return frozenset([group]) if group is not None else frozenset()


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


def _short(quorum: Quorum, able: Mapping[Principal, Approver], proposer: Principal) -> Need | None:
    """The first need that stays unmet when everybody but the proposer approves."""
    rest = [approver for person, approver in able.items() if quorum.proposer_counts or person != proposer]
    return next((need for need in _sorted(quorum) if sum(map(need.counts, rest)) < need.count), None)


def _has_key(approver: Approver, at: datetime | None) -> bool:
    return any(_is_open(key, at) for key in approver.keys)


def _is_open(key: Key, at: datetime | None) -> bool:
    return at is None or key.valid_before is None or at < key.valid_before
