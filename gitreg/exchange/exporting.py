"""Going: a registry as a folder `mlruns` that MLflow reads (see mlflowfolder.py for what lies where in it)."""

from __future__ import annotations

import hashlib
import json
import math
from collections.abc import Mapping
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gitreg.errors import AlreadyExists, InvalidValue
from gitreg.exchange.mlflow import NOTE_TAG, spelled
from gitreg.exchange.values import Left

if TYPE_CHECKING:
    from datetime import datetime

    from gitreg.blobs import Progress
    from gitreg.folding import FoldedRun
    from gitreg.registry import Models, VersionView
    from gitreg.tracking import Runs

_PAGE: Final = 100
_STATUSES: Final = {"running": 1, "finished": 3, "failed": 4, "killed": 5}
_CONTEXTS: Final = {"train": "training", "validation": "validation", "test": "testing", "reference": "reference"}
_MAX_DIGEST: Final = 36
_MAX_FILE_NAME: Final = 255
_STAGES: Final = ("Production", "Staging")


@dataclass
class ExportReport:
    """What was written, and what could not be."""

    target: Path
    runs: int = 0
    points: int = 0
    versions: int = 0
    left: list[Left] = field(default_factory=list)


def export_mlflow(runs: Runs, models: Models, target: Path, progress: Progress | None = None) -> ExportReport:
    """Write all runs, deleted ones as such, and all models to a folder that is new or empty.

    What MLflow keeps otherwise is told: times lose their microseconds. Raises `AlreadyExists`, `InvalidValue` where the
    folder cannot be written to, `BlobNotFound` for bytes that nobody has.
    """
    if target.exists() and (not target.is_dir() or any(target.iterdir())):
        raise AlreadyExists(f"{target} is there already.", subject=str(target), hint="Choose a new folder.")
    report = ExportReport(target)
    try:
        _Export(runs, models, report).write(progress)
    except OSError as error:
        raise InvalidValue(f"{target} cannot be written to: {error.strerror}.", subject=str(target)) from None
    return report


