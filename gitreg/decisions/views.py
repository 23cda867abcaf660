"""What the services answer with."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Literal

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from gitreg.decisions.findings import Finding
    from gitreg.decisions.judgement import Judgement
    from gitreg.decisions.stages import LogEntry
    from gitreg.decisions.statements import Heard
    from gitreg.documents import Decision, Descriptor, Digest, Evidence, ProposalId, Verdict
    from gitreg.errors import GitregError
    from gitreg.policy import PeopleVerdict
    from gitreg.store import CommitId

State = Literal["open", "approved", "rejected", "stale", "expired", "closed", "merged"]


@dataclass(frozen=True)
class ProposalView:
    """A proposal, with the verdict on it as if it were merged now (as it landed, where it was)."""

    id: ProposalId
    state: State
    title: str
    decision: Decision
    digest: Digest
    tip: CommitId
    """Of its branch; of a merged one, the commit on main."""
    judgement: Judgement
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    """By folder."""
    statements: tuple[Heard, ...] = ()

    @property
    def people(self) -> PeopleVerdict:
        """Whose word it needs, and has."""
        return self.judgement.people

    @property
    def findings(self) -> tuple[Finding, ...]:
        """Everything that stands in its way."""
        return self.judgement.findings


@dataclass(frozen=True)
class Outcome:
    """What deciding came to: it landed, or a proposal waits; neither in a dry run."""

    title: str
    decision: Decision | None
    """None for governed files that needed no decision."""
    landed: CommitId | None = None
    proposal: ProposalView | None = None
    evidence: Mapping[str, Evidence] = field(default_factory=dict)
    people: PeopleVerdict | None = None
    unreviewed: bool = False
    warnings: tuple[str, ...] = ()
    findings: tuple[Finding, ...] = ()
    refused: GitregError | None = None
    """What it would be refused with; of a dry run only, since nothing is told to have failed that was not tried."""


@dataclass(frozen=True)
class Said:
    """What a statement came to. `note` says so in words where it is not what its maker may expect."""

    proposal: ProposalView
    verdict: Verdict
    counts: bool
    note: str = ""


@dataclass(frozen=True)
class CheckView:
    """What one check came to, by one key; or that it is asked for and nobody has said anything."""

    name: str
    status: Literal["pass", "fail"] | None
    """None: nobody has said anything."""
    person: str | None = None
    signed_at: datetime | None = None
    report: Descriptor | None = None
    ignored: str = ""
    """Why it does not count, where it does not."""
    is_asked_for: bool = False
    """Whether a rule asks for it."""


@dataclass(frozen=True)
class OverrideView:
    """An override that a promotion has not regularised yet."""

    model: str
    stage: str
    number: int | None
    decision: Digest
    regularise_by: datetime
    is_overdue: bool
    """By the clock of whoever looks."""


@dataclass(frozen=True)
class HoldView:
    """A hold as it stands. `number` is the version's, where a stage ever had it."""

    model: str
    version: Digest
    number: int | None
    stages: tuple[str, ...]
    reason: str


@dataclass(frozen=True)
class Landing:
    """A log entry with what its commit says. `at` is the committer's clock: it shows, and orders nothing."""

    entry: LogEntry
    title: str
    at: datetime
    override: OverrideView | None = None
    """Where it is an override that still has to be regularised."""
