"""Documents of the ledger: what machines recorded."""

from __future__ import annotations

from datetime import datetime
from typing import Literal, NamedTuple

from pydantic import Field

from gitreg.documents.document import (
    Actor,
    AddressName,
    Descriptor,
    Document,
    Frozen,
    Integer,
    JsonObject,
    Name,
    Number,
    Part,
    Prose,
    Scalar,
    Seq,
    Time,
)
from gitreg.documents.ids import AttemptId, Digest, Hex32, OutputId, RunId, WriterId

MANIFEST_MEDIA_TYPE = "application/vnd.gitreg.manifest.v1+json"
SERIES_MEDIA_TYPE = "application/vnd.gitreg.series.v1"

Status = Literal["running", "finished", "failed", "killed"]
Role = Literal["train", "validation", "test", "reference"]
DeploymentAction = Literal["deployed", "removed", "failed"]


class Revised(Document):
    """A register of the ledger: for one path the larger (rev, writer, digest) wins whole."""

    rev: Integer = Field(ge=1)
    writer: WriterId


class Experiment(Revised):
    """A named group of runs."""

    schema_name = "experiment"

    name: Name
    created_at: Time
    actor: Actor


class Point(Part):
    """One value of a metric. `step` is the caller's; `time` is when it was logged."""

    step: Integer
    time: Time
    value: Number


class MetricSummary(Part):
    """What is known of one metric without its series. Its identity is key and dataset (by content digest).

    `min` and `max` pass over NaN and are NaN only if every value was; `count` counts every point.
    """

    key: Name
    dataset: Digest | None = None
    count: Integer = Field(ge=1)
    last: Point
    min: Number
    max: Number


class DatasetUse(Part):
    """A dataset in a run or version: `digest` is of its content, `document` of its dataset document."""

    name: Name
    role: Role
    digest: Digest
    document: Digest
    target: Name | None = None


class Source(Part):
    """The code that ran. `command` has its secrets cut out; `diff` is the uncommitted change, as a blob."""

    repository: Prose | None = None
    commit: str | None = Field(default=None, pattern=r"^(?:[0-9a-f]{40}|[0-9a-f]{64})$")
    branch: Name | None = None
    dirty: bool | None = None
    diff: Descriptor | None = None
    entry_point: Prose | None = None
    command: Seq[Prose] = ()


class Environment(Part):
    """What it ran in. `lock` is the lock file or the list of installed packages, as a blob."""

    python: Name | None = None
    platform: Name | None = None
    cpu: Name | None = None
    cpus: Integer | None = None
    memory_bytes: Integer | None = None
    gpus: Seq[Name] = ()
    lock: Descriptor | None = None
    lock_name: Name | None = None


class Output(Part):
    """A named folder that a run made, usually a model: `name` in the run, `manifest` of its files."""

    name: Name
    id: OutputId
    manifest: Descriptor
    flavors: JsonObject = Field(default_factory=dict)
    signature: JsonObject | None = None


class Dropped(Part):
    """Values that `log_*` refused: how often and why, by key."""

    key: Prose
    reason: Prose
    count: Integer = Field(ge=1)


class Attempt(Part):
    """One process's (or shell session's) try at a run: everything it recorded. Its status only moves forward."""

    id: AttemptId
    host: Name
    boot_id: Prose | None = None
    status: Status
    started_at: Time
    finished_at: Time | None = None
    params: Frozen[Name, Scalar] = Field(default_factory=dict)
    tags: Frozen[Name, Prose] = Field(default_factory=dict)
    metrics: Seq[MetricSummary] = ()
    series: Seq[Descriptor] = ()
    datasets: Seq[DatasetUse] = ()
    artifacts: Descriptor | None = None
    outputs: Seq[Output] = ()
    source: Source | None = None
    environment: Environment | None = None
    dropped: Seq[Dropped] = ()


class RunRecord(Revised):
    """What one clone knows of a run. Readers fold the records of all writers into one `Run`."""

    schema_name = "run"

    run_id: RunId
    experiment: Name
    name: Name
    parent: RunId | None = None
    actor: Actor
    attempts: Seq[Attempt] = Field(min_length=1)


class ManifestEntry(Part):
    """One file of a folder: its path below it, and its bytes."""

    path: str
    media_type: str = Field(alias="mediaType")
    digest: Digest
    size: Integer = Field(ge=0)


class Manifest(Document):
    """The files of a folder, sorted by path. Kept as a blob; its digest names the folder's whole content."""

    schema_name = "manifest"
    max_bytes = 64 * 2**20  # some 300,000 files; it is a blob, and never lies in git

    files: Seq[ManifestEntry]


class Column(Part):
    """One column of a table: its name and the type as the library that read it spells it."""

    name: Prose
    type: Name