class _Export:
    def __init__(self, runs: Runs, models: Models, report: ExportReport) -> None:
        self._runs = runs
        self._models = models
        self._report = report
        self._target = report.target.absolute()
        self._experiments: dict[str, Path] = {}

    def write(self, progress: Progress | None) -> None:
        token = ""
        while True:
            page = self._runs.search(limit=_PAGE, deleted=True, page_token=token)
            for run in page.runs:
                self._write_run(run)
                if progress is not None:
                    progress.add(1)
            token = page.next_page_token
            if not token:
                break
        for model in self._models.list():
            self._write_model(model.name)

    # Runs

    def _experiment(self, name: str, at: datetime) -> Path:
        """Its folder is a number that follows from the name, as MLflow's are numbers."""
        if name not in self._experiments:
            number = str(int(hashlib.sha256(name.encode()).hexdigest()[:15], 16))
            folder = self._target / number
            self._experiments[name] = folder
            told = {
                "experiment_id": number,
                "name": name,
                "creation_time": _millis(at),
                "last_update_time": _millis(at),
            }
            _meta(folder, {**told, "artifact_location": folder.as_uri(), "lifecycle_stage": "active"})
        return self._experiments[name]

    def _write_run(self, run: FoldedRun) -> None:
        experiment = self._experiment(run.experiment, run.started_at)
        folder = experiment / run.run_id
        _meta(
            folder,
            {
                "artifact_uri": (folder / "artifacts").as_uri(),
                "end_time": _millis(run.finished_at) if run.finished_at else None,
                "entry_point_name": "",
                "experiment_id": experiment.name,
                "lifecycle_stage": "active" if run.deleted is None else "deleted",
                "run_id": run.run_id,
                "run_name": run.name,
                "source_name": "",
                "source_type": 4,
                "source_version": "",
                "start_time": _millis(run.started_at),
                "status": _STATUSES[run.status],
                "tags": [],
                "user_id": run.actor.principal,
            },
        )
        for name in ("params", "tags", "metrics", "artifacts"):  # MLflow takes no folder for a run that lacks one
            (folder / name).mkdir()
        where = f"run {run.run_id}"
        self._texts(folder / "params", where, {key: spelled(value) for key, value in run.params.items()})
        self._texts(folder / "tags", where, {**run.tags, **_own_tags(run)})
        self._write_metrics(run, folder, where)
        self._write_datasets(run, folder)
        if self._runs.artifacts(run.run_id):
            self._runs.get_artifact(run.run_id, "", folder / "artifacts")
        self._report.runs += 1

    def _write_metrics(self, run: FoldedRun, folder: Path, where: str) -> None:
        names = {use.digest: use for use in run.datasets}
        for metric in run.metrics:
            points = self._runs.series(run.run_id, metric.key, metric.dataset)
            use = names.get(metric.dataset) if metric.dataset else None
            behind = f" {use.name.replace(' ', '_')} {use.digest.hex[:_MAX_DIGEST]}" if use else ""
            lines = (f"{_millis(each.time)} {_number(each.value)} {each.step}{behind}\n" for each in points)
            if path := self._place(folder / "metrics", where, "metric", metric.key):
                with path.open("a", encoding="utf-8") as file:
                    file.writelines(lines)
                self._report.points += len(points)

    def _write_datasets(self, run: FoldedRun, folder: Path) -> None:
        for use in run.datasets:
            identity = hashlib.sha256(f"{use.name}\0{use.digest}".encode()).hexdigest()[:32]
            place = folder.parent / "datasets" / identity
            if not place.exists():
                digest = use.digest.hex[:_MAX_DIGEST]
                _meta(place, {"name": use.name, "digest": digest, "source_type": "gitreg", "source": "{}"})
            tags = {"mlflow.data.context": _CONTEXTS[use.role]}
            link = {"source_type": "DATASET", "source_id": identity, "destination_type": "RUN", "tags": tags}
            named = hashlib.sha256(f"{identity}{use.role}".encode()).hexdigest()[:32]
            _meta(folder / "inputs" / named, {**link, "destination_id": run.run_id})

    # Models

    def _write_model(self, name: str) -> None:
        model, folder = self._models.get(name), self._target / "models" / name
        at = [version.registered_at for version in model.versions if version.registered_at]
        created = _millis(min(at)) if at else 0
        told = {"name": name, "creation_timestamp": created, "last_updated_timestamp": created}
        if self._place(folder.parent, f"model {name}", "model", name) is None:
            return
        _meta(folder, {**told, "description": model.remarks.description})
        self._texts(folder / "tags", f"model {name}", model.remarks.tags)
        for version in model.versions:
            self._write_version(folder, version)
        for alias, label in model.aliases.items():
            self._texts(folder / "aliases", f"model {name}", {alias: label.rpartition("/")[2]})

    def _write_version(self, folder: Path, version: VersionView) -> None:
        run_id, output = version.document.run, version.document.output
        place = next(
            (
                each / str(run_id) / "artifacts" / output
                for each in self._experiments.values()
                if run_id and (each / run_id).is_dir()
            ),
            None,
        )
        if version.number is None or place is None:
            why = "it has no number yet." if version.number is None else "it came from no run, and MLflow wants one."
            self._report.left.append(Left("version", version.model, version.label, why))
            return
        stage = version.tags.get("mlflow.stage", "None")
        at = _millis(version.registered_at) if version.registered_at else 0
        target = folder / f"version-{version.number}"
        told = {
            "name": version.model,
            "version": version.number,
            "creation_timestamp": at,
            "last_updated_timestamp": at,
            "current_stage": stage if stage in _STAGES else "None",
            "description": version.description,
            "run_id": run_id,
            "run_link": "",
            "source": place.as_uri(),
            "storage_location": place.as_uri(),
            "status": "READY",
            "status_message": None,
            "user_id": version.registered_by.email if version.registered_by else None,
        }
        _meta(target, told)
        self._texts(target / "tags", version.label, version.tags)
        self._report.versions += 1

    # Files

    def _texts(self, folder: Path, where: str, values: Mapping[str, str]) -> None:
        for key, value in values.items():
            if path := self._place(folder, where, folder.name.removesuffix("s"), key):
                path.write_text(value, encoding="utf-8")

    def _place(self, folder: Path, where: str, kind: str, key: str) -> Path | None:
        """The file that a name is in MLflow's folder; told where it can be none."""
        path = folder / key
        why = "" if _is_below(key) else "no file can have this name."
        if not why:
            try:
                path.parent.mkdir(parents=True, exist_ok=True)
            except (FileExistsError, NotADirectoryError):
                why = "this name goes on where another one ends, which files cannot."
        if not why and path.is_dir() and kind != "model":
            why = "another name goes on where this one ends, which files cannot."
        if why:
            self._report.left.append(Left(kind, where, key, why))
        return None if why else path


def _is_below(key: str) -> bool:
    """Whether a name is a path that stays in its folder; MLflow itself takes colons, which some file systems do not."""
    pieces = key.split("/")
    return not any(
        piece in ("", ".", "..") or "\\" in piece or len(piece.encode()) > _MAX_FILE_NAME for piece in pieces
    )


def _own_tags(run: FoldedRun) -> dict[str, str]:
    """What MLflow keeps in tags, and we elsewhere."""
    source = run.source
    history = [{"run_id": run.run_id, "artifact_path": each.name, "flavors": {}} for each in run.outputs]
    found = {
        "mlflow.runName": run.name,
        "mlflow.parentRunId": run.parent,
        NOTE_TAG: run.note,
        "mlflow.source.git.commit": source.commit if source else None,
        "mlflow.source.git.repoURL": source.repository if source else None,
        "mlflow.log-model.history": json.dumps(history) if history else None,
    }
    return {key: value for key, value in found.items() if value}


def _meta(folder: Path, told: Mapping[str, Any]) -> None:
    """A `meta.yaml`. JSON is YAML, but for half characters, which documents have none of."""
    folder.mkdir(parents=True, exist_ok=True)
    text = json.dumps(told, ensure_ascii=False, indent=1)
    (folder / "meta.yaml").write_text(f"{text}\n", encoding="utf-8")


def _millis(at: datetime) -> int:
    return math.floor(at.timestamp() * 1000 + 1e-4)


def _number(value: float) -> str:
    return "nan" if math.isnan(value) else repr(value)
