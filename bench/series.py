"""A million points of one metric, logged and read back in few; and 64 processes in one run.

Against MLflow on SQLite (a thousand points to a call, its quickest way), Aim and wandb (offline), each in an
environment of its own that is made at first use. The peers get fewer points, and points a second are compared. wandb
reads nothing back without its server.
"""

from __future__ import annotations

import json
import os
import subprocess
import sys
import tempfile
from dataclasses import dataclass
from statistics import median

from bench._figures import ROUNDS, Figure
from bench.tracking import PEER, peer_python

POINTS = 1_000_000
PEER_POINTS = 50_000
PROCESSES = 64
POINTS_EACH = 200
FEW = 1_000
WANDB, AIM = "wandb==0.31.0", "aim==3.29.1"

_HEAD = """
import json, os, sys, time, warnings
warnings.simplefilter("ignore")
home, points, few = sys.argv[1], int(sys.argv[2]), int(sys.argv[3])
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
client = MlflowClient("sqlite:///" + home + "/mlflow.db")
run = client.create_run(client.create_experiment("bench")).info.run_id
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
start = time.perf_counter()
run = wandb.init(mode="offline", dir=home, settings=wandb.Settings(console="off", silent=True))
for step in range(points):
    run.log({"auc": step % 1000 / 1000}, step=step)
run.finish()
print(json.dumps([time.perf_counter() - start, 0.0]))
"""

_FORK = """
def all_of(work, processes=few):
    started = []
    for rank in range(processes):
        child = os.fork()
        if child == 0:
            try:
                work(rank)
                sys.stdout.flush()
                os._exit(0)
            finally:
                os._exit(1)
        started.append(child)
    return sum(os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) != 0 for child in started)
"""
_OUR_RANKS = """
import gitreg
gitreg.init(home + "/ranks").close()
os.environ["GITREG_REPO"] = home + "/ranks"
def work(rank):
    os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE=str(few), TORCHELASTIC_RUN_ID="bench")
    with gitreg.start_run("bench") as run:
        for step in range(points):
            run.log_metric("auc", 0.5, step=step)
start = time.perf_counter()
failed = all_of(work)
took = time.perf_counter() - start
with gitreg.open(home + "/ranks") as registry:
    [run] = registry.runs.list()
    kept = sum(metric.count for metric in run.metrics if metric.key == "auc")
assert (failed, len(run.attempts), kept) == (0, few, few * points), (failed, len(run.attempts), kept)
print(json.dumps([took, kept]))
"""
_MLFLOW_RANKS = """
from mlflow import MlflowClient
place = "sqlite:///" + home + "/ranks.db"
run = MlflowClient(place).create_run(MlflowClient(place).create_experiment("bench")).info.run_id
def work(rank):
    from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
    from mlflow.entities import Metric
    client = SqlAlchemyStore(place, home)  # a connection of its own: one that was forked would be shared
    client.log_batch(run, [Metric("auc", 0.5, 0, rank * points + step) for step in range(points)], [], [])
start = time.perf_counter()
failed = all_of(work)
took = time.perf_counter() - start
kept = len(MlflowClient(place).get_metric_history(run, "auc"))
print(json.dumps([took, kept]))
"""


@dataclass(frozen=True)
class Took:
    """Seconds that it took to log points and to read them back; 0 where a peer cannot."""

    points: int
    logging_s: float
    reading_s: float


def run(
    points: int = POINTS,
    peer_points: int = PEER_POINTS,
    rounds: int = ROUNDS,
    *,
    processes: int = PROCESSES,
    is_against_peers: bool = True,
) -> list[Figure]:
    """Each peer next to ours, round by round."""
    peers = {"MLflow on SQLite": (_MLFLOW, PEER), "Aim": (_AIM, AIM), "wandb offline": (_WANDB, WANDB)}
    ours: list[Took] = []
    theirs: dict[str, list[Took]] = {}
    for _ in range(rounds):
        ours.append(logged(points))
        for name, (program, peer) in peers.items() if is_against_peers else ():
            theirs.setdefault(name, []).append(series(program, peer_points, peer))
    figures = [against(ours, found, name) for name, found in theirs.items()]
    return [*(figure for each in figures for figure in each), *ranks(processes, rounds, is_against_peers)]


def logged(points: int) -> Took:
    """Our part of it."""
    return series(_OURS, points)


def shared(processes: int, points: int = POINTS_EACH) -> tuple[float, float]:
    """Seconds that processes took to write into one run, and how many of their points are in it."""
    return told(_HEAD + _FORK + _OUR_RANKS, points, processes)


def series(program: str, points: int, peer: str | None = None) -> Took:
    """One program, in a process and a folder of its own."""
    logging_s, reading_s = told(_HEAD + program, points, FEW, peer)
    return Took(points, logging_s, reading_s)


def against(ours: list[Took], theirs: list[Took], name: str) -> list[Figure]:
    """Points a second of both, and how many times as many are ours."""

    def figure(what: str, rates: list[float], peers: list[float]) -> Figure:
        ratio = median(mine / other for mine, other in zip(rates, peers, strict=True))
        return Figure(what, median(rates), median(peers), ratio, "points/s", None, name)

    written = [[each.points / each.logging_s for each in side] for side in (ours, theirs)]
    figures = [figure(f"{ours[0].points:,} points logged", *written)]
    if all(each.reading_s for each in theirs):
        read = [[each.points / each.reading_s for each in side] for side in (ours, theirs)]
        figures.append(figure(f"the same read back in {FEW:,}", *read))
    return figures


def ranks(processes: int, rounds: int, is_against_peer: bool) -> list[Figure]:  # noqa: FBT001 - one of three numbers
    """Processes that share one run, and what each costs. MLflow's write through one store each, in one call."""
    ours = [shared(processes) for _ in range(rounds)]
    if not is_against_peer:
        return []
    theirs = [told(_HEAD + _FORK + _MLFLOW_RANKS, POINTS_EACH, processes, PEER) for _ in range(rounds)]
    ratio = median(peer[0] / mine[0] for mine, peer in zip(ours, theirs, strict=True))
    took = median(each[0] for each in ours), median(each[0] for each in theirs)
    kept = (median(each[1] for each in ours), median(each[1] for each in theirs))
    share = median(mine[1] / max(1.0, peer[1]) for mine, peer in zip(ours, theirs, strict=True))
    return [
        Figure(f"{processes} processes in one run", *took, ratio, floor_name="MLflow on SQLite"),
        Figure("points that were kept of them", *kept, share, "points", None, "MLflow on SQLite"),
    ]


def told(program: str, points: int, few: int, peer: str | None = None) -> tuple[float, float]:
    """What a program prints last: two numbers."""
    python = sys.executable if peer is None else str(peer_python(peer))
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    with tempfile.TemporaryDirectory(prefix="gitreg-bench-", ignore_cleanup_errors=True) as home:
        words = [python, "-c", program, home, str(points), str(few)]
        done = subprocess.run(words, capture_output=True, text=True, env=environ, check=False)
    if done.returncode:
        print(done.stderr[-2000:], file=sys.stderr)
        done.check_returncode()
    first, second = json.loads(done.stdout.splitlines()[-1])
    return float(first), float(second)
