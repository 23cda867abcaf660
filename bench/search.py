"""Searches of 1,000, 10,000 and 100,000 runs: filtered and ordered, warm; the index after 1,000 new ones; and 500 runs
compared, beside MLflow's `search_runs` into a frame.

Against the 20 ms and the second that design promises, and against MLflow's SQLite store with the same runs in it. Each
is taken by the wall's clock and by the processor's: on a machine that others use, too, the second says what the search
itself took.
"""

from __future__ import annotations

import json
import math
import os
import random
import subprocess
import tempfile
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass, replace
from datetime import timedelta
from pathlib import Path
from statistics import mean, median
from typing import TYPE_CHECKING, Any

from bench._figures import ROUNDS, Figure
from bench._servers import NAME as SERVER
from bench._servers import mlflow_server
from bench.layout import ACTOR, START, land, store_at
from bench.tracking import peer_python
from gitreg.blobs import open_blobs
from gitreg.documents import (
    Attempt,
    AttemptId,
    MetricSummary,
    Point,
    RegistryId,
    RegistrySettings,
    RunId,
    RunRecord,
    WriterId,
)
from gitreg.index import Index
from gitreg.tracking import Runs, Tracker

if TYPE_CHECKING:
    from gitreg.store import Store

SIZES = (1_000, 10_000, 100_000)
NEW = 1_000
PAGE = 50
COMPARED = 500
PROMISED_SEARCH_S = 0.02
PROMISED_REFRESH_S = 1.0
_LEAST_GROWTH = 0.01
WRITER = WriterId("a" * 32)
QUERIES = (
    ("metrics.auc > 0.9", "metrics.auc DESC"),
    ("params.depth = '4' AND metrics.auc > 0.5", "metrics.loss ASC"),
    ("tags.team = 'risk' AND params.kind != 'linear'", "params.depth DESC, metrics.auc DESC"),
    ("attributes.run_name LIKE 'run-7%' AND params.kind LIKE 'tree%'", "metrics.recall DESC"),
)
"""Filter and order, in words that both understand; MLflow orders params as texts."""

_PEER_PROGRAM = """
import json, sqlite3, sys, time, warnings
warnings.simplefilter("ignore")
from mlflow.tracking import MlflowClient
home, rounds, queries = sys.argv[1], int(sys.argv[2]), json.loads(sys.argv[3])
client = MlflowClient("sqlite:///" + home + "/mlflow.db")
experiment = client.create_experiment("bench")
database = sqlite3.connect(home + "/mlflow.db")
def rows(run):
    stamp, name = run["at"], run["name"]
    yield "runs", dict(run_uuid=run["id"], name=name, source_type="LOCAL", source_name="", entry_point_name="",
        user_id="ada", status="FINISHED", start_time=stamp, end_time=stamp, source_version="",
        lifecycle_stage="active", artifact_uri="", experiment_id=int(experiment))
    yield "tags", dict(key="mlflow.runName", value=name, run_uuid=run["id"])
    for key, value in run["tags"].items():
        yield "tags", dict(key=key, value=value, run_uuid=run["id"])
    for key, value in run["params"].items():
        yield "params", dict(key=key, value=str(value), run_uuid=run["id"])
    for key, value in run["metrics"].items():
        point = dict(key=key, value=value, timestamp=stamp, step=0, is_nan=0, run_uuid=run["id"])
        yield "metrics", point
        yield "latest_metrics", point
costs = {}
def measure(size):
    found = []
    for text, order in queries:
        order_by = [each.strip() for each in order.split(",")]
        for _ in range(rounds):
            wall, cpu = time.perf_counter(), time.process_time()
            client.search_runs([experiment], text, order_by=order_by, max_results=50)
            found.append((time.perf_counter() - wall, time.process_time() - cpu))
    costs[size] = found
sizes = json.loads(sys.argv[4])
with open(home + "/runs.jsonl") as lines:
    for count, line in enumerate(lines, 1):
        for table, row in rows(json.loads(line)):
            names = ", ".join(row)
            places = ", ".join("?" * len(row))
            database.execute(f"INSERT INTO {table} ({names}) VALUES ({places})", tuple(row.values()))
        if count in sizes:
            database.commit()
            database.execute("ANALYZE")
            measure(count)
import mlflow
mlflow.set_tracking_uri("sqlite:///" + home + "/mlflow.db")
compared = []
for _ in range(rounds + 1):
    wall, cpu = time.perf_counter(), time.process_time()
    mlflow.search_runs([experiment], max_results=int(sys.argv[5]))
    compared.append((time.perf_counter() - wall, time.process_time() - cpu))
print(json.dumps([costs, compared[1:]]))
"""
_SERVED_PROGRAM = """
import json, sys, time
from mlflow.tracking import MlflowClient
client, rounds = MlflowClient(sys.argv[1]), int(sys.argv[2])
experiment = client.get_experiment_by_name("bench").experiment_id
costs = []
for text, order in json.loads(sys.argv[3]):
    order_by = [each.strip() for each in order.split(",")]
    client.search_runs([experiment], text, order_by=order_by, max_results=50)
    for _ in range(rounds):
        start = time.perf_counter()
        client.search_runs([experiment], text, order_by=order_by, max_results=50)
        costs.append(time.perf_counter() - start)
print(json.dumps(costs))
"""


