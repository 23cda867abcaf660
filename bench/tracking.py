"""log_metric: one point at a time, each with the kernel when the call returns.

Against the 5 µs and 100,000 points a second that design promises, against a bare `os.write` of as many bytes, and
against MLflow's SQLite store, which is installed into an environment of its own below the user's cache folder at
first use.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from statistics import median

from bench._figures import ROUNDS, Figure
from gitreg.blobs import open_blobs
from gitreg.documents import RegistryId, RegistrySettings
from gitreg.store import Store
from gitreg.surroundings import Surroundings
from gitreg.tracking import Run, Tracker

POINTS = 200_000
PEER_POINTS = 1_000
PEER = "mlflow==3.17.2"
PROMISED_S = 5e-6
PROMISED_PER_S = 100_000.0
AGAINST_PEER = 50.0
FRAME_BYTES = 40

_PEER_PROGRAM = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import mlflow
mlflow.set_tracking_uri("sqlite:///" + sys.argv[1] + "/mlflow.db")
mlflow.set_experiment("bench")
costs = []
with mlflow.start_run():
    mlflow.log_metric("auc", 0.5, step=0)
    for step in range(1, int(sys.argv[2])):
        start = time.perf_counter()
        mlflow.log_metric("auc", 0.5, step=step)
        costs.append(time.perf_counter() - start)
print(json.dumps(costs))
"""


def run(points: int = POINTS, peer_points: int = PEER_POINTS, rounds: int = ROUNDS) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="gitreg-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        floor = _bare(home, points)
        ours = [_ours(home / f"registry-{number}", points) for number in range(rounds)]
        peer = _peer(home, peer_points)
    return [*_latencies(ours, floor), _rate(ours), *_against(ours, peer), _end(ours)]


class Costs:
    """What each call of a loop cost, and the loop as a whole without a clock in it."""

    def __init__(self, each_s: list[float], per_s: float, end_s: float = 0.0) -> None:
        ranked = sorted(each_s)
        self.p50_s = ranked[len(ranked) // 2]
        self.p99_s = ranked[len(ranked) * 99 // 100]
        self.per_s = per_s
        self.end_s = end_s


def _measure(log: Callable[[int], object], points: int, first: int = 0) -> Costs:
    """The loop twice: as training runs it, for the rate; and with a clock around each call, less the clock's own
    cost.
    """
    start = time.perf_counter()
    for step in range(first, first + points):
        log(step)
    per_s = points / (time.perf_counter() - start)
    clock_s = median(_timed(lambda _: None, step) for step in range(10_000))
    each = [_timed(log, first + points + step) - clock_s for step in range(points // 4)]
    return Costs(each, per_s)


def _timed(log: Callable[[int], object], step: int) -> float:
    start = time.perf_counter()
    log(step)
    return time.perf_counter() - start


def _bare(home: Path, points: int) -> Costs:
    fd = os.open(home / "bare", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
    data = bytes(FRAME_BYTES)
    try:
        return _measure(lambda _: os.write(fd, data), points)
    finally:
        os.close(fd)


def _ours(path: Path, points: int) -> Costs:
    surroundings = Surroundings.of_process()
    registry = RegistryId.random()
    with Store.init(path, surroundings) as store:
        settings = RegistrySettings(registry=registry, blobs=None, stages={})
        tracker = Tracker(store, open_blobs(store.git_dir, registry), surroundings, settings)
        started = tracker.start_run("bench")
        costs = _measure(_logger(started), points)
        start = time.perf_counter()
        started.finish()
        costs.end_s = time.perf_counter() - start
        return costs


def _logger(started: Run) -> Callable[[int], object]:
    log_metric = started.log_metric
    return lambda step: log_metric("auc", 0.5, step=step)


def _peer(home: Path, points: int) -> Costs:
    program = [str(peer_python()), "-c", _PEER_PROGRAM, str(home), str(points)]
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(program, capture_output=True, text=True, check=True, env=environ)
    costs: list[float] = json.loads(done.stdout.splitlines()[-1])
    return Costs(costs, len(costs) / sum(costs))


def peer_python(peer: str = PEER, *needs: str) -> Path:
    """Python in an environment that has the peer and what it needs beside what it says, made once."""
    cache = Path(os.environ.get("XDG_CACHE_HOME") or Path.home() / ".cache")
    folder = cache / "gitreg-bench" / peer.replace("==", "-")
    ready = folder / ".ready"
    if not ready.exists():
        print(f"installing {peer} into {folder} …", file=sys.stderr)
        subprocess.run([sys.executable, "-m", "venv", "--clear", str(folder)], check=True)
        subprocess.run([str(folder / "bin" / "pip"), "install", "--quiet", peer, *needs], check=True)
        ready.touch()
    return folder / "bin" / "python"


def _latencies(ours: list[Costs], floor: Costs) -> list[Figure]:
    p50_s, p99_s, rounds = median(each.p50_s for each in ours), median(each.p99_s for each in ours), len(ours)
    return [
        Figure(
            "log_metric p50",
            p50_s,
            PROMISED_S,
            PROMISED_S / p50_s,
            target=1.0,
            floor_name="5 µs promised",
            rounds=rounds,
        ),
        Figure("log_metric p50", p50_s, floor.p50_s, floor.p50_s / p50_s, floor_name="bare os.write", rounds=rounds),
        Figure("log_metric p99", p99_s, floor.p99_s, floor.p99_s / p99_s, floor_name="bare os.write", rounds=rounds),
    ]


def _rate(ours: list[Costs]) -> Figure:
    per_s = median(each.per_s for each in ours)
    ratio = per_s / PROMISED_PER_S
    return Figure("log_metric rate", per_s, PROMISED_PER_S, ratio, "points/s", 1.0, "promised", len(ours))


def _against(ours: list[Costs], peer: Costs) -> list[Figure]:
    p50_s, per_s = median(each.p50_s for each in ours), median(each.per_s for each in ours)
    name = "MLflow on SQLite"
    return [
        Figure("log_metric p50", p50_s, peer.p50_s, peer.p50_s / p50_s, "s", AGAINST_PEER, name, len(ours)),
        Figure("log_metric rate", per_s, peer.per_s, per_s / peer.per_s, "points/s", AGAINST_PEER, name, len(ours)),
    ]


def _end(ours: list[Costs]) -> Figure:
    """`finish` folds the journal, writes the series, commits: no promise, but nobody should wait long."""
    end_s = median(each.end_s for each in ours)
    return Figure(
        f"finish after {POINTS * 5 // 4:,} points", end_s, 1.0, 1.0 / end_s, floor_name="one second", rounds=len(ours)
    )
