"""What the page of a proposal is made from: frozen values that whoever shows a proposal fills in."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping
    from datetime import datetime

    from gitreg.documents import Dataset, Decision, Digest, Evidence, Principal, Subject, Verdict, Version
    from gitreg.policy import PeopleVerdict
    from gitreg.report.curves import Curves
    from gitreg.report.drift import Drift


@dataclass(frozen=True)
class Problem:
    """Something that stands in the way: which rule, where, what is so, what to do."""

    rule: str
    path: str
    message: str
    hint: str = ""
    blocks: bool = True


@dataclass(frozen=True)
class Opinion:
    """What a person said about it. `ignored` is why that does not count, where it does not."""

    person: str
    verdict: Verdict
    reason: str | None = None
    conditions: tuple[str, ...] = ()
    ignored: str = ""
    checks: tuple[tuple[str, str], ...] = ()
    """What an external check said: its name, and pass or fail."""
    reviews: tuple[tuple[str, str], ...] = ()
    """Reviews that this person attests: in words, and why one does not count."""


@dataclass(frozen=True)
class FileChange:
    """A governed file that lands with it: its text as it stands and as it would be, None where there is none."""

    path: str
    before: str | None
    after: str | None


@dataclass(frozen=True)
class Listing:
    """The files of a version by their paths, each with its digest and size in bytes."""

    manifest: Digest
    files: Mapping[str, tuple[Digest, int]]


@dataclass(frozen=True)
class ProposalPage:
    """All that the page shows. `state` is open, approved, stale, expired, rejected, closed or merged."""

    id: str
    state: str
    title: str
    decision: Decision
    digest: Digest
    evidence: tuple[Evidence, ...] = ()
    people: PeopleVerdict | None = None
    opinions: tuple[Opinion, ...] = ()
    problems: tuple[Problem, ...] = ()
    files: tuple[FileChange, ...] = ()
    able: tuple[Principal, ...] | None = None
    """Whose approval would still count; None where nobody looked."""
    versions: tuple[Version, ...] = ()
    """The candidates' and baselines' own documents, as far as they are here."""
    datasets: tuple[Dataset, ...] = ()
    """What is known of the data that these versions name."""
    listings: tuple[Listing, ...] = ()
    """Their files, where the bytes that list them are here."""
    holds: tuple[str, ...] = ()
    """The holds on these models, each in words."""
    now: datetime | None = None
    """When the page is made, for what is due soon."""
    curves: tuple[Curves, ...] = ()
    drifts: tuple[tuple[str, Drift], ...] = ()
    """How far the data of the candidate lies from that of the version in a stage, with the stage."""
    not_drawn: tuple[str, ...] = ()
    """Why a picture that one would look for is not there."""

    @property
    def blocks(self) -> tuple[Problem, ...]:
        """The problems that stop it."""
        return tuple(problem for problem in self.problems if problem.blocks)

    def version(self, subject: Subject | None) -> Version | None:
        """The document of a version that evidence names."""
        wanted = subject.version if subject else None
        return next((each for each in self.versions if each.digest == wanted), None)

    def listing(self, version: Version | None) -> Listing | None:
        """The files of a version."""
        wanted = version.artifacts.digest if version else None
        return next((each for each in self.listings if each.manifest == wanted), None)
