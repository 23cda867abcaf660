"""Auditing one registry, and signing for what the audit saw."""

from __future__ import annotations

from contextlib import contextmanager
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gitreg._registry.views import Anchored
from gitreg.audit import Asked, AsOf, Auditor, as_of, path_of_note, roots_at
from gitreg.decisions import Office, Target
from gitreg.documents import Checkpoint, Digest
from gitreg.errors import Refused
from gitreg.gathering import differences_of
from gitreg.index import Index
from gitreg.registry import following, live_at
from gitreg.signing import FileSigner, SignedNote

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime, timedelta
    from pathlib import Path

    from gitreg._registry.parts import Parts
    from gitreg.audit import AuditReport
    from gitreg.decisions import VerdictCache
    from gitreg.store import CommitId


@dataclass(frozen=True)
class _Verdicts:
    """Those of what is taken on trust as this clone's own index keeps them; all others are the audit's alone."""

    own: VerdictCache
    shared: VerdictCache
    trusted: frozenset[str]

    def verdict(self, commit: str, key: str) -> str | None:
        """What was put, or None."""
        return self._of(commit).verdict(commit, key)

    def put_verdict(self, commit: str, key: str, value: str) -> None:
        """Keep it: one that the audit gave itself may serve the next one."""
        self._of(commit).put_verdict(commit, key, value)

    def _of(self, commit: str) -> VerdictCache:
        return self.shared if commit in self.trusted else self.own


class Audits:
    """Reads with an index of its own: what lies on this disk could have been written by anybody."""

    def __init__(self, parts: Parts) -> None:
        """Nothing is read yet."""
        self._parts = parts

    def verify(self, root: str | None, since: str | None, against: bytes | None) -> AuditReport:
        """See `Registry.audit`."""
        start = self._parts.office.commit_at(since) if since is not None else None
        with self._office(start) as office:
            return self._auditor(office).audit(Digest(root) if root is not None else None, start, against)

    def as_of(self, model: str, stage: str, at: datetime, skew: timedelta) -> AsOf:
        """See `Registry.as_of`. The shared index will do: whoever doubts it runs an audit."""
        office = self._parts.office
        ledger = self._parts.store.snapshot(self._parts.store.ledger_tip())
        found = as_of(office.judge(), ledger, Target(model, stage), Asked(at, office.now, skew))
        live = following(live_at(self._parts.index.deployments(model), at), model, stage)
        return replace(found, live=tuple(live))

    def checkpoint(self, key: Path, why: str | None = None) -> Anchored:
        """Audit main, and sign what it is and what the audit said. Raises `InvalidKey`, and what publishing raises."""
        with self._office() as office:
            report = self._auditor(office).audit()
            root = roots_at(office.history(), [report.commits])[report.commits]
            said = Checkpoint(report.registry, report.commits, root, report.main, report.outcome, office.now)
            note = SignedNote(said.to_text()).signed(key, self._name_of(office, key))
        return self._publish(note, said, why)

    def countersign(self, data: bytes, key: Path, why: str | None = None) -> Anchored:
        """Check a checkpoint against this clone, and sign it too, with the time.

        Raises `InvalidDocument`, `Refused` where today's history does not extend it, `InvalidKey`.
        """
        with self._office() as office:
            report = self._auditor(office).audit(against=data)
            if report.anchor is None:
                why = next(each.finding.message for each in report.objections if each.finding.rule == "checkpoint")
                raise Refused(
                    f"This clone does not bear the checkpoint out. {why}", hint="gitreg sync; then look again."
                )
            note = SignedNote.from_bytes(data).signed(key, self._name_of(office, key), office.now)
        return self._publish(note, report.anchor.checkpoint, why)

    def _auditor(self, office: Office) -> Auditor:
        return Auditor(office, lambda claim: differences_of(claim, self._parts.observer))

    @contextmanager
    def _office(self, since: CommitId | None = None) -> Iterator[Office]:
        """`since` is the commit up to which main is taken on trust."""
        store = self._parts.store
        fresh = Index.open(None, store, main=store.branches.main, ledger=store.branches.ledger)
        try:
            yield Office(store, fresh, verdicts=self._verdicts(Office(store, fresh), since) if since else None)
        finally:
            fresh.close()

    def _verdicts(self, office: Office, since: CommitId) -> _Verdicts | None:
        """None where the commit is not on main's line, so that nothing is taken on trust."""
        line = office.history()
        place = line.position(since)
        if place is None or office.index is None:
            return None
        return _Verdicts(office.index, self._parts.index, frozenset(line.commits[: place + 1]))

    def _name_of(self, office: Office, key: Path) -> str:
        """Whose key it is by approvers.json; else whom git says we are."""
        owner = self._parts.record.people().owners.get(FileSigner.open(key).public_key.fingerprint)
        return owner.person if owner is not None else office.actor().principal

    def _publish(self, note: SignedNote, said: Checkpoint, why: str | None) -> Anchored:
        path = path_of_note(note)
        subject = f"checkpoint: main at {said.count} commits ({said.verdict})"
        recorded = self._parts.ledger.publish(lambda _: {path: note.to_bytes()}, subject, why=why)
        return Anchored(said, note, path, recorded.trouble)