class Place(Part):
    """Where data lies that others keep: a URL without credentials, and what its server claims about it."""

    url: Prose
    etag: Prose | None = None
    version_id: Prose | None = None


class Dataset(Document):
    """A dataset by its full content. `kind` is a table, a file or a folder; `rows` and `columns` of tables only.

    `files` are manifests that together list its files, where its bytes were stored; `place` is where they lie, where
    others keep them.
    """

    schema_name = "dataset"

    name: Name
    content_digest: Digest
    kind: Literal["table", "file", "folder"]
    method: Name
    size_bytes: Integer | None = Field(default=None, ge=0)
    rows: Integer | None = Field(default=None, ge=0)
    columns: Seq[Column] = ()
    source: Prose | None = None
    profile: Descriptor | None = None
    row_hashes: Descriptor | None = None
    files: Seq[Descriptor] = ()
    place: Place | None = None

    @property
    def sketches(self) -> tuple[Descriptor, ...]:
        """The blobs that say more of it: its profile, the hashes of its rows."""
        return tuple(each for each in (self.profile, self.row_hashes) if each is not None)


class PinnedMetric(Part):
    """A metric's value as it was at registration, with the step it was logged at."""

    key: Name
    dataset: Digest | None = None
    step: Integer
    value: Number


class Version(Document):
    """A model version. It is its digest: no number, no time, no person; those stand in the commit that adds it."""

    schema_name = "version"

    model: AddressName
    run: RunId | None = None
    output: Name
    artifacts: Descriptor
    signature: JsonObject | None = None
    flavors: JsonObject = Field(default_factory=dict)
    source: Source | None = None
    environment: Environment | None = None
    datasets: Seq[DatasetUse] = ()
    params: Frozen[Name, Scalar] = Field(default_factory=dict)
    metrics: Seq[PinnedMetric] = ()


class Hand(NamedTuple):
    """Whose hand revises a document: the clone's writer id, who it is, and when."""

    writer: WriterId
    actor: Actor
    at: datetime


class Alias(Revised):
    """A bookmark on a version; null says that it was taken away."""

    schema_name = "alias"

    model: Name
    alias: Name
    version: Digest | None
    actor: Actor
    at: Time


NOTE_DESCRIPTION, NOTE_DELETED, NOTE_TAG, NOTE_COMMENT = "description", "deleted", "tag.", "comment."
NOTE_ABANDONED = "abandoned."
"""The notes that gitreg writes; a tag's name, a comment's random id, or an attempt's id follows its beginning."""


class Note(Revised):
    """One value that people change later: a description, a tag, `deleted`. Null says that it was taken away."""

    schema_name = "note"

    subject: Prose
    name: Name
    value: Scalar | None
    actor: Actor
    at: Time

    @classmethod
    def after(cls, before: Note | None, folder: str, name: str, value: Scalar | None, by: Hand) -> Note:
        """What is written into `folder` (as `paths.run_notes` gives it) where `before` stands, or nothing."""
        return cls(
            rev=before.rev + 1 if before else 1,
            writer=by.writer,
            subject=folder.removeprefix("notes/"),
            name=name,
            value=value,
            actor=by.actor,
            at=by.at,
        )


class Deployment(Document):
    """What became of a version on a target: what a machine or a person reported, at a time by their clock.

    `number` and `stage` say how the version came there, `decision` which decision it followed, each if one was named.
    A version that was removed, or that failed to come up, is named too.
    """

    schema_name = "deployment"

    target: Name
    model: AddressName
    version: Digest
    number: Integer | None = Field(default=None, ge=1)
    stage: AddressName | None = None
    decision: Digest | None = None
    action: DeploymentAction
    at: Time
    actor: Actor
    detail: Prose | None = None


class SeriesMetric(Part):
    """`count` points of one metric, in the order logged."""

    key: Name
    dataset: Digest | None = None
    count: Integer = Field(ge=1)


class SeriesHeader(Document):
    """The first part of a series blob: which metric owns which rows of the columns that follow.

    `journal` is the random id of the journal it was made from: an attempt may have several (forked children), and equal
    points of two of them must not become one blob, or nobody could tell whether the second was already counted.
    """

    schema_name = "series"

    attempt: AttemptId
    journal: Hex32
    metrics: Seq[SeriesMetric]


class LiveState(Document):
    """A live run as others may see it: one small object in the blob store, overwritten at each beat."""

    schema_name = "live"

    run_id: RunId
    attempt: AttemptId
    beat: Integer
    at: Time
    metrics: Seq[MetricSummary] = ()


class WriterBinding(Document):
    """Which clone a writer id belongs to: a copied folder or machine image makes itself a new one."""

    schema_name = "writer"

    writer: Hex32
    machine: Prose
    git_dir: Prose
    inode: Integer
