"""The git store: snapshots, changes that land, history, and other clones. The only room that knows git."""

from typing import TYPE_CHECKING

from gitreg.lazy import lazily

if TYPE_CHECKING:
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
    from gitreg.store.syncing import SyncReport, publish_ledger, push_main, sync
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

__getattr__ = lazily(
    __name__,
    {
        "credentials": ("Login", "find_login"),
        "doctor": ("Finding",),
        "history": ("Boundaries", "FirstParents"),
        "identity": ("Identity",),
        "ledger": ("merge_rule",),
        "remote": ("HOOK_MARKER", "Remote", "has_our_hook"),
        "snapshot": ("Snapshot",),
        "source": ("Checkout", "describe_checkout"),
        "staging": ("staged_edits",),
        "store": ("PreReceive", "Store"),
        "syncing": ("SyncReport", "publish_ledger", "push_main", "sync"),
        "values": (
            "GUEST_BRANCHES",
            "OWN_BRANCHES",
            "Branches",
            "Change",
            "Commit",
            "CommitId",
            "CommitText",
            "ObjectId",
            "Person",
            "RefUpdate",
            "Tag",
        ),
    },
)
