"""Write `schemas/` from the documents and the CLI's shapes, or with `--check` say what differs and change nothing."""

from __future__ import annotations

import json
import sys
from pathlib import Path
from types import NoneType, UnionType
from typing import Any, Literal, Union, get_args, get_origin, get_type_hints

from gitreg.cli.shapes import SHAPES
from gitreg.documents import DOCUMENTS, json_schema

FOLDER = Path(__file__).parent.parent / "schemas"
DIALECT = "https://json-schema.org/draft/2020-12/schema"
_PLAIN: dict[Any, dict[str, Any]] = {
    Any: {},
    NoneType: {"type": "null"},
    bool: {"type": "boolean"},
    float: {"type": "number"},
    int: {"type": "integer"},
    str: {"type": "string"},
}


def generated() -> dict[Path, str]:
    """Every file that the documents and shapes make, with its text."""
    documents = {f"{name}-v{document.schema_version}": json_schema(name) for name, document in DOCUMENTS.items()}
    shapes = {f"cli/{name}": shape_schema(name) for name in SHAPES}
    return {
        FOLDER / f"{name}.json": json.dumps(schema, indent=2, sort_keys=True) + "\n"
        for name, schema in {**documents, **shapes}.items()
    }


def shape_schema(name: str) -> dict[str, Any]:
    """The JSON Schema of what a command prints: every field is there, and no other."""
    pieces: dict[str, Any] = {}
    schema = _schema_of(SHAPES[name], pieces)
    return {"$schema": DIALECT, "$id": f"gitreg/cli/{name}.json", **schema, "$defs": pieces}


def _schema_of(kind: Any, pieces: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - any annotation of a shape
    """A type of `cli.shapes` as JSON Schema; each TypedDict becomes a definition among `pieces`."""
    if kind in _PLAIN:
        return dict(_PLAIN[kind])
    origin, inner = get_origin(kind), get_args(kind)
    if origin is Literal:
        return {"enum": list(inner)}
    if origin in (Union, UnionType):
        return {"anyOf": [_schema_of(each, pieces) for each in inner]}
    if origin is list:
        return {"type": "array", "items": _schema_of(inner[0], pieces)}
    if origin is dict:
        return {"type": "object", "additionalProperties": _schema_of(inner[1], pieces)}
    if kind.__name__ not in pieces:
        pieces[kind.__name__] = {}
        pieces[kind.__name__] |= _definition(kind, pieces)
    return {"$ref": f"#/$defs/{kind.__name__}"}


def _definition(kind: Any, pieces: dict[str, Any]) -> dict[str, Any]:  # noqa: ANN401 - a TypedDict
    fields = {name: _schema_of(each, pieces) for name, each in get_type_hints(kind).items()}
    return {
        "type": "object",
        "description": kind.__doc__,
        "properties": fields,
        "required": sorted(fields),
        "additionalProperties": False,
    }


def stale(files: dict[Path, str]) -> list[Path]:
    """Files that are missing or differ, and files that nothing makes any more."""
    differing = [path for path, text in files.items() if not path.exists() or path.read_text(encoding="utf-8") != text]
    return sorted([*differing, *(path for path in FOLDER.rglob("*.json") if path not in files)])


def write(files: dict[Path, str]) -> None:
    """Make the folder say exactly what the code says."""
    for path in stale(files):
        if path in files:
            path.parent.mkdir(parents=True, exist_ok=True)
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
        print(f"{path.relative_to(FOLDER.parent)} does not say what the code says: make schemas")
    return 1 if stale(files) else 0


if __name__ == "__main__":
    raise SystemExit(main())
