"""What stands in a stage and how it came there: frozen values for the pages that ask why and until when."""

from __future__ import annotations

import re
from dataclasses import dataclass
from datetime import UTC, date
from typing import TYPE_CHECKING

from gitreg.report.spelling import when

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from gitreg.documents import (
        Decision,
        Digest,
        Evidence,
        Fingerprint,
        Move,
        Principal,
        ReviewReport,
        Statement,
        Version,
    )

_DATE = re.compile(r"(?<![0-9-])([0-9]{4}-[0-9]{2}-[0-9]{2})(?![0-9-])")


@dataclass(frozen=True)
class Signature:
    """A statement below a decision. `trouble`: why it counts for nothing; its signature fits where `holds`."""

    key: Fingerprint | None
    statement: Statement | None
    person: Principal | None
    trouble: str = ""
    holds: bool = True


def review_words(review: ReviewReport) -> str:
    """A review on a forge that somebody attests. It is not its reviewer's own signature, and the words say so."""
    said = "approved" if review.verdict == "approve" else "asked for changes"
    return f"{review.reviewer} {said} in review {review.review} of {review.handle}, of commit {review.commit:.12}"


@dataclass(frozen=True)
class StageStanding:
    """The last decision in force in a stage."""

    decision: Decision
    digest: Digest
    move: Move
    commit: str
    """Where it came into force."""
    since: datetime | None
    approved_by: tuple[Principal, ...]
    is_unreviewed: bool
    signatures: tuple[Signature, ...] = ()
    version: Version | None = None
    """None after a withdrawal."""
    evidence: Evidence | None = None
    has_earlier: bool = False
    """Whether there is a version to go back to."""
    trouble: str = ""
    """What is wrong with what stands there now, which is not in force."""


@dataclass(frozen=True)
class Condition:
    """What somebody asked for when she approved; the first date in her words is when it is due."""

    person: str
    text: str
    due: date | None

    def is_overdue(self, today: date) -> bool:
        """Whether its day is past."""
        return self.due is not None and self.due < today


def conditions_of(standing: StageStanding) -> Iterator[Condition]:
    """The conditions of every approval that counts; an override is to be regularised, which is one, too."""
    decision = standing.decision
    if decision.regularise_by is not None:
        text = f"It is an override, to be regularised by {when(decision.regularise_by)}."
        yield Condition(decision.proposer.principal, text, decision.regularise_by.astimezone(UTC).date())
    for each in standing.signatures:
        said = each.statement
        if said is None or each.trouble or said.verdict != "approve":
            continue
        for text in said.conditions:
            yield Condition(each.person or said.actor.principal, text, due_in(text))


def due_in(text: str) -> date | None:
    """The first day written YYYY-MM-DD in a text; what is no day of a calendar is passed over."""
    for match in _DATE.finditer(text):
        try:
            return date.fromisoformat(match[1])
        except ValueError:
            continue
    return None
