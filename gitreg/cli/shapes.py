"""What `--json` prints, command by command. `scripts/write_schemas.py` makes `schemas/cli/` from these.

Names are promises: a field is added, never renamed or taken away. Times are RFC 3339 in UTC, digests as OCI writes
them, numbers that JSON has no word for are the strings "NaN", "Infinity", "-Infinity". `version` is always the number.
"""

from __future__ import annotations

from typing import Any, Literal, TypeAlias, TypedDict

Number: TypeAlias = float | Literal["NaN", "Infinity", "-Infinity"]
Scalar: TypeAlias = bool | int | float | str
Outcome: TypeAlias = Literal["pass", "fail", "cannot tell"]
Severity: TypeAlias = Literal["block", "warn"]
ProposalState: TypeAlias = Literal["open", "approved", "rejected", "stale", "expired", "closed", "merged"]


class Descriptor(TypedDict):
    """A pointer at stored bytes."""

    mediaType: str
    digest: str
    size: int


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
    params: dict[str, Scalar]
    tags: dict[str, str]
    metrics: list[Metric]


class Run(RunSummary):
    """A run whole. `source` and `environment` are as in schemas/run-v1.json."""

    parent: str | None
    actor: str
    attempts: list[Attempt]
    conflicts: list[Conflict]
    dropped: list[Dropped]
    datasets: list[Dataset]
    outputs: list[Output]
    source: dict[str, Any] | None
    environment: dict[str, Any] | None


class ComparisonRow(TypedDict):
    """One param, metric, tag or dataset: a value for each run in their order, null where it has none.

    `best` are the places of the runs with the best value, where the metric's name tells which way is better.
    """

    kind: Literal["metric", "dataset", "param", "tag"]
    key: str
    dataset: str | None
    values: list[Scalar | None]
    differs: bool
    best: list[int]


class Comparison(TypedDict):
    """Runs side by side."""

    runs: list[RunSummary]
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


class Fetched(TypedDict):
    """What was written to disk."""

    target: str
    files: list[Artifact]


class Recovered(TypedDict):
    """A journal that was taken up: what became of its run, or why nothing could be done."""

    run_id: str | None
    status: str | None
    problem: str | None
    journal: str


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
    tags: dict[str, str]
    aliases: list[str]
    artifacts: Descriptor
    params: dict[str, Scalar]
    metrics: list[PinnedMetric]
    datasets: list[Dataset]


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


class Move(TypedDict):
    """One stage's change in a decision; `version` and `digest` are null where it is withdrawn."""

    model: str
    stage: str
    version: int | None
    digest: str | None


class People(TypedDict):
    """Whose word a decision needs, and has."""

    outcome: Outcome
    needed: list[str]
    approved_by: list[str]
    rejected_by: list[str]
    missing: list[str]
    signed_by_proposer: bool


class Rule(TypedDict):
    """One rule's answer."""

    rule: str
    kind: str
    severity: Severity
    outcome: Outcome
    text: str


class PolicyCheck(TypedDict):
    """What a policy says to a version: every rule, what was observed, what would make it pass, who could approve.

    `observations` are those of evidence (schemas/evidence-v1.json).
    """

    model: str
    stage: str
    version: int
    policy: str | None
    verdict: Outcome
    rules: list[Rule]
    observations: list[dict[str, Any]]
    ways: dict[str, str]
    needs: list[str]
    able: list[str]
    held: str | None


class CaseAnswer(TypedDict):
    """What a rule answered in an example case, null where the policy has no such rule."""

    policy: str
    case: str
    rule: str
    expected: Outcome
    found: Outcome | None
    text: str


class Example(TypedDict):
    """An example case that was kept."""

    path: str
    name: str


class PolicyChange(TypedDict):
    """One field of one rule, and which way it went."""

    rule: str
    direction: Literal["looser", "tighter", "other"]
    text: str


class PolicyEffect(TypedDict):
    """What a changed policy would say to what is in a stage now; `rules` are the answers that are others."""

    model: str
    stage: str
    version: int | None
    before: Outcome
    after: Outcome
    rules: list[Rule]


class PolicyDifference(TypedDict):
    """One policy's changes, and whom they concern."""

    policy: str
    changes: list[PolicyChange]
    effects: list[PolicyEffect]


