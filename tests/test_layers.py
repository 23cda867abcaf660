"""The map of rooms: who may know whom, and who alone may know the outside world.

`docs/architecture.md` draws it. A new room fails here until it is given a level in `LEVELS`, which is the moment to ask
whether it is a room.
"""

from __future__ import annotations

import ast
import graphlib
import sys
from dataclasses import dataclass
from pathlib import Path

import pytest

PACKAGE = Path(__file__).parent.parent / "gitreg"

# An import may point to a strictly lower level, or stay in its room.
LEVELS = {
    "autolog": 0,
    "card": 0,
    "errors": 0,
    "lazy": 0,
    "locking": 0,
    "resources": 0,
    "secrets": 1,
    "surroundings": 0,
    "documents": 1,
    "sealing": 1,
    "policy": 2,
    "store": 2,
    "tables": 2,
    "blobs": 2,
    "signing": 2,
    "index": 3,
    "evaluation": 3,
    "folding": 2,
    "search": 2,
    "tabular": 1,
    "terminal": 3,
    "tracking": 4,
    "registry": 4,
    "decisions": 4,
    "report": 4,
    "forges": 4,
    "flavors": 4,
    "_user": 4,
    "audit": 5,
    "exchange": 5,
    "data": 5,
    "gathering": 5,
    "lineage": 5,
    "packs": 5,
    "_registry": 6,
    "_open": 7,
    "cli": 8,
    "server": 8,
    "testing": 8,
    "_startup": 1,
    "__main__": 9,  # `python -m gitreg`
}

# The package's own door, `gitreg/__init__.py`, hands out what `_open` and `tracking` make; no room may import it.
DOOR = "gitreg"
DOOR_LEVEL = 9

# Which libraries, and which parts of the standard library, belong to which rooms alone. A library that is not here may
# be imported nowhere.
ALONE = {
    "PIL": {"tracking"},
    "click": {"cli"},
    "cryptography": {"sealing", "signing"},
    "dulwich": {"store"},
    "fsspec": {"blobs"},
    "httpx": {"exchange", "forges"},
    "jsonschema": {"policy"},
    "model_signing": {"packs"},
    "pandas": {"tabular"},
    "polars": {"tabular"},
    "pyarrow": {"tables", "tabular"},
    "psutil": {"tracking"},
    "pydantic": {"documents"},
    "pydantic_core": {"documents"},
    "pyfastcdc": {"blobs"},
    "pynvml": {"tracking"},
    "pytest": {"testing"},
    "referencing": {"policy"},  # jsonschema's own way to resolve $ref
    "rich": {"cli", "terminal"},
    "s3fs": {"blobs"},
    "sqlite3": {"exchange", "index"},  # others' databases, only read
    "urllib3": {"store"},  # dulwich's HTTP client takes its pool
    "yaml": {"exchange"},
}

PRINTS = {"cli"}


@dataclass(frozen=True)
class Import:
    """One imported module, and where it stands."""

    importer: str
    target: str
    place: str

    @property
    def room(self) -> str:
        return room_of(self.importer)

    @property
    def target_room(self) -> str:
        return room_of(self.target)

    def __str__(self) -> str:
        return f"{self.place}: {self.importer} imports {self.target}"


def room_of(module: str) -> str:
    parts = module.split(".")
    return parts[1] if len(parts) > 1 else DOOR


def level_of(room: str) -> int:
    return DOOR_LEVEL if room == DOOR else LEVELS[room]


def module_name(path: Path) -> str:
    parts = ("gitreg", *path.relative_to(PACKAGE).with_suffix("").parts)
    return ".".join(parts[:-1] if parts[-1] == "__init__" else parts)


SOURCES = {module_name(path): path for path in sorted(PACKAGE.rglob("*.py"))}
TREES = {module: ast.parse(path.read_text(encoding="utf-8")) for module, path in SOURCES.items()}


def targets(node: ast.Import | ast.ImportFrom) -> list[str]:
    """The modules that an import statement reaches. `from gitreg.store import x` is the module x where there is one."""
    if isinstance(node, ast.Import):
        return [alias.name for alias in node.names]
    base = node.module or ""
    return [name if (name := f"{base}.{alias.name}") in SOURCES else base for alias in node.names]


def imports_of(module: str) -> list[Import]:
    place = SOURCES[module].relative_to(PACKAGE.parent)
    return [
        Import(module, target, f"{place}:{node.lineno}")
        for node in ast.walk(TREES[module])
        if isinstance(node, ast.Import | ast.ImportFrom)
        for target in targets(node)
    ]


