"""The git store: snapshots, changes that land, history, and other clones. The only room that knows git."""

from gitreg.store.snapshot import Snapshot
from gitreg.store.store import Store
from gitreg.store.values import (
    Branches,
    Change,
    Commit,
    CommitId,
    CommitText,
    ObjectId,
    Person,
    RefUpdate,
)

__all__ = [
    "Branches",
    "Change",
    "Commit",
    "CommitId",
    "CommitText",
    "ObjectId",
    "Person",
    "RefUpdate",
    "Snapshot",
    "Store",
]
