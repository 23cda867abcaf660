"""A cluster's night: 500 jobs that ended, and what it takes to have their runs where everybody reads them.

Ours record into a spool, each with a param, a metric of ten points and a file of 1 KiB, and `publish` takes all of them
to a bare origin. Against MLflow on SQLite, to which as many clients would write one after the other; it is asked for
fewer runs, and both are told per run. And against 500 files of as many bytes, written and synced one by one: what the
disk itself takes.
"""

from __future__ import annotations

import json
import os
import subprocess
import tempfile
import time
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench._figures import ROUNDS, Figure, timed
from bench.tracking import peer_python
from gitreg import _open
from gitreg.surroundings import Surroundings
from gitreg.tracking import Spool, SpoolTracker

JOBS = 500
PEER_RUNS = 50
POINTS = 10
FILE = "x" * 1024

_PEER_PROGRAM = """
import json, sys, time, warnings
warnings.simplefilter("ignore")
import mlflow
mlflow.set_tracking_uri("sqlite:///" + sys.argv[1] + "/mlflow.db")
mlflow.set_experiment("bench")
text = "x" * 1024
def once(number):
    with mlflow.start_run():
        mlflow.log_param("task", number)
        for step in range(10):
            mlflow.log_metric("auc", 0.5, step=step)
        mlflow.log_text(text, "notes.txt")
once(0)
start = time.perf_counter()
for number in range(int(sys.argv[2])):
    once(number)
print(json.dumps(time.perf_counter() - start))
"""


@dataclass(frozen=True)
class Night:
    """Seconds that recording and publishing took, the commits that were made, and the runs."""

    recording_s: float
    publishing_s: float
    commits: int
    jobs: int


def run(jobs: int = JOBS, peer_runs: int = PEER_RUNS, rounds: int = ROUNDS) -> list[Figure]:
    nights, floors, peers = [], [], []
    for _ in range(rounds):
        with tempfile.TemporaryDirectory(prefix="gitreg-bench-", ignore_cleanup_errors=True) as folder:
            home = Path(folder)
            nights.append(spend(home, jobs))
            floors.append(timed(lambda home=home: _bare(home / "bare", jobs)))  # type: ignore[misc]
            peers.append(_peer(home, peer_runs) / peer_runs)
    return [*figures(nights, floors), *against(nights, peers)]


def figures(nights: Sequence[Night], floors: Sequence[float]) -> list[Figure]:
    jobs, commits = nights[0].jobs, median(each.commits for each in nights)
    name = f"publish {jobs:,} spooled runs"
    return [
        _figure(name, [each.publishing_s for each in nights], floors, "as many files, synced"),
        Figure(f"{name}: commits", commits, jobs, jobs / commits, "commits", None, "one a run", len(nights)),
    ]


def against(nights: Sequence[Night], peers: Sequence[float]) -> list[Figure]:
    """Per run."""
    published = [each.publishing_s / each.jobs for each in nights]
    whole = [(each.publishing_s + each.recording_s) / each.jobs for each in nights]
    jobs, name = nights[0].jobs, "MLflow on SQLite"
    return [
        _figure(f"one of {jobs:,} spooled runs: published", published, peers, name),
        _figure(f"one of {jobs:,} spooled runs: recorded and published", whole, peers, name),
    ]


def _figure(name: str, ours: Sequence[float], floor: Sequence[float], floor_name: str) -> Figure:
    ratio = median(other / mine for mine, other in zip(ours, floor, strict=True))
    return Figure(name, median(ours), median(floor), ratio, floor_name=floor_name, rounds=len(ours))


def spend(home: Path, jobs: int) -> Night:
    around = Surroundings.of_process()
    _open.init(home / "origin.git", bare=True, surroundings=around).close()
    subprocess.run(["git", "clone", "--quiet", home / "origin.git", home / "login"], check=True)
    with _open.open_registry(home / "login", surroundings=around) as registry:
        spool = registry.make_spool(home / "spool")
        recording_s = timed(lambda: _record(spool, around, jobs))
        start = time.perf_counter()
        found = registry.publish_spool(spool.folder)
        publishing_s = time.perf_counter() - start
    if len(found.runs) != jobs:
        message = f"only {len(found.runs)} of {jobs} runs were published"
        raise RuntimeError(message)
    return Night(recording_s, publishing_s, found.commits, jobs)


def _record(spool: Spool, around: Surroundings, jobs: int) -> None:
    tracker = SpoolTracker(spool, around)
    for number in range(jobs):
        with tracker.start_run("sweep", name=f"task-{number}") as started:
            started.log_param("task", number)
            for step in range(POINTS):
                started.log_metric("auc", 0.5, step=step)
            started.log_text(f"{FILE}{number}", "notes.txt")


def _bare(folder: Path, files: int) -> None:
    """A file for the series, one for the list of files and one for the file itself, of each run."""
    folder.mkdir()
    for number in range(3 * files):
        fd = os.open(folder / str(number), os.O_CREAT | os.O_EXCL | os.O_WRONLY)
        os.write(fd, FILE.encode())
        os.fsync(fd)
        os.close(fd)


def _peer(home: Path, runs: int) -> float:
    program = [str(peer_python()), "-c", _PEER_PROGRAM, str(home), str(runs)]
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    done = subprocess.run(program, capture_output=True, text=True, check=True, env=environ, cwd=home)
    return float(json.loads(done.stdout.splitlines()[-1]))
