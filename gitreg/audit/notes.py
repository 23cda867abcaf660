"""Checkpoints against the line they are about: whose signatures they have, and whether today's history extends them."""

from __future__ import annotations

from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING

from gitreg.audit.roots import roots_at
from gitreg.decisions import UNREADABLE, Finding, Rulebook
from gitreg.documents import Checkpoint, Digest, paths
from gitreg.errors import BadSignature, InvalidKey
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

    def kept(self) -> Iterator[tuple[int, datetime, str]]:
        """Of each checkpoint on the ledger that somebody known signed and that is of this line: how many commits main
        had, when that was by the signers' clocks (the earliest), and who they are.
        """
        commits = self._judge.history.commits
        for read in self._on_ledger():
            said = read.checkpoint
            try:
                signers = read.note.signatures(self._known)
            except BadSignature:
                continue
            is_ours = said.count <= len(commits) and commits[said.count - 1] == said.commit
            if signers and is_ours and said.registry == self._judge.rulebook.settings.registry:
                at = min(each.at or said.at for each in signers)
                yield said.count, at, ", ".join(each.signer.name for each in signers)

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
