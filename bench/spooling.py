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
from dataclasses import dataclass
from pathlib import Path

from bench._figures import Figure, timed
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


def run(jobs: int = JOBS, peer_runs: int = PEER_RUNS) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="gitreg-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        night = spend(home, jobs)
        floor_s = timed(lambda: _bare(home / "bare", jobs))
        peer_s = _peer(home, peer_runs) / peer_runs if peer_runs else 0.0
    return [*figures(night, floor_s), *(against(night, peer_s) if peer_s else [])]


def figures(night: Night, floor_s: float) -> list[Figure]:
    name = f"publish {night.jobs:,} spooled runs"
    return [
        Figure(name, night.publishing_s, floor_s, floor_s / night.publishing_s, floor_name="as many files, synced"),
        Figure(f"{name}: commits", night.commits, night.jobs, night.jobs / night.commits, "commits", None, "one a run"),
    ]


def against(night: Night, peer_s: float) -> list[Figure]:
    """Per run."""
    publishing_s = night.publishing_s / night.jobs
    whole_s = publishing_s + night.recording_s / night.jobs
    name = "MLflow on SQLite"
    return [
        Figure("a spooled run: published", publishing_s, peer_s, peer_s / publishing_s, floor_name=name),
        Figure("a spooled run: recorded and published", whole_s, peer_s, peer_s / whole_s, floor_name=name),
    ]


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
