"""Checkpoints against the line they are about: whose signatures they have, and whether today's history extends them."""

from __future__ import annotations

import json
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Self

from gitreg.audit.roots import roots_at
from gitreg.decisions import UNREADABLE, Finding, Milestone, Rulebook
from gitreg.documents import Checkpoint, Digest, format_time, parse_time, paths
from gitreg.errors import BadSignature, InvalidKey, InvalidValue
from gitreg.signing import NoteKey, NoteSignature, SignedNote, public_key_of

if TYPE_CHECKING:
    from collections.abc import Iterator
    from datetime import datetime

    from gitreg.decisions import Judge
    from gitreg.documents import Tree

CHECKPOINTS = "checkpoints"
_COMPARE = "Compare with whoever keeps the history that was signed."


@dataclass(frozen=True)
class Anchor:
    """A checkpoint that holds: today's history extends it. `signers` are those whose keys the registry knew."""

    checkpoint: Checkpoint
    signers: tuple[NoteSignature, ...]


@dataclass(frozen=True)
class _Read:
    """A note as it was found somewhere."""

    where: str
    note: SignedNote
    checkpoint: Checkpoint


@dataclass(frozen=True)
class _Held:
    """A checkpoint whose signature by somebody known holds."""

    count: int
    commit: str
    at: datetime
    signers: str

    def to_text(self) -> str:
        return json.dumps([self.count, self.commit, format_time(self.at), self.signers])

    @classmethod
    def from_text(cls, text: str) -> Self | None:
        """None for what is not from here: the cache may hold anything."""
        try:
            count, commit, at, signers = json.loads(text)
            return cls(int(count), str(commit), parse_time(at), str(signers)) if count > 0 else None
        except (ValueError, TypeError, InvalidValue):
            return None


class Notes:
    """The checkpoints of a registry, and one that somebody brings along."""

    def __init__(self, judge: Judge, ledger: Tree | None, brought: bytes | None = None) -> None:
        """Raises `InvalidDocument` where `brought` is no checkpoint."""
        self._judge = judge
        self._ledger = ledger
        self._brought = None if brought is None else _read("the checkpoint that was brought along", brought)

    def anchor(self) -> Anchor | None:
        """The checkpoint brought along, if today's history extends it."""
        if self._brought is None or any(finding.severity == "block" for finding in self._check(self._brought)):
            return None
        return Anchor(self._brought.checkpoint, self._brought.note.signatures(self._known))

    def check(self) -> Iterator[Finding]:
        """What is wrong with any of them. That a file on the ledger is no checkpoint, the check of facts says."""
        for each in self._all:
            yield from self._check(each)

    def kept(self) -> Iterator[Milestone]:
        """Of each checkpoint on the ledger that somebody known signed and that is of this line: how many commits main
        had, when that was by the signers' clocks (the earliest), and who they are.

        A signature that held once holds for ever, so that is kept beside the verdicts: by the note's own bytes, and of
        all notes together for as long as neither they nor the people of the registry change.
        """
        found = self._all_held()
        commits = self._judge.history.commits_at(each.count - 1 for each in found)
        for each in found:
            if commits.get(each.count - 1) == each.commit:
                yield Milestone(each.count, each.at, each.signers)

    def _all_held(self) -> list[_Held]:
        folder = self._ledger.object_id(CHECKPOINTS) if self._ledger is not None else None
        if self._ledger is None or folder is None:
            return []
        cache, key = self._judge.cache, f"notes {self._judge.tree().object_id(paths.APPROVERS)}"
        text = cache.verdict(folder, key) if cache is not None else None
        found = [_Held.from_text(line) for line in text.splitlines()] if text is not None else [None]
        if None in found:
            found = [self._kept(path, object_id) for path, object_id in self._ledger.walk(CHECKPOINTS)]
            if cache is not None:
                cache.put_verdict(folder, key, "\n".join(each.to_text() for each in found if each is not None))
        return [each for each in found if each is not None]

    def _kept(self, path: str, object_id: str) -> _Held | None:
        cache = self._judge.cache
        text = cache.verdict(object_id, "note") if cache is not None else None
        found = _Held.from_text(text) if text is not None else None
        if found is None:
            found = self._held(path)
            if found is not None and cache is not None:
                cache.put_verdict(object_id, "note", found.to_text())
        return found

    def _held(self, path: str) -> _Held | None:
        data = self._ledger.read(path) if self._ledger is not None else None
        try:
            read = _read(path, data or b"")
            signers = read.note.signatures(self._known)
        except (*UNREADABLE, BadSignature):
            return None
        said = read.checkpoint
        if not signers or said.registry != self._judge.rulebook.settings.registry:
            return None
        at = min(each.at or said.at for each in signers)
        return _Held(said.count, said.commit, at, ", ".join(each.signer.name for each in signers))

    @cached_property
    def _all(self) -> tuple[_Read, ...]:
        return (*([self._brought] if self._brought else []), *self._on_ledger())

    def _on_ledger(self) -> Iterator[_Read]:
        if self._ledger is None:
            return
        for path, _ in self._ledger.walk(CHECKPOINTS):
            try:
                yield _read(path, self._ledger.read(path) or b"")
            except UNREADABLE:
                continue

    @cached_property
    def _roots(self) -> dict[int, bytes]:
        return roots_at(self._judge.history, [each.checkpoint.count for each in self._all])

    def _check(self, read: _Read) -> Iterator[Finding]:
        said, where = read.checkpoint, read.where
        try:
            signers = read.note.signatures(self._known)
        except BadSignature as error:
            yield Finding("checkpoint", where, f"A signature of the checkpoint does not fit: {error.message}", _COMPARE)
            return
        if not signers:
            message = "Nobody whom this registry knows signed the checkpoint."
            yield Finding("checkpoint-unknown", where, message, "The keys are those of approvers.json.", "warn")
            if where.startswith(f"{CHECKPOINTS}/"):
                return  # anybody can put a note there
        if said.registry != self._judge.rulebook.settings.registry:
            yield Finding("checkpoint", where, "The checkpoint is of another registry.", _COMPARE)
        elif said.count > self._judge.tip + 1:
            message = f"Main had {said.count} commits when it was signed, and has {self._judge.tip + 1} now."
            yield Finding("checkpoint", where, message, _COMPARE)
        elif self._roots[said.count] != said.root:
            message = f"The first {said.count} commits of main are not the ones that were signed."
            yield Finding("checkpoint", where, message, _COMPARE)

    @cached_property
    def _known(self) -> tuple[NoteKey, ...]:
        """Every key that approvers.json ever had in force."""
        found: dict[NoteKey, None] = {}
        for position in self._judge.authority.events(self._judge.tip):
            try:
                owners = Rulebook(self._judge.tree(position)).owners.values()
                keys = [(owner.person, public_key_of(owner.key)) for owner in owners]
            except (*UNREADABLE, InvalidKey):
                continue
            found |= dict.fromkeys(NoteKey.of(person, key) for person, key in keys if key.type == "ssh-ed25519")
        return tuple(found)


def _read(where: str, data: bytes) -> _Read:
    note = SignedNote.from_bytes(data)
    return _Read(where, note, Checkpoint.from_text(note.text))


def path_of_note(note: SignedNote) -> str:
    """Where a signed checkpoint lies on the ledger. Raises `InvalidDocument`."""
    return paths.checkpoint(Checkpoint.from_text(note.text).count, Digest.of(note.to_bytes()))
