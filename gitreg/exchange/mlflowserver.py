"""An MLflow server, read over its REST API 2.0 (mlflow/protos/service.proto and model_registry.proto)."""

from __future__ import annotations

import math
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gitreg.errors import NotFound, RemoteError
from gitreg.exchange import mlflow
from gitreg.exchange.files import MAX_FILES
from gitreg.exchange.mlflow import Model, micros, text_of, whole
from gitreg.exchange.values import (
    FoundDataset,
    FoundExperiment,
    FoundFiles,
    FoundModel,
    FoundRun,
    FoundVersion,
    Left,
)
from gitreg.exchange.web import Server

if TYPE_CHECKING:
    from gitreg.tracking import PastPoint

_API: Final = "/api/2.0/mlflow"
_PAGE: Final = 200
_HISTORY_PAGE: Final = 25_000
Answer = Mapping[str, Any]


class MlflowServer:
    """A server. It is an `Origin`; what it says is checked like a file of a stranger's."""

    tool = mlflow.TOOL

    def __init__(self, url: str, environ: Mapping[str, str]) -> None:
        """`environ` has the token, as MLflow's own client reads it. Raises `InvalidValue`."""
        self._server = Server(url, environ)
        self.location = self._server.url
        self._experiments: dict[str, str] = {}
        self._logged: dict[str, list[Model]] = {}
        self._names: dict[str, str] = {}

    def close(self) -> None:
        """Let go of the connections."""
        self._server.close()

    def count_runs(self) -> int | None:
        """A server does not tell."""
        return None

    def experiments(self) -> Iterator[FoundExperiment]:
        """All of them."""
        for told in self._search("/experiments/search", "experiments", {"view_type": "ALL"}):
            name = text_of(told.get("name"))
            self._experiments[text_of(told.get("experiment_id"))] = name
            tags = _texts(told.get("tags"))
            note = tags.pop(mlflow.NOTE_TAG, None)
            deleted = "deleted in MLflow" if told.get("lifecycle_stage") == "deleted" else None
            yield FoundExperiment(name, micros(whole(told.get("creation_time"))), tags, note, deleted)

    def runs(self) -> Iterator[FoundRun | Left]:
        """Experiment by experiment, the earliest first."""
        if not self._experiments:
            list(self.experiments())
        for identity, name in self._experiments.items():
            self._find_models(identity)
            asked = {
                "experiment_ids": [identity],
                "run_view_type": "ALL",
                "order_by": ["attributes.start_time ASC", "attributes.run_id ASC"],
            }
            for told in self._search("/runs/search", "runs", asked):
                yield self._run(name, told)

    def models(self) -> Iterator[FoundModel | Left]:
        """Registered models with their versions."""
        versions: dict[str, list[FoundVersion]] = {}
        for told in self._list("/model-versions/search", "model_versions"):
            number = whole(told.get("version"))
            if number is not None and number > 0 and told.get("current_stage") != mlflow.DELETED_STAGE:
                versions.setdefault(text_of(told.get("name")), []).append(self._version(number, told))
        for told in self._list("/registered-models/search", "registered_models"):
            name = text_of(told.get("name"))
            aliases = {
                text_of(each.get("alias")): number
                for each in _objects(told, "aliases")
                if (number := whole(each.get("version"))) is not None
            }
            kept = tuple(sorted(versions.get(name, ()), key=lambda each: each.number))
            yield FoundModel(name, text_of(told.get("description")) or None, _texts(told.get("tags")), kept, aliases)

    # Pages

    def _search(self, path: str, key: str, asked: Answer) -> Iterator[Answer]:
        return _paged(lambda more: self._server.post(_API + path, {**asked, "max_results": _PAGE, **more}), key)

    def _list(self, path: str, key: str, **asked: str | int) -> Iterator[Answer]:
        return _paged(lambda more: self._server.get(_API + path, {"max_results": _PAGE, **asked, **more}), key)

    # Runs

    def _find_models(self, experiment: str) -> None:
        """The models that MLflow 3 logged, by their run; a server of MLflow 2 knows no such thing."""
        self._logged = {}
        try:
            found = list(self._search("/logged-models/search", "models", {"experiment_ids": [experiment]}))
        except NotFound:
            return
        infos = [info for each in found if isinstance(info := each.get("info"), dict)]
        for info in sorted(infos, key=lambda each: whole(each.get("creation_timestamp_ms")) or 0):
            model = Model(text_of(info.get("name")), text_of(info.get("model_id")), text_of(info.get("artifact_uri")))
            self._logged.setdefault(text_of(info.get("source_run_id")), []).append(model)

    def _run(self, experiment: str, told: Answer) -> FoundRun:
        info, data, inputs = (_object(told, key) for key in ("info", "data", "inputs"))
        run_id = text_of(info.get("run_id") or info.get("run_uuid"))
        times = {key: whole(info.get(key)) for key in ("start_time", "end_time")}
        keys = [text_of(each.get("key")) for each in _objects(data, "metrics")]
        tags = _texts(data.get("tags"))
        models = mlflow.named_once([*self._logged.get(run_id, []), *mlflow.logged_before(tags, "")])
        self._names.update({model.model_id: model.name for model in models if model.model_id})
        return mlflow.run_of(
            {**info, **times},
            _texts(data.get("params")),
            tags,
            experiment=experiment,
            datasets=tuple(_datasets(inputs)),
            points=lambda: self._points(run_id, keys),
            files=lambda scratch: self._files(run_id, models, scratch),
        )

    def _points(self, run_id: str, keys: list[str]) -> Iterator[PastPoint | Left]:
        for key in keys:
            asked: dict[str, str | int] = {"run_id": run_id, "metric_key": key, "max_results": _HISTORY_PAGE}
            for told in self._list("/metrics/get-history", "metrics", **asked):
                at, step, value = whole(told.get("timestamp")), whole(told.get("step", 0)), _value(told.get("value"))
                if at is None or step is None or value is None:
                    yield Left("point", run_id, key, "it is no number at a time.")
                else:
                    yield key, step, at * 1000, value

    def _files(self, run_id: str, models: list[Model], scratch: Path) -> FoundFiles:
        shelf = _Shelf(self._server, scratch, run_id)
        inside = tuple(f"{model.name}/" for model in models if not model.model_id)
        paths = shelf.listed(f"{_API}/artifacts/list", "path", {"run_id": run_id})
        artifacts = {path for path in paths if not path.startswith(inside)} if inside else set(paths)
        outputs: dict[str, Mapping[str, Path]] = {}
        for model in models:
            if model.model_id:
                outputs[model.name] = shelf.of_model(model.model_id)
            else:
                below = [path for path in paths if path.startswith(f"{model.name}/")]
                fetched = shelf.of_run(below)
                outputs[model.name] = {path.removeprefix(f"{model.name}/"): file for path, file in fetched.items()}
        return FoundFiles(shelf.of_run(sorted(artifacts)), outputs, tuple(shelf.left))

    def _version(self, number: int, told: Answer) -> FoundVersion:
        run_id, source = text_of(told.get("run_id")), text_of(told.get("source"))
        return FoundVersion(
            number=number,
            run_id=run_id or None,
            path=mlflow.version_path(source, "", run_id, self._names),
            created_us=micros(whole(told.get("creation_timestamp"))),
            note=text_of(told.get("description")) or None,
            stage=text_of(told.get("current_stage")) or None,
            tags=_texts(told.get("tags")),
        )


