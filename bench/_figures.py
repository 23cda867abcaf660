"""Figures: each a ratio to a floor or a peer that was measured in the same run, in the same minute."""

from __future__ import annotations

import json
import os
import platform
import statistics
import subprocess
import sys
import time
from collections.abc import Callable, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path

ROUNDS = 5
_WHOLE = 1_000
"""From here on a figure is printed without decimals."""
GITREG = Path(sys.executable).with_name("gitreg")

Measure = Callable[[int], float]
"""Does one round and says what it cost; only the part that counts is timed."""


@dataclass(frozen=True)
class Figure:
    """`ours` and `floor` are medians in `unit`; `ratio` is the median of each round's floor / ours: 1 is the floor's
    own speed, above 1 is faster. `target` is the least ratio we promise, if we promise one; `rounds` is how often both
    were measured.
    """

    name: str
    ours: float
    floor: float
    ratio: float
    unit: str = "s"
    target: float | None = None
    floor_name: str = ""
    rounds: int = 1

    @property
    def is_met(self) -> bool:
        return self.target is None or self.ratio >= self.target


@dataclass(frozen=True)
class Cost:
    """What a program took: seconds of wall clock, and MB of memory at its most."""

    took_s: float
    peak_mb: float


def cost_of(*words: str | Path, folder: Path | None = None) -> Cost:
    """Run a program, as people have it: with bytecode. Raises `CalledProcessError` where it fails."""
    environ = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    began = time.perf_counter()
    process = subprocess.Popen(words, cwd=folder, env=environ, stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL)
    _, status, usage = os.wait4(process.pid, 0)
    took_s = time.perf_counter() - began
    process.returncode = os.waitstatus_to_exitcode(status)
    if process.returncode:
        raise subprocess.CalledProcessError(process.returncode, words)
    return Cost(took_s, usage.ru_maxrss / 1024)


def timed(action: Callable[[], object]) -> float:
    """Seconds of wall clock that an action took."""
    start = time.perf_counter()
    action()
    return time.perf_counter() - start


def compare(
    name: str, ours: Measure, floors: Mapping[str, Measure], *, target: float | None = None, rounds: int = ROUNDS
) -> Figure:
    """Measure ours and every floor in turn, so that all see the same weather. The floor is the slowest of them."""
    costs: dict[str, list[float]] = {floor: [] for floor in floors}
    own: list[float] = []
    for number in range(rounds):
        for floor, measure in floors.items():
            costs[floor].append(measure(number))
        own.append(ours(number))
    slowest = max(costs, key=lambda floor: statistics.median(costs[floor]))
    return Figure(
        name=name,
        ours=statistics.median(own),
        floor=statistics.median(costs[slowest]),
        ratio=statistics.median(floor / mine for floor, mine in zip(costs[slowest], own, strict=True)),
        target=target,
        floor_name=slowest,
        rounds=rounds,
    )


def table(figures: Sequence[Figure]) -> str:
    """Lines for a person: what, how long, against what, and whether it is what we promise."""
    rows = [("figure", "ours", "floor", "ratio", "target", "rounds", "against")]
    rows += [
        (
            figure.name,
            _amount(figure.ours, figure.unit),
            _amount(figure.floor, figure.unit),
            f"{figure.ratio:.2f}",
            "" if figure.target is None else f"{figure.target:.2f} {'met' if figure.is_met else 'MISSED'}",
            str(figure.rounds),
            figure.floor_name,
        )
        for figure in figures
    ]
    widths = [max(len(row[column]) for row in rows) for column in range(len(rows[0]))]
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in rows
    )


def as_json(figures: Sequence[Figure]) -> str:
    """The figures with the machine they were taken on."""
    taken = [{**asdict(figure), "met": figure.is_met} for figure in figures]
    return json.dumps({"machine": machine(), "figures": taken}, indent=2) + "\n"


def machine() -> dict[str, object]:
    """What a reader must know before comparing figures of two machines."""
    commit = subprocess.run(["git", "rev-parse", "HEAD"], capture_output=True, text=True, check=False).stdout.strip()
    return {
        "cpus": os.cpu_count(),
        "load": round(os.getloadavg()[0], 2),
        "platform": platform.platform(),
        "python": platform.python_version(),
        "commit": commit,
    }


def _amount(value: float, unit: str) -> str:
    if unit != "s":
        return f"{value:,.0f} {unit}" if value >= _WHOLE else f"{value:.4g} {unit}"
    for factor, name in ((1, "s"), (1e3, "ms"), (1e6, "µs")):
        if value * factor >= 1:
            return f"{value * factor:.3g} {name}"
    return f"{value * 1e9:.3g} ns"
