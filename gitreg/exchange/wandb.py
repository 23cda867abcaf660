"""Weights & Biases' offline folders: `wandb/offline-run-<time>-<id>/run-<id>.wandb` and the files beside it.

Messages: wandb/proto/wandb_internal.proto of wandb 0.31.
"""

from __future__ import annotations

import json
import re
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gitreg.errors import InvalidDocument
from gitreg.exchange.files import files_below, open_plain
from gitreg.exchange.values import FoundExperiment, FoundFiles, FoundModel, FoundRun, Left
from gitreg.exchange.wire import Torn, integer, message, messages, text, wandb_records

if TYPE_CHECKING:
    from gitreg.tracking import PastPoint

_HISTORY, _SUMMARY, _CONFIG, _RUN, _EXIT = 2, 3, 5, 17, 18
_MAX_DEPTH: Final = 20
_STARTED: Final = re.compile(r"(?:offline-)?run-(?P<time>\d{8}_\d{6})-.*")


@dataclass
class _Told:
    """What the records of a run say, but for its points."""

    run: bytes = b""
    config: dict[str, Any] = field(default_factory=dict)
    summary: dict[str, Any] = field(default_factory=dict)
    exit_code: int | None = None
    last_step: int = 0
    last_us: int = 0
    logged: set[str] = field(default_factory=set)
    torn: str = ""


class WandbFolder:
    """A folder `wandb`, or one run's folder in it. It is an `Origin`."""

    tool = "wandb"

    def __init__(self, folder: Path) -> None:
        """Raises `InvalidDocument` for a folder without `.wandb` files."""
        self.location = str(folder)
        inside = folder / "wandb" if (folder / "wandb").is_dir() else folder
        found = [*inside.glob("*.wandb"), *inside.glob("*run-*/*.wandb")]
        self._files = sorted(path for path in found if not path.is_symlink() and not path.parent.is_symlink())
        if not self._files:
            raise InvalidDocument(f"{folder} holds no .wandb files.", subject=str(folder))

    def close(self) -> None:
        """Nothing is held open."""

    def count_runs(self) -> int | None:
        """How many runs there are."""
        return len(self._files)

    def experiments(self) -> Iterator[FoundExperiment]:
        """The projects, as they are met."""
        found = dict[str, None]()
        for path in self._files:
            try:
                found[text(_told(path, first=True).run, 3) or "wandb"] = None
            except InvalidDocument:
                continue  # told with its run
        yield from (FoundExperiment(name) for name in found)

    def runs(self) -> Iterator[FoundRun | Left]:
        """One a file."""
        for path in self._files:
            try:
                yield _run(path, _told(path))
            except InvalidDocument as error:
                yield Left("run", self.location, path.name, error.message)

    def models(self) -> Iterator[FoundModel | Left]:
        """What is offline has none."""
        return iter(())


def _run(path: Path, told: _Told) -> FoundRun:
    run, project = told.run, text(told.run, 3) or "wandb"
    if not run:
        raise InvalidDocument("it does not say which run it is.")
    statuses = {None: "running", 0: "finished"}
    config = {key: value for key, value in told.config.items() if key != "_wandb"}
    tags = {f"wandb.tag.{each.decode(errors='replace')}": "true" for each in messages(run, 10)}
    named = {"wandb.entity": text(run, 2), "wandb.group": text(run, 6), "wandb.job_type": text(run, 7)}
    git = message(run, 21)
    return FoundRun(
        id=text(run, 1),
        experiment=project,
        name=text(run, 8),
        status=statuses.get(told.exit_code, "failed"),
        started_us=_started(path, message(run, 17)),
        finished_us=told.last_us or None,
        params=dict(_flat(config)),
        tags=tags | {key: value for key, value in named.items() if value},
        note=text(run, 9) or None,
        host=text(run, 13) or "unknown",
        repository=text(git, 1) or None,
        commit=text(git, 2) or None,
        points=lambda: _points(path, told),
        files=lambda _: _beside(path),
        left=(Left("detail", project, path.name, told.torn),) if told.torn else (),
    )


