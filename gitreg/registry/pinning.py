"""What a version says: pinned from a finished run at registration, and never changed. Pure."""

from __future__ import annotations

from typing import TYPE_CHECKING, Protocol, TypeAlias

from gitreg.documents import (
    DatasetUse,
    Descriptor,
    Digest,
    Environment,
    Manifest,
    ManifestEntry,
    MetricSummary,
    Output,
    PinnedMetric,
    RunId,
    Source,
    Status,
    Version,
)
from gitreg.errors import ArtifactNotFound, Refused

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

Value: TypeAlias = bool | int | float | str
_SHOWN = 10


class RecordedRun(Protocol):
    """What a version is made from: a run as tracking folds it."""

    @property
    def run_id(self) -> RunId:
        """Its id."""
        ...

    @property
    def name(self) -> str:
        """What people call it."""
        ...

    @property
    def status(self) -> Status:
        """Where it stands."""
        ...

    @property
    def params(self) -> Mapping[str, Value]:
        """Its parameters."""
        ...

    @property
    def metrics(self) -> Sequence[MetricSummary]:
        """What is known of each metric."""
        ...

    @property
    def datasets(self) -> Sequence[DatasetUse]:
        """What it used, by role."""
        ...

    @property
    def outputs(self) -> Sequence[Output]:
        """The folders it named."""
        ...

    @property
    def artifacts(self) -> Sequence[Descriptor]:
        """The manifests of its attempts, in their order."""
        ...

    @property
    def source(self) -> Source | None:
        """The code that ran."""
        ...

    @property
    def environment(self) -> Environment | None:
        """What it ran in."""
        ...


def check_finished(run: RecordedRun) -> None:
    """Raises `Refused` for a run that is still going, or went wrong: its outputs may be half of what they should be."""
    if run.status == "finished":
        return
    who = f"The run {run.name} ({run.run_id.short})"
    if run.status == "running":
        hint = f"Finish it first: gitreg runs finish {run.run_id.short}"
        raise Refused(f"{who} has not finished.", subject=run.run_id, hint=hint)
    message = f"{who} {'failed' if run.status == 'failed' else 'was killed'}; only a finished run makes a version."
    raise Refused(message, subject=run.run_id, hint="Run it again, and register that run's output.")


def pin(run: RecordedRun, output: Output, model: str, stood: Sequence[PinnedMetric] | None = None) -> Version:
    """The version that `output` of `run` is, as a version of `model`. The same run and output give the same digest.

    `stood` is how the metrics stood when a checkpoint was taken; without it they are the run's last.
    """
    last = (
        PinnedMetric(key=metric.key, dataset=metric.dataset, step=metric.last.step, value=metric.last.value)
        for metric in run.metrics
    )
    metrics = last if stood is None else stood
    return Version(
        model=model,
        run=run.run_id,
        output=output.name,
        artifacts=output.manifest,
        signature=output.signature,
        flavors=output.flavors,
        source=run.source,
        environment=run.environment,
        datasets=tuple(sorted(run.datasets, key=lambda use: (use.name, use.role, use.digest))),
        params=dict(sorted(run.params.items())),
        metrics=tuple(sorted(metrics, key=lambda metric: (metric.key, metric.dataset or ""))),
    )


def output_named(run: RecordedRun, name: str) -> Output | None:
    """The output of this name; the only one there is, where no name is given."""
    if not name and len(run.outputs) == 1:
        return run.outputs[0]
    return next((output for output in run.outputs if output.name == name), None)


def below(manifest: Mapping[str, ManifestEntry], path: str) -> Manifest | None:
    """A folder of a run's artifacts as a manifest of its own, a file as a folder that holds it; None: not there."""
    if path in manifest:
        entry = manifest[path]
        return Manifest(files=(entry.model_copy(update={"path": path.rpartition("/")[2]}),))
    files = [
        entry.model_copy(update={"path": name.removeprefix(f"{path}/")})
        for name, entry in manifest.items()
        if name.startswith(f"{path}/")
    ]
    return Manifest(files=tuple(sorted(files, key=lambda entry: entry.path))) if files else None


def not_there(run: RecordedRun, path: str, files: Sequence[str]) -> ArtifactNotFound:
    """The error for a path that a run does not have: it lists what the run does have."""
    outputs = [output.name for output in run.outputs]
    folders = sorted({name.partition("/")[0] for name in files})
    there = [*outputs, *(name for name in folders if name not in outputs)]
    listed = ", ".join(there[:_SHOWN]) + (f" and {len(there) - _SHOWN} more" if len(there) > _SHOWN else "")
    what = f"no output or artifact {path!r:.80}" if path else "several outputs, or none"
    message = f"The run {run.name} ({run.run_id.short}) has {what}; it has {listed or 'recorded nothing'}."
    return ArtifactNotFound(message, subject=path, hint=f"Look: gitreg artifacts list {run.run_id.short}")


def blobs_of(version: Version, manifest: Manifest) -> Iterator[Digest]:
    """Every blob that a version names: each must be where others can read it before the ledger names it."""
    yield version.artifacts.digest
    yield from (entry.digest for entry in manifest.files)
    if version.source is not None and version.source.diff is not None:
        yield version.source.diff.digest
    if version.environment is not None and version.environment.lock is not None:
        yield version.environment.lock.digest
