"""What commands about models, versions and evaluations print."""

from __future__ import annotations

from typing import Literal, TypedDict

from gitreg.cli.shapes.plain import Comment, Descriptor, Number, Scalar
from gitreg.cli.shapes.runs import Dataset


class PinnedMetric(TypedDict):
    """A metric as it was at registration."""

    key: str
    dataset: str | None
    step: int
    value: Number


class Version(TypedDict):
    """A model version. `version` is null until it has a number; `digest` is what it is."""

    model: str
    version: int | None
    digest: str
    run_id: str | None
    output: str
    registered_at: str | None
    registered_by: str | None
    description: str | None
    comments: list[Comment]
    tags: dict[str, str]
    aliases: list[str]
    artifacts: Descriptor
    params: dict[str, Scalar]
    metrics: list[PinnedMetric]
    datasets: list[Dataset]


class FoundVersion(Version):
    """A version that a search found, and the stages it is in."""

    stages: list[str]


class VersionPage(TypedDict):
    """What a search found, and the token of the page after it, if there may be one."""

    versions: list[FoundVersion]
    next_page_token: str | None


class StageOf(TypedDict):
    """What one stage of a model holds, by the last decision in force. `version` is null where it was withdrawn.

    `standing_in_force` is false where something else stands in the stage now, which is not in force.
    """

    stage: str
    version: int | None
    digest: str | None
    since: str | None
    unreviewed: bool
    standing_in_force: bool


class ModelSummary(TypedDict):
    """A model as lists show it."""

    model: str
    versions: int
    latest: int | None
    owner: str | None
    description: str | None


class Model(ModelSummary):
    """A model whole. Aliases by the version they are on, as it is called (`fraud/7`)."""

    tags: dict[str, str]
    aliases: dict[str, str]
    stages: list[StageOf]


class Described(TypedDict):
    """A description that was written, null where it was taken away."""

    subject: str
    description: str | None


class Tagged(TypedDict):
    """Tags that were set; null where one was taken away."""

    subject: str
    tags: dict[str, str | None]


class Alias(TypedDict):
    """A bookmark; `version` is null where it was taken away."""

    model: str
    alias: str
    version: int | None


class Slice(TypedDict):
    """The rows of one group, and what they come to."""

    column: str
    value: str
    rows: int
    metrics: dict[str, Number]


class Evaluation(TypedDict):
    """Predictions of a version or of a run on a dataset, and what they come to."""

    digest: str
    run_id: str | None
    output: str | None
    version: str | None
    dataset: str
    content_digest: str
    task: Literal["binary", "multiclass", "regression"]
    rows: int
    metrics: dict[str, Number]
    slices: list[Slice]
    predictions: Descriptor


class Deployment(TypedDict):
    """What became of a version on a target; `at` is the time that `by` claims, `decision` what it followed."""

    event: str
    target: str
    model: str
    version: int | None
    digest: str
    stage: str | None
    decision: str | None
    status: Literal["deployed", "removed", "failed"]
    at: str
    by: str
    via: Literal["person", "ci", "import"]
    detail: str | None


class DeploymentAdded(Deployment):
    """A report that was recorded, and what is odd about it."""

    warnings: list[str]
