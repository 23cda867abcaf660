"""Scalars and pointers that several commands print."""

from __future__ import annotations

from typing import Literal, TypeAlias, TypedDict

Number: TypeAlias = float | Literal["NaN", "Infinity", "-Infinity"]
Scalar: TypeAlias = bool | int | float | str
Outcome: TypeAlias = Literal["pass", "fail", "cannot tell"]
Severity: TypeAlias = Literal["block", "warn"]


class Descriptor(TypedDict):
    """A pointer at stored bytes."""

    mediaType: str
    digest: str
    size: int


class Error(TypedDict):
    """What a failed command tells on stderr."""

    code: str
    message: str
    hint: str
    subject: str


class Failed(TypedDict):
    """The frame of an error."""

    error: Error


class Comment(TypedDict):
    """What somebody said, in Markdown."""

    id: str
    author: str
    at: str
    text: str
