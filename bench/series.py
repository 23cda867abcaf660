"""A million points of one metric, logged and read back in few.

Against MLflow on SQLite and its server (a thousand points to a call, their quickest way), Aim and wandb (offline), each
in an environment of its own that is made at first use. The peers get fewer points, and points a second are compared.
wandb reads nothing back without its server; Aim reads what its own server has indexed, which is done off the clock.
"""

from __future__ import annotations

import contextlib
import json
import os
import subprocess
import sys
import tempfile
from collections.abc import Iterator
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench._figures import ROUNDS, Figure
from bench._servers import NAME as SERVER
from bench._servers import mlflow_server
from bench.tracking import PEER, peer_python

POINTS = 1_000_000
PEER_POINTS = 50_000
FEW = 1_000
WANDB, AIM = "wandb==0.31.0", "aim==3.29.1"

HEAD = """
import json, os, sys, time, warnings
warnings.simplefilter("ignore")
home, points, few = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
place = sys.argv[4] or "sqlite:///" + home + "/mlflow.db"
"""
_OURS = """
import gitreg
with gitreg.init(home + "/registry") as registry:
    start = time.perf_counter()
    with registry.start_run("bench") as run:
        for step in range(points):
            run.log_metric("auc", step % 1000 / 1000, step=step)
    logged = time.perf_counter() - start
    start = time.perf_counter()
    compared = registry.runs.compare([run.run_id])
    [row] = [row for row in compared.rows if row.key == "auc"]
    course = registry.runs.course(compared.runs[0], row, few)
    read = time.perf_counter() - start
assert 2 <= len(course) <= few, len(course)
print(json.dumps([logged, read]))
"""
_MLFLOW = """
from mlflow import MlflowClient
from mlflow.entities import Metric
client = MlflowClient(place)
run = client.create_run(client.create_experiment(home)).info.run_id
start = time.perf_counter()
for first in range(0, points, 1000):
    client.log_batch(run, [Metric("auc", step % 1000 / 1000, 0, step) for step in range(first, first + 1000)])
client.set_terminated(run)
logged = time.perf_counter() - start
start = time.perf_counter()
found = client.get_metric_history(run, "auc")[:: max(1, points // few)]
read = time.perf_counter() - start
assert 2 <= len(found) <= few, len(found)
print(json.dumps([logged, read]))
"""
_AIM = """
import aim
repo = aim.Repo(home, init=True)
start = time.perf_counter()
run = aim.Run(repo=repo, system_tracking_interval=None, log_system_params=False)
for step in range(points):
    run.track(step % 1000 / 1000, name="auc", step=step)
run.close()
logged = time.perf_counter() - start
from aim.sdk.index_manager import RepoIndexManager
RepoIndexManager.get_index_manager(repo).index(run.hash)
start = time.perf_counter()
[metric] = list(aim.Repo(home).get_run(run.hash).metrics())
steps, values = metric.values.sparse_numpy()
found = values[:: max(1, points // few)]
read = time.perf_counter() - start
assert 2 <= len(found) <= few, len(found)
print(json.dumps([logged, read]))
"""
_WANDB = """
import wandb
run = wandb.init(mode="offline", dir=home, settings=wandb.Settings(console="off", silent=True))
start = time.perf_counter()
for step in range(points):
    run.log({"auc": step % 1000 / 1000}, step=step)
run.finish()
print(json.dumps([time.perf_counter() - start, 0.0]))
"""


@dataclass(frozen=True)
class Took:
    """Seconds that it took to log points and to read them back; 0 where a peer cannot."""

    points: int
    logging_s: float
    reading_s: float


@dataclass(frozen=True)
class Peer:
    """A program that logs and reads, the environment it has, and the server it talks to, if it does."""

    name: str
    program: str
    needs: str
    place: str = ""


def run(
    points: int = POINTS,
    peer_points: int = PEER_POINTS,
    rounds: int = ROUNDS,
) -> list[Figure]:
    """Each peer next to ours, round by round."""
    with served() as server:
        peers = [
            Peer("MLflow on SQLite", _MLFLOW, PEER),
            Peer(SERVER, _MLFLOW, PEER, server),
            Peer("Aim", _AIM, AIM),
            Peer("wandb offline", _WANDB, WANDB),
        ]
        ours: list[Took] = []
        theirs: dict[str, list[Took]] = {}
        for _ in range(rounds):
            ours.append(logged(points))
            for peer in peers:
                theirs.setdefault(peer.name, []).append(series(peer.program, peer_points, peer.needs, peer.place))
        figures = [against(ours, found, name) for name, found in theirs.items()]
        return [figure for each in figures for figure in each]


@contextlib.contextmanager
def served() -> Iterator[str]:
    """The address of an MLflow server of one's own."""
    made = tempfile.TemporaryDirectory(prefix="gitreg-bench-", ignore_cleanup_errors=True)
    with made as home, mlflow_server(Path(home)) as url:
        yield url


def logged(points: int) -> Took:
    """Our part of it."""
    return series(_OURS, points)


def series(program: str, points: int, peer: str | None = None, place: str = "") -> Took:
    """One program, in a process and a folder of its own."""
    logging_s, reading_s = told(HEAD + program, (points, FEW), peer, place)
    return Took(points, logging_s, reading_s)


def against(ours: list[Took], theirs: list[Took], name: str) -> list[Figure]:
    """Points a second of both, and how many times as many are ours."""

    def figure(what: str, rates: list[float], peers: list[float]) -> Figure:
        ratio = median(mine / other for mine, other in zip(rates, peers, strict=True))
        return Figure(what, median(rates), median(peers), ratio, "points/s", None, name, len(rates))

    written = [[each.points / each.logging_s for each in side] for side in (ours, theirs)]
    figures = [figure(f"{ours[0].points:,} points logged", *written)]
    if all(each.reading_s for each in theirs):
        read = [[each.points / each.reading_s for each in side] for side in (ours, theirs)]
        figures.append(figure(f"the same read back in {FEW:,}", *read))
    return figures


def told(program: str, numbers: tuple[int, int], peer: str | None = None, place: str = "") -> tuple[float, float]:
    """What a program prints last: two numbers."""
    python = sys.executable if peer is None else str(peer_python(peer))
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory(prefix="gitreg-bench-", ignore_cleanup_errors=True) as home:
        words = [python, "-c", program, home, *map(str, numbers), place]
        done = subprocess.run(words, capture_output=True, text=True, env=environ, check=False)
    if done.returncode:
        print(done.stderr[-2000:], file=sys.stderr)
        done.check_returncode()
    first, second = json.loads(done.stdout.splitlines()[-1])
    return float(first), float(second)
