"""A verdict as a value, and the text by which it is kept between processes."""

from __future__ import annotations

import json
from dataclasses import asdict, dataclass, field
from typing import Any

from gitreg.decisions.findings import CHECKS, Finding
from gitreg.decisions.history import Place
from gitreg.documents import Digest, Outcome, Principal
from gitreg.policy import PeopleVerdict

NOT_ASKED = PeopleVerdict("pass", (), (), ())
FORMAT = "judgement/5"


@dataclass(frozen=True)
class Judgement:
    """The verdict on one decision in one folder."""

    folder: str
    digest: Digest
    outcome: Outcome
    findings: tuple[Finding, ...] = ()
    landed: Place | None = None
    completed: Place | None = None
    """Where it came into force: the landing, or the later commit that added the missing approvals."""
    is_unreviewed: bool = False
    """It landed where nobody has to approve; that stays so for ever."""
    is_pending: bool = False
    """Only people's word is missing."""
    is_broken: bool = False
    """Later commits spoiled it before it came into force."""
    people: PeopleVerdict = field(default=NOT_ASKED)
    settled: Place | None = None
    """The commit from which on nothing can make the verdict another: it follows from that commit and what lies before.

    None where it may still change, and where another clone or machine could see more.
    """

    @property
    def is_in_force(self) -> bool:
        """Whether the decision holds."""
        return self.outcome == "pass"

    @property
    def is_doubtful(self) -> bool:
        """Whether another clone or machine might come to another verdict: something could not be checked here."""
        is_open = self.settled is None and not self.is_pending
        return is_open or any(finding.outcome == "cannot tell" and finding.rule != CHECKS for finding in self.findings)

    def to_text(self) -> str:
        """As a cache keeps it."""
        return json.dumps(asdict(self))

    @classmethod
    def from_text(cls, text: str) -> Judgement:
        """The reverse of `to_text`."""
        value: dict[str, Any] = json.loads(text)
        return cls(
            **{
                **value,
                "digest": Digest(value["digest"]),
                "findings": tuple(Finding(**finding) for finding in value["findings"]),
                "landed": _place(value["landed"]),
                "completed": _place(value["completed"]),
                "people": _people(value["people"]),
                "settled": _place(value["settled"]),
            }
        )


def cache_key(folder: str) -> str:
    """Under which a verdict about this folder is kept, beside the commit."""
    return f"{FORMAT}:{folder}"


def _place(value: dict[str, Any] | None) -> Place | None:
    return None if value is None else Place(**value)


def _people(value: dict[str, Any]) -> PeopleVerdict:
    return PeopleVerdict(
        outcome=value["outcome"],
        needed=tuple(value["needed"]),
        have=tuple(Principal(person) for person in value["have"]),
        missing=tuple(value["missing"]),
        rejected_by=tuple(Principal(person) for person in value["rejected_by"]),
        proposed=value["proposed"],
        by_review=tuple(Principal(person) for person in value["by_review"]),
    )