@dataclass(frozen=True)
class Cost:
    """Seconds by the wall's clock and by the processor's."""

    wall_s: float
    cpu_s: float


def run(sizes: Sequence[int] = SIZES, rounds: int = ROUNDS, *, is_against_peer: bool = True) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="gitreg-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        ours, compared, refreshed = _ours(home, sizes, rounds)
        figures = [*_searched(ours), *_refreshed(refreshed, sizes[-1])]
        if is_against_peer:
            peer, framed = _peer(home, sizes, rounds)
            served_s, mine_s = _served(home, rounds), _middle(ours[sizes[-1]]).wall_s
            name = f"a search of {sizes[-1]:,} runs (wall)"
            figures.append(Figure(name, mine_s, served_s, served_s / mine_s, floor_name=SERVER))
            figures += [*_against(ours, peer), *_beside(f"{COMPARED} runs compared", compared, framed)]
    return [replace(each, rounds=rounds) for each in figures]


def costing(action: Callable[[], object]) -> Cost:
    """What an action cost."""
    wall, cpu = time.perf_counter(), time.process_time()
    action()
    return Cost(time.perf_counter() - wall, time.process_time() - cpu)


Costs = dict[int, list[list[Cost]]]
"""By the number of runs: for each query, round by round."""


def _ours(home: Path, sizes: Sequence[int], rounds: int) -> tuple[Costs, Cost, list[Cost]]:
    with store_at(home / "registry") as store:
        branches = store.branches
        index = Index.open(store.layout.own, store, main=branches.main, ledger=branches.ledger)
        try:
            runs, costs, have = _runs(store, index), {}, 0
            for size in sizes:
                land(store, map(record, range(have, size)))
                have = size
                index.refresh(branches.ledger)
                costs[size] = [_rounds(runs, text, order, rounds) for text, order in QUERIES]
            compared = _median([costing(lambda: runs.compare(where="", limit=COMPARED)) for _ in range(rounds)])
            return costs, compared, [_refresh(store, index, have + NEW * number) for number in range(rounds)]
        finally:
            index.close()


def _runs(store: Store, index: Index) -> Runs:
    registry = RegistryId("0" * 32)
    settings = RegistrySettings(registry=registry, blobs=None, stages={})
    return Runs(Tracker(store, open_blobs(store.git_dir, registry), store.surroundings, settings), index)


def _rounds(runs: Runs, text: str, order: str, rounds: int) -> list[Cost]:
    runs.search(text, order_by=order, limit=PAGE)
    return [costing(lambda: runs.search(text, order_by=order, limit=PAGE)) for _ in range(rounds)]


def _refresh(store: Store, index: Index, have: int) -> Cost:
    land(store, map(record, range(have, have + NEW)))
    return costing(index.run_count)


# --- figures ----------------------------------------------------------------------------------------------------------


def _searched(ours: Costs) -> Iterator[Figure]:
    largest = max(ours)
    for (text, order), costs in zip(QUERIES, ours[largest], strict=True):
        name = f"{largest:,} runs: {text} by {order}"
        yield from _promised(name, _median(costs), PROMISED_SEARCH_S, "20 ms promised")
    if len(ours) > 1:
        exponent = growth({size: _middle(costs).cpu_s for size, costs in ours.items()})
        yield Figure("growth of a search's processor time", exponent, 1.0, 1.0 / exponent, "exponent", 1.0, "linear")


def _refreshed(costs: list[Cost], size: int) -> Iterator[Figure]:
    yield from _promised(
        f"refresh after {NEW:,} new of {size:,} runs", _median(costs), PROMISED_REFRESH_S, "1 s promised"
    )


def _promised(name: str, cost: Cost, promised_s: float, floor_name: str) -> Iterator[Figure]:
    for clock, taken in (("wall", cost.wall_s), ("processor", cost.cpu_s)):
        yield Figure(f"{name} ({clock})", taken, promised_s, promised_s / taken, target=1.0, floor_name=floor_name)


def _against(ours: Costs, peer: dict[int, Cost]) -> Iterator[Figure]:
    for size, theirs in peer.items():
        yield from _beside(f"a search of {size:,} runs", _middle(ours[size]), theirs)
    if len(peer) > 1:
        mine_grows = growth({size: _middle(costs).cpu_s for size, costs in ours.items()})
        grows = growth({size: cost.cpu_s for size, cost in peer.items()})
        yield Figure(
            "growth of processor time", mine_grows, grows, grows / mine_grows, "exponent", None, "MLflow on SQLite"
        )


