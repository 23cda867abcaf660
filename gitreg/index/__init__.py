"""The derived index: quick answers from SQLite about what git history says. Delete it and nothing is lost."""

from typing import TYPE_CHECKING

from gitreg.index.index import Index, RunRow, VersionRow
from gitreg.index.lines import Landed, PathChange
from gitreg.index.source import Source
from gitreg.lazy import lazily

if TYPE_CHECKING:
    from gitreg.index.facets import Facets, of_run
    from gitreg.index.runs import RunLine
    from gitreg.index.searching import Found, Query, Stages

__all__ = [
    "Facets",
    "Found",
    "Index",
    "Landed",
    "PathChange",
    "Query",
    "RunLine",
    "RunRow",
    "Source",
    "Stages",
    "VersionRow",
    "of_run",
]

__getattr__ = lazily(
    __name__,
    {"facets": ("Facets", "of_run"), "runs": ("RunLine",), "searching": ("Found", "Query", "Stages")},
)
