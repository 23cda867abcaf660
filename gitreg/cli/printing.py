"""Pages on a terminal, in a pipe or as JSON. On a terminal tables fit and have colour; in a pipe nothing is cut."""

from __future__ import annotations

import json
import os
import sys
import unicodedata
from typing import TYPE_CHECKING, Literal

import click

from gitreg.cli.text import safe, safe_json
from gitreg.report import Cell, Command, Diff, Heading, Line, Picture, Table, cell
from gitreg.terminal import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitreg.report import Block, Blocks, Tone

_STYLES: dict[Tone, dict[str, bool | str]] = {
    "plain": {},
    "strong": {"bold": True},
    "good": {"fg": "green"},
    "bad": {"fg": "red", "bold": True},
    "warn": {"fg": "yellow"},
    "dim": {"dim": True},
}
_RICH = {"plain": "", "strong": "bold", "good": "green", "bad": "bold red", "warn": "yellow", "dim": "dim"}
_SIGNS: dict[str, Tone] = {"+": "good", "-": "bad", "@": "dim"}
_GAP = "  "


class OutputGone(Exception):
    """Nobody reads our output any more."""


def print_json(data: object) -> None:
    """The data as JSON on stdout: on a terminal indented like the documents, else too (line by line diffs well)."""
    click.echo(safe_json(json.dumps(data, indent=2, ensure_ascii=False)))


def print_page(blocks: Blocks, *, err: bool = False) -> None:
    """A page on stdout or stderr."""
    terminal = Terminal.of(sys.stderr if err else sys.stdout, os.environ)
    lines = (line for block in blocks for line in lines_of(block, terminal))
    for number, line in enumerate(lines):
        if line or number:
            click.echo(line, err=err, color=terminal.colour)


def lines_of(block: Block, terminal: Terminal) -> Iterable[str]:
    """A block as lines of text, with styles where the terminal has colour."""
    if isinstance(block, Table):
        return _fitted(block, terminal) if terminal.is_terminal else _aligned(block)
    if isinstance(block, Command):
        return [f"    {safe(block.text)}"]
    if isinstance(block, Heading):
        return ["", _styled(Cell(block.text, "strong"), terminal)]
    if isinstance(block, Diff):
        return [_styled(Cell(line, _SIGNS.get(line[:1], "plain")), terminal) for line in block.lines]
    if isinstance(block, Picture):
        return ["", _styled(Cell(block.title, "strong"), terminal), *map(safe, block.lines)]
    line = block if isinstance(block, Line) else Line(block)
    return [_styled(Cell(line.text, line.tone), terminal)]


def _styled(piece: Cell, terminal: Terminal) -> str:
    text = safe(piece.text)
    return click.style(text, **_STYLES[piece.tone]) if terminal.colour and text else text  # type: ignore[arg-type]


def _aligned(table: Table) -> list[str]:
    """For pipes and files: every cell whole, columns under their names."""
    rows = [tuple(safe(cell(each).text) for each in row) for row in (table.columns, *table.rows)]
    widths = [max(_width(row[index]) for row in rows) for index in range(len(table.columns))]
    return [_GAP.join(_padded(text, width) for text, width in zip(row, widths, strict=True)).rstrip() for row in rows]


def _padded(text: str, width: int) -> str:
    return text + " " * (width - _width(text))


def _width(text: str) -> int:
    """Columns on a terminal: wide characters take two, combining ones none."""
    if text.isascii():
        return len(text)
    return sum(
        0 if unicodedata.combining(character) else 2 if unicodedata.east_asian_width(character) in "WF" else 1
        for character in text
    )


def _fitted(table: Table, terminal: Terminal) -> list[str]:
    """For a terminal: what is too wide is wrapped, but never the columns that must stay whole."""
    from rich.console import Console
    from rich.table import Table as RichTable
    from rich.text import Text

    colours: Literal["standard"] | None = "standard" if terminal.colour else None
    console = Console(width=terminal.width, highlight=False, color_system=colours, force_terminal=terminal.colour)
    made = RichTable(box=None, pad_edge=False, padding=(0, 2, 0, 0), header_style="dim")
    for column in table.columns:
        made.add_column(Text(safe(column)), no_wrap=column in table.whole, overflow="fold")
    for row in table.rows:
        made.add_row(*(Text(safe(cell(each).text), style=_RICH[cell(each).tone]) for each in row))
    with console.capture() as captured:
        console.print(made)
    return [line.rstrip() for line in captured.get().splitlines()]
