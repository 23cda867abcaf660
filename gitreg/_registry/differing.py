"""Two versions, or two runs, held against each other: what each was told, came to, was made of and ran in."""

from __future__ import annotations

import re
import tomllib
from dataclasses import dataclass, field, replace
from functools import cached_property
from typing import TYPE_CHECKING, Final, Literal, TypeAlias

from gitreg._registry.repeats import Repeats
from gitreg.blobs import read_manifest, read_stored
from gitreg.data import DataAddress, changed_uses
from gitreg.errors import GitregError, InvalidValue
from gitreg.registry import RunAddress, parse_address
from gitreg.tracking import code_facts, environment_facts, metric_label

if TYPE_CHECKING:
    from collections.abc import Mapping, Sequence

    from gitreg._registry.parts import Parts
    from gitreg._registry.resolving import Resolver
    from gitreg.blobs import Progress
    from gitreg.data import DataDifference
    from gitreg.documents import (
        Dataset,
        DatasetUse,
        Descriptor,
        Digest,
        Environment,
        Source,
        Version,
    )
    from gitreg.folding import FoldedRun
    from gitreg.policy import RepeatedDifference

Kind = Literal["param", "metric", "code", "data", "column", "environment", "package", "file"]
Value: TypeAlias = "bool | int | float | str | None"
MAX_LOCK_BYTES: Final = 8 * 1024 * 1024
_PINNED = re.compile(r"^([A-Za-z0-9][A-Za-z0-9._-]*)\s*==\s*([^\s;#\\]+)", re.MULTILINE)


@dataclass(frozen=True)
class Change:
    """One thing that is not the same; None where a side does not have it.

    `noise` says of a metric whose runs were repeated how much it varies anyway.
    """

    kind: Kind
    name: str
    old: Value
    new: Value
    noise: RepeatedDifference | None = None


@dataclass(frozen=True)
class DataChange:
    """Data in one role that is not the same: its name on the new side, and what changed in it."""

    name: str
    role: str
    difference: DataDifference


@dataclass(frozen=True)
class Difference:
    """What changed from `old` to `new`, and how many things did not. `untold` says what could not be looked at."""

    old: str
    new: str
    changes: tuple[Change, ...]
    same: int
    data: tuple[DataChange, ...] = ()
    repeats: tuple[int, int] = (0, 0)
    """How many runs, the own one among them, say how much the metrics of each side vary."""
    untold: tuple[str, ...] = ()


@dataclass(frozen=True)
class LookAtData:
    """How data is looked at: by its `rows` or only by what was kept beside them, with `key` to tell rows apart."""

    rows: bool = True
    key: tuple[str, ...] = ()
    progress: Progress | None = field(default=None, compare=False)


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

    def diff(self, old: str, new: str, look: LookAtData = LookAtData()) -> Difference:
        """What is not the same in two addresses, of versions or of runs.

        Raises as `Resolver.resolve` does, and `InvalidValue` for a key that no table on both sides has.
        """
        self._untold = []
        before, after = self._side(old), self._side(new)
        was, is_ = self._facts(before), self._facts(after)
        names = [name for name in {**was, **is_} if unlike(was.get(name), is_.get(name))]
        ours, theirs = (Repeats.of(side.run, self._parts.runs) for side in (before, after))
        noise = {name: ours.until(theirs, name[1]) for name in names if name[0] == "metric"}
        changes = tuple(Change(*name, was.get(name), is_.get(name), noise.get(name)) for name in names)
        same = len(was.keys() | is_.keys()) - len(names)
        data = self._changed_data(before, after, look)
        return Difference(
            before.label, after.label, changes, same, data, (ours.count, theirs.count), untold=self.untold
        )

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
        names = {use.digest: use.name for use in version.datasets}
        metrics = {metric_label(each, names): each.value for each in version.metrics}
        made = (version.source, version.environment, version.datasets, version.artifacts)
        return _Side(label, version.params, metrics, *made, None)

    def _of_run(self, address: RunAddress) -> _Side:
        run = self._parts.runs.get(address.run)
        names = {use.digest: use.name for use in run.datasets}
        metrics = {metric_label(each, names): each.last.value for each in run.metrics}
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
        found |= {("code", name): value for name, value in code_facts(side.source).items()}
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
        found: _Facts = {("environment", name): value for name, value in environment_facts(side.environment).items()}
        lock = side.environment.lock if side.environment else None
        packages = self._packages(side.label, lock) if lock else {}
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

    # Data

    def _changed_data(self, before: _Side, after: _Side, look: LookAtData) -> tuple[DataChange, ...]:
        pairs = [*changed_uses(before.datasets, after.datasets)]
        self._check_key(look.key, pairs)
        return tuple(each for old, new in pairs if (each := self._data_change(old, new, look)) is not None)

    def _data_change(self, old: DatasetUse, new: DatasetUse, look: LookAtData) -> DataChange | None:
        catalogue = self._parts.data
        try:
            views = [catalogue.version(DataAddress(use.name, use.digest.hex)) for use in (old, new)]
        except GitregError as error:  # the ledger here does not hold it
            self._untold.append(f"The {new.role} data {new.name}: {error.message}")
            return None
        found = catalogue.glance(*views, key=look.key, rows=look.rows, progress=look.progress)
        return DataChange(new.name, new.role, found)

    def _check_key(self, key: Sequence[str], pairs: Sequence[tuple[DatasetUse, DatasetUse]]) -> None:
        if not key:
            return
        documents = [[self._dataset(use.digest) for use in pair] for pair in pairs]
        columns = [[{column.name for column in each.columns} for each in pair if each] for pair in documents]
        if not any(all(names.issuperset(key) for names in pair) for pair in columns if pair):
            message = f"No data that changed has the columns {', '.join(key):.200} on both sides."
            raise InvalidValue(message, hint="Leave out --key: rows are then told apart by all their values.")


def packages_in(data: bytes) -> dict[str, str]:
    """Name to version, from a list such as pip's (`name==1.2`) or a lock file of uv, Poetry or PDM; else nothing."""
    text = data.decode("utf-8", "replace")
    try:
        listed = tomllib.loads(text).get("package")
    except (tomllib.TOMLDecodeError, RecursionError):
        return {name.lower(): version for name, version in _PINNED.findall(text)}
    entries = [each for each in listed if isinstance(each, dict)] if isinstance(listed, list) else []
    return {str(each["name"]).lower(): str(each["version"]) for each in entries if {"name", "version"} <= each.keys()}


def unlike(one: Value, other: Value) -> bool:
    """Whether two values differ; NaN is like NaN, and 1 is not true."""
    return (isinstance(one, bool), repr(one)) != (isinstance(other, bool), repr(other)) and one != other
