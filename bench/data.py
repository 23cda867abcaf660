"""data add of a table, and of the same table with rows appended, against DVC: each the program that people run.

The clock runs from a program's start until the bytes are where it keeps them; what each version added to that place is
a figure of its own. DVC names content by md5; we by sha256, of the whole and of each chunk. So one sha256 of the file
stands beside it. DVC is installed into an environment of its own below the user's cache folder at first use.
"""

from __future__ import annotations

import hashlib
import os
import random
import shutil
import subprocess
import tempfile
from collections.abc import Callable, Sequence
from dataclasses import dataclass
from pathlib import Path
from statistics import median

from bench._figures import GITREG, Cost, Figure, cost_of, timed
from bench.tracking import peer_python

BYTES, LONG_ROUNDS = 2 << 30, 3
PEER = "dvc==3.67.1"
_PIECE_ROWS = 20_000
_APPENDED = 100


class _Ours:
    """A registry."""

    def __init__(self, folder: Path) -> None:
        self.folder = self.store = folder
        cost_of(GITREG, "init", folder)

    def add(self, table: Path) -> Cost:
        return cost_of(GITREG, "-C", self.folder, "data", "add", table)


class _Peer:
    """A repository that DVC keeps data for."""

    def __init__(self, folder: Path) -> None:
        self.folder, self.store = folder, folder / ".dvc/cache"
        self._program = peer_python(PEER).with_name("dvc")
        subprocess.run(["git", "init", "--quiet", folder], check=True)
        cost_of(self._program, "init", "--quiet", folder=folder)
        cost_of(self._program, "config", "core.analytics", "false", folder=folder)

    def add(self, table: Path) -> Cost:
        """What `dvc add` of a copy of the table took; the copy itself is not counted."""
        copied = self.folder / table.name
        copied.unlink(missing_ok=True)
        shutil.copyfile(table, copied)
        os.sync()
        return cost_of(self._program, "add", "--quiet", table.name, folder=self.folder)


@dataclass(frozen=True)
class Added:
    """What adding took, and the bytes that it stored."""

    cost: Cost
    stored: int


def run(size: int = BYTES, rounds: int = LONG_ROUNDS, *, is_against_peer: bool = True) -> list[Figure]:
    """Each round adds the table and its successor to a registry and a repository of its own."""
    with tempfile.TemporaryDirectory(prefix="gitreg-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        table = home / "claims.csv"
        _write(table, size)
        whole = table.stat().st_size
        ours, theirs, hashing = [], [], []
        for _ in range(rounds):
            os.truncate(table, whole)
            hashing.append(timed(lambda: _hash(table)))
            theirs.append(_both(_Peer(home / "peer"), table, size) if is_against_peer else ())
            os.truncate(table, whole)
            ours.append(_both(_Ours(home / "registry"), table, size))
    label = f"{size >> 20:,} MiB"
    first = [each[0].cost.took_s for each in ours]
    figures = [_figure(f"data add of {label}", first, hashing, "one sha256 of it")]
    for place, name in (
        enumerate([f"data add of {label}", f"data add of {label}, appended to"]) if is_against_peer else ()
    ):
        figures += _beside(name, [each[place] for each in ours], [each[place] for each in theirs])
    return figures


def _both(keeper: _Ours | _Peer, table: Path, size: int) -> tuple[Added, Added]:
    """The table added, and the table with rows appended; then the keeper goes."""
    first = _add(keeper, table)
    _append(table, size // _APPENDED)
    second = _add(keeper, table)
    shutil.rmtree(keeper.folder)
    return first, second


def _add(keeper: _Ours | _Peer, table: Path) -> Added:
    before = _bytes_in(keeper.store)
    os.sync()
    cost = keeper.add(table)
    return Added(cost, _bytes_in(keeper.store) - before)


def _beside(name: str, ours: Sequence[Added], theirs: Sequence[Added]) -> list[Figure]:
    def figure(what: str, unit: str, amount: Callable[[Added], float]) -> Figure:
        return _figure(what, list(map(amount, ours)), list(map(amount, theirs)), "dvc add", unit)

    return [
        figure(name, "s", lambda each: each.cost.took_s),
        figure(f"{name}: memory", "MB", lambda each: each.cost.peak_mb),
        figure(f"{name}: stored", "MiB", lambda each: each.stored / 2**20),
    ]


def _figure(name: str, ours: Sequence[float], floor: Sequence[float], floor_name: str, unit: str = "s") -> Figure:
    ratio = median(other / mine for mine, other in zip(ours, floor, strict=True))
    return Figure(name, median(ours), median(floor), ratio, unit, floor_name=floor_name, rounds=len(ours))


def _hash(table: Path) -> str:
    with table.open("rb", buffering=0) as file:
        return hashlib.file_digest(file, "sha256").hexdigest()


def _write(table: Path, size: int) -> None:
    with table.open("w", encoding="ascii") as file:
        file.write("id,amount,kind,day\n")
    _append(table, size)


def _append(table: Path, size: int) -> None:
    """Rows that no two pieces share, so that nothing is stored once by chance."""
    start, chance = table.stat().st_size, random.Random(table.stat().st_size)  # noqa: S311 - rows
    with table.open("a", encoding="ascii") as file:
        while file.tell() - start < size:
            rows = (_row(chance, place) for place in range(_PIECE_ROWS))
            file.write("".join(rows))


def _row(chance: random.Random, place: int) -> str:
    return f"{chance.getrandbits(40)},{chance.random():.6f},kind{place % 97},2026-11-{place % 28 + 1:02}\n"


def _bytes_in(folder: Path) -> int:
    return sum(path.stat().st_size for path in folder.rglob("*") if path.is_file())
