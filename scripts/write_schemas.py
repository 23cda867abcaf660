"""Write `schemas/` from the documents, or with `--check` say what differs and change nothing."""

from __future__ import annotations

import json
import sys
from pathlib import Path

from gitreg.documents import DOCUMENTS, json_schema

FOLDER = Path(__file__).parent.parent / "schemas"


def generated() -> dict[Path, str]:
    """Every file that the documents make, with its text."""
    return {
        FOLDER / f"{name}-v{document.schema_version}.json": json.dumps(json_schema(name), indent=2, sort_keys=True)
        + "\n"
        for name, document in DOCUMENTS.items()
    }


def stale(files: dict[Path, str]) -> list[Path]:
    """Files that are missing or differ, and files that no document makes any more. `schemas/cli/` is the CLI's own."""
    differing = [path for path, text in files.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    return sorted([*differing, *(path for path in FOLDER.glob("*.json") if path not in files)])


def write(files: dict[Path, str]) -> None:
    """Make the folder say exactly what the documents say."""
    FOLDER.mkdir(exist_ok=True)
    for path in stale(files):
        if path in files:
            path.write_text(files[path], encoding="utf-8")
        else:
            path.unlink()


def main() -> int:
    """1 when `--check` finds a difference."""
    files = generated()
    if "--check" not in sys.argv[1:]:
        write(files)
        return 0
    for path in stale(files):
        print(f"{path.relative_to(FOLDER.parent)} does not say what the documents say: make schemas")
    return 1 if stale(files) else 0


if __name__ == "__main__":
    raise SystemExit(main())
