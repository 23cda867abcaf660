"""The ledger's layout at its worst: 10,000 runs that start in one hour, one commit a run, few files open.

A commit rewrites every tree above what it touches, so 10,000 runs in one folder cost most; and 10,000 commits must
leave few packs, or a machine that allows 1,024 open files cannot read them.
"""

from __future__ import annotations

import itertools
import os
import resource
import subprocess
import tempfile
import time
from collections.abc import Iterable
from datetime import UTC, datetime, timedelta
from pathlib import Path
from statistics import median

from bench._figures import ROUNDS, Figure, compare, timed
from gitreg.documents import (
    Actor,
    Attempt,
    AttemptId,
    MetricSummary,
    Point,
    Principal,
    RunId,
    RunRecord,
    WriterId,
    paths,
)
from gitreg.index import Index
from gitreg.store import CommitText, Person, Store
from gitreg.surroundings import Surroundings

RUNS = 10_000
COMMITS = 10_000
INDEXED = 100_000
OPEN_FILES = 1024
MOST_PACKS = 50
START = datetime(2026, 11, 21, 8, 0, tzinfo=UTC)
ADA = Person("Ada", "ada@example.org")
ACTOR = Actor(principal=Principal("ada@example.org"), via="person")
TEXT = CommitText("runs: churn brave-otter finished (auc 0.91)", ADA, ADA, START)


def run(runs: int = RUNS, commits: int = COMMITS, indexed: int = INDEXED, rounds: int = ROUNDS) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="gitreg-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        return [*_one_hour(home, runs, rounds), *_many_commits(home, commits), *_index(home, indexed, rounds)]


# --- one busy hour ----------------------------------------------------------------------------------------------------


def _one_hour(home: Path, runs: int, rounds: int) -> list[Figure]:
    """A run's commit beside 10,000 others of its hour: against `git commit` of one file in an empty repository,
    against an empty ledger, and against the same runs if they all lay in one folder.
    """
    with store_at(home / "full") as full, store_at(home / "empty") as empty, store_at(home / "flat") as flat:
        _add(full, range(runs))
        _add(flat, range(runs), folder="runs/2026-11/21/08")
        _add(empty, range(1))
        peer = _git_repository(home / "git")
        label = f"{runs:,} runs in its hour"
        return [
            compare(
                f"a run's commit, {label}",
                lambda number: timed(lambda: _add(full, [runs + number])),
                {"git commit": lambda number: timed(lambda: _git_commit(peer, number))},
                rounds=rounds,
            ),
            compare(
                f"the same, against an empty ledger ({label})",
                lambda number: timed(lambda: _add(full, [runs + rounds + number])),
                {"empty ledger": lambda number: timed(lambda: _add(empty, [1 + number]))},
                rounds=rounds,
            ),
            compare(
                f"the same, against one folder for the hour ({label})",
                lambda number: timed(lambda: _add(full, [runs + 2 * rounds + number])),
                {"one folder": lambda number: timed(lambda: _add(flat, [runs + number], folder="runs/2026-11/21/08"))},
                rounds=rounds,
            ),
        ]


# --- many commits -----------------------------------------------------------------------------------------------------


