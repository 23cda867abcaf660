"""What `lock` prints."""

from __future__ import annotations

from typing import Literal, TypedDict


class LockedModel(TypedDict):
    """A locked address. `state` tells whether what is locked is what the address stands for now, `newest` what that is.

    Null where it stands for nothing. `trouble` says why what is locked was taken back, "" where it was not.
    """

    address: str
    model: str
    version: int | None
    digest: str
    decision: str | None
    landing: str | None
    state: Literal["current", "behind", "withdrawn", "held", "not in force"]
    newest: int | None
    trouble: str


class LockFile(TypedDict):
    """A lock file, checked against what is so now."""

    file: str
    models: list[LockedModel]
