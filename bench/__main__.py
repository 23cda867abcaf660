"""`python -m bench [NAME…]`: run every module of this folder that has a `run()`, print a table, write JSON."""

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
    parser.add_argument("--json", type=Path, default=Path("build/bench.json"), help="where the JSON goes")
    parser.add_argument("--strict", action="store_true", help="exit 1 where a target is missed")
    arguments = parser.parse_args()
    figures: list[Figure] = []
    for name in arguments.name or names():
        print(f"{name} …", file=sys.stderr)
        figures += importlib.import_module(f"bench.{name}").run()
    arguments.json.parent.mkdir(parents=True, exist_ok=True)
    arguments.json.write_text(as_json(figures), encoding="utf-8")
    print(table(figures))
    print(f"\nas JSON: {arguments.json}")
    return int(arguments.strict and not all(figure.is_met for figure in figures))


if __name__ == "__main__":
    sys.exit(main())
