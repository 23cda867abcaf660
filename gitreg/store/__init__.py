"""The git store: snapshots, changes that land, history, and other clones. The only room that knows git."""

from gitreg.store.credentials import Login, find_login
from gitreg.store.doctor import Finding
from gitreg.store.history import Boundaries, FirstParents
from gitreg.store.identity import Identity
from gitreg.store.ledger import merge_rule
from gitreg.store.remote import HOOK_MARKER, Remote, has_our_hook
from gitreg.store.snapshot import Snapshot
from gitreg.store.source import Checkout, describe_checkout
from gitreg.store.staging import staged_edits
from gitreg.store.store import PreReceive, Store
from gitreg.store.sync import SyncReport, publish_ledger, push_main, sync
from gitreg.store.values import (
    GUEST_BRANCHES,
    OWN_BRANCHES,
    Branches,
    Change,
    Commit,
    CommitId,
    CommitText,
    ObjectId,
    Person,
    RefUpdate,
    Tag,
)

__all__ = [
    "GUEST_BRANCHES",
    "HOOK_MARKER",
    "OWN_BRANCHES",
    "Boundaries",
    "Branches",
    "Change",
    "Checkout",
    "Commit",
    "CommitId",
    "CommitText",
    "Finding",
    "FirstParents",
    "Identity",
    "Login",
    "ObjectId",
    "Person",
    "PreReceive",
    "RefUpdate",
    "Remote",
    "Snapshot",
    "Store",
    "SyncReport",
    "Tag",
    "describe_checkout",
    "find_login",
    "has_our_hook",
    "merge_rule",
    "publish_ledger",
    "push_main",
    "staged_edits",
    "sync",
]
