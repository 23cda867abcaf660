"""A page as Markdown, for the body of a pull request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gitreg.report.layout import Command, Diff, Heading, Line, Picture, Table, cell
from gitreg.report.spelling import visible

if TYPE_CHECKING:
    from gitreg.report.layout import Block, Blocks

# What Markdown or HTML would obey. A text from a repository must look in a pull request as it stands in the document.
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~@!&$])")
# Forges look for names and numbers in the text that Markdown made, where no backslash is left: a comment parts them.
_REFERENCE = re.compile(r"(?:(?<![A-Za-z0-9])\\@(?=[A-Za-z0-9\\])|\\#(?=[0-9]))")
MAX_MARKDOWN = 60_000
"""Characters of a pull request's text: forges take 65,536 and cut the rest off, or refuse all of it."""
_STEPS = (200, 50, 15, 5)
_LONGEST = 400
_MARKS = {"strong": "**", "bad": "**", "warn": "**"}


def markdown(blocks: Blocks) -> str:
    """The page as Markdown text with a newline at its end."""
    text = "\n\n".join(filter(None, (_block(block) for block in blocks)))
    return f"{text}\n"


def fitted_markdown(blocks: Blocks, more: str, limit: int = MAX_MARKDOWN) -> str:
    """The page in at most `limit` characters: what is long is cut short, with `more`, the command that shows the rest.

    How it begins, and the command that it ends with, stay.
    """
    whole = [*blocks]
    text = markdown(whole)
    for rows in _STEPS:
        if len(text) <= limit:
            return text
        text = markdown(_cut(block, rows, more) for block in whole)
    return text if len(text) <= limit else _without_middle([_cut(block, _STEPS[-1], more) for block in whole], limit)


def _cut(block: Block, rows: int, more: str) -> Block:
    """A block with so many rows or lines, each of a length that somebody reads."""
    if isinstance(block, Table):
        kept = tuple(tuple(_shorter(cell(each).text) for each in row) for row in block.rows[:rows])
        left = len(block.rows) - len(kept)
        said = ((f"and {left} more: {more}", *[""] * (len(block.columns) - 1)),) if left else ()
        return Table(block.columns, (*kept, *said))
    if isinstance(block, Diff):
        return Diff(_cut_lines(block.lines, rows, more))
    if isinstance(block, Picture):
        return block._replace(title=_shorter(block.title), lines=_cut_lines(block.lines, rows, more))
    if isinstance(block, Line):
        return Line(_shorter(block.text), block.tone)
    if isinstance(block, Heading):
        return Heading(_shorter(block.text))
    return block if isinstance(block, Command) else _shorter(block)


def _cut_lines(lines: tuple[str, ...], rows: int, more: str) -> tuple[str, ...]:
    left = len(lines) - rows
    said = (f"… and {left} more lines: {more}",) if left > 0 else ()
    return (*map(_shorter, lines[:rows]), *said)


def _shorter(text: str) -> str:
    return text if len(text) <= _LONGEST else f"{text[: _LONGEST - 1]}…"


def _without_middle(blocks: list[Block], limit: int) -> str:
    """As much of the beginning as there is room for, and the last two blocks."""
    said = "The page is too long for a pull request; the rest is left out here."
    end = [Line(said, "warn"), *blocks[-2:]]
    room = limit - len(markdown(end)) - 2
    kept: list[Block] = []
    for block in blocks[:-2]:
        room -= len(_block(block)) + 2
        if room < 0:
            break
        kept.append(block)
    return markdown([*kept, *end])


def escaped(text: str) -> str:
    """`text` so that Markdown shows it literally, on one line, and a forge calls nobody and links nothing for it."""
    return _REFERENCE.sub(r"\g<0><!-- -->", _SPECIAL.sub(r"\\\1", visible(text)))


def _block(block: Block) -> str:
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Heading):
        return f"### {escaped(block.text)}"
    if isinstance(block, Command):
        return _fenced("console", f"$ {visible(block.text)}")
    if isinstance(block, Diff):
        return _fenced("diff", "\n".join(map(visible, block.lines)))
    if isinstance(block, Picture):
        return f"**{escaped(block.title)}**\n\n{_fenced('text', chr(10).join(map(visible, block.lines)))}"
    line = block if isinstance(block, Line) else Line(block)
    mark = _MARKS.get(line.tone, "") if line.text else ""
    return f"{mark}{escaped(line.text.strip())}{mark}"


def _fenced(language: str, text: str) -> str:
    """A code block whose fence is longer than any run of backticks inside."""
    longest = max((len(run) for run in re.findall(r"`+", text)), default=0)
    fence = "`" * max(3, longest + 1)
    return f"{fence}{language}\n{text}\n{fence}"


def _table(table: Table) -> str:
    head = _row(table.columns)
    rule = f"|{'-|' * len(table.columns)}"
    return "\n".join([head, rule, *(_row(tuple(cell(each).text for each in row)) for row in table.rows)])


def _row(cells: tuple[str, ...]) -> str:
    return f"| {' | '.join(escaped(each) or ' ' for each in cells)} |"
