"""DVC: each stage of `dvc.lock` is a run, with the params and files that DVC pinned and what DVCLive logged.

Formats: dvc.org/doc/user-guide/project-structure (dvc.yaml, dvc.lock, schema 2.0) and DVCLive 3's folder:
`metrics.json`, `params.yaml` and `plots/metrics/<key>.tsv` with a line for each step.
"""

from __future__ import annotations

import csv
import hashlib
import json
from collections.abc import Iterator
from pathlib import Path, PurePosixPath
from typing import TYPE_CHECKING, Any, Final

from gitreg.errors import InvalidDocument
from gitreg.exchange.files import files_below, read_text
from gitreg.exchange.values import FoundDataset, FoundExperiment, FoundFiles, FoundModel, FoundRun, Left
from gitreg.exchange.yamls import read_yaml

if TYPE_CHECKING:
    from gitreg.tracking import PastPoint

_LOCK: Final = "dvc.lock"
_MAX_LOCK: Final = 16 * 1024 * 1024
_MAX_SERIES: Final = 256 * 1024 * 1024
_MAX_DEPTH: Final = 20


class DvcFolder:
    """A folder with a `dvc.lock`. It is an `Origin`."""

    tool = "dvc"

    def __init__(self, folder: Path) -> None:
        """Raises `InvalidDocument` for a folder without a lock that can be read."""
        self._folder = folder.resolve()
        self.location = str(folder)
        stages = read_yaml(read_text(folder / _LOCK, _MAX_LOCK), _LOCK).get("stages")
        if not isinstance(stages, dict) or not all(isinstance(each, dict) for each in stages.values()):
            raise InvalidDocument(f"{folder / _LOCK} names no stages.", subject=str(folder))
        self._stages: dict[str, dict[str, Any]] = {str(name): told for name, told in stages.items()}
        self._lives = [path.parent for path in sorted(self._folder.glob("*/metrics.json")) if not path.is_symlink()]

    def close(self) -> None:
        """Nothing is held open."""

    def count_runs(self) -> int | None:
        """How many stages there are."""
        return len(self._stages)

    def experiments(self) -> Iterator[FoundExperiment]:
        """The folder itself."""
        yield FoundExperiment(self._folder.name)

    def runs(self) -> Iterator[FoundRun | Left]:
        """Stage by stage. What DVCLive logged is the last stage's, whose folder it is where only one is."""
        last = list(self._stages)[-1:]
        for name, told in self._stages.items():
            yield self._run(name, told, self._lives if [name] == last else [])

    def models(self) -> Iterator[FoundModel | Left]:
        """Models of DVC are GTO's."""
        return iter(())

    def _run(self, name: str, told: dict[str, Any], lives: list[Path]) -> FoundRun:
        text = json.dumps(told, sort_keys=True, default=str)
        at = int((self._folder / _LOCK).stat().st_mtime) * 1_000_000
        command = told.get("cmd")
        params, left = dict(_params(told)), list[Left]()
        for live in lives:
            params |= _live_params(live, left)
        return FoundRun(
            id=f"dvc-{hashlib.sha256(f'{name}:{text}'.encode()).hexdigest()[:32]}",
            experiment=self._folder.name,
            name=name,
            status="finished",
            started_us=at,
            finished_us=at,
            params=params,
            tags={"dvc.stage": name},
            command=(command,) if isinstance(command, str) else (),
            datasets=tuple(_datasets(told)),
            points=lambda: _points(lives, at),
            files=lambda _: self._files(name, told),
            left=tuple(left),
        )

    def _files(self, name: str, told: dict[str, Any]) -> FoundFiles:
        """The outputs as they lie in the folder."""
        found, left = dict[str, Path](), list[Left]()
        for out in _entries(told, "outs"):
            path = self._inside(out)
            if path is None or not path.exists():
                left.append(Left("file", name, str(out.get("path"))[:200], "it is not in the folder (dvc pull)."))
            elif path.is_dir():
                inside, more = files_below(path, name)
                found |= {f"{path.name}/{each}": file for each, file in inside.items()}
                left += more
            else:
                found[path.name] = path
        return FoundFiles(found, left=tuple(left))

    def _inside(self, out: dict[str, Any]) -> Path | None:
        """The place of an output, if it is below the folder: a lock may say anything."""
        told = out.get("path")
        if not isinstance(told, str) or PurePosixPath(told).is_absolute() or "\0" in told:
            return None
        path = self._folder / told
        return path if path.resolve().is_relative_to(self._folder) and not path.is_symlink() else None


