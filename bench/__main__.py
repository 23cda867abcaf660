"""`python -m bench [NAME…]`: run every module of this folder that has a `run()`, print a table, write JSON.

Without `--full` a module that takes long measures what its `QUICK` says: fewer bytes, runs or rounds, which its figures
name.
"""

from __future__ import annotations

import argparse
import importlib
import pkgutil
import sys
from pathlib import Path

import bench
from bench._figures import Figure, as_json, table


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
    found: list[Figure] = module.run(**({} if is_full else getattr(module, "QUICK", {})))
    return found


if __name__ == "__main__":
    sys.exit(main())