def _many_commits(home: Path, commits: int) -> list[Figure]:
    """One commit a run with few files open: how many packs are left, and whether reading stays as quick as it was."""
    before = resource.getrlimit(resource.RLIMIT_NOFILE)
    resource.setrlimit(resource.RLIMIT_NOFILE, (OPEN_FILES, before[1]))
    try:
        with store_at(home / "many") as store:
            early = max(commits // 10, 1)
            for number in range(early):
                _add(store, [number])
            first = _read_cost(store.git_dir, early)
            started = time.perf_counter()
            for number in range(early, commits):
                _add(store, [number])
            each = (time.perf_counter() - started) / max(commits - early, 1)
            last = _read_cost(store.git_dir, commits)
            packs = len(list((store.git_dir / "objects" / "pack").glob("*.pack")))
    finally:
        resource.setrlimit(resource.RLIMIT_NOFILE, before)
    label = f"{commits:,} commits, {OPEN_FILES} open files"
    return [
        Figure(
            f"packs after {label}", packs, MOST_PACKS, MOST_PACKS / max(packs, 1), "packs", 1.0, "the most we allow"
        ),
        Figure(f"a run read after {label}", last, first, first / last, "s", 0.5, f"after {early:,}"),
        Figure(f"a commit, {label}", each, each, 1.0, "s"),
    ]


def _read_cost(git_dir: Path, runs: int) -> float:
    """Seconds to read one run's record with nothing cached but what a hundred readings before have cached."""
    costs = []
    with Store.open(git_dir, world(git_dir.parent)) as store:
        snapshot = store.snapshot(store.branches.ledger)
        for step in range(100):
            wanted = _record(step * runs // 100)
            path = paths.run_record(wanted.run_id, wanted.writer)
            costs.append(timed(lambda path=path: snapshot.read(path)))  # type: ignore[misc]
    return median(costs)


# --- the index --------------------------------------------------------------------------------------------------------


def _index(home: Path, indexed: int, rounds: int) -> list[Figure]:
    """What the index promises of a large registry: `git log -1` is what any look at a repository costs."""
    with store_at(home / "large") as store:
        _add(store, range(indexed))
        branches = store.branches
        index = Index.open(store.layout.own, store, main=branches.main, ledger=branches.ledger)
        built = timed(lambda: index.refresh(branches.ledger))
        new = [indexed]

        def refresh(_: int) -> float:
            _add(store, range(new[0], new[0] + 1000))
            new[0] += 1000
            return timed(index.run_count)

        try:
            return [
                Figure(f"index of {indexed:,} runs, first build", built, built, 1.0),
                compare(
                    "index refresh after 1,000 new runs",
                    refresh,
                    {"one second": lambda _: 1.0},
                    target=1.0,
                    rounds=rounds,
                ),
                compare(
                    f"20 latest of {indexed:,} runs, warm",
                    lambda _: timed(lambda: index.runs("churn", limit=20)),
                    {"20 ms": lambda _: 0.02},
                    target=1.0,
                    rounds=rounds,
                ),
            ]
        finally:
            index.close()


# --- builders ---------------------------------------------------------------------------------------------------------


def world(home: Path) -> Surroundings:
    return Surroundings(environ={}, host="here", boot_id="boot", machine_id="machine", now=lambda: START, home=home)


def store_at(path: Path) -> Store:
    return Store.init(path, world(path.parent), bare=True)


def _record(number: int) -> RunRecord:
    """The run of this number: its id follows from it, and 10,000 of them fill one hour."""
    at = START + timedelta(milliseconds=350 * number)
    run_id = RunId(f"{int(at.timestamp() * 1000):012x}7{number % 4096:03x}8{number:015x}")
    metrics = tuple(
        MetricSummary(key=f"metric_{key}", count=100, last=Point(step=99, time=at, value=0.5), min=0.1, max=0.9)
        for key in range(5)
    )
    attempt = Attempt(
        id=AttemptId(f"{number:032x}"),
        host="here",
        status="finished",
        started_at=at,
        params={f"param_{key}": key for key in range(10)},
        metrics=metrics,
    )
    writer = WriterId("a" * 32)
    return RunRecord(
        rev=1, writer=writer, run_id=run_id, experiment="churn", name=f"run-{number}", actor=ACTOR, attempts=(attempt,)
    )


def _add(store: Store, numbers: range | list[int], folder: str | None = None) -> None:
    """One commit of these runs where the format puts them, or all in one folder."""
    land(store, (_record(number) for number in numbers), folder)


def land(store: Store, records: Iterable[RunRecord], folder: str | None = None) -> None:
    """A commit for each 5,000 records."""
    rest = iter(records)
    while batch := list(itertools.islice(rest, 5_000)):
        edits = {_path(each, folder): each.to_bytes() for each in batch}
        store.update(store.branches.ledger, lambda _, edits=edits: edits, TEXT)  # type: ignore[misc]


def _path(record: RunRecord, folder: str | None) -> str:
    path = paths.run_record(record.run_id, record.writer)
    return path if folder is None else f"{folder}/{path.rpartition('/')[2]}"


def _git_repository(path: Path) -> Path:
    path.mkdir()
    subprocess.run(["git", "init", "--quiet"], cwd=path, check=True)
    return path


def _git_commit(path: Path, number: int) -> None:
    """What one run would cost by hand: write the file, add it, commit it."""
    (path / f"{number}.json").write_bytes(_record(number).to_bytes())
    environ = {**os.environ, **{f"GIT_{role}_{key}": "ada@example.org" for role in ("AUTHOR", "COMMITTER")
                                for key in ("NAME", "EMAIL")}}  # fmt: skip
    subprocess.run(["git", "add", "."], cwd=path, check=True)
    subprocess.run(["git", "commit", "--quiet", "-m", "run"], cwd=path, env=environ, check=True)