class TimeBound(TypedDict):
    """A time, and on whose word it is."""

    at: str
    by: str


class Bounds(TypedDict):
    """Between which times something happened."""

    not_before: TimeBound | None
    not_after: TimeBound | None


class AsOfCandidate(TypedDict):
    """A decision that may have been in force."""

    version: int | None
    digest: str | None
    decision: str
    commit: str | None
    claimed: str
    since: Bounds
    by: list[str]
    unreviewed: bool


class AsOfApproved(TypedDict):
    """What was approved: the likely answer by people's own clocks, and all that are possible.

    `nothing` says that the stage may have been empty still; `contradictions` are clocks that cannot both be right.
    """

    version: int | None
    since: Bounds | None
    certain: bool
    by: list[str]
    evidence: str | None
    candidates: list[AsOfCandidate]
    nothing: bool
    contradictions: list[str]


class AsOf(TypedDict):
    """What a stage held at a moment; `live` is what was seen running then, null where nothing was reported."""

    model: str
    stage: str
    at: str
    approved: AsOfApproved
    live: None


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


class Finding(TypedDict):
    """One thing that is not as it has to be."""

    rule: str
    path: str
    message: str
    hint: str
    severity: Severity
    outcome: Outcome


class Objection(Finding):
    """A finding of an audit, with the commit that brought it in and whom that commit names as its author."""

    commit: str | None
    title: str
    author: str


class Founding(TypedDict):
    """The landing from which on every quorum could be met, by the digest that an auditor brings along."""

    digest: str
    commit: str


class NoteSigner(TypedDict):
    """Whose key signed a note; `at` is when a countersignature says it was made."""

    name: str
    at: str | None


class Anchor(TypedDict):
    """A checkpoint that today's history extends. `tail` is how many commits came after it."""

    count: int
    commit: str
    verdict: Outcome
    at: str
    signers: list[NoteSigner]
    tail: int


class Checkpoint(TypedDict):
    """A checkpoint that was signed: `note` is its text with all signatures, `path` where it lies on the ledger."""

    registry: str
    count: int
    root: str
    commit: str
    verdict: Outcome
    at: str
    path: str
    note: str


class Audit(TypedDict):
    """What an audit looked at and found. `rooted`: the founding is the one that was brought along."""

    registry: str
    outcome: Outcome
    main: str
    ledger: str | None
    commits: int
    landings: int
    unreviewed: int
    founding: Founding | None
    rooted: bool
    since: str | None
    anchor: Anchor | None
    objections: list[Objection]


class Proposal(TypedDict):
    """What waits for approval. `state` is how it stands against main now."""

    id: str
    title: str
    state: ProposalState
    action: str
    decision: str
    moves: list[Move]
    reason: str
    proposer: str
    proposed_at: str
    expires_at: str | None
    regularise_by: str | None
    people: People | None
    rules: list[Rule]
    findings: list[Finding]


class Result(TypedDict):
    """What deciding came to: `landed` is the commit on main, else `proposal` says what waits."""

    title: str
    landed: str | None
    proposal: Proposal | None
    pull_request: str | None
    unreviewed: bool
    warnings: list[str]
    findings: list[Finding]


class Collectable(TypedDict):
    """A statement that was found. `person` and `verdict` are null where it is none, or is signed wrongly."""

    where: str
    person: str | None
    verdict: str | None
    taken: bool
    reason: str


class Collected(TypedDict):
    """What was sealed: `commit` is null where nothing was written, `met` whether the policy asks for nobody more."""

    id: str
    commit: str | None
    met: bool
    missing: list[str]
    statements: list[Collectable]


class Told(TypedDict):
    """A comment and a check of a pull request that are up to date; `commit` is the head that was judged."""

    pull_request: str
    commit: str
    comment: str
    check: Literal["success", "failure", "neutral"]
    findings: list[Finding]


class Landing(TypedDict):
    """A proposal that landed."""

    id: str
    title: str
    landed: str


class Approver(TypedDict):
    """Who may approve. Keys by their fingerprint, the sha256 of the key in hex."""

    principal: str
    groups: list[str]
    keys: list[str]


class Hold(TypedDict):
    """A version that may not go to these stages again (to none, where the list is empty)."""

    model: str
    version: int | None
    digest: str
    stages: list[str]
    reason: str


