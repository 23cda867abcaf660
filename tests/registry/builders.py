"""Small builders: a clone with models in it, runs as tracking would fold them, and a clock that goes on."""

from __future__ import annotations

from dataclasses import dataclass, field
from datetime import UTC, datetime, timedelta
from typing import TYPE_CHECKING, Self

from gitreg.blobs import MemoryBlobs
from gitreg.documents import (
    MANIFEST_MEDIA_TYPE,
    DatasetUse,
    Descriptor,
    Environment,
    Manifest,
    ManifestEntry,
    MetricSummary,
    Output,
    OutputId,
    Point,
    RegistryId,
    RegistrySettings,
    RunId,
    Source,
    StageSettings,
    Status,
)
from gitreg.index import Index
from gitreg.registry import Ledger, Models, Upload
from gitreg.surroundings import Surroundings

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from gitreg.store import Store

START = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
SETTINGS = RegistrySettings(
    registry=RegistryId("0" * 32),
    stages={"staging": StageSettings(protected=False), "production": StageSettings(protected=False)},
)


def surroundings(home: Path, machine: str = "machine", environ: Mapping[str, str] | None = None) -> Surroundings:
    ticks = iter(range(1_000_000))
    return Surroundings(
        environ={"GIT_AUTHOR_NAME": "Ada", "GIT_AUTHOR_EMAIL": "ada@example.org", **(environ or {})},
        host="here",
        boot_id="boot",
        machine_id=machine,
        now=lambda: START + timedelta(seconds=next(ticks)),
        home=home,
    )


@dataclass(frozen=True)
class FakeRun:
    """A run as the registry sees it."""

    run_id: RunId
    outputs: tuple[Output, ...] = ()
    status: Status = "finished"
    name: str = "brave-otter"
    params: Mapping[str, bool | int | float | str] = field(default_factory=dict)
    metrics: tuple[MetricSummary, ...] = ()
    datasets: tuple[DatasetUse, ...] = ()
    artifacts: tuple[Descriptor, ...] = ()
    source: Source | None = None
    environment: Environment | None = None


@dataclass
class Clone:
    """One clone of a registry, with the models room over it."""

    store: Store
    blobs: MemoryBlobs
    models: Models
    index: Index

    @classmethod
    def of(cls, store: Store, blobs: MemoryBlobs | None = None, upload: Upload = lambda _: None) -> Self:
        branches = store.branches
        index = Index.open(store.git_dir / "gitreg", store, main=branches.main, ledger=branches.ledger)
        blobs = blobs or MemoryBlobs()
        return cls(store, blobs, Models(store, index, blobs, Ledger(store, upload), lambda: SETTINGS), index)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.index.close()
        self.store.close()

    def put(self, files: Mapping[str, bytes]) -> Descriptor:
        entries = []
        for path, data in sorted(files.items()):
            blob = self.blobs.put(data)
            entries.append(
                ManifestEntry.model_validate(
                    {"path": path, "mediaType": blob.media_type, "digest": blob.digest, "size": blob.size}
                )
            )
        return self.blobs.put(Manifest(files=tuple(entries)).to_bytes(), media_type=MANIFEST_MEDIA_TYPE)

    def run(self, weights: bytes = b"weights", *, status: Status = "finished") -> FakeRun:
        """A run that made a model folder, `model`, and some artifacts. The same weights are the same run."""
        output = Output(name="model", id=OutputId.random(), manifest=self.put({"model.bin": weights}))
        artifacts = self.put({"report.html": b"<p>", "plots/roc.png": b"roc", "plots/deep/pr.png": b"pr"})
        point = Point(step=7, time=START, value=0.91)
        auc = MetricSummary(key="auc", count=8, last=point, min=0.5, max=0.95)
        run_id = RunId.keyed(SETTINGS.registry, "churn", weights.hex())
        return FakeRun(run_id, (output,), status, params={"depth": 4}, metrics=(auc,), artifacts=(artifacts,))

    def register(self, weights: bytes = b"weights", model: str = "fraud") -> str:
        run = self.run(weights)
        return self.models.register(run, run.outputs[0], model).label
