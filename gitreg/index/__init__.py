"""The derived index: quick answers from SQLite about what git history says. Delete it and nothing is lost."""

from typing import TYPE_CHECKING

from gitreg.lazy import lazily

if TYPE_CHECKING:
    from gitreg.index.columns import ColumnName
    from gitreg.index.facets import Facets, MetricFacet, of_run
    from gitreg.index.index import Index, RunRow, VersionRow
    from gitreg.index.lines import Landed, PathChange
    from gitreg.index.masks import Stages
    from gitreg.index.runs import Entry, RunLine, cells_of
    from gitreg.index.searching import Found, Query, search_entries
    from gitreg.index.source import Source

__all__ = [
    "ColumnName",
    "Entry",
    "Facets",
    "Found",
    "Index",
    "Landed",
    "MetricFacet",
    "PathChange",
    "Query",
    "RunLine",
    "RunRow",
    "Source",
    "Stages",
    "VersionRow",
    "cells_of",
    "of_run",
    "search_entries",
]

__getattr__ = lazily(
    __name__,
    {
        "index": ("Index", "RunRow", "VersionRow"),
        "lines": ("Landed", "PathChange"),
        "source": ("Source",),
        "columns": ("ColumnName",),
        "facets": ("Facets", "MetricFacet", "of_run"),
        "masks": ("Stages",),
        "runs": ("Entry", "RunLine", "cells_of"),
        "searching": ("Found", "Query", "search_entries"),
    },
)
