"""What is printed of imports and exports."""

from __future__ import annotations

from typing import TypedDict

from gitreg.cli.shapes.plain import Number


class ImportLine(TypedDict):
    """One kind of thing: how many the source holds of what was read, how many were left out, how many are here."""

    kind: str
    there: int
    left: int
    here: int


class LeftOut(TypedDict):
    """Something that was not brought, and why."""

    kind: str
    where: str
    what: str
    why: str
    count: int


class KeptHere(TypedDict):
    """Something that stands here otherwise, and was left so."""

    what: str
    why: str


class UndecidedStage(TypedDict):
    """A stage that a version had there: here somebody decides it."""

    model: str
    version: int
    stage: str


class Imported(TypedDict):
    """What an import came to. `already`: runs that were here before. The sums are of all finite metric values."""

    tool: str
    location: str
    agrees: bool
    already: int
    lines: list[ImportLine]
    sum_there: Number
    sum_here: Number
    left: list[LeftOut]
    kept: list[KeptHere]
    undecided: list[UndecidedStage]
    published: bool


class Exported(TypedDict):
    """What an export wrote to the folder, and what it left out."""

    target: str
    runs: int
    points: int
    versions: int
    left: list[LeftOut]
