"""What an error tells a person to type exists."""

from __future__ import annotations

import ast
import re
from pathlib import Path

import pytest

from gitreg.cli.catalogue import ENTRIES, GROUPS

ROOT = Path(__file__).parents[2]
SOURCES = sorted((ROOT / "gitreg").rglob("*.py"))
_COMMAND = re.compile(r"(?:^|: |; |`)gitreg(?: -C \S+)? (?P<first>[a-z][a-z-]*)(?: (?P<second>[a-z][a-z-]*))?")
# Verbs of sentences about gitreg, none of them a command's name.
_PROSE = {"cannot", "could", "does", "drops", "failed", "keeps", "owns", "reads", "recorded", "records", "refuses"}
_PROSE |= {"speaks"}


def texts(tree: ast.AST) -> list[tuple[int, str]]:
    """Every string of a module, the fixed parts of those with something filled in as one."""
    found = []
    inside = {id(part) for node in ast.walk(tree) if isinstance(node, ast.JoinedStr) for part in node.values}
    for node in ast.walk(tree):
        if isinstance(node, ast.JoinedStr):
            parts = [str(part.value) if isinstance(part, ast.Constant) else "X" for part in node.values]
            found.append((node.lineno, "".join(parts)))
        elif isinstance(node, ast.Constant) and isinstance(node.value, str) and id(node) not in inside:
            found.append((node.lineno, node.value))
    return found


def exists(match: re.Match[str]) -> bool:
    if match["first"] in {group.name for group in GROUPS}:
        return match["second"] is None or f"{match['first']} {match['second']}" in ENTRIES
    return match["first"] in ENTRIES or match["first"] in _PROSE


@pytest.mark.parametrize("source", SOURCES, ids=lambda path: str(path.relative_to(ROOT)))
def test_every_command_that_a_text_names_exists(source: Path) -> None:
    tree = ast.parse(source.read_text(encoding="utf-8"))
    wrong = [
        f"{source.relative_to(ROOT)}:{line}: {match[0]}"
        for line, text in texts(tree)
        for match in _COMMAND.finditer(text)
        if not exists(match)
    ]
    assert wrong == []