class _Shelf:
    """Fetches files of one run under names of our own: a server's paths never touch this machine."""

    def __init__(self, server: Server, scratch: Path, where: str) -> None:
        self._server = server
        self._scratch = scratch
        self._where = where
        self._count = 0
        self.left: list[Left] = []

    def _inside(self, path: str, params: dict[str, str]) -> Iterator[Answer]:
        return _paged(lambda more: self._server.get(path, {**params, **more}), "files")

    def listed(self, path: str, param: str, params: dict[str, str]) -> list[str]:
        """All files below, however deep; folders are asked one by one."""
        found, todo, seen = list[str](), [""], set[str]()
        while todo and len(found) < MAX_FILES and len(seen) < MAX_FILES:
            folder = todo.pop()
            seen.add(folder)
            try:
                for told in self._inside(path, {**params, **({param: folder} if folder else {})}):
                    name = text_of(told.get("path"))
                    if told.get("is_dir") and name not in seen:
                        todo.append(name)
                    elif not told.get("is_dir"):
                        found.append(name)
            except (NotFound, RemoteError) as error:
                self.left.append(Left("file", self._where, folder or "all", error.message))
        return sorted(found)

    def of_run(self, paths: list[str]) -> dict[str, Path]:
        """A run's files."""
        return self._fetched(paths, "/get-artifact", lambda path: {"run_uuid": self._where, "path": path})

    def of_model(self, model: str) -> dict[str, Path]:
        """A logged model's files."""
        folder = f"{_API}/logged-models/{model}/artifacts/directories"
        place = f"/ajax-api/2.0/mlflow/logged-models/{model}/artifacts/files"
        return self._fetched(
            self.listed(folder, "artifact_directory_path", {}), place, lambda path: {"artifact_file_path": path}
        )

    def _fetched(self, paths: list[str], place: str, params: Callable[[str], dict[str, str]]) -> dict[str, Path]:
        fetched: dict[str, Path] = {}
        for path in paths:
            self._count += 1
            target = self._scratch / str(self._count)
            try:
                self._server.fetch(place, target, params(path))
                fetched[path] = target
            except (NotFound, RemoteError) as error:
                self.left.append(Left("file", self._where, path, error.message))
        return fetched


def _paged(ask: Callable[[dict[str, Any]], Answer], key: str) -> Iterator[Answer]:
    """The objects of all pages. A server that never comes to an end is stopped by a token that it repeats."""
    more: dict[str, Any] = {}
    seen = set[str]()
    while True:
        answer = ask(more)
        yield from _objects(answer, key)
        token = text_of(answer.get("next_page_token"))
        if not token or token in seen:
            return
        seen.add(token)
        more = {"page_token": token}


def _object(told: Answer, key: str) -> Answer:
    found = told.get(key)
    return found if isinstance(found, dict) else {}


def _objects(told: Answer, key: str) -> list[Answer]:
    found = told.get(key)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _texts(pairs: object) -> dict[str, str]:
    found = pairs if isinstance(pairs, list) else []
    return {text_of(each.get("key")): text_of(each.get("value")) for each in found if isinstance(each, dict)}


def _value(value: object) -> float | None:
    """A number, also as protobuf's JSON spells what JSON cannot: "NaN", "Infinity"."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        found = float(value)
    except (ValueError, OverflowError):
        return None
    return math.nan if math.isnan(found) else mlflow.to_infinity(found)


def _datasets(inputs: Answer) -> Iterator[FoundDataset]:
    for used in _objects(inputs, "dataset_inputs"):
        yield mlflow.dataset_of(_object(used, "dataset"), _texts(used.get("tags")).get("mlflow.data.context", ""))
