"""Texts that forges keep for us: comments that can be found again, and lengths that they take."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gitreg.errors import InvalidValue

if TYPE_CHECKING:
    from gitreg.forges.values import Check

MAX_BODY = 60_000
"""Characters; GitHub takes 65,536, GitLab a million, Gitea as many as its database."""
MAX_STATUS = 140
"""Characters of a commit status, GitHub's limit; the others take more."""
MAX_TITLE = 250
"""Characters; GitHub takes 256, the others 255."""
_MARKER = re.compile(r"[a-z0-9](?:-?[a-z0-9]){0,63}")
_CUT = "\n\n*… the rest does not fit here.*"


def clipped(text: str, limit: int = MAX_BODY) -> str:
    """The text, or as much of its beginning as fits, with a word that it was cut."""
    if len(text) <= limit:
        return text
    return text[: limit - len(_CUT)] + _CUT if limit > 10 * len(_CUT) else text[: limit - 1] + "…"


def marked(marker: str, body: str) -> str:
    """A body that begins with the hidden marker. Raises `InvalidValue` for a marker that would end the HTML comment."""
    return clipped(f"{_line(marker)}\n{body}")


def bears(marker: str, body: str) -> bool:
    """Whether the body begins with that marker; forges may change line ends."""
    return body.partition("\n")[0].rstrip() == _line(marker)


def _line(marker: str) -> str:
    if not _MARKER.fullmatch(marker):
        raise InvalidValue(f"{marker!r:.80} is no marker: lower-case letters and digits, with single dashes between.")
    return f"<!-- gitreg:{marker} -->"


def status_of(check: Check) -> str:
    """The state of a commit status; there is no neutral one."""
    return check.conclusion if check.conclusion in ("failure", "pending") else "success"
