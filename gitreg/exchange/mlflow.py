"""What MLflow's stores mean, whichever of them is read: its folders, its database, its server.

Formats: mlflow/store/tracking/file_store.py, mlflow/store/tracking/dbmodels/models.py and mlflow/protos/service.proto
of MLflow 2.22 and 3.17.
"""

from __future__ import annotations

import json
import math
import os
import re
from collections.abc import Iterable, Mapping
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gitreg.errors import InvalidDocument
from gitreg.exchange.files import Shelf, local_path, read_text
from gitreg.exchange.values import FoundDataset, FoundFiles, FoundRun, Left
from gitreg.exchange.yamls import read_yaml

if TYPE_CHECKING:
    from gitreg.documents import Role

TOOL: Final = "mlflow"
NOTE_TAG: Final = "mlflow.note.content"
DELETED_STAGE: Final = "Deleted_Internal"
"""Where MLflow puts versions that were deleted."""
_STATUSES: Final = {
    "RUNNING": "running",
    "SCHEDULED": "running",
    "FINISHED": "finished",
    "FAILED": "failed",
    "KILLED": "killed",
}
_NUMBERED: Final = ("", "RUNNING", "SCHEDULED", "FINISHED", "FAILED", "KILLED")
"""RunStatus of service.proto, as file stores write it."""
_ROLES: Final[Mapping[str, Role]] = {
    "training": "train",
    "train": "train",
    "validation": "validation",
    "val": "validation",
    "evaluation": "test",
    "eval": "test",
    "testing": "test",
    "test": "test",
}
LARGEST: Final = 1.7976931348623157e308
"""How MLflow's database spells infinity (sqlalchemy_store.py, `_get_metric_value_details`)."""
_NUMBER: Final = re.compile(r"-?\d{1,19}|-?\d+\.\d+(?:e[+-]\d+)?|-?\d(?:\.\d+)?e[+-]\d+")


@dataclass(frozen=True)
class Model:
    """A model that a run logged: what it is called there, its id (MLflow 3), where its files are."""

    name: str
    model_id: str
    uri: str


def status_of(value: object) -> str:
    """A run's status; anything unknown is `failed`: nobody can tell that it ended well."""
    if isinstance(value, int) and 0 < value < len(_NUMBERED):
        value = _NUMBERED[value]
    return _STATUSES.get(str(value), "failed")


def scalar_of(text: str) -> str | int | float | bool:
    """A param: MLflow keeps what `str()` made of a value, so that a number or boolean which gives this text is meant.

    What Python would spell otherwise (`1e-3`, `007`) stays a text, and so every text comes back as it was.
    """
    if text in ("True", "False"):
        return text == "True"
    if len(text) > 40 or not _NUMBER.fullmatch(text):  # noqa: PLR2004 - no number within 64 bits is longer
        return text
    value = float(text) if re.search(r"[.e]", text) else int(text)
    return value if str(value) == text and math.isfinite(value) and abs(value) < 2**63 else text


def spelled(value: str | float | bool) -> str:  # noqa: FBT001 - a param's value
    """The reverse: what MLflow keeps of a value."""
    return str(value)


def to_infinity(value: float) -> float:
    """A value as a database keeps it."""
    return math.copysign(math.inf, value) if abs(value) == LARGEST else value


def micros(milliseconds: object) -> int | None:
    """Microseconds since 1970; None for what is no number of milliseconds (0: MLflow had none)."""
    is_number = isinstance(milliseconds, int) and not isinstance(milliseconds, bool)
    return int(milliseconds) * 1000 if is_number and milliseconds else None  # type: ignore[call-overload]


def whole(value: object) -> int | None:
    """An integer, also one spelled as a text; None for anything else."""
    if isinstance(value, bool) or not isinstance(value, int | str):
        return None
    return int(value) if re.fullmatch(r"-?\d{1,19}", str(value)) else None


def text_of(value: object) -> str:
    """A text; empty for what is none."""
    return value if isinstance(value, str) else "" if value is None else str(value)


def json_object(text: object) -> Mapping[str, Any]:
    """The JSON object that a text holds; nothing for any other text."""
    try:
        found = json.loads(text) if isinstance(text, str) and text else {}
    except (ValueError, RecursionError):
        return {}
    return found if isinstance(found, dict) else {}


def dataset_of(row: Mapping[str, Any], context: str) -> FoundDataset:
    """A dataset from what MLflow keeps of it: `name digest source schema profile`."""
    schema, profile = json_object(row.get("schema")), json_object(row.get("profile"))
    source = json_object(row.get("source"))
    columns = schema.get("mlflow_colspec")
    rows = profile.get("num_rows")
    return FoundDataset(
        name=text_of(row.get("name")),
        digest=f"mlflow:{text_of(row.get('digest'))}",
        role=_ROLES.get(context.lower(), "train" if not context else "reference"),
        source=text_of(source.get("uri") or source.get("url") or source.get("path") or row.get("source")),
        rows=rows if isinstance(rows, int) and rows >= 0 else None,
        columns=tuple(_columns(columns) if isinstance(columns, list) else ()),
    )


def _columns(columns: list[Any]) -> Iterable[tuple[str, str]]:
    for column in columns:
        if isinstance(column, dict) and isinstance(column.get("name"), str):
            yield column["name"], text_of(column.get("type")) or "unknown"


