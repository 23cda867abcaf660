"""The pieces a page is made of. A page says what is so; how wide, in which colours, is for whoever shows it."""

from __future__ import annotations

from collections.abc import Iterable
from typing import Literal, NamedTuple, TypeAlias

Tone: TypeAlias = Literal["plain", "strong", "good", "bad", "warn", "dim"]


class Line(NamedTuple):
    """One line of text."""

    text: str
    tone: Tone = "plain"


class Heading(NamedTuple):
    """A title above what follows."""

    text: str


class Command(NamedTuple):
    """Something to type."""

    text: str


class Diff(NamedTuple):
    """Lines of a unified difference, each with its sign."""

    lines: tuple[str, ...]


class Cell(NamedTuple):
    """One cell with a tone of its own."""

    text: str
    tone: Tone = "plain"


class Table(NamedTuple):
    """Rows under columns. `whole` names the columns that are never cut or wrapped: ids, versions, commands."""

    columns: tuple[str, ...]
    rows: tuple[tuple[str | Cell, ...], ...]
    whole: tuple[str, ...] = ()


class Picture(NamedTuple):
    """A drawing as SVG text, and the same in characters for where there is nothing but text."""

    title: str
    svg: str
    lines: tuple[str, ...]


Block: TypeAlias = "str | Line | Heading | Command | Diff | Table | Picture"
"""A plain string is a plain line; an empty one a gap."""

Blocks: TypeAlias = Iterable[Block]


def cell(value: str | Cell) -> Cell:
    """A cell with its tone."""
    return value if isinstance(value, Cell) else Cell(value)
