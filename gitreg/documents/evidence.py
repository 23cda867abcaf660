"""Evidence: what is so about a candidate, what was observed to say so, and each rule's answer."""

from __future__ import annotations

from typing import Annotated, Literal

from pydantic import Field

from gitreg.documents.document import Descriptor, Document, Frozen, Integer, Name, Number, Part, Prose, Scalar, Seq
from gitreg.documents.facts import DatasetUse, PinnedMetric, Status, Version
from gitreg.documents.ids import Digest, Principal, RunId
from gitreg.documents.rulings import Action, Outcome, Severity

PREDICTIONS_MEDIA_TYPE = "application/vnd.gitreg.predictions.v1+csv"
Task = Literal["binary", "multiclass", "regression"]


class SliceMetrics(Part):
    """The metrics of the rows whose `column` has this value."""

    column: Name
    value: Prose
    rows: Integer = Field(ge=1)
    metrics: Frozen[Name, Number]


class Evaluation(Document):
    """Predictions on a dataset and what they come to. They are of a run (of one output of it), or of a version.

    `metrics` follow from the blob `predictions`, so that anybody can compute them again; a metric that is not defined
    on these rows is left out.
    """

    schema_name = "evaluation"

    run: RunId | None = None
    output: Name | None = None
    version: Digest | None = None
    dataset: Name
    content_digest: Digest
    task: Task
    rows: Integer = Field(ge=1)
    metrics: Frozen[Name, Number]
    slices: Seq[SliceMetrics] = ()
    predictions: Descriptor

    def is_of(self, version: Version) -> bool:
        """Whether it is of a version: named by its digest, or of the run (and output) that made it."""
        is_of_run = version.run is not None and self.run == version.run
        return self.version == version.digest or (is_of_run and self.output in (None, version.output))


class Subject(Part):
    """A version as evidence pins it: by value, so that main alone can be read."""

    model: Name
    number: Integer | None
    version: Digest
    run: RunId | None = None
    metrics: Seq[PinnedMetric] = ()
    datasets: Seq[DatasetUse] = ()


class Observed(Part):
    """What a rule needs to know that main does not show. Whoever promotes looks; validate and audit look again."""

    rule: Name


class Unknown(Observed):
    """Nobody could look, and why: the rule cannot tell."""

    kind: Literal["unknown"] = "unknown"
    text: Prose


class Compared(Observed):
    """Candidate and baseline on the same rows; the difference is positive where the candidate is better.

    `candidate` and `baseline` are evaluations, by digest. `slice` is empty or `column=value`. `confidence` is that of
    the interval, after correction for `comparisons` looks.
    """

    kind: Literal["compared"] = "compared"
    metric: Name
    slice: Prose = ""
    dataset: Digest
    rows: Integer = Field(ge=1)
    candidate: Digest
    baseline: Digest
    candidate_value: Number
    baseline_value: Number
    difference: Number
    low: Number
    high: Number
    p_value: Number | None = None
    confidence: Number
    comparisons: Integer = Field(ge=1)
    method: Name


class Alternative(Part):
    """A run that was evaluated on the same dataset."""

    run: RunId
    value: Number


class Alternatives(Observed):
    """How many runs were evaluated on the dataset, and the five best of them by the metric."""

    kind: Literal["alternatives"] = "alternatives"
    metric: Name
    dataset: Digest
    runs: Integer = Field(ge=0)
    best: Seq[Alternative] = Field(default=(), max_length=5)


class Reached(Observed):
    """Whether the commit that trained is in the history of the branch, whose tip was then `tip`."""

    kind: Literal["reached"] = "reached"
    commit: Name
    branch: Name
    tip: Name
    reachable: bool


class Shared(Observed):
    """How many rows two datasets have in common, by the hashes in their profiles."""

    kind: Literal["shared"] = "shared"
    first: Digest
    second: Digest
    rows: Integer = Field(ge=0)
    method: Name


class Listed(Observed):
    """The version's folder: how much is in it, which forbidden files (at most 20), and which required ones are not."""

    kind: Literal["listed"] = "listed"
    manifest: Digest
    files: Integer = Field(ge=0)
    size_bytes: Integer = Field(ge=0)
    forbidden: Seq[Prose] = Field(default=(), max_length=20)
    missing: Seq[Prose] = Field(default=(), max_length=100)


class Trained(Observed):
    """Who recorded the candidate's run."""

    kind: Literal["trained"] = "trained"
    run: RunId
    people: Seq[Principal]


class Ran(Observed):
    """The candidate's run as the ledger has it: what it was told, and how it ended."""

    kind: Literal["ran"] = "ran"
    run: RunId
    experiment: Name
    name: Name
    status: Status
    params: Frozen[Name, Scalar]
    tags: Frozen[Name, str]


class Evaluated(Observed):
    """What a condition in CEL came to, on the facts with this digest."""

    kind: Literal["evaluated"] = "evaluated"
    facts: Digest
    value: bool
    method: Name


Observation = Annotated[
    Unknown | Compared | Alternatives | Reached | Shared | Listed | Trained | Ran | Evaluated,
    Field(discriminator="kind"),
]


class RuleResult(Part):
    """One rule's answer with its numbers: what was observed, against which bound, by which method."""

    rule: Name
    kind: Name
    severity: Severity
    outcome: Outcome
    text: Prose
    method: Name
    observed: Number | None = None
    at_least: Number | None = None
    at_most: Number | None = None


class Evidence(Document):
    """`evidence.json`: what is so about a candidate. No clock, host, user or tool version is in it."""

    schema_name = "evidence"

    action: Action
    stage: Name
    candidate: Subject | None
    baseline: Subject | None
    policy: Name | None
    policy_digest: Digest | None
    model_card: Digest | None
    observations: Seq[Observation] = Field(default=(), max_length=10_000)
    rules: Seq[RuleResult] = ()
    verdict: Outcome
