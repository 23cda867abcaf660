"""MLflow's folder `mlruns`, read without MLflow.

    mlruns/<experiment>/meta.yaml  tags/<key>
    mlruns/<experiment>/<run>/meta.yaml  params/<key>  tags/<key>  metrics/<key>  inputs/<id>/meta.yaml  outputs/<id>/
    mlruns/<experiment>/datasets/<id>/meta.yaml  models/<model id>/meta.yaml
    mlruns/models/<model>/meta.yaml  tags/<key>  aliases/<alias>  version-<n>/meta.yaml  version-<n>/tags/<key>
    mlruns/.trash/<experiment>/…   deleted experiments

A key with slashes is a path. A metric's file has a line `<milliseconds> <value> <step>` for each point.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gitreg.errors import InvalidDocument
from gitreg.exchange import mlflow
from gitreg.exchange.files import Shelf, files_below, open_plain, read_text, subfolders
from gitreg.exchange.mlflow import Model, micros, text_of, whole
from gitreg.exchange.values import (
    FoundDataset,
    FoundExperiment,
    FoundModel,
    FoundRun,
    FoundVersion,
    Left,
)
from gitreg.exchange.yamls import read_yaml

if TYPE_CHECKING:
    from gitreg.blobs import FarFolder
    from gitreg.tracking import PastPoint

_META: Final = "meta.yaml"
_NO_RUNS: Final = frozenset({"tags", "datasets", "models", "traces"})
_MAX_LINE: Final = 4096
_OLD_LINE: Final = 2
"""Before MLflow 1.0 a line had no step."""


class MlflowFolder:
    """A folder `mlruns`. It is an `Origin`."""

    tool = mlflow.TOOL

    def __init__(self, folder: Path, artifacts: tuple[Path | FarFolder, ...] = ()) -> None:
        """`artifacts` are folders beside it that bytes may be read from. Raises `InvalidDocument`."""
        self._folder = folder
        self._shelf = Shelf((folder, *artifacts))
        self.location = str(folder)
        if not any((each / _META).is_file() for each in self._experiment_folders()):
            hint = "Give the folder mlruns itself, the file mlflow.db, or the server's address."
            raise InvalidDocument(f"{folder} holds no experiments of MLflow.", subject=str(folder), hint=hint)

    def close(self) -> None:
        """Nothing is held open."""

    def count_runs(self) -> int | None:
        """How many runs there are."""
        return sum(len(self._run_folders(each)) for each in self._experiment_folders())

    def experiments(self) -> Iterator[FoundExperiment]:
        """All whose description can be read; those without a run too."""
        for folder in self._experiment_folders():
            try:
                told = _meta(folder)
            except InvalidDocument:
                continue  # told with its runs
            tags, _ = _texts(folder / "tags", "")
            deleted = "deleted in MLflow" if told.get("lifecycle_stage") == "deleted" else None
            note = tags.pop(mlflow.NOTE_TAG, None)
            yield FoundExperiment(text_of(told.get("name")), micros(told.get("creation_time")), tags, note, deleted)

    def runs(self) -> Iterator[FoundRun | Left]:
        """Experiment by experiment."""
        for experiment in self._experiment_folders():
            folders = self._run_folders(experiment)
            try:
                name = text_of(_meta(experiment).get("name"))
            except InvalidDocument as error:
                if folders:
                    yield Left("run", experiment.name, experiment.name, error.message, len(folders))
                continue
            for folder in folders:
                yield self._run(name, folder)

    def models(self) -> Iterator[FoundModel | Left]:
        """Registered models with their versions; those deleted in MLflow keep their numbers and are left out."""
        for folder in subfolders(self._folder / "models"):
            try:
                yield self._model(folder)
            except InvalidDocument as error:
                yield Left("model", self.location, folder.name, error.message)

    def _experiment_folders(self) -> list[Path]:
        found = [*subfolders(self._folder), *subfolders(self._folder / ".trash")]
        return [each for each in found if each.name not in ("models", ".trash")]

    def _run_folders(self, experiment: Path) -> list[Path]:
        return [each for each in subfolders(experiment) if each.name not in _NO_RUNS and (each / _META).exists()]

    def _run(self, experiment: str, folder: Path) -> FoundRun | Left:
        try:
            info = _meta(folder)
        except InvalidDocument as error:
            return Left("run", experiment, folder.name, error.message)
        params, left = _texts(folder / "params", folder.name, "param")
        tags, more = _texts(folder / "tags", folder.name, "tag")
        models = self._models_of(folder, tags)
        return mlflow.run_of(
            {"run_id": folder.name, **info},
            params,
            tags,
            experiment=experiment,
            datasets=tuple(self._datasets(folder)),
            points=lambda: _points(folder),
            files=lambda scratch: mlflow.files_of(
                self._shelf, self._artifacts(folder, info), models, folder.name, scratch
            ),
            left=(*left, *more),
        )

    def _artifacts(self, folder: Path, info: Mapping[str, Any]) -> str:
        """Beside the run, wherever the folder was moved to; else where it says."""
        beside = folder / "artifacts"
        return str(beside.absolute()) if beside.is_dir() else text_of(info.get("artifact_uri"))

    def _models_of(self, folder: Path, tags: Mapping[str, str]) -> list[Model]:
        logged = []
        for output in subfolders(folder / "outputs"):
            place = folder.parent / "models" / output.name
            try:
                told = _meta(place)
            except InvalidDocument:
                continue
            beside = place / "artifacts"
            uri = str(beside.absolute()) if beside.is_dir() else text_of(told.get("artifact_location"))
            logged.append(
                (micros(told.get("creation_timestamp")) or 0, Model(text_of(told.get("name")), output.name, uri))
            )
        before = mlflow.logged_before(tags, str((folder / "artifacts").absolute()))
        return mlflow.named_once([*(model for _, model in sorted(logged, key=lambda each: each[0])), *before])

    def _datasets(self, folder: Path) -> Iterator[FoundDataset]:
        for used in subfolders(folder / "inputs"):
            try:
                told = _meta(used)
                if told.get("source_type") != "DATASET":
                    continue
                dataset = _meta(folder.parent / "datasets" / Path(text_of(told.get("source_id")) or "none").name)
            except InvalidDocument:
                continue
            tags = told.get("tags")
            context = text_of(tags.get("mlflow.data.context")) if isinstance(tags, dict) else ""
            yield mlflow.dataset_of(dataset, context)

    def _model(self, folder: Path) -> FoundModel:
        told = _meta(folder)
        name = text_of(told.get("name"))
        aliases = {
            alias: number for alias, text in _texts(folder / "aliases", "")[0].items() if (number := whole(text))
        }
        versions = [self._version(name, each) for each in subfolders(folder) if each.name.startswith("version-")]
        kept = tuple(sorted((each for each in versions if each is not None), key=lambda each: each.number))
        return FoundModel(name, text_of(told.get("description")) or None, _texts(folder / "tags", "")[0], kept, aliases)

    def _version(self, model: str, folder: Path) -> FoundVersion | None:
        told = _meta(folder)
        number = whole(told.get("version"))
        if number is None or number < 1 or told.get("current_stage") == mlflow.DELETED_STAGE:
            return None
        run_id, source, storage = (text_of(told.get(key)) for key in ("run_id", "source", "storage_location"))
        return FoundVersion(
            number=number,
            run_id=run_id or None,
            path=mlflow.version_path(source, storage, run_id, self._model_names(run_id)),
            created_us=micros(told.get("creation_timestamp")),
            note=text_of(told.get("description")) or None,
            stage=text_of(told.get("current_stage")) or None,
            tags=_texts(folder / "tags", "")[0],
            files=lambda scratch: mlflow.loose_files(self._shelf, storage or source, f"{model}/{number}", scratch),
        )

    def _model_names(self, run_id: str) -> dict[str, str]:
        name = Path(run_id).name
        folder = next((each / name for each in self._experiment_folders() if name and (each / name).is_dir()), None)
        return {each.model_id: each.name for each in self._models_of(folder, {})} if folder else {}


def _meta(folder: Path) -> dict[str, Any]:
    return read_yaml(read_text(folder / _META), str(folder / _META))


def _texts(folder: Path, where: str, kind: str = "tag") -> tuple[dict[str, str], tuple[Left, ...]]:
    """The files of a folder as texts by their paths. MLflow writes no newline at their ends; people may."""
    files, left = files_below(folder, where) if folder.is_dir() else ({}, ())
    found, unread = dict[str, str](), []
    for key, path in files.items():
        try:
            found[key] = read_text(path)
        except InvalidDocument as error:
            unread.append(Left(kind, where, key, error.message))
    return found, (*(Left(kind, each.where, each.what, each.why) for each in left), *unread)


def _points(folder: Path) -> Iterator[PastPoint | Left]:
    metrics = folder / "metrics"
    files, left = files_below(metrics, folder.name) if metrics.is_dir() else ({}, ())
    yield from (Left("point", each.where, each.what, each.why) for each in left)
    for key, path in files.items():
        with open_plain(path) as lines:
            while line := lines.readline(_MAX_LINE):
                yield _point(key, line) or Left(
                    "point", folder.name, key, f"its line {line[:60]!r} is none of MLflow's."
                )


def _point(key: str, line: bytes) -> PastPoint | None:
    words = line.split()
    try:
        milliseconds, value = int(words[0]), float(words[1])
        return key, int(words[2]) if len(words) > _OLD_LINE else 0, milliseconds * 1000, value
    except (ValueError, IndexError):
        return None
