"""A page as Markdown, for the body of a pull request."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gitreg.report.layout import Command, Diff, Heading, Line, Table, cell

if TYPE_CHECKING:
    from gitreg.report.layout import Block, Blocks

# What Markdown or HTML would obey. A text from a repository must look in a pull request as it stands in the document.
_SPECIAL = re.compile(r"([\\`*_{}\[\]<>#|~@!&$])")
# Forges look for names and numbers in the text that Markdown made, where no backslash is left: a comment parts them.
_REFERENCE = re.compile(r"(?:(?<![A-Za-z0-9])\\@(?=[A-Za-z0-9\\])|\\#(?=[0-9]))")
_CONTROL = re.compile(r"[\x00-\x1f\x7f-\x9f\u061c\u200e\u200f\u2028-\u202e\u2066-\u2069\ufeff\ud800-\udfff]")
_MARKS = {"strong": "**", "bad": "**", "warn": "**"}


def markdown(blocks: Blocks) -> str:
    """The page as Markdown text with a newline at its end."""
    text = "\n\n".join(filter(None, (_block(block) for block in blocks)))
    return f"{text}\n"


def escaped(text: str) -> str:
    """`text` so that Markdown shows it literally, on one line, and a forge calls nobody and links nothing for it."""
    return _REFERENCE.sub(r"\g<0><!-- -->", _SPECIAL.sub(r"\\\1", _one_line(text)))


def _one_line(text: str) -> str:
    return _CONTROL.sub(lambda match: f"\\u{ord(match[0]):04x}" if match[0] != "\n" else " ", text)


def _block(block: Block) -> str:
    if isinstance(block, Table):
        return _table(block)
    if isinstance(block, Heading):
        return f"### {escaped(block.text)}"
    if isinstance(block, Command):
        return _fenced("console", f"$ {_one_line(block.text)}")
    if isinstance(block, Diff):
        return _fenced("diff", "\n".join(map(_one_line, block.lines)))
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
