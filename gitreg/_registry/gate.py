"""What a push has to pass: on a server's hook, and at a remote that lies on this file system."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gitreg._registry.bytes import open_bytes
from gitreg._user import User
from gitreg.decisions import NOBODY, Claim, Finding, Look, Office, Pusher, Receiver, Rulebook, refuse
from gitreg.index import Index

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

    from gitreg.store import RefUpdate, Store


def findings_of(updates: Sequence[RefUpdate], store: Store, pusher: Pusher = NOBODY) -> list[Finding]:
    """Everything that is wrong with a push to `store`, judged by the rules that stand there.

    `pusher` is whom a server let in; nobody is known where the pusher's own process asks.
    """
    branches = store.branches
    index = Index.open(store.layout.own, store, main=branches.main, ledger=branches.ledger)
    try:
        office = Office(store, index)
        found = Receiver(office, pusher).check(updates)
        return found if _is_refused(found) else [*found, *_gathered_again(updates, office, index)]
    finally:
        index.close()


def _is_refused(found: Sequence[Finding]) -> bool:
    return any(finding.severity == "block" for finding in found)


def _gathered_again(updates: Sequence[RefUpdate], office: Office, index: Index) -> Iterator[Finding]:
    """Whether the evidence of what would land on main says what is seen here.

    A server may not reach the place of the bytes: what it cannot see it tells, and stops nothing for; CI does.
    """
    claims = [claim for update in updates for claim in _claims(update, office)]
    if not claims:
        return
    from gitreg.gathering import Observer, differences_of  # noqa: PLC0415 - few pushes bring evidence to look at

    store = office.store
    observer = Observer(index, open_bytes(store, Rulebook(office.snapshot()).settings, User(store.surroundings)))
    for claim in claims:
        for finding in differences_of(claim, observer):
            yield replace(finding, severity="warn") if finding.outcome == "cannot tell" else finding


def _claims(update: RefUpdate, office: Office) -> list[Claim]:
    if update.ref != office.store.branches.main or update.new is None or update.old is None:
        return []
    return Look(office, update.old, update.new, is_push=True).claims()


def check_push(updates: Sequence[RefUpdate], store: Store) -> None:
    """The same as a `PreReceive`: raises `RemoteRefused` that says what is wrong, and where."""
    refuse(findings_of(updates, store), str(store.path))