class Override(TypedDict):
    """An override that a promotion has to regularise yet; `overdue` by the clock of whoever looks."""

    model: str
    stage: str
    version: int | None
    decision: str
    regularise_by: str
    overdue: bool


class Check(TypedDict):
    """What a check said, by one key. `status` and `by` are null where nobody has said anything; `ignored` says why it
    does not count; `asked_for`: whether a rule asks for it.
    """

    name: str
    status: Literal["pass", "fail"] | None
    by: str | None
    signed_at: str | None
    report: Descriptor | None
    ignored: str
    asked_for: bool


class LogEntry(TypedDict):
    """One landing. `in_force`: whether it ever was; `at`: when its commit says that it landed."""

    model: str | None
    stage: str | None
    action: str
    title: str
    version: int | None
    digest: str | None
    decision: str
    commit: str
    at: str
    proposer: str | None
    approved_by: list[str]
    reason: str | None
    in_force: bool
    unreviewed: bool
    override: Override | None


class Change(TypedDict):
    """A stage that holds another version than before."""

    model: str
    stage: str
    before: int | None
    before_digest: str | None
    after: int | None
    after_digest: str | None
    address: str


class Resolution(TypedDict):
    """What an address means now, and why. Of a run's output that is not registered, model and version are null."""

    address: str
    model: str | None
    version: int | None
    digest: str | None
    run_id: str | None
    output: str
    stage: str | None
    alias: str | None
    decision: str | None
    unreviewed: bool | None
    approved_by: list[str]
    since: str | None
    artifacts: Descriptor
    blobs: str


class Condition(TypedDict):
    """What somebody asked for when she approved; `due` is the day in her words (YYYY-MM-DD)."""

    person: str
    text: str
    due: str | None
    overdue: bool


class Signature(TypedDict):
    """A statement below a decision: whether its signature `holds`, whether it `counts`, and why not."""

    person: str | None
    key: str | None
    verdict: str | None
    reason: str | None
    signed_at: str | None
    holds: bool
    counts: bool
    trouble: str


class Built(TypedDict):
    """What a version was made from."""

    run_id: str | None
    output: str
    repository: str | None
    commit: str | None
    dirty: bool | None
    python: str | None
    lock: str | None
    datasets: list[Dataset]
    artifacts: Descriptor


class Why(TypedDict):
    """Why a version is in a stage. `compared` and `alternatives` are observations (schemas/evidence-v1.json)."""

    address: str
    model: str
    stage: str
    version: int | None
    digest: str | None
    since: str | None
    commit: str
    decision: str
    action: str
    proposer: str
    proposed_at: str
    reason: str
    unreviewed: bool
    approved_by: list[str]
    signatures: list[Signature]
    conditions: list[Condition]
    policy: str | None
    verdict: Outcome | None
    compared: list[dict[str, Any]]
    alternatives: list[dict[str, Any]]
    built_from: Built | None
    undo: str


class InventoryStage(TypedDict):
    """What the last decision in force put into a stage. `trouble`: what stands there now is not in force, and why."""

    stage: str
    version: int | None
    digest: str | None
    since: str | None
    approved_by: list[str]
    unreviewed: bool
    trouble: str
    conditions: list[Condition]


class InventoryHold(TypedDict):
    """A version that may not go to these stages; to none, where the list is empty."""

    version: str
    stages: list[str]
    reason: str


class InventoryModel(TypedDict):
    """One model with all that is known of its stages; `proposals` are those that are open, by id."""

    model: str
    owner: str | None
    tier: str | None
    use: str | None
    stages: list[InventoryStage]
    proposals: list[str]
    holds: list[InventoryHold]


class Synced(TypedDict):
    """What a sync did; refs by their full names. `numbered`: versions that got a number, by what they were called."""

    remote: bool
    runs: list[str]
    uploaded: int
    numbered: dict[str, int]
    fetched: list[str]
    pushed: list[str]
    removed: list[str]
    conflicts: list[str]
    main: str | None
    ledger: str | None


class Ailment(TypedDict):
    """One thing that is wrong (`block`), worth knowing (`warn`), or right again (`mended`)."""

    kind: str
    subject: str
    message: str
    hint: str
    severity: Literal["block", "warn", "mended"]


