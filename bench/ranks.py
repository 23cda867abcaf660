"""64 processes that record into one run, as the ranks of a training job do.

Forked from one that has recorded before, with either tool: a start of Python is not what is measured. Ours each
open the run, log point by point and publish their part; MLflow's send their points in one call, through a connection of
their own, to SQLite or to its server.
"""

from __future__ import annotations

from statistics import median

from bench._figures import ROUNDS, Figure
from bench._servers import NAME as SERVER
from bench.series import HEAD, served, told
from bench.tracking import PEER

PROCESSES = 64
POINTS_EACH = 200

_HEAD = HEAD + "processes = few\n"
_FORK = """
def all_of(work):
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
_OURS = """
import gitreg
with gitreg.init(home + "/before") as registry, registry.start_run("before") as run:
    run.log_metric("auc", 0.5)
gitreg.init(home + "/ranks").close()
os.environ["GITREG_REPO"] = home + "/ranks"
def work(rank):
    os.environ.update(RANK=str(rank), LOCAL_RANK=str(rank), WORLD_SIZE=str(processes), TORCHELASTIC_RUN_ID="bench")
    with gitreg.start_run("bench") as run:
        for step in range(points):
            run.log_metric("auc", 0.5, step=step)
start = time.perf_counter()
failed = all_of(work)
took = time.perf_counter() - start
with gitreg.open(home + "/ranks") as registry:
    [run] = registry.runs.list()
    kept = sum(metric.count for metric in run.metrics if metric.key == "auc")
assert (failed, len(run.attempts), kept) == (0, processes, processes * points), (failed, len(run.attempts), kept)
print(json.dumps([took, kept]))
"""
_MLFLOW = """
from mlflow import MlflowClient
run = MlflowClient(place).create_run(MlflowClient(place).create_experiment(home)).info.run_id
from mlflow.entities import Metric
from mlflow.store.tracking.sqlalchemy_store import SqlAlchemyStore
def work(rank):
    # A connection of its own: one that was forked would be shared.
    client = SqlAlchemyStore(place, home) if place.startswith("sqlite") else MlflowClient(place)
    client.log_batch(run, [Metric("auc", 0.5, 0, rank * points + step) for step in range(points)], [], [])
start = time.perf_counter()
failed = all_of(work)
took = time.perf_counter() - start
kept = len(MlflowClient(place).get_metric_history(run, "auc"))
print(json.dumps([took, kept]))
"""


def run(processes: int = PROCESSES, rounds: int = ROUNDS) -> list[Figure]:
    """The peers next to ours, round by round."""
    with served() as server:
        peers = {"MLflow on SQLite": "", SERVER: server}
        ours: list[tuple[float, float]] = []
        theirs: dict[str, list[tuple[float, float]]] = {}
        for _ in range(rounds):
            ours.append(shared(processes))
            for name, place in peers.items():
                found = told(_HEAD + _FORK + _MLFLOW, (POINTS_EACH, processes), PEER, place)
                theirs.setdefault(name, []).append(found)
    return [figure for name, found in theirs.items() for figure in _against(name, processes, ours, found)]


def shared(processes: int, points: int = POINTS_EACH) -> tuple[float, float]:
    """Seconds that processes took to write into one run, and how many of their points are in it."""
    return told(_HEAD + _FORK + _OURS, (points, processes))


def _against(
    name: str, processes: int, ours: list[tuple[float, float]], theirs: list[tuple[float, float]]
) -> list[Figure]:
    ratio = median(peer[0] / mine[0] for mine, peer in zip(ours, theirs, strict=True))
    share = median(mine[1] / max(1.0, peer[1]) for mine, peer in zip(ours, theirs, strict=True))
    what = f"{processes} processes in one run"
    (ours_s, kept), (theirs_s, theirs_kept) = _medians(ours), _medians(theirs)
    return [
        Figure(what, ours_s, theirs_s, ratio, floor_name=name, rounds=len(ours)),
        Figure(f"{what}: kept", kept, theirs_kept, share, "points", None, name, len(ours)),
    ]


def _medians(pairs: list[tuple[float, float]]) -> tuple[float, float]:
    return median(first for first, _ in pairs), median(second for _, second in pairs)