def _beside(name: str, mine: Cost, theirs: Cost) -> Iterator[Figure]:
    wall, cpu, peer = theirs.wall_s / mine.wall_s, theirs.cpu_s / mine.cpu_s, "MLflow on SQLite"
    yield Figure(f"{name} (wall)", mine.wall_s, theirs.wall_s, wall, floor_name=peer)
    yield Figure(f"{name} (processor)", mine.cpu_s, theirs.cpu_s, cpu, floor_name=peer)


def growth(costs: dict[int, float]) -> float:
    """The exponent e in cost ~ size^e: the slope of the line through the logarithms, by least squares.

    At least a hundredth: between few runs chance decides, and what hardly grows may seem to shrink.
    """
    xs, ys = [math.log(size) for size in costs], [math.log(max(cost, 1e-9)) for cost in costs.values()]
    x, y = mean(xs), mean(ys)
    slope = sum((a - x) * (b - y) for a, b in zip(xs, ys, strict=True)) / sum((a - x) ** 2 for a in xs)
    return max(slope, _LEAST_GROWTH)


def _median(costs: Sequence[Cost]) -> Cost:
    return Cost(median(each.wall_s for each in costs), median(each.cpu_s for each in costs))


def _middle(costs: Sequence[Sequence[Cost]]) -> Cost:
    """Over all queries."""
    return _median([each for rounds in costs for each in rounds])


# --- runs -------------------------------------------------------------------------------------------------------------


def facts(number: int) -> dict[str, Any]:
    """What the run of this number was told and came to; it follows from the number."""
    dice = random.Random(number)  # noqa: S311 - the same runs each time
    auc = dice.random()
    return {
        "params": {
            "depth": dice.randint(1, 12),
            "rate": round(10 ** dice.uniform(-5, -1), 7),
            "kind": dice.choice(["tree", "tree-boosted", "linear", "net"]),
            "seed": number,
        },
        "metrics": {"auc": auc, "loss": 1 - auc + dice.gauss(0, 0.05), "recall": dice.random(), "f1": dice.random()},
        "tags": {"team": dice.choice(["risk", "ops", "ads"])},
    }


def record(number: int) -> RunRecord:
    """The run of this number as the ledger has it: one every 350 ms."""
    at, found = START + timedelta(milliseconds=350 * number), facts(number)
    metrics = tuple(
        MetricSummary(key=key, count=1, last=Point(step=0, time=at, value=value), min=value, max=value)
        for key, value in sorted(found["metrics"].items())
    )
    attempt = Attempt(
        id=AttemptId(f"{number:032x}"), host="here", status="finished", started_at=at, finished_at=at,
        params=found["params"], tags=found["tags"], metrics=metrics,
    )  # fmt: skip
    name = f"run-{number}"
    run_id = RunId(f"{int(at.timestamp() * 1000):012x}7{number % 4096:03x}8{number:015x}")
    return RunRecord(
        rev=1, writer=WRITER, run_id=run_id, experiment="churn", name=name, actor=ACTOR, attempts=(attempt,)
    )


# --- beside others ----------------------------------------------------------------------------------------------------


def _peer(home: Path, sizes: Sequence[int], rounds: int) -> tuple[dict[int, Cost], Cost]:
    """MLflow with the same runs, which are written into its tables: its own calls would take an hour."""
    with (home / "runs.jsonl").open("w", encoding="utf-8") as lines:
        for number in range(sizes[-1]):
            at = int((START + timedelta(milliseconds=350 * number)).timestamp() * 1000)
            line = {"id": f"{number:032x}", "name": f"run-{number}", "at": at, **facts(number)}
            lines.write(json.dumps(line) + "\n")
    words = (str(home), str(rounds), json.dumps(QUERIES), json.dumps(sizes), str(COMPARED))
    costs, compared = _told(_PEER_PROGRAM, *words)
    searched = {int(size): _median([Cost(*each) for each in found]) for size, found in costs.items()}
    return searched, _median([Cost(*each) for each in compared])


def _served(home: Path, rounds: int) -> float:
    """Seconds of a search that MLflow's server answers from the tables that `_peer` left."""
    with mlflow_server(home) as url:
        costs: list[float] = _told(_SERVED_PROGRAM, url, str(rounds), json.dumps(QUERIES))
    return median(costs)


def _told(program: str, *words: str) -> Any:  # noqa: ANN401 - whatever it prints last
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    command = [str(peer_python()), "-c", program, *words]
    done = subprocess.run(command, capture_output=True, text=True, check=True, env=environ)
    return json.loads(done.stdout.splitlines()[-1])
