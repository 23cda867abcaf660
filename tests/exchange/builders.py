"""Stores that real tools wrote, and larger ones of the same schema."""

from __future__ import annotations

import sqlite3
import zipfile
from pathlib import Path

STORES = Path(__file__).parent / "stores"
_EMPTY = """
DELETE FROM runs; DELETE FROM params; DELETE FROM tags; DELETE FROM metrics; DELETE FROM latest_metrics;
DELETE FROM inputs; DELETE FROM model_versions;
"""
_RUN = """
INSERT INTO runs (run_uuid, name, status, start_time, end_time, lifecycle_stage, artifact_uri, experiment_id,
user_id, source_type, source_name, entry_point_name, source_version)
VALUES (?, ?, ?, ?, ?, ?, ?, ?, 'ada', 'LOCAL', '', '', '')
"""
_METRIC = "INSERT INTO metrics (key, value, timestamp, run_uuid, step, is_nan) VALUES (?, ?, ?, ?, ?, ?)"
_LATEST = _METRIC.replace("metrics", "latest_metrics")
T0 = 1_760_000_000_000


def unpacked(name: str, target: Path) -> Path:
    """A store as its tool wrote it."""
    with zipfile.ZipFile(STORES / f"{name}.zip") as archive:
        archive.extractall(target)
    return target


def many_runs(target: Path, count: int, points: int = 5, first: int = 0) -> Path:
    """A database of MLflow 3.17.2 with as many runs, each with two metrics; again with a larger count: more of them."""
    path = target / "mlflow.db"
    if not path.exists():
        unpacked("mlflow-3.17.2-sqlite", target)
        with sqlite3.connect(path) as database:
            database.executescript(_EMPTY)
    with sqlite3.connect(path) as database:
        for number in range(first, count):
            _insert(database, number, points)
    database.close()
    return path


def run_id(number: int) -> str:
    return f"{number:012x}4aaa8bbb{number:012x}"


def _insert(database: sqlite3.Connection, number: int, points: int) -> None:
    identity, at = run_id(number), T0 + number * 1000
    run = (identity, f"run-{number}", "FINISHED", at, at + 500, "active", f"mlruns/1/{identity}/artifacts", 1)
    database.execute(_RUN, run)
    params = [(f"p{each}", str(each * number), identity) for each in range(5)]
    database.executemany("INSERT INTO params (key, value, run_uuid) VALUES (?, ?, ?)", params)
    tags = [("mlflow.runName", f"run-{number}", identity), ("team", "risk", identity)]
    database.executemany("INSERT INTO tags (key, value, run_uuid) VALUES (?, ?, ?)", tags)
    values = [(key, step / (number + 1), at + step, identity, step, 0) for key in "ab" for step in range(points)]
    database.executemany(_METRIC, values)
    database.executemany(_LATEST, [values[points - 1], values[-1]])
