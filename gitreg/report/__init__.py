"""Frozen view to page: what people read, as blocks that a terminal, a file or a pull request shows. Pure."""

from gitreg.report.compared import comparisons, rules_table, subjects_table
from gitreg.report.curves import BASELINE, CANDIDATE, Bin, Curve, Curves, curve_of
from gitreg.report.html import html
from gitreg.report.layout import Block, Blocks, Cell, Command, Diff, Heading, Line, Picture, Table, Tone, cell
from gitreg.report.markdown import MAX_MARKDOWN, fitted_markdown, markdown
from gitreg.report.page import FileChange, Opinion, Problem, ProposalPage
from gitreg.report.proposal import proposal_page, verdict_of
from gitreg.report.spelling import counted, difference, listed, number, short, size, when

__all__ = [
    "BASELINE",
    "CANDIDATE",
    "MAX_MARKDOWN",
    "Bin",
    "Block",
    "Blocks",
    "Cell",
    "Command",
    "Curve",
    "Curves",
    "Diff",
    "FileChange",
    "Heading",
    "Line",
    "Opinion",
    "Picture",
    "Problem",
    "ProposalPage",
    "Table",
    "Tone",
    "cell",
    "comparisons",
    "counted",
    "curve_of",
    "difference",
    "fitted_markdown",
    "html",
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
