"""What commands about runs print."""

from __future__ import annotations

from typing import Any, Literal, TypedDict

from gitreg.cli.shapes.data import DataDifference
from gitreg.cli.shapes.plain import Comment, Descriptor, Number, Scalar


class Metric(TypedDict):
    """One metric's summary; `value`, `step` and `time` are of its last point."""

    key: str
    dataset: str | None
    value: Number
    step: int
    time: str
    min: Number
    max: Number
    count: int


class Dataset(TypedDict):
    """A dataset in a role."""

    name: str
    role: str
    digest: str
    target: str | None


class Output(TypedDict):
    """A folder that a run made."""

    name: str
    manifest: Descriptor


class Checkpoint(TypedDict):
    """An output that was taken at a step; `value` is the asked metric's then, null where it had none."""

    name: str
    step: int
    address: str
    value: Number | None
    best: bool


class Attempt(TypedDict):
    """One process's try at a run."""

    id: str
    host: str
    status: str
    started_at: str
    finished_at: str | None


class Conflict(TypedDict):
    """A param that attempts disagree about."""

    key: str
    values: list[Scalar]


class Dropped(TypedDict):
    """Values that were refused."""

    key: str
    reason: str
    count: int


class RunSummary(TypedDict):
    """A run as lists show it. `layer` is ledger, journal (live, on this machine) or both."""

    run_id: str
    name: str
    experiment: str
    status: str
    started_at: str
    finished_at: str | None
    silent_since: str | None
    layer: str
    deleted: str | None
    note: str | None
    parent: str | None
    group: str | None
    params: dict[str, Scalar]
    tags: dict[str, str]
    metrics: list[Metric]


class Abandoned(TypedDict):
    """Who gave a silent run up, when and why."""

    by: str
    at: str
    reason: str


class Tasks(TypedDict):
    """How many tasks of a job array stand how, how many there are to be, and what that comes to."""

    counts: dict[Literal["finished", "failed", "killed", "running"], int]
    expected: int | None
    status: str


class Run(RunSummary):
    """A run whole. `source` and `environment` are as in schemas/run-v1.json. `tasks` are those of a job array whose
    run this is.
    """

    tasks: Tasks | None
    abandoned: Abandoned | None
    actor: str
    comments: list[Comment]
    attempts: list[Attempt]
    conflicts: list[Conflict]
    dropped: list[Dropped]
    datasets: list[Dataset]
    outputs: list[Output]
    source: dict[str, Any] | None
    environment: dict[str, Any] | None


class RunPage(TypedDict):
    """What a search found, and the token of the page after it, if there may be one."""

    runs: list[RunSummary]
    next_page_token: str | None


class ComparisonRow(TypedDict):
    """One param, metric, tag, dataset, or fact of the code or environment: a value for each run in their order, null
    where it has none.

    `best` are the places of the runs with the best value, where the metric's name tells which way is better.
    """

    kind: Literal["metric", "dataset", "param", "tag", "code", "environment"]
    key: str
    dataset: str | None
    values: list[Scalar | None]
    differs: bool
    best: list[int]


class Primary(TypedDict):
    """The metric that runs are judged by. `best` are the places of the best; none where no direction is known."""

    key: str
    dataset: str | None
    direction: Literal["higher", "lower"] | None
    best: list[int]


class Comparison(TypedDict):
    """Runs side by side."""

    runs: list[RunSummary]
    primary: Primary | None
    rows: list[ComparisonRow]


class Point(TypedDict):
    """One point of a series."""

    step: int
    time: str
    value: Number
    attempt: str


class Artifact(TypedDict):
    """One file of a run or version."""

    path: str
    mediaType: str
    digest: str
    size: int


class BestRun(TypedDict):
    """The run with the best value of a metric: `ties` have the same, `second` is `margin` behind."""

    run_id: str
    name: str
    metric: str
    direction: Literal["higher", "lower"]
    value: Number
    ties: list[str]
    second: str | None
    margin: Number | None


class Fetched(TypedDict):
    """What was written to disk. `best` says of which run, where the best was asked for."""

    target: str
    files: list[Artifact]
    best: BestRun | None


class Recovered(TypedDict):
    """A journal that was taken up: what became of its run, or why nothing could be done."""

    run_id: str | None
    status: str | None
    problem: str | None
    journal: str


class Repeats(TypedDict):
    """A metric over a run and its repeats; the standard deviation is null for a single run."""

    runs: int
    mean: Number
    deviation: Number | None


class Noise(TypedDict):
    """How much a metric varies where only the seed was changed, on both sides; `low` to `high` is an interval for the
    difference of their means. `within` says that it holds zero: such a difference may be chance.
    """

    old: Repeats
    new: Repeats
    low: Number
    high: Number
    confidence: Number
    method: str
    within: bool


class DifferentThing(TypedDict):
    """One thing that is not the same; null where a side does not have it. A file is its digest and size.

    `noise` is there of a metric whose runs were repeated.
    """

    kind: Literal["param", "metric", "code", "data", "column", "environment", "package", "file"]
    name: str
    old: Scalar | None
    new: Scalar | None
    noise: Noise | None


class ChangedData(TypedDict):
    """Data in one role that is not the same, by the new side's name."""

    name: str
    role: str
    difference: DataDifference


class Difference(TypedDict):
    """What changed, how many things did not, how many runs tell the noise of each side, and what could not be seen."""

    old: str
    new: str
    changes: list[DifferentThing]
    data: list[ChangedData]
    same: int
    repeats: list[int]
    untold: list[str]


class Origin(TypedDict):
    """A change: who made it, who approved it, when, what it was; its commit of main, null for a fact of the ledger."""

    by: str
    approved_by: list[str]
    at: str
    title: str
    commit: str | None


class BlamedField(TypedDict):
    """A field as it is now, and the change since which it is so; null where this clone does not know."""

    kind: Literal[
        "stage",
        "param",
        "metric",
        "code",
        "data",
        "column",
        "environment",
        "package",
        "file",
        "note",
        "alias",
        "card",
    ]
    name: str
    value: Scalar | None
    origin: Origin | None


class Blame(TypedDict):
    """Every field of a stage or version; what could not be seen."""

    address: str
    fields: list[BlamedField]
    untold: list[str]


class Judged(TypedDict):
    """What was said of a version; `value` is the metric's, where one judged."""

    version: int
    verdict: Literal["good", "bad", "skip"]
    value: Number | None


class Bisected(TypedDict):
    """The first bad version: null where `suspects` are several. `turned_back` were bad before a good one."""

    model: str
    last_good: int
    first_bad: int | None
    suspects: list[int]
    turned_back: list[int]
    judged: list[Judged]
    difference: Difference
