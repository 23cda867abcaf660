"""Frozen view to page: what people read, as blocks that a terminal, a pipe or a pull request shows. Pure."""

from gitreg.report.layout import Block, Blocks, Cell, Command, Diff, Heading, Line, Table, Tone, cell
from gitreg.report.markdown import markdown
from gitreg.report.proposal import (
    FileChange,
    Opinion,
    Problem,
    ProposalPage,
    proposal_page,
    rules_table,
    subjects_table,
    verdict_of,
)
from gitreg.report.spelling import counted, difference, listed, number, short, size, when

__all__ = [
    "Block",
    "Blocks",
    "Cell",
    "Command",
    "Diff",
    "FileChange",
    "Heading",
    "Line",
    "Opinion",
    "Problem",
    "ProposalPage",
    "Table",
    "Tone",
    "cell",
    "counted",
    "difference",
    "listed",
    "markdown",
    "number",
    "proposal_page",
    "rules_table",
    "short",
    "size",
    "subjects_table",
    "verdict_of",
    "when",
]
