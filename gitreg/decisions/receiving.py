"""What a bare server's hook takes and refuses, ref by ref. People's own branches are their own."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitreg.decisions.facts import check_facts
from gitreg.decisions.findings import UNREADABLE, Finding
from gitreg.decisions.looking import Look
from gitreg.decisions.office import APPROVALS, CLOSED, Office
from gitreg.decisions.pushers import NOBODY, Pusher, Span, check_facts_pushed, writers_of
from gitreg.documents import Fingerprint, Statement
from gitreg.errors import ApprovalRefused, RemoteRefused
from gitreg.signing import NAMESPACE, verify

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Sequence

    from gitreg.store import CommitId, RefUpdate, Store

_MERGE_LEDGERS = "gitreg sync"


@dataclass(frozen=True)
class Receiver:
    """Judges a push to the repository of an office, by the rules that stand there."""

    office: Office
    pusher: Pusher = NOBODY
    """Whom the server let in."""

    def check(self, updates: Sequence[RefUpdate]) -> list[Finding]:
        """Everything wrong with a push; `path` begins with the ref where it is about a whole ref."""
        return [finding for update in updates for finding in self._check(update)]

    def _check(self, update: RefUpdate) -> Iterator[Finding]:
        branches = self.office.store.branches
        if update.ref == branches.main:
            yield from self._main(update)
        elif update.ref == branches.ledger:
            yield from self._ledger(update)
        elif update.ref.startswith(APPROVALS):
            yield from self._statement(update)
        elif update.ref.startswith(CLOSED) and update.old is not None:
            yield Finding("closed", update.ref, "What was closed is kept as it is.")

    def _main(self, update: RefUpdate) -> Iterator[Finding]:
        if update.new is None:
            yield Finding("line", update.ref, "The decisions branch is never deleted.")
            return
        look = Look(self.office, update.old, update.new, is_push=True)
        yield from look.findings()
        yield from look.forbidden(self.pusher)

    def _ledger(self, update: RefUpdate) -> Iterator[Finding]:
        store = self.office.store
        if update.new is None:
            yield Finding("append-only", update.ref, "The ledger is never deleted.")
            return
        if update.old is not None and not store.is_ancestor(update.old, update.new):
            message = "The push does not build on the ledger as it is here."
            yield Finding("append-only", update.ref, message, _MERGE_LEDGERS)
        yield from check_facts(store.snapshot(update.old), store.snapshot(update.new))
        try:
            writers = writers_of(self.office)
            yield from check_facts_pushed(store, Span(update.old, update.new), writers, self.pusher) if writers else ()
        except UNREADABLE as error:
            yield Finding("unreadable", error.subject or update.ref, error.message, error.hint, outcome="cannot tell")

    def _statement(self, update: RefUpdate) -> Iterator[Finding]:
        """A ref of a key holds what that key signed, and nothing else. Whether it counts is asked where it lands."""
        if update.new is None:
            return
        try:
            problem = self._statement_problem(update.ref, update.new)
        except (*UNREADABLE, ApprovalRefused) as error:
            problem = error.message
        if problem:
            yield Finding("approval-invalid", update.ref, problem, f"gitreg approve {update.ref.split('/')[-2]}")

    def _statement_problem(self, ref: str, commit: CommitId) -> str:
        store = self.office.store
        key = Fingerprint(ref.rpartition("/")[2])
        names = {entry.name for entry in store.snapshot(commit).entries()}
        if store.commit(commit).parents or names != {f"{key}.json", f"{key}.json.sig"}:
            return "A statement is one commit without parents that holds KEY.json and KEY.json.sig."
        tree = store.snapshot(commit)
        data = tree.read(f"{key}.json") or b""
        Statement.from_bytes(data, ref)
        if verify(tree.read(f"{key}.json.sig") or b"", data, NAMESPACE).fingerprint != key:
            return "The statement is signed by another key than its ref names."
        return ""


def receiver_of(office_of: Callable[[Store], Office]) -> Callable[[Sequence[RefUpdate], Store], None]:
    """The check as a path remote wants it. It raises `RemoteRefused` with everything that was found."""

    def check(updates: Sequence[RefUpdate], store: Store) -> None:
        refuse(Receiver(office_of(store)).check(updates), str(store.path))

    return check


def refuse(findings: Sequence[Finding], where: str) -> None:
    """Raise `RemoteRefused` if anything blocks."""
    blocking = [finding for finding in findings if finding.severity == "block"]
    if blocking:
        words = " ".join(f"{finding.path}: {finding.message}" for finding in blocking)
        raise RemoteRefused(f"{where} refuses the push. {words}", subject=blocking[0].path, hint=blocking[0].hint)
