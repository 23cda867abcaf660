"""Who may write what by path: the document, and how its patterns are read."""

from __future__ import annotations

import re
from typing import Annotated, Literal, Self

from pydantic import AfterValidator, Field, model_validator

from gitreg.documents.document import Document, Name, Part, Prose, Seq, refuse_twins
from gitreg.documents.ids import Principal
from gitreg.documents.patterns import finds

Branch = Literal["main", "ledger"]

_PIECES = re.compile(r"\*\*/|\*\*|\*|\?|[^*?]+")
_MEANS = {"**/": "(?:.*/)?", "**": ".*", "*": "[^/]*", "?": "[^/]"}


def _pattern(value: str) -> str:
    parts = value.split("/")
    if any(part in ("", ".", "..") for part in parts):
        message = "a path has no empty part, . or ..; what is in a folder is FOLDER/**"
        raise ValueError(message)
    if not value.isprintable():
        message = "a path has no character that nobody sees"
        raise ValueError(message)
    return value


PathPattern = Annotated[Prose, Field(min_length=1, max_length=180), AfterValidator(_pattern)]
"""Paths from the root of a branch: `*` and `?` stay within one folder, `**` goes through all of them."""


class RightsRule(Part):
    """Paths of one branch, and who may write them: people by name, and everybody of these groups of approvers.json."""

    name: Name
    branch: Branch
    paths: Seq[PathPattern] = Field(min_length=1, max_length=1000)
    groups: Seq[Name] = ()
    people: Seq[Principal] = ()
    message: Prose | None = None

    @model_validator(mode="after")
    def _names_somebody(self) -> Self:
        if not self.groups and not self.people:
            message = "the rule names nobody, so nobody could write these paths"
            raise ValueError(message)
        return self

    def covers(self, path: str) -> bool:
        """Whether the rule is about a path of its branch."""
        return any(fits(pattern, path) for pattern in self.paths)


class Rights(Document):
    """`rights.json`: a path that no rule of its branch covers is everybody's; else one of those that do must allow it.

    Without this file every path is everybody's.
    """

    schema_name = "rights"

    rules: Seq[RightsRule] = Field(max_length=1000)

    @model_validator(mode="after")
    def _names_are_unique(self) -> Self:
        """A refusal names its rule."""
        refuse_twins(rule.name for rule in self.rules)
        return self


def fits(pattern: str, path: str) -> bool:
    """Whether a path fits a pattern, in a time that grows with the path and no faster. `a/**/b` fits `a/b`, too."""
    meaning = "".join(_MEANS.get(piece) or re.escape(piece) for piece in _PIECES.findall(pattern))
    return finds(f"(?s)^{meaning}$", path)


def beginning(pattern: str) -> str:
    """The part of a pattern before its first `*` or `?`: every path that fits begins with it."""
    return re.split(r"[*?]", pattern, maxsplit=1)[0]
