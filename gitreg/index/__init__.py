"""The derived index: quick answers from SQLite about what git history says. Delete it and nothing is lost."""

from gitreg.index.index import Index, RunRow, VersionRow
from gitreg.index.lines import Landed, PathChange
from gitreg.index.source import Source

__all__ = ["Index", "Landed", "PathChange", "RunRow", "Source", "VersionRow"]