def _entries(told: dict[str, Any], key: str) -> list[dict[str, Any]]:
    found = told.get(key)
    return [each for each in found if isinstance(each, dict)] if isinstance(found, list) else []


def _params(told: dict[str, Any]) -> Iterator[tuple[str, Any]]:
    params = told.get("params")
    for values in params.values() if isinstance(params, dict) else ():
        yield from _flat(values if isinstance(values, dict) else {})


def _flat(values: dict[Any, Any], before: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    for key, value in values.items():
        if isinstance(value, dict) and depth < _MAX_DEPTH:
            yield from _flat(value, f"{before}{key}.", depth + 1)
        else:
            kept = isinstance(value, str | int | float | bool)
            yield f"{before}{key}", value if kept else json.dumps(value, default=str)


def _datasets(told: dict[str, Any]) -> Iterator[FoundDataset]:
    """What the stage depended on, by DVC's digests."""
    for entry in _entries(told, "deps"):
        kind = next((kind for kind in ("md5", "etag", "checksum") if isinstance(entry.get(kind), str)), None)
        size = entry.get("size")
        if kind is not None:
            yield FoundDataset(
                name=str(entry.get("path")),
                digest=f"{kind}:{entry[kind]}",
                source=str(entry.get("path")),
                size_bytes=size if isinstance(size, int) and size >= 0 else None,
            )


def _live_params(live: Path, left: list[Left]) -> dict[str, Any]:
    path = live / "params.yaml"
    if not path.exists():
        return {}
    try:
        return dict(_flat(read_yaml(read_text(path), str(path))))
    except InvalidDocument as error:
        left.append(Left("detail", live.name, path.name, error.message))
        return {}


def _points(lives: list[Path], at: int) -> Iterator[PastPoint | Left]:
    """Series where there are any, else the last values. DVCLive keeps no times."""
    for live in lives:
        seen = set[str]()
        files, _ = files_below(live / "plots" / "metrics", live.name)
        for path, file in files.items():
            if path.endswith(".tsv"):
                key = path.removesuffix(".tsv")
                seen.add(key)
                yield from _series(key, file, at)
        try:
            told = json.loads(read_text(live / "metrics.json"))
        except (InvalidDocument, ValueError, RecursionError):
            yield Left("point", live.name, "metrics.json", "it is not JSON.")
            continue
        for key, value in _flat(told if isinstance(told, dict) else {}):
            named = key.replace(".", "/")
            if named not in seen and named != "step":
                yield _number(named, 0, at, value)


def _series(key: str, file: Path, at: int) -> Iterator[PastPoint | Left]:
    try:
        text = read_text(file, _MAX_SERIES)
    except InvalidDocument as error:
        yield Left("point", file.name, key, error.message)
        return
    rows = csv.DictReader(text.splitlines(), delimiter="\t")
    column = key.rpartition("/")[2]
    for row in rows:
        step = row.get("step") or ""
        yield _number(key, int(step) if step.isdecimal() and len(step) < 19 else 0, at, row.get(column))  # noqa: PLR2004 - 64 bits


def _number(key: str, step: int, at: int, value: object) -> PastPoint | Left:
    try:
        return key, step, at, float(value)  # type: ignore[arg-type] # what is no number raises
    except (TypeError, ValueError, OverflowError):
        return Left("point", "dvclive", key, "it is no number.")
