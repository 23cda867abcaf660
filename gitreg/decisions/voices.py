"""Who said what about a decision, by signature and by reviews that somebody attested, as one quorum hears it."""

from __future__ import annotations

from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gitreg.documents import Principal
from gitreg.policy import PeopleVerdict, Quorum, aged, by_review, counts_review, judge_people

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from gitreg.decisions.statements import AskedOf, Hearing
    from gitreg.documents import Approvers, ReviewReport, Verdict


@dataclass(frozen=True)
class Voices:
    """What each person said, and when, and the quorum that it is weighed against."""

    quorum: Quorum
    said: Mapping[Principal, frozenset[Verdict]]
    approved_at: Mapping[Principal, datetime]
    proposer: Principal
    approvers: Approvers
    by_review: frozenset[Principal] = frozenset()
    """Who is heard by reviews alone."""

    def judged(self, at: datetime) -> PeopleVerdict:
        """The verdict as of a moment, which says how old approvals are."""
        quorum = aged(self.quorum, self.approved_at, at)
        found = judge_people(quorum, self.said, self.proposer, self.approvers)
        return replace(found, by_review=tuple(person for person in found.have if person in self.by_review))


def voices(quorum: Quorum, hearing: Hearing, question: AskedOf) -> Voices:
    """Everybody who is heard. Whoever signed is heard by her signature; a review of hers can then only reject.

    So nobody counts twice, and a review never makes an old signature young. Of several who attest reviews of one
    person, a rejection goes before an approval.
    """
    decision, approvers = question.decision, question.rulebook.approvers
    said, approved_at = dict(hearing.said()), dict(hearing.approved_at(decision))
    signed = {person for person, words in said.items() if words & {"approve", "reject", "propose"}}
    only = set[Principal]()
    for _, review in hearing.reviews():
        person = review.reviewer
        if not counts_review(quorum, person, decision.proposer.principal, approvers):
            continue
        if person not in signed:
            only.add(person)
            approved_at[person] = max(
                review.submitted_at, decision.proposed_at, approved_at.get(person, decision.proposed_at)
            )
        elif review.verdict != "reject":
            continue
        said[person] = said.get(person, frozenset()) | {_verdict(review)}
    reviewers = frozenset(only)
    heard = by_review(quorum, reviewers)
    return Voices(heard, said, approved_at, decision.proposer.principal, approvers, reviewers)


def _verdict(review: ReviewReport) -> Verdict:
    return "approve" if review.verdict == "approve" else "reject"
