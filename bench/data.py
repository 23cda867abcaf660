"""data add of a table, and of the same table with rows appended, against DVC.

The clock runs until the bytes are where the tool keeps them; what each version added to that place is a figure of its
own. DVC is installed into an environment of its own below the user's cache folder at first use.
`GITREG_BENCH_DATA_BYTES` sets the size.
"""

from __future__ import annotations

import os
import random
import shutil
import subprocess
import tempfile
from pathlib import Path

import gitreg
from bench._figures import Figure, timed
from bench.tracking import peer_python

BYTES = int(os.environ.get("GITREG_BENCH_DATA_BYTES", str(2 << 30)))
PEER = "dvc==3.67.1"
_PIECE_ROWS = 20_000
_APPENDED = 100


def run(size: int = BYTES) -> list[Figure]:
    with tempfile.TemporaryDirectory(prefix="gitreg-bench-", ignore_cleanup_errors=True) as folder:
        home = Path(folder)
        table = home / "claims.csv"
        _write(table, size)
        registry = gitreg.init(home / "registry")
        peer = _Peer(home / "peer")
        names = ("data add", "data add, appended")
        found: list[Figure] = []
        for name in names:
            ours_before, peer_before = _bytes_in(home / "registry"), _bytes_in(peer.folder / ".dvc/cache")
            theirs_s = peer.add(table)
            ours_s = timed(lambda: registry.data.add(table))
            ours_b = _bytes_in(home / "registry") - ours_before
            peer_b = _bytes_in(peer.folder / ".dvc/cache") - peer_before
            found.append(
                Figure(f"{name} ({size >> 20:,} MiB)", ours_s, theirs_s, theirs_s / ours_s, floor_name="dvc add")
            )
            found.append(
                Figure(f"{name}: stored", ours_b / 2**20, peer_b / 2**20, peer_b / ours_b, "MiB", floor_name="dvc add")
            )
            _append(table, size // _APPENDED)
        registry.close()
    return found


class _Peer:
    """A repository that DVC keeps data for."""

    def __init__(self, folder: Path) -> None:
        self.folder = folder
        self._program = str(peer_python(PEER).parent / "dvc")
        subprocess.run(["git", "init", "--quiet", str(folder)], check=True)
        self._run("init", "--quiet")

    def add(self, table: Path) -> float:
        """Seconds that `dvc add` of a copy of the table took; the copy itself is not counted."""
        (self.folder / table.name).unlink(missing_ok=True)
        shutil.copyfile(table, self.folder / table.name)
        return timed(lambda: self._run("add", "--quiet", table.name))

    def _run(self, *words: str) -> None:
        environ = {**os.environ, "DVC_NO_ANALYTICS": "1"}
        subprocess.run([self._program, *words], cwd=self.folder, check=True, env=environ)


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
