"""Import of 10,000 MLflow runs from a database of MLflow's own schema, against MLflow reading the same runs.

MLflow only reads: every run with its params and tags, page by page, and every metric's history, which is what any
export through its client does. Ours reads, writes the ledger and the blobs, reads both again and compares the sums.
"""

from __future__ import annotations

import tempfile
from pathlib import Path

from bench._figures import GITREG, Cost, Figure, cost_of
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
        less, first = _import(home / "few", few), _import(home / "many", many)
        again = _import(home / "many", many)
        read = cost_of(peer_python(), "-c", _READ, many, str(runs)) if is_against_peer else None
    name, fewer = f"import of {runs:,} MLflow runs", f"{runs // 10:,} runs"
    each = less.took_s * 10
    figures = [
        Figure(f"{name}: a tenth as many, ten times", first.took_s, each, each / first.took_s, floor_name=fewer),
        Figure(f"{name}: memory", first.peak_mb, less.peak_mb, less.peak_mb / first.peak_mb, "MB", floor_name=fewer),
        _beside(f"{name}, again: nothing new", again, first, "the first time"),
    ]
    return [*([_beside(name, first, read, "MLflow only reading them")] if read else []), *figures]


def _beside(name: str, ours: Cost, floor: Cost, floor_name: str) -> Figure:
    return Figure(name, ours.took_s, floor.took_s, floor.took_s / ours.took_s, floor_name=floor_name)


def _import(registry: Path, database: Path) -> Cost:
    if not registry.exists():
        cost_of(GITREG, "init", registry)
    return cost_of(GITREG, "-C", registry, "import", "mlflow", database)
