"""Metrics that another program wrote into a file, in whatever language: JSON, JSON lines, CSV or TSV.

A row is an object, or a line under a header. Its `step` (or `epoch`, `iteration`, `global_step`) is the step of all its
numbers; nested objects become keys with points; what is no number is passed over and counted.
"""

from __future__ import annotations

import csv
import json
import math
from dataclasses import dataclass, field
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

from gitreg.errors import InvalidValue, NotFound, StorageError

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitreg.tracking.run import Run

_STEPS: Final = ("step", "global_step", "epoch", "iteration")
_MAX_JSON_BYTES: Final = 64 * 1024 * 1024
"""Of a JSON file, which is read whole; lines are read one by one."""
_MAX_DEPTH: Final = 20
_TABLES: Final = {".csv": ",", ".tsv": "\t"}


@dataclass
class MetricsFile:
    """What was read: how many values, and the names of what was no number, each with how often."""

    values: int = 0
    passed_over: dict[str, int] = field(default_factory=dict)


@dataclass(frozen=True)
class Row:
    """One row's numbers, with its step where it says one."""

    step: int | None
    values: Mapping[str, float]


def record_metrics(run: Run, path: Path) -> MetricsFile:
    """Log every number of a file, row by row.

    Raises `NotFound`, `StorageError`, and `InvalidValue` that names the line; what stands before it has been logged by
    then. `check_metrics` reads a file without logging.
    """
    told = MetricsFile()
    for row in _rows(path, told):
        run.log_metrics(row.values, step=row.step)
        told.values += len(row.values)
    return told


def check_metrics(path: Path) -> None:
    """Read a file to its end. Raises as `record_metrics`."""
    for _ in _rows(path, MetricsFile()):
        pass


def _rows(path: Path, told: MetricsFile) -> Iterator[Row]:
    for found in _read(path):
        row = _row(found, told)
        if row.values:
            yield row


def _read(path: Path) -> Iterator[Mapping[str, Any]]:
    try:
        with path.open(encoding="utf-8-sig", newline="") as file:
            if path.suffix in _TABLES:
                yield from csv.DictReader(file, delimiter=_TABLES[path.suffix])
            elif path.suffix == ".jsonl":
                yield from (_object(_parsed(line, path, number), path, number) for number, line in _lines(file))
            elif path.suffix == ".json":
                yield from _whole(file.read(_MAX_JSON_BYTES + 1), path)
            else:
                hint = "Its name says what it is: .json, .jsonl, .csv or .tsv."
                raise InvalidValue(f"{path} is no file of metrics that can be read.", subject=str(path), hint=hint)
    except FileNotFoundError:
        raise NotFound(f"There is no file {path}.", subject=str(path)) from None
    except OSError as error:
        raise StorageError(f"{path} cannot be read: {error.strerror}.", subject=str(path)) from None
    except (UnicodeDecodeError, csv.Error) as error:
        raise InvalidValue(f"{path} cannot be read as text: {error!s:.200}.", subject=str(path)) from None


def _lines(file: Any) -> Iterator[tuple[int, str]]:  # noqa: ANN401 - an open text file
    return ((number, line) for number, line in enumerate(file, 1) if line.strip())


def _whole(text: str, path: Path) -> Iterator[Mapping[str, Any]]:
    if len(text) > _MAX_JSON_BYTES:
        hint = "Write one row a line, and call it .jsonl."
        raise InvalidValue(f"{path} is larger than {_MAX_JSON_BYTES >> 20} MiB.", subject=str(path), hint=hint)
    found = _parsed(text, path, 1)
    yield from (
        _object(row, path, number) for number, row in enumerate(found if isinstance(found, list) else [found], 1)
    )


def _parsed(text: str, path: Path, number: int) -> object:
    try:
        return json.loads(text)
    except json.JSONDecodeError as error:
        line = number + error.lineno - 1
        message = f"{path}:{line} is no JSON: {error.msg}, column {error.colno}."
        raise InvalidValue(message, subject=str(path)) from None
    except RecursionError:
        raise InvalidValue(f"{path}:{number} is nested too deep.", subject=str(path)) from None


def _object(value: object, path: Path, number: int) -> Mapping[str, Any]:
    if not isinstance(value, dict):
        message = f"Row {number} of {path} is no object of names and numbers."
        raise InvalidValue(message, subject=str(path), hint='{"step": 3, "auc": 0.91}')
    return value


def _row(found: Mapping[str, Any], told: MetricsFile) -> Row:
    values, step = {}, None
    for key, value in _flat(found, "", 0):
        number = _number(value)
        if key in _STEPS and number is not None and number.is_integer():
            step = int(number) if step is None or key == _STEPS[0] else step
        elif number is not None:
            values[key] = number
        elif value not in (None, ""):
            told.passed_over[key] = told.passed_over.get(key, 0) + 1
    return Row(step, values)


def _flat(found: Mapping[str, Any], before: str, depth: int) -> Iterator[tuple[str, object]]:
    for key, value in found.items():
        if isinstance(value, dict) and depth < _MAX_DEPTH:
            yield from _flat(value, f"{before}{key}.", depth + 1)
        else:
            yield f"{before}{key}", value


def _number(value: object) -> float | None:
    """A number, or a text that spells one; true and false are none."""
    if isinstance(value, bool) or not isinstance(value, int | float | str):
        return None
    try:
        number = float(value)
    except (ValueError, OverflowError):
        return None
    return number if not isinstance(value, str) or value.strip() == value or math.isnan(number) else None