class Checked(TypedDict):
    """What fsck looked at and found."""

    objects: int
    documents: int
    blobs: int
    size_bytes: int
    findings: list[Ailment]


class Registry(TypedDict):
    """Which registry this is, and why this one. `stages`: whether each is protected."""

    path: str
    registry: str
    why: str
    blobs: str
    remote: str | None
    stages: dict[str, bool]


class Live(TypedDict):
    """A journal that has not reached the ledger: active, open, ended, lost, elsewhere or damaged."""

    run_id: str | None
    name: str | None
    experiment: str | None
    state: str
    journal: str
    problem: str | None


class Unpushed(TypedDict):
    """What is only in this clone: commits of main, files of the ledger."""

    main: int
    ledger: int


class Status(TypedDict):
    """The state of things and what to do next; `remote_seen` is when this clone last met its remote."""

    registry: Registry
    main: str | None
    remote_seen: str | None
    runs: int
    models: int
    live: list[Live]
    proposals: list[Proposal]
    overrides: list[Override]
    unpushed: Unpushed | None
    next: list[str]


class LineageNode(TypedDict):
    """A thing. `kind` is stage, version, decision, evidence, evaluation, run, code, dataset, blob, key or person."""

    id: str
    kind: str
    key: str
    name: str
    note: str


class LineageEdge(TypedDict):
    """`made` rests on `origin`, both ids; `how` says in which way."""

    made: str
    origin: str
    how: str


class LineageWalk(TypedDict):
    """What is reached in one direction, nearest first."""

    nodes: list[LineageNode]
    edges: list[LineageEdge]


class StageName(TypedDict):
    """A stage of a model."""

    model: str
    stage: str


class LineageVersion(TypedDict):
    """A version that the thing flowed into, and the stages that hold it now."""

    model: str
    version: int | None
    digest: str
    stages: list[StageName]


class Lineage(TypedDict):
    """What a thing comes from (`above`) and flowed into (`below`). `whole`: no bound was met.

    `decisions` are the digests of those that rest on it; `withdraw` the commands that would take it out of its stages.
    """

    asked: str
    start: list[LineageNode]
    above: LineageWalk
    below: LineageWalk
    versions: list[LineageVersion]
    decisions: list[str]
    withdraw: list[str]
    whole: bool


class PackedFile(TypedDict):
    """One file of a pack."""

    name: str
    size: int
    digest: str


class EvidencePack(TypedDict):
    """A pack that was written. `missing` says in words what could not be put into it."""

    address: str
    file: str
    size: int
    digest: str
    files: list[PackedFile]
    missing: list[str]


class Error(TypedDict):
    """What a failed command tells on stderr."""

    code: str
    message: str
    hint: str
    subject: str


class Failed(TypedDict):
    """The frame of an error."""

    error: Error


SHAPES: dict[str, Any] = {
    "ailments": list[Ailment],
    "alias": Alias,
    "approvers": list[Approver],
    "artifacts": list[Artifact],
    "as-of": AsOf,
    "audit": Audit,
    "changes": list[Change],
    "checkpoint": Checkpoint,
    "checks": list[Check],
    "collected": Collected,
    "comparison": Comparison,
    "described": Described,
    "error": Failed,
    "evaluation": Evaluation,
    "evaluations": list[Evaluation],
    "evidence-pack": EvidencePack,
    "fetched": Fetched,
    "findings": list[Finding],
    "fsck": Checked,
    "holds": list[Hold],
    "inventory": list[InventoryModel],
    "landing": Landing,
    "lineage": Lineage,
    "log": list[LogEntry],
    "model": Model,
    "models": list[ModelSummary],
    "outcome": Result,
    "policy-check": PolicyCheck,
    "policy-diff": list[PolicyDifference],
    "policy-example": Example,
    "policy-test": list[CaseAnswer],
    "proposal": Proposal,
    "proposals": list[Proposal],
    "recovered": list[Recovered],
    "registry": Registry,
    "resolution": Resolution,
    "run": Run,
    "runs": list[RunSummary],
    "schemas": list[str] | dict[str, Any],
    "series": list[Point],
    "status": Status,
    "synced": Synced,
    "tagged": Tagged,
    "told": Told,
    "version": Version,
    "versions": list[Version],
    "why": Why,
}
"""The schemas by name: `schemas/cli/<name>.json`, the `shape` of the catalogue."""
