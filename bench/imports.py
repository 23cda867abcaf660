"""Import of 10,000 MLflow runs from a database of MLflow's own schema, against MLflow reading the same runs.

MLflow only reads: every run with its params and tags, page by page, and every metric's history, which is what any
export through its client does. Ours reads, writes the ledger and the blobs, reads both again and compares the sums.
"""

from __future__ import annotations

import os
import subprocess
import sys
import tempfile
from pathlib import Path

from bench._figures import Figure, timed
from bench.tracking import peer_python
from tests.exchange.builders import many_runs

RUNS = 10_000
_READ = """
import sys
import mlflow
client = mlflow.MlflowClient("sqlite:///" + sys.argv[1])
token, points, runs = None, 0, 0
while True:
    page = client.search_runs(["1"], run_view_type=3, max_results=1000, page_token=token)
    for run in page:
        runs += 1
        points += sum(len(client.get_metric_history(run.info.run_id, key)) for key in "ab")
    token = page.token
    if not token:
        break
assert runs == int(sys.argv[2]) and points == 10 * runs, (runs, points)
"""


def run(runs: int = RUNS, *, is_against_peer: bool = True) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="gitreg-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        few, many = (many_runs(home / str(count), count) for count in (runs // 10, runs))
        _, few_mb = _import(home / "few", few)
        first_s, many_mb = _import(home / "many", many)
        again_s, _ = _import(home / "many", many)
        name = f"import of {runs:,} MLflow runs"
        figures = [
            Figure(f"{name}, again: nothing new", again_s, first_s, first_s / again_s, floor_name="the first time"),
            Figure(f"{name}: memory", many_mb, few_mb, few_mb / many_mb, "MB", floor_name=f"{runs // 10:,} runs"),
        ]
        if not is_against_peer:
            return figures
        read_s = timed(lambda: _gone_well(str(peer_python()), "-c", _READ, str(many), str(runs)))
        return [Figure(name, first_s, read_s, read_s / first_s, floor_name="MLflow only reading them"), *figures]


def _import(registry: Path, database: Path) -> tuple[float, float]:
    """Seconds, and the most memory that it took in MB."""
    gitreg = str(Path(sys.executable).parent / "gitreg")
    if not registry.exists():
        _gone_well(gitreg, "init", str(registry))
    seconds = 0.0
    peak_mb = 0.0

    def once() -> None:
        nonlocal peak_mb
        process = subprocess.Popen(
            [gitreg, "-C", str(registry), "import", "mlflow", str(database)],
            stdout=subprocess.DEVNULL,
            stderr=subprocess.DEVNULL,
        )
        _, status, usage = os.wait4(process.pid, 0)
        process.returncode = os.waitstatus_to_exitcode(status)
        if process.returncode:
            raise subprocess.CalledProcessError(process.returncode, gitreg)
        peak_mb = usage.ru_maxrss / 1024

    seconds = timed(once)
    return seconds, peak_mb


def _gone_well(*words: str) -> None:
    subprocess.run(words, check=True, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
