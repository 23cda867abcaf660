"""Reads the commands out of a Markdown page, so that they can be run.

A fenced block of `console` holds commands after `$ ` (a line that ends in a backslash goes on) and, below each, what
it prints; `…` in it stands for anything. A block of `python` or `sh` is run as a file. A comment `<!-- run: … -->` is
run as shell without being shown; `<!-- not run: why -->` before a block leaves that block out.
"""

from __future__ import annotations

import re
from dataclasses import dataclass
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Iterator

_PIECE = re.compile(
    r"<!-- run:\n(?P<hidden>.*?)-->|<!-- not run: (?P<reason>[^\n]*?) -->|^```(?P<language>\w*)\n(?P<block>.*?)^```$",
    re.DOTALL | re.MULTILINE,
)


@dataclass(frozen=True)
class Step:
    """Something to run: shell text, and what it has to print (None where the page does not show it)."""

    shell: str
    prints: str | None
    line: int


def steps(page: str) -> Iterator[Step]:
    """Everything of a page that is run, in its order."""
    left_out = False
    for piece in _PIECE.finditer(page):
        line = page.count("\n", 0, piece.start()) + 1
        if piece["reason"] is not None:
            left_out = True
            continue
        if piece["hidden"] is not None:
            yield Step(piece["hidden"], None, line)
        elif not left_out:
            yield from _of_block(piece["language"], piece["block"], line)
        left_out = left_out and piece["hidden"] is not None


def _of_block(language: str, block: str, line: int) -> Iterator[Step]:
    if language == "console":
        yield from _commands(block, line)
    elif language == "python":
        yield Step(f"python - <<'END_OF_PYTHON'\n{block}END_OF_PYTHON\n", None, line)
    elif language == "sh":
        yield Step(block, None, line)


def _commands(block: str, line: int) -> Iterator[Step]:
    for command in re.finditer(
        r"^\$ (?P<shell>(?:[^\n]*\\\n)*[^\n]*\n)(?P<prints>(?:(?!\$ )[^\n]*\n)*)", block, re.MULTILINE
    ):
        prints = command["prints"].strip("\n")
        yield Step(command["shell"], prints or None, line + 1 + block.count("\n", 0, command.start()))


def matches(shown: str, printed: str) -> bool:
    """Whether `printed` is what the page shows, where `…` stands for anything and space at line ends does not count."""
    pattern = ".*?".join(re.escape(piece) for piece in _trimmed(shown).split("…"))
    return re.fullmatch(pattern, _trimmed(printed), re.DOTALL) is not None


def _trimmed(text: str) -> str:
    return "\n".join(line.rstrip() for line in text.strip().splitlines())
