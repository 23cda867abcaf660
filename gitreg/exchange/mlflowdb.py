"""MLflow's SQLite database, read without MLflow.

The tables are those of MLflow 2.22 (alembic 0584bdc529eb) and 3.17 (dc11669786a5). Older ones lack some of the columns,
which are then as if they were empty; a table that is not there has no rows.
"""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gitreg.errors import InvalidDocument
from gitreg.exchange import mlflow
from gitreg.exchange.files import Shelf
from gitreg.exchange.mlflow import Model, micros, text_of, whole
from gitreg.exchange.sqlite import ForeignDatabase
from gitreg.exchange.values import (
    FoundDataset,
    FoundExperiment,
    FoundModel,
    FoundRun,
    FoundVersion,
    Left,
)

if TYPE_CHECKING:
    from gitreg.blobs import FarFolder
    from gitreg.tracking import PastPoint

_RUN: Final = "run_uuid name status start_time end_time lifecycle_stage artifact_uri experiment_id user_id"
_VERSION: Final = "version creation_time description current_stage source run_id storage_location"


class MlflowDatabase:
    """A `mlflow.db`. It is an `Origin`."""

    tool = mlflow.TOOL

    def __init__(self, path: Path, artifacts: tuple[Path | FarFolder, ...] = ()) -> None:
        """`artifacts` are folders beside the database's own that bytes may be read from. Raises `InvalidDocument`."""
        self._database = ForeignDatabase(path)
        self._shelf = Shelf((path.absolute().parent, *artifacts))
        self.location = str(path)
        if not self._database.has("runs") or not self._database.has("experiments"):
            self._database.close()
            raise InvalidDocument(f"{path} is an SQLite database, but none of MLflow's.", subject=str(path))
        self._experiments: dict[Any, str] = {}
        self._logged: dict[str, list[Model]] | None = None

    def close(self) -> None:
        """Let go of the file."""
        self._database.close()

    def count_runs(self) -> int | None:
        """How many runs there are."""
        return sum(int(count) for (count,) in self._database.rows("runs", "count(*)"))

    def experiments(self) -> Iterator[FoundExperiment]:
        """All of them; those without a run too."""
        rows = list(self._database.rows("experiments", "experiment_id name lifecycle_stage creation_time"))
        for experiment, name, lifecycle, created in rows:
            self._experiments[experiment] = text_of(name)
            tags = self._texts("experiment_tags", "WHERE experiment_id = ?", experiment)
            deleted = "deleted in MLflow" if lifecycle == "deleted" else None
            note = tags.pop(mlflow.NOTE_TAG, None)
            yield FoundExperiment(text_of(name), micros(created), tags, note, deleted)

    def runs(self) -> Iterator[FoundRun | Left]:
        """By the start of each, so that parents come before their children."""
        if not self._experiments:
            list(self.experiments())
        for row in self._database.rows("runs", _RUN, "ORDER BY start_time, run_uuid"):
            info = dict(zip(_RUN.split(), row, strict=True))
            if isinstance(info["run_uuid"], str):
                yield self._run(info)
            else:
                yield Left("run", self.location, text_of(info["run_uuid"]), "its id is no text.")

    def models(self) -> Iterator[FoundModel | Left]:
        """Registered models with their versions; those deleted in MLflow keep their numbers and are left out."""
        for name, note in list(self._database.rows("registered_models", "name description", "ORDER BY name")):
            aliases = {
                text_of(alias): number
                for alias, version in self._database.rows(
                    "registered_model_aliases", "alias version", "WHERE name = ?", name
                )
                if (number := whole(version)) is not None
            }
            tags = self._texts("registered_model_tags", "WHERE name = ?", name)
            versions = tuple(self._versions(name))
            yield FoundModel(text_of(name), text_of(note) or None, tags, versions, aliases)

    def _texts(self, table: str, rest: str, *values: object) -> dict[str, str]:
        return {text_of(key): text_of(value) for key, value in self._database.rows(table, "key value", rest, *values)}

    def _run(self, info: Mapping[str, Any]) -> FoundRun:
        run_id = info["run_uuid"]
        tags = self._texts("tags", "WHERE run_uuid = ?", run_id)
        models = self._models_of(run_id, tags, text_of(info["artifact_uri"]))
        return mlflow.run_of(
            info,
            self._texts("params", "WHERE run_uuid = ?", run_id),
            tags,
            experiment=self._experiments.get(info["experiment_id"], "default"),
            datasets=tuple(self._datasets(run_id)),
            points=lambda: self._points(run_id),
            files=lambda scratch: mlflow.files_of(self._shelf, text_of(info["artifact_uri"]), models, run_id, scratch),
        )

    def _models_of(self, run_id: str, tags: Mapping[str, str], artifact_uri: str) -> list[Model]:
        if self._logged is None:
            self._logged = self._read_models()
        return mlflow.named_once([*self._logged.get(run_id, ()), *mlflow.logged_before(tags, artifact_uri)])

    def _read_models(self) -> dict[str, list[Model]]:
        """All by their run, at once: MLflow has no index by which those of one run are found."""
        found: dict[str, list[Model]] = {}
        columns, order = "source_run_id name model_id artifact_location", "ORDER BY creation_timestamp_ms, model_id"
        for run_id, *told in self._database.rows("logged_models", columns, order):
            found.setdefault(text_of(run_id), []).append(Model(*map(text_of, told)))
        return found

    def _points(self, run_id: str) -> Iterator[PastPoint | Left]:
        """In MLflow's own order, by which its latest value is the last of the greatest step."""
        rest = "WHERE run_uuid = ? ORDER BY key, timestamp, step, value"
        for key, value, timestamp, step, is_nan in self._database.rows(
            "metrics", "key value timestamp step is_nan", rest, run_id
        ):
            at = whole(timestamp)
            if not isinstance(value, int | float) or at is None or whole(step) is None:
                yield Left("point", run_id, text_of(key), "it is no number at a time.")
            else:
                number = float("nan") if is_nan else mlflow.to_infinity(float(value))
                yield text_of(key), int(step), at * 1000, number

    def _datasets(self, run_id: str) -> Iterator[FoundDataset]:
        columns = "dataset_uuid name digest dataset_source dataset_schema dataset_profile"
        rest = "WHERE destination_type = 'RUN' AND destination_id = ? AND source_type = 'DATASET' ORDER BY input_uuid"
        for input_id, dataset_id in list(self._database.rows("inputs", "input_uuid source_id", rest, run_id)):
            tags = {
                text_of(name): text_of(value)
                for name, value in self._database.rows("input_tags", "name value", "WHERE input_uuid = ?", input_id)
            }
            for row in self._database.rows("datasets", columns, "WHERE dataset_uuid = ?", dataset_id):
                named = dict(zip(("id", "name", "digest", "source", "schema", "profile"), row, strict=True))
                yield mlflow.dataset_of(named, tags.get("mlflow.data.context", ""))

    def _versions(self, model: str) -> Iterator[FoundVersion]:
        for row in list(self._database.rows("model_versions", _VERSION, "WHERE name = ? ORDER BY version", model)):
            told = dict(zip(_VERSION.split(), row, strict=True))
            number = whole(told["version"])
            if number is not None and number > 0 and told["current_stage"] != mlflow.DELETED_STAGE:
                tags = self._texts("model_version_tags", "WHERE name = ? AND version = ?", model, number)
                yield self._version(model, number, told, tags)

    def _version(self, model: str, number: int, told: Mapping[str, Any], tags: Mapping[str, str]) -> FoundVersion:
        run_id, source, storage = (text_of(told[key]) for key in ("run_id", "source", "storage_location"))
        rest = "WHERE run_uuid = ?"
        named = self._models_of(run_id, self._texts("tags", rest, run_id), "") if run_id else []
        return FoundVersion(
            number=number,
            run_id=run_id or None,
            path=mlflow.version_path(source, storage, run_id, {each.model_id: each.name for each in named}),
            created_us=micros(told["creation_time"]),
            note=text_of(told["description"]) or None,
            stage=text_of(told["current_stage"]) or None,
            tags=tags,
            files=lambda scratch: mlflow.loose_files(self._shelf, storage or source, f"{model}/{number}", scratch),
        )
