"""What a push has to pass: on a server's hook, and at a remote that lies on this file system."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.decisions import Finding, Office, Receiver, refuse
from gitreg.index import Index

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitreg.store import RefUpdate, Store


def findings_of(updates: Sequence[RefUpdate], store: Store) -> list[Finding]:
    """Everything that is wrong with a push to `store`, judged by the rules that stand there."""
    branches = store.branches
    index = Index.open(store.layout.own, store, main=branches.main, ledger=branches.ledger)
    try:
        return Receiver(Office(store, index)).check(updates)
    finally:
        index.close()


def check_push(updates: Sequence[RefUpdate], store: Store) -> None:
    """The same as a `PreReceive`: raises `RemoteRefused` that says what is wrong, and where."""
    refuse(findings_of(updates, store), str(store.path))
