"""Frozen view to page: what people read, as blocks that a terminal, a file or a pull request shows. Pure."""

from typing import TYPE_CHECKING

from gitreg.lazy import lazily
from gitreg.report.layout import Block, Blocks, Cell, Command, Diff, Heading, Line, Picture, Table, Tone, cell
from gitreg.report.spelling import counted, difference, guarded, listed, number, short, size, when

if TYPE_CHECKING:
    from gitreg.report.as_html import html
    from gitreg.report.as_markdown import MAX_MARKDOWN, fitted_markdown, markdown
    from gitreg.report.compared import comparisons, rules_table, subjects_table
    from gitreg.report.comparison import Column, Compared, Courses, comparison_html, sparkline
    from gitreg.report.curves import CANDIDATE, Bin, Curve, Curves, curve_of
    from gitreg.report.drift import Drift, drift_of
    from gitreg.report.inventory import Held, ModelEntry, WaitingProposal, inventory_csv, inventory_page, today_of
    from gitreg.report.page import FileChange, Listing, Opinion, Problem, ProposalPage
    from gitreg.report.proposal import proposal_page, verdict_of
    from gitreg.report.standing import Condition, Signature, StageStanding, conditions_of, due_in, review_words
    from gitreg.report.why import undo, why_page

__all__ = [
    "CANDIDATE",
    "MAX_MARKDOWN",
    "Bin",
    "Block",
    "Blocks",
    "Cell",
    "Column",
    "Command",
    "Compared",
    "Condition",
    "Courses",
    "Curve",
    "Curves",
    "Diff",
    "Drift",
    "FileChange",
    "Heading",
    "Held",
    "Line",
    "Listing",
    "ModelEntry",
    "Opinion",
    "Picture",
    "Problem",
    "ProposalPage",
    "Signature",
    "StageStanding",
    "Table",
    "Tone",
    "WaitingProposal",
    "cell",
    "comparison_html",
    "comparisons",
    "conditions_of",
    "counted",
    "curve_of",
    "difference",
    "drift_of",
    "due_in",
    "fitted_markdown",
    "guarded",
    "html",
    "inventory_csv",
    "inventory_page",
    "listed",
    "markdown",
    "number",
    "proposal_page",
    "review_words",
    "rules_table",
    "short",
    "size",
    "sparkline",
    "subjects_table",
    "today_of",
    "undo",
    "verdict_of",
    "when",
    "why_page",
]

__getattr__ = lazily(
    __name__,
    {
        "compared": ("comparisons", "rules_table", "subjects_table"),
        "comparison": ("Column", "Compared", "Courses", "comparison_html", "sparkline"),
        "curves": ("CANDIDATE", "Bin", "Curve", "Curves", "curve_of"),
        "drift": ("Drift", "drift_of"),
        "as_html": ("html",),
        "inventory": ("Held", "ModelEntry", "WaitingProposal", "inventory_csv", "inventory_page", "today_of"),
        "as_markdown": ("MAX_MARKDOWN", "fitted_markdown", "markdown"),
        "page": ("FileChange", "Listing", "Opinion", "Problem", "ProposalPage"),
        "proposal": ("proposal_page", "verdict_of"),
        "standing": ("Condition", "Signature", "StageStanding", "conditions_of", "due_in", "review_words"),
        "why": ("undo", "why_page"),
    },
)
