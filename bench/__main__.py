"""`python -m bench [NAME…]`: run every module of this folder that has a `run()`, print a table, write JSON.

Without `--full` those that take long measure what `QUICK` says: fewer bytes, runs or points, which the figures name.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from pathlib import Path
from typing import Any

import bench
from bench._figures import ROUNDS, Figure, as_json, table

QUICK: dict[str, dict[str, Any]] = {
    "blobs": {"large_bytes": 128 << 20, "files": 2_000},
    "data": {"size": 128 << 20, "rounds": ROUNDS},
    "history": {"models": 40, "landings": 1_000, "asked": 200},
    "imports": {"runs": 1_000},
    "layout": {"runs": 2_000, "commits": 1_000, "indexed": 10_000},
    "lists": {"models": 10, "versions": 5},
    "search": {"sizes": (1_000, 10_000)},
    "series": {"points": 200_000, "peer_points": 20_000},
    "spooling": {"jobs": 100, "peer_runs": 20},
}


def names() -> list[str]:
    return sorted(module.name for module in pkgutil.iter_modules(bench.__path__) if not module.name.startswith("_"))


def main() -> int:
    parser = argparse.ArgumentParser(prog="python -m bench", description="Measure what docs/ promises.")
    parser.add_argument("name", nargs="*", choices=[*names(), []], help="which to run (all)")
    parser.add_argument("--full", action="store_true", help="at full size, which takes hours")
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"), help="where the JSON goes")
    parser.add_argument("--strict", action="store_true", help="exit 1 where a target is missed")
    arguments = parser.parse_args()
    figures: list[Figure] = []
    for name in arguments.name or names():
        found = measure(name, is_full=arguments.full)
        print(f"{table(found)}\n", flush=True)
        figures += found
        arguments.json.parent.mkdir(parents=True, exist_ok=True)
        arguments.json.write_text(as_json(figures), encoding="utf-8")
    print(f"as JSON: {arguments.json}")
    return int(arguments.strict and not all(figure.is_met for figure in figures))


def measure(name: str, *, is_full: bool) -> list[Figure]:
    """The figures of one module."""
    print(f"{name} …", file=sys.stderr)
    module = importlib.import_module(f"bench.{name}")
    found: list[Figure] = module.run(**({} if is_full else QUICK.get(name, {})))
    return found


if __name__ == "__main__":
    sys.exit(main())
