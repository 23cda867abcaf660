"""Policies: what a decision about a stage needs, as named rules."""

from __future__ import annotations

from datetime import datetime
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from gitreg.documents.document import Document, Integer, JsonObject, Name, Number, Part, Prose, Seq, refuse_twins
from gitreg.documents.facts import Role
from gitreg.documents.rulings import Severity


def _local(value: str) -> str:
    if datetime.fromisoformat(value).tzinfo is not None:
        message = "a local time has no offset; the zone says which place's clock it is"
        raise ValueError(message)
    return value


LocalTime = Annotated[str, Field(pattern=r"^\d{4}-\d\d-\d\dT\d\d:\d\d$"), AfterValidator(_local)]
"""A wall clock's time to the minute, `2026-12-20T18:00`, in a zone that is named beside it."""
Glob = Annotated[Prose, Field(min_length=1, max_length=250)]
"""A pattern with `*` and `?`, matched against a whole name or path."""


class Requirement(Part):
    """What every rule of a policy says of itself. `models` are patterns; a rule without them is for every model."""

    rule: Name
    message: Prose | None = None
    severity: Severity = "block"
    reference: Prose | None = None
    models: Seq[Glob] = ()


class ApprovalsRequirement(Requirement):
    """So many people, of a group where one is named; the proposer never counts.

    `not_trainer` leaves out whoever recorded the candidate's run, `max_age_days` approvals signed longer before the
    landing. `forge_reviews` counts a review on the forge that an attestor of approvers.json signed for, too.
    """

    kind: Literal["approvals"]
    count: Integer = Field(ge=1, le=100)
    group: Name | None = None
    not_trainer: bool = False
    max_age_days: Integer | None = Field(default=None, ge=1, le=3650)
    forge_reviews: bool = False


class RolesApartRequirement(Requirement):
    """Nobody's approval counts for two of these groups: as many people as roles."""

    kind: Literal["roles-apart"]
    groups: Seq[Name] = Field(min_length=2, max_length=20)


class EvidenceAgeRequirement(Requirement):
    """The decision lands within so many days of having been proposed, so that its evidence is of then."""

    kind: Literal["evidence-age"]
    max_age_days: Integer = Field(ge=1, le=3650)


class Window(Part):
    """A time in which nothing lands, from `start` to `end` by the clock of `zone` (an IANA name)."""

    start: LocalTime
    end: LocalTime
    zone: Name
    reason: Prose | None = None


class FreezeRequirement(Requirement):
    """Nothing lands in these windows; a rollback, a withdrawal and an override do."""

    kind: Literal["freeze"]
    windows: Seq[Window] = Field(min_length=1, max_length=200)


class CheckRequirement(Requirement):
    """An external check passed, signed by a key of this group (of anybody's in approvers.json without one)."""

    kind: Literal["check"]
    name: Name
    group: Name | None = None


class MetadataRequirement(Requirement):
    """The version's, its run's or the model's document must fit this JSON Schema (draft 2020-12)."""

    kind: Literal["metadata"]
    subject: Literal["version", "model", "run"]
    json_schema: JsonObject = Field(alias="schema")


class ThresholdRequirement(Requirement):
    """A pinned metric within bounds. Without `dataset` (a name), the metric logged without one or on only one."""

    kind: Literal["threshold"]
    metric: Name
    dataset: Name | None = None
    at_least: Number | None = None
    at_most: Number | None = None


class ComparisonRequirement(Requirement):
    """The candidate against the version in the stage, on the same rows of the dataset of this name.

    Exactly one margin is given, in units of the metric and as a number of zero or more: `better_by`, or `not_worse_by`.
    `slices` are columns of the predictions: no group of theirs may be worse by more than `slices_not_worse_by`.
    `picked` corrects for the number of runs that were evaluated on the dataset.
    """

    kind: Literal["comparison"]
    metric: Name
    dataset: Name
    method: Literal["paired-bootstrap/1", "mcnemar/1", "delong/1"] = "paired-bootstrap/1"
    better_by: Number | None = Field(default=None, ge=0)
    not_worse_by: Number | None = Field(default=None, ge=0)
    confidence: Number = Field(default=0.95, ge=0.5, le=0.9999)
    resamples: Integer = Field(default=2000, ge=100, le=100_000)
    slices: Seq[Name] = Field(default=(), max_length=20)
    slices_not_worse_by: Number | None = Field(default=None, ge=0)
    picked: bool = False


class SourceRequirement(Requirement):
    """The code that trained: a commit, nothing uncommitted, in a branch's history, with a lock file."""

    kind: Literal["source"]
    clean: bool = True
    branch: Name | None = None
    lock: bool = False


class DatasetsRequirement(Requirement):
    """A dataset recorded for each of these roles; with `disjoint`, at most `max_shared` rows in both of two roles."""

    kind: Literal["datasets"]
    roles: Seq[Role] = Field(min_length=1)
    disjoint: bool = False
    max_shared: Integer = Field(default=0, ge=0)


class FilesRequirement(Requirement):
    """What the version's folder must hold and may not: patterns of paths, bytes in all, licences of the model card."""

    kind: Literal["files"]
    required: Seq[Glob] = Field(default=(), max_length=100)
    forbidden: Seq[Glob] = Field(default=(), max_length=100)
    max_bytes: Integer | None = Field(default=None, ge=0)
    licences: Seq[Name] = Field(default=(), max_length=100)


class ExpressionRequirement(Requirement):
    """A condition in CEL (https://cel.dev) over `candidate`, `baseline`, `card` and `observations`; true passes."""

    kind: Literal["expression"]
    cel: Prose = Field(min_length=1, max_length=4_000)


class RollbackClause(Part):
    """What a rollback or withdrawal needs instead of the approvals; the proposer's own signature counts."""

    count: Integer = Field(default=1, ge=1, le=100)
    group: Name | None = None


class OverrideClause(Part):
    """What an override needs instead of everything else, and within how many hours it has to be regularised."""

    count: Integer = Field(default=1, ge=1, le=100)
    group: Name | None = None
    hours: Integer = Field(default=72, ge=1, le=8_760)


TimelessRequirement = (
    MetadataRequirement
    | ThresholdRequirement
    | ComparisonRequirement
    | SourceRequirement
    | DatasetsRequirement
    | FilesRequirement
    | ExpressionRequirement
)
"""Rules about the candidate; evidence holds their answers."""
PeopleRequirement = (
    ApprovalsRequirement | RolesApartRequirement | EvidenceAgeRequirement | FreezeRequirement | CheckRequirement
)
"""Rules about the landing: who said what, and when."""
AnyRequirement = Annotated[TimelessRequirement | PeopleRequirement, Field(discriminator="kind")]


class Policy(Document):
    """`policies/<name>.json`: what a decision about a stage needs."""

    schema_name = "policy"

    requirements: Seq[AnyRequirement]
    rollback: RollbackClause | None = None
    override: OverrideClause | None = None

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        """Observations and answers are found by the rule's name."""
        refuse_twins(rule.rule for rule in self.requirements)
        return self
