"""What commands about who may write what print."""

from __future__ import annotations

from typing import Literal, TypedDict


class RightsRule(TypedDict):
    """One rule. `allowed` is everybody whom it allows, members of its groups too."""

    rule: str
    branch: Literal["main", "ledger"]
    paths: list[str]
    groups: list[str]
    people: list[str]
    allowed: list[str]
    message: str | None


class BranchRights(TypedDict):
    """Who may write a path on a branch: everybody where no rule covers it."""

    everybody: bool
    allowed: list[str]
    rules: list[str]


class PathRights(TypedDict):
    """Who may write a path."""

    path: str
    main: BranchRights
    ledger: BranchRights