def _started(path: Path, stamp: bytes) -> int | None:
    """From the record, else from the folder's name, which is in the time zone of a machine that nobody knows."""
    seconds = integer(stamp, 1)
    if seconds:
        return seconds * 1_000_000 + (integer(stamp, 2) or 0) // 1000
    named = _STARTED.fullmatch(path.parent.name)
    if named is None:
        return None
    try:
        at = datetime.strptime(named["time"], "%Y%m%d_%H%M%S").replace(tzinfo=UTC)
    except ValueError:
        return None
    return int(at.timestamp()) * 1_000_000


def _beside(path: Path) -> FoundFiles:
    folder = path.parent / "files"
    files, left = files_below(folder, path.name) if folder.is_dir() else ({}, ())
    return FoundFiles(files, left=left)


def _told(path: Path, *, first: bool = False) -> _Told:
    """What a file says; with `first` only up to the record that names the run."""
    told = _Told()
    with open_plain(path) as file:
        try:
            for record in wandb_records(file):
                _take(told, record)
                if first and told.run:
                    return told
        except Torn as error:
            told.torn = error.message
    return told


def _take(told: _Told, record: bytes) -> None:
    run = message(record, _RUN)
    if run:
        told.run = run
        _update(told.config, message(run, 4))
        _update(told.summary, message(run, 5))
    _update(told.config, message(record, _CONFIG))
    _update(told.summary, message(record, _SUMMARY))
    if history := message(record, _HISTORY):
        row = _row(history)
        told.last_step, told.last_us = _place(row)
        told.logged.update(key for key, _ in _flat(row))
    if any(True for _ in messages(record, _EXIT)):
        told.exit_code = integer(message(record, _EXIT), 1) or 0


def _update(values: dict[str, Any], record: bytes) -> None:
    for item in messages(record, 1):
        keys = [text(item, 1)] if text(item, 1) else [each.decode(errors="replace") for each in messages(item, 2)]
        place = values
        for key in keys[:-1][:_MAX_DEPTH]:
            inner = place.setdefault(key, {})
            place = inner if isinstance(inner, dict) else place
        if keys:
            place[keys[-1]] = _parsed(text(item, 16))


def _row(history: bytes) -> dict[str, Any]:
    row: dict[str, Any] = {}
    _update(row, history)
    step = integer(message(history, 2), 1)
    return {**row, **({"_step": step} if step is not None else {})}


def _parsed(value: str) -> Any:  # noqa: ANN401 - any JSON
    try:
        return json.loads(value)
    except (ValueError, RecursionError):
        return value


def _place(row: dict[str, Any]) -> tuple[int, int]:
    """Step and microseconds of a row of history."""
    step, at = row.get("_step", 0), row.get("_timestamp", 0)
    is_time = isinstance(at, int | float) and 0 <= at < 1e12  # noqa: PLR2004 - far beyond any date
    return (step if isinstance(step, int) else 0), (round(at * 1_000_000) if is_time else 0)


def _flat(values: dict[str, Any], before: str = "", depth: int = 0) -> Iterator[tuple[str, Any]]:
    """Names with dots for what is nested; lists as JSON."""
    for key, value in values.items():
        name = f"{before}{key}"
        if isinstance(value, dict) and value and depth < _MAX_DEPTH and "_type" not in value:
            yield from _flat(value, f"{name}.", depth + 1)
        elif isinstance(value, str | int | float | bool):
            yield name, value
        else:
            yield name, json.dumps(value)


def _points(path: Path, told: _Told) -> Iterator[PastPoint | Left]:
    """Each row's numbers; then those that the summary alone has."""
    with open_plain(path) as file:
        try:
            for record in wandb_records(file):
                if history := message(record, _HISTORY):
                    row = _row(history)
                    yield from _numbers(path.name, row, *_place(row))
        except Torn:
            pass  # told with the run
    alone = {key: value for key, value in _flat(told.summary) if key not in told.logged and key != "_wandb"}
    yield from _numbers(path.name, alone, told.last_step, told.last_us)


def _numbers(where: str, row: dict[str, Any], step: int, time_us: int) -> Iterator[PastPoint | Left]:
    for key, value in _flat(row):
        if key.startswith("_"):
            continue
        try:
            number = float(value)
        except (ValueError, OverflowError):
            yield Left("point", where, key, "it is no number.")
        else:
            yield key, step, time_us, number