def run_of(info: Mapping[str, Any], params: Mapping[str, str], tags: Mapping[str, str], **more: Any) -> FoundRun:  # noqa: ANN401 - FoundRun's own fields
    """A run from its few fields, texts and tags, whichever store they were in."""
    kept = {key: value for key, value in tags.items() if key != NOTE_TAG}
    return FoundRun(
        id=text_of(info.get("run_id") or info.get("run_uuid")),
        name=text_of(info.get("run_name") or tags.get("mlflow.runName") or info.get("name")),
        status=status_of(info.get("status")),
        started_us=micros(info.get("start_time")),
        finished_us=micros(info.get("end_time")),
        params={key: scalar_of(value) for key, value in params.items()},
        tags=kept,
        parent=tags.get("mlflow.parentRunId"),
        note=tags.get(NOTE_TAG),
        deleted="deleted in MLflow" if info.get("lifecycle_stage") == "deleted" else None,
        repository=tags.get("mlflow.source.git.repoURL"),
        commit=tags.get("mlflow.source.git.commit"),
        branch=tags.get("mlflow.source.git.branch"),
        entry_point=tags.get("mlflow.source.name"),
        **more,
    )


def logged_before(tags: Mapping[str, str], artifact_uri: str) -> list[Model]:
    """The models that MLflow 2 logged: folders among the run's artifacts, told in a tag."""
    try:
        told = json.loads(tags.get("mlflow.log-model.history", "[]"))
    except (ValueError, RecursionError):
        return []
    paths = [text_of(each.get("artifact_path")) for each in told if isinstance(each, dict)] if told else []
    return [Model(path, "", f"{artifact_uri}/{path}") for path in dict.fromkeys(paths) if path]


def named_once(models: list[Model]) -> list[Model]:
    """Each under a name of its own: of two with one name the later keeps its id beside it."""
    seen, named = set[str](), []
    for model in models:
        name = model.name if model.name not in seen else f"{model.name} ({model.model_id})"
        seen.add(name)
        named.append(Model(name, model.model_id, model.uri))
    return named


def files_of(shelf: Shelf, uri: str, models: list[Model], where: str, scratch: Path) -> FoundFiles:
    """A run's artifacts and models in folders that may be read."""
    folder = shelf.folder(uri, where)
    names, left = ([*folder.names], folder.left) if folder is not None else ([], _elsewhere(uri, where))
    outputs: dict[str, Mapping[str, Path]] = {}
    for model in models:
        place = shelf.folder(model.uri, where)
        if place is None:
            left = (*left, Left("output", where, model.name, f"its files are not here ({shown(model.uri)})."))
            continue
        outputs[model.name], missing = place.take(place.names, scratch)
        left = (*left, *place.left, *missing)
        if folder is not None and place.place.startswith(f"{folder.place}/"):
            inside = f"{place.place.removeprefix(f'{folder.place}/')}/"
            names = [name for name in names if not name.startswith(inside)]
    files, missing = folder.take(names, scratch) if folder is not None else ({}, ())
    return FoundFiles(files, outputs, (*left, *missing))


def _elsewhere(uri: str, where: str) -> tuple[Left, ...]:
    """That a run's artifacts lie where we do not read; how many they are, if any, is not known. A folder on this disk
    that nobody made is that of a run without any.
    """
    path = local_path(uri)
    if not uri or (path is not None and not os.path.lexists(path)):
        return ()
    why = f"those it may have lie at {shown(uri)}; that bucket, or a copy here, is read with --artifacts."
    return (Left("file", where, "artifacts", why, count=0),)


def loose_files(shelf: Shelf, uri: str, where: str, scratch: Path) -> FoundFiles:
    """The files of a version that came from no run."""
    place = shelf.folder(uri, where)
    if place is None:
        return FoundFiles(left=(Left("version", where, where, f"its files are not here ({shown(uri)})."),))
    files, missing = place.take(place.names, scratch)
    return FoundFiles(files, left=(*place.left, *missing))


def shown(uri: str) -> str:
    """A URI without what stands before an @ in it, which may be a password."""
    return re.sub(r"//[^/@]*@", "//", uri)[:200]


def version_path(source: str, storage: str, run_id: str, names: Mapping[str, str]) -> str:
    """The output of the run, or the path below its artifacts, that a version was made from.

    `names` are the run's models by id. MLflow spells the place as `models:/m-…`, `runs:/…/path`, or as a place.
    """
    for text in (source, storage):
        found = re.search(r"\b(m-[0-9a-f]{32})\b", text)
        if found and found[1] in names:
            return names[found[1]]
    for text in (storage, source):
        inside = text.partition(f"{run_id}/artifacts/")[2] if run_id else ""
        if inside:
            return inside.strip("/")
    return source.partition(f"runs:/{run_id}/")[2].strip("/") if run_id else ""


def described(files: Mapping[str, Path]) -> tuple[Mapping[str, Any], Mapping[str, Any] | None]:
    """The flavors and signature that the file `MLmodel` of a model folder tells; nothing where it cannot be read."""
    if "MLmodel" not in files:
        return {}, None
    try:
        told = read_yaml(read_text(files["MLmodel"]), "MLmodel")
    except InvalidDocument:
        return {}, None
    signature = told.get("signature")
    parts = signature.items() if isinstance(signature, dict) else ()
    read = {str(key): _parsed(value) for key, value in parts if value is not None}
    flavors = told.get("flavors")
    return (plain_json(flavors) if isinstance(flavors, dict) else {}), plain_json(read) or None


def _parsed(value: object) -> object:
    try:
        return json.loads(value) if isinstance(value, str) else value
    except (ValueError, RecursionError):
        return value


def plain_json(value: Mapping[str, Any]) -> dict[str, Any]:
    """What JSON can say of a value: YAML also knows dates."""
    try:
        found: dict[str, Any] = json.loads(json.dumps(value, default=str, allow_nan=False))
    except (ValueError, TypeError, RecursionError):
        return {}
    return found
