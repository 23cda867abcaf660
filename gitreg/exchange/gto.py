"""GTO: a registry in git tags, read from a repository's objects.

`NAME@v1.2.0` registers a version, with `!` behind it takes it back; `NAME#STAGE#4` puts the version of its commit into
a stage, `NAME#STAGE!#5` takes it out (GTO 1.10, "Git tags format"). `artifacts.yaml` says where a model's files are.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gitreg.documents import format_time
from gitreg.errors import InvalidDocument
from gitreg.exchange.values import FoundExperiment, FoundFiles, FoundModel, FoundRun, FoundVersion, Left
from gitreg.exchange.yamls import read_yaml

if TYPE_CHECKING:
    from gitreg.store import CommitId, Store, Tag

_NAME: Final = r"(?P<name>[^@#!]+)"
_VERSION: Final = re.compile(rf"{_NAME}@(?P<version>v?\d+(?:\.\d+){{0,2}}[^!#@]*)(?P<off>!?)(?:#(?P<count>\d+))?")
_STAGE: Final = re.compile(rf"{_NAME}#(?P<stage>[^!#]+)(?P<off>!?)(?:#(?P<count>\d+))?")
_MAX_YAML: Final = 1024 * 1024
_MAX_HISTORY: Final = 15_000


@dataclass
class _Model:
    """What the tags say of one name, in the order they were made."""

    versions: dict[str, Tag] = field(default_factory=dict)
    gone: set[str] = field(default_factory=set)
    stages: dict[str, CommitId] = field(default_factory=dict)
    history: list[str] = field(default_factory=list)


class GtoRepository:
    """A git repository with GTO's tags. It is an `Origin`."""

    tool = "gto"

    def __init__(self, store: Store) -> None:
        """Raises `InvalidDocument` for a repository without GTO's tags."""
        self._store = store
        self.location = str(store.path)
        self._models = _read(store)
        if not self._models:
            raise InvalidDocument(f"{store.path} has no tags of GTO's.", subject=str(store.path))

    def close(self) -> None:
        """Let go of the repository."""
        self._store.close()

    def count_runs(self) -> int | None:
        """GTO knows no runs."""
        return 0

    def experiments(self) -> Iterator[FoundExperiment]:
        """None."""
        return iter(())

    def runs(self) -> Iterator[FoundRun | Left]:
        """None."""
        return iter(())

    def models(self) -> Iterator[FoundModel | Left]:
        """Numbers are given in the order that versions were registered; GTO's own name of each is its tag."""
        for name, model in sorted(self._models.items()):
            versions = tuple(
                self._version(name, number, version, model)
                for number, version in enumerate(model.versions, start=1)
                if version not in model.gone
            )
            history = "\n".join(model.history)[-_MAX_HISTORY:]
            yield FoundModel(name, self._described(name), {"gto.history": history}, versions)

    def _version(self, name: str, number: int, version: str, model: _Model) -> FoundVersion:
        tag = model.versions[version]
        stages = sorted(stage for stage, commit in model.stages.items() if commit == tag.commit)
        said = {"gto.version": version, **({"gto.registered_by": str(tag.tagger)} if tag.tagger else {})}
        return FoundVersion(
            number=number,
            run_id=None,
            path=name,
            created_us=int(tag.at.timestamp()) * 1_000_000 if tag.at else None,
            note=tag.message.strip() or None,
            stage=", ".join(stages) or None,
            tags=said,
            commit=tag.commit,
            files=lambda scratch: self._files(name, tag.commit, scratch),
        )

    def _entry(self, name: str, commit: str) -> dict[str, Any]:
        data = self._store.snapshot(commit).read("artifacts.yaml")
        if data is None or len(data) > _MAX_YAML:
            return {}
        try:
            found = read_yaml(data.decode(errors="replace"), "artifacts.yaml").get(name)
        except InvalidDocument:
            return {}
        return found if isinstance(found, dict) else {}

    def _described(self, name: str) -> str | None:
        latest = list(self._models[name].versions.values())[-1:]
        found = self._entry(name, latest[0].commit).get("description") if latest else None
        return found if isinstance(found, str) else None

    def _files(self, name: str, commit: str, scratch: Path) -> FoundFiles:
        """From the commit's own tree; bytes that only DVC has are told."""
        told = self._entry(name, commit).get("path")
        place = told.strip("/") if isinstance(told, str) else ""
        tree, found = self._store.snapshot(commit), dict[str, Path]()
        one = tree.read(place) if place else None
        inside = [(place.rpartition("/")[2], one)] if one is not None else []
        inside += [(path.removeprefix(f"{place}/"), tree.read_blob(blob)) for path, blob in tree.walk(place) if place]
        for path, data in inside:
            target = scratch / str(len(found))
            target.write_bytes(data)
            found[path] = target
        why = f"{place!r:.80} is not in the commit {commit[:8]}." if place else "artifacts.yaml names no path for it."
        return FoundFiles(found, left=() if found else (Left("version", name, commit[:8], why),))


def _read(store: Store) -> dict[str, _Model]:
    models: dict[str, _Model] = {}
    tags = sorted(store.tags(), key=lambda tag: (_when(store, tag), _count(tag.name), tag.name))
    for tag in tags:
        if found := _VERSION.fullmatch(tag.name):
            model = models.setdefault(found["name"], _Model())
            _register(model, found["version"], tag, is_off=bool(found["off"]))
        elif found := _STAGE.fullmatch(tag.name):
            model = models.setdefault(found["name"], _Model())
            _assign(model, found["stage"], tag, is_off=bool(found["off"]))
        else:
            continue
        who = f" by {tag.tagger}" if tag.tagger else ""
        model.history.append(f"{format_time(_when(store, tag))} {tag.name} at {tag.commit[:8]}{who}")
    return models


def _when(store: Store, tag: Tag) -> datetime:
    return tag.at or store.commit(tag.commit).committed_at


def _count(name: str) -> int:
    """Within one second the number at the end says which came later."""
    found = re.search(r"#(\d{1,9})$", name)
    return int(found[1]) if found else 0


def _register(model: _Model, version: str, tag: Tag, *, is_off: bool) -> None:
    if is_off:
        model.gone.add(version)
    else:
        model.gone.discard(version)
        model.versions.setdefault(version, tag)


def _assign(model: _Model, stage: str, tag: Tag, *, is_off: bool) -> None:
    if is_off:
        model.stages.pop(stage, None)
    else:
        model.stages[stage] = tag.commit
