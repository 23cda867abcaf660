"""What commands about sets print."""

from __future__ import annotations

from typing import TypedDict


class SetMember(TypedDict):
    """A model of a set in one stage. `decision` is the one in force; `set` is the set that it moved, null where it
    moved this model alone; `trouble` says what is wrong, "" where nothing is.
    """

    model: str
    version: int | None
    digest: str | None
    decision: str | None
    set: str | None
    trouble: str


class SetStage(TypedDict):
    """A stage of all models of a set. `agrees`: one decision put all of them there, and nothing is wrong."""

    stage: str
    agrees: bool
    members: list[SetMember]


class ModelSet(TypedDict):
    """Models that move together."""

    name: str
    models: list[str]
    stages: list[SetStage]