IMPORTS = [found for module in SOURCES for found in imports_of(module)]
OURS = [found for found in IMPORTS if found.target.partition(".")[0] == DOOR]
OTHERS = [found for found in IMPORTS if found.target.partition(".")[0] != DOOR]
PACKAGES = sorted(module for module, path in SOURCES.items() if path.name == "__init__.py" and module != DOOR)
ROOMS_WITH_A_DOOR = {room_of(module) for module in PACKAGES}


def as_lines(found: list[Import]) -> list[str]:
    return [str(each) for each in found]


def test_every_room_has_its_place_in_the_map() -> None:
    assert {room_of(module) for module in SOURCES} - {DOOR} <= LEVELS.keys()


def test_imports_are_absolute() -> None:
    relative = [
        f"{module}:{node.lineno}"
        for module, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.level
    ]
    assert relative == []


def test_an_import_points_only_downwards() -> None:
    upwards = [
        found
        for found in OURS
        if found.room != found.target_room and level_of(found.target_room) >= level_of(found.room)
    ]
    assert as_lines(upwards) == []


def test_a_room_is_entered_only_by_its_door() -> None:
    """Other rooms write `from gitreg.store import Store`, never `from gitreg.store.loose import …`."""
    through_the_window = [
        found
        for found in OURS
        if found.room != found.target_room
        and found.target_room in ROOMS_WITH_A_DOOR
        and found.target != f"{DOOR}.{found.target_room}"
        and found.target.rpartition(".")[2] not in listed_by(found.target.rpartition(".")[0])
    ]
    assert as_lines(through_the_window) == []


@pytest.mark.parametrize("package", PACKAGES)
def test_every_package_lists_what_others_may_use(package: str) -> None:
    listed = [
        node
        for node in TREES[package].body
        if isinstance(node, ast.Assign | ast.AnnAssign)
        for target in (node.targets if isinstance(node, ast.Assign) else [node.target])
        if isinstance(target, ast.Name) and target.id == "__all__"
    ]
    assert len(listed) == 1


def test_what_is_taken_through_a_door_is_listed_there() -> None:
    unlisted = [
        f"{SOURCES[module].relative_to(PACKAGE.parent)}:{node.lineno}: {node.module} does not list {alias.name}"
        for module, tree in TREES.items()
        for node in ast.walk(tree)
        if isinstance(node, ast.ImportFrom) and node.module in PACKAGES and room_of(module) != room_of(node.module)
        for alias in node.names
        if f"{node.module}.{alias.name}" not in SOURCES and alias.name not in listed_by(node.module)
    ]
    assert unlisted == []


def listed_by(package: str) -> set[str]:
    for node in TREES[package].body:
        if isinstance(node, ast.Assign) and any(
            isinstance(each, ast.Name) and each.id == "__all__" for each in node.targets
        ):
            return set(ast.literal_eval(node.value))
    return set()


def test_a_library_is_known_only_to_its_own_room() -> None:
    elsewhere = [
        found
        for found in OTHERS
        if (library := found.target.partition(".")[0]) in ALONE and found.room not in ALONE[library]
    ]
    assert as_lines(elsewhere) == []


def test_no_library_is_used_that_is_not_in_the_map() -> None:
    unknown = [
        found
        for found in OTHERS
        if (library := found.target.partition(".")[0]) not in ALONE and library not in sys.stdlib_module_names
    ]
    assert as_lines(unknown) == []


def test_no_module_imports_itself_through_others() -> None:
    """Inside a room too, and counting imports inside functions and under TYPE_CHECKING."""
    graph: dict[str, set[str]] = {module: set() for module in SOURCES}
    for found in OURS:
        if found.target in SOURCES and found.target != found.importer:
            graph[found.importer].add(found.target)
    try:
        tuple(graphlib.TopologicalSorter(graph).static_order())
    except graphlib.CycleError as error:
        pytest.fail(" -> ".join(error.args[1]))


def test_only_the_command_line_prints() -> None:
    prints = [
        f"{SOURCES[module].relative_to(PACKAGE.parent)}:{node.lineno}"
        for module, tree in TREES.items()
        if room_of(module) not in PRINTS
        for node in ast.walk(tree)
        if isinstance(node, ast.Call) and isinstance(node.func, ast.Name) and node.func.id == "print"
    ]
    assert prints == []
