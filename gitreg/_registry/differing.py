"""Two versions, or two runs, held against each other: what each was told, came to, was made of and ran in."""

from __future__ import annotations

import math
import re
import tomllib
from dataclasses import dataclass, replace
from functools import cached_property
from statistics import stdev
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from gitreg.blobs import read_manifest, read_stored
from gitreg.errors import GitregError
from gitreg.registry import RunAddress, parse_address

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gitreg._registry.parts import Parts
    from gitreg._registry.resolving import Resolver
    from gitreg.documents import Dataset, DatasetUse, Descriptor, Digest, Environment, Source, Version
    from gitreg.folding import FoldedRun

Kind = Literal["param", "metric", "code", "data", "column", "environment", "package", "file"]
Value: TypeAlias = "bool | int | float | str | None"
MAX_LOCK_BYTES: Final = 8 * 1024 * 1024
REPEATS_AMONG: Final = 1_000
"""The latest runs of an experiment that are looked at for repeats."""
SEEDS: Final = frozenset({"seed", "random_seed", "random_state"})
_PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)\s*==\s*([^\s;#\\]+)", re.MULTILINE)


@dataclass(frozen=True)
class Change:
    """One thing that is not the same; None where a side does not have it.

    Of a metric whose runs were repeated `noise` is the standard deviation of the difference, by that of the repeats.
    """

    kind: Kind
    name: str
    old: Value
    new: Value
    noise: float | None = None

    @property
    def is_noise(self) -> bool | None:
        """Whether the difference is within twice the noise; None where no noise is known."""
        if self.noise is None or not isinstance(self.old, int | float) or not isinstance(self.new, int | float):
            return None
        return abs(self.new - self.old) <= 2 * self.noise


@dataclass(frozen=True)
class Difference:
    """What changed from `old` to `new`, and how many things did not. `untold` says what could not be looked at."""

    old: str
    new: str
    changes: tuple[Change, ...]
    same: int
    repeats: tuple[int, int] = (0, 0)
    """How many runs, the own one among them, say how much the metrics of each side vary."""
    untold: tuple[str, ...] = ()


@dataclass(frozen=True)
class _Side:
    label: str
    params: Mapping[str, Value]
    metrics: Mapping[str, float]
    source: Source | None
    environment: Environment | None
    datasets: Sequence[DatasetUse]
    artifacts: Descriptor | None
    run: FoldedRun | None


_Facts: TypeAlias = "dict[tuple[Kind, str], Value]"


class Differ:
    """Answers `diff`."""

    def __init__(self, parts: Parts, resolver: Resolver) -> None:
        """Nothing is read yet."""
        self._parts = parts
        self._resolver = resolver
        self._untold: list[str] = []

    def diff(self, old: str, new: str) -> Difference:
        """What is not the same in two addresses, of versions or of runs. Raises as `Resolver.resolve` does."""
        self._untold = []
        before, after = self._side(old), self._side(new)
        was, is_ = self._facts(before), self._facts(after)
        spread = [self._spread(side.run) for side in (before, after)]
        names = [name for name in {**was, **is_} if unlike(was.get(name), is_.get(name))]
        noise = {name: _noise(name[1], *(each for each, _ in spread)) for name in names if name[0] == "metric"}
        changes = (Change(*name, was.get(name), is_.get(name), noise.get(name)) for name in names)
        counts = (spread[0][1], spread[1][1])
        same = len(was.keys() | is_.keys()) - len(names)
        return Difference(before.label, after.label, tuple(changes), same, counts, self.untold)

    @property
    def untold(self) -> tuple[str, ...]:
        """What could not be looked at, and why."""
        return tuple(dict.fromkeys(self._untold))

    def made_of(self, version: Version, label: str) -> dict[tuple[Kind, str], Value]:
        """What is compared of a version, by kind and name, but for its files, of which the list's digest is told."""
        found = self._facts(replace(self._of_version(version, label), artifacts=None))
        return {**found, ("file", "all of them"): str(version.artifacts.digest)}

    def _side(self, text: str) -> _Side:
        address = parse_address(text)
        if isinstance(address, RunAddress):
            return self._of_run(address)
        found = self._resolver.resolve(text)
        version = found.document
        assert version is not None  # noqa: S101 - an address of a model is resolved to a version
        label = f"{found.model}/{found.number if found.number is not None else '~' + version.digest.hex[:8]}"
        return replace(self._of_version(version, label), run=self._run(version.run) if version.run else None)

    @staticmethod
    def _of_version(version: Version, label: str) -> _Side:
        metrics = {_metric_name(each.key, each.dataset, version.datasets): each.value for each in version.metrics}
        made = (version.source, version.environment, version.datasets, version.artifacts)
        return _Side(label, version.params, metrics, *made, None)

    def _of_run(self, address: RunAddress) -> _Side:
        run = self._parts.runs.get(address.run)
        metrics = {_metric_name(each.key, each.dataset, run.datasets): each.last.value for each in run.metrics}
        has_files = bool(address.path) or len(run.outputs) == 1
        artifacts = self._parts.models.output(run, address.path).manifest if has_files else None
        label = f"{run.name} {run.run_id.short}"
        return _Side(label, run.params, metrics, run.source, run.environment, run.datasets, artifacts, run)

    def _run(self, run_id: str) -> FoldedRun | None:
        try:
            return self._parts.runs.get(run_id)
        except GitregError:  # a version says all that is compared but its repeats
            return None

    # What there is to compare

    def _facts(self, side: _Side) -> _Facts:
        found: _Facts = {("param", name): value for name, value in sorted(side.params.items())}
        found |= {("metric", name): value for name, value in sorted(side.metrics.items())}
        found |= _code(side.source)
        for use in side.datasets:
            found |= self._data(use)
        found |= self._environment(side)
        found |= self._files(side)
        return {name: value for name, value in found.items() if value is not None}

    def _data(self, use: DatasetUse) -> _Facts:
        name = f"{use.name} ({use.role})"
        found: _Facts = {("data", name): str(use.digest)}
        known = self._dataset(use.digest)
        if known is not None and known.rows is not None:
            found["data", f"{name} rows"] = known.rows
        columns = known.columns if known is not None else ()
        return {**found, **{("column", f"{name} {column.name}"): column.type for column in columns}}

    def _dataset(self, digest: Digest) -> Dataset | None:
        of = [each for each in self._datasets if each.content_digest == digest]
        return next((each for each in of if each.columns), of[0] if of else None)

    @cached_property
    def _datasets(self) -> Sequence[Dataset]:
        """Read once, however many versions are looked at."""
        return self._parts.index.datasets()

    def _environment(self, side: _Side) -> _Facts:
        ran_in = side.environment
        if ran_in is None:
            return {}
        found: _Facts = {
            ("environment", "python"): ran_in.python,
            ("environment", "platform"): ran_in.platform,
            ("environment", "cpu"): ran_in.cpu,
            ("environment", "gpus"): ", ".join(ran_in.gpus) or None,
        }
        packages = self._packages(side.label, ran_in.lock) if ran_in.lock else {}
        return {**found, **{("package", name): version for name, version in sorted(packages.items())}}

    def _packages(self, label: str, lock: Descriptor) -> dict[str, str]:
        try:
            found = packages_in(read_stored(self._parts.blobs, lock, MAX_LOCK_BYTES))
        except GitregError as error:
            self._untold.append(f"The packages of {label}: {error.message}")
            return {}
        return found

    def _files(self, side: _Side) -> _Facts:
        if side.artifacts is None:
            return {}
        try:
            files = read_manifest(self._parts.blobs, side.artifacts.digest).files
        except GitregError as error:
            self._untold.append(f"The files of {side.label}: {error.message}")
            return {}
        return {("file", each.path): f"{each.digest} {each.size}" for each in files}

    # Noise

    def _spread(self, run: FoldedRun | None) -> tuple[dict[str, float], int]:
        """How much each metric varies between a run and its repeats, as a standard deviation; how many they are.

        A repeat ran in the same experiment with the same params but for its seed, the same code and the same data.
        """
        if run is None:
            return {}, 0
        others = self._parts.runs.search(experiment=run.experiment, limit=REPEATS_AMONG).runs
        repeats = [each for each in others if each.status == "finished" and _config(each) == _config(run)]
        values: dict[str, list[float]] = {}
        for each in repeats:
            for metric in each.metrics:
                name = _metric_name(metric.key, metric.dataset, each.datasets)
                values.setdefault(name, []).append(metric.last.value)
        finite = {name: found for name, found in values.items() if len(found) > 1 and all(map(math.isfinite, found))}
        return {name: stdev(found) for name, found in finite.items()}, len(repeats)


def packages_in(data: bytes) -> dict[str, str]:
    """Name to version, from a list such as pip's (`name==1.2`) or a lock file of uv, Poetry or PDM; else nothing."""
    text = data.decode("utf-8", "replace")
    try:
        listed = tomllib.loads(text).get("package")
    except (tomllib.TOMLDecodeError, RecursionError):
        return {name.lower(): version for name, version in _PINNED.findall(text)}
    entries = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return {str(each["name"]).lower(): str(each["version"]) for each in entries if {"name", "version"} <= each.keys()}


def _code(source: Source | None) -> _Facts:
    if source is None:
        return {}
    return {
        ("code", "repository"): source.repository,
        ("code", "commit"): source.commit,
        ("code", "branch"): source.branch,
        ("code", "uncommitted changes"): None if source.dirty is None else "yes" if source.dirty else "no",
        ("code", "uncommitted diff"): str(source.diff.digest) if source.diff else None,
        ("code", "entry point"): source.entry_point,
        ("code", "command"): " ".join(source.command) or None,
    }


def _config(run: FoldedRun) -> tuple[object, ...]:
    params = {name: value for name, value in run.params.items() if name.lower() not in SEEDS}
    commit = run.source.commit if run.source else None
    return repr(params), commit, tuple((use.name, use.role, use.digest) for use in run.datasets)


def _noise(name: str, old: Mapping[str, float], new: Mapping[str, float]) -> float | None:
    """The standard deviation of a difference; where only one side was repeated, the other is taken to vary as much."""
    found = [side[name] for side in (old, new) if name in side]
    return math.hypot(found[0], found[-1]) if found else None


def _metric_name(key: str, content: Digest | None, datasets: Sequence[DatasetUse]) -> str:
    if content is None:
        return key
    return f"{key}@{next((use.name for use in datasets if use.digest == content), content.hex[:12])}"


def unlike(one: Value, other: Value) -> bool:
    """Whether two values differ; NaN is like NaN, and 1 is not true."""
    return (isinstance(one, bool), repr(one)) != (isinstance(other, bool), repr(other)) and one != other
