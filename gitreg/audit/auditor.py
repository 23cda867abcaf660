"""The audit: all of main's past judged again from the commits alone, with the facts on the ledger it rests on.

It trusts no index on disk, no kept verdict and no date. What it cannot see from inside, a whole history that somebody
made up, it says: nothing here proves the beginning but a digest that the auditor brings along, and nothing the end but
a checkpoint that somebody else keeps.
"""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gitreg.audit.notes import CHECKPOINTS, Anchor, Notes
from gitreg.decisions import UNREADABLE, Finding, check_ledger, check_step, claims_at, log, outcome_of, read_document
from gitreg.documents import Alias, Digest, classify_fact, paths
from gitreg.errors import CannotTell
from gitreg.store import CommitId

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator, Sequence

    from gitreg.decisions import Claim, Judge, LogEntry, Milestone, Office, Rulebook
    from gitreg.documents import Outcome, RegistryId, Severity, Tree

_ALIASES = "aliases"
_ERASED = "erased"
_CHECKED = ("versions", "deployments", _ALIASES, _ERASED, CHECKPOINTS)
"""What of the ledger decisions and proofs rest on, what was reported of targets, and what may not come back."""
_ANOTHER = "Ask whoever gave you the digest which registry it is of."


@dataclass(frozen=True)
class Founding:
    """The landing by which the registry's people could for the first time meet every quorum.

    `digest` is that of its decision; where no decision was needed, the sha256 of what `sha256sum allowed_signers
    approvers.json gitreg.json policies/*.json` prints there, with rights.json at the end where there is one.
    """

    digest: Digest
    commit: CommitId


@dataclass(frozen=True)
class Objection:
    """A finding, and the commit that brought it in, with whom that commit names as its author (a claim, no proof)."""

    finding: Finding
    commit: CommitId | None = None
    title: str = ""
    author: str = ""


@dataclass(frozen=True)
class AuditReport:
    """What was looked at and what was found."""

    registry: RegistryId
    main: CommitId
    ledger: CommitId | None
    commits: int
    landings: int
    unreviewed: int
    by_review: int
    """How many decisions in force rest on a review on the forge that somebody attested, not on signatures alone."""
    founding: Founding | None
    is_rooted: bool
    """Whether the founding is the one that the auditor brought along."""
    since: CommitId | None
    """What came up to here was taken on trust."""
    anchor: Anchor | None
    """The checkpoint that the auditor brought along, if the history of today extends it."""
    erased: int
    """How many erasures the ledger tells of: what was decided on such bytes stands, and nobody can look again."""
    objections: tuple[Objection, ...]

    @property
    def outcome(self) -> Outcome:
        """Cannot tell never passes."""
        return outcome_of(each.finding for each in self.objections)


class Auditor:
    """Audits one clone. The office's index must be one that was built from the commits just now."""

    def __init__(self, office: Office, look_again: Callable[[Claim], Iterable[Finding]] = lambda _: ()) -> None:
        """`look_again` compares written evidence with what is seen here."""
        self._office = office
        self._look_again = look_again
        self._store = office.store

    def audit(
        self, root: Digest | None = None, since: CommitId | None = None, against: bytes | None = None
    ) -> AuditReport:
        """Judge everything on main after `since`, and what it rests on.

        `root` is the founding's digest and `against` a checkpoint, both kept somewhere else. Raises `RegistryNotFound`,
        `InvalidDocument` where that is no checkpoint, and `CannotTell` where this clone may hide a part of history.
        """
        judge = self._office.judge()
        if not judge.history.is_whole:
            raise self._cut()
        start = -1 if since is None else judge.history.position(since)
        founding = _founding(judge)
        entries = log(judge)
        notes = Notes(judge, self._store.snapshot(self._store.ledger_tip()), against)
        found = [
            *_rooted(founding, root),
            *self._main(judge, start, since, tuple(notes.kept())),
            *_one_number(entries),
            *_compromised(judge, entries),
            *self._ledger(judge.rulebook, entries),
            *((finding, self._last_change(finding.path)) for finding in notes.check()),
        ]
        return AuditReport(
            registry=judge.rulebook.settings.registry,
            main=self._office.main,
            ledger=self._store.ledger_tip(),
            commits=judge.tip + 1,
            landings=len({entry.digest for entry in entries}),
            unreviewed=len({entry.digest for entry in entries if _is_unreviewed(entry)}),
            by_review=len({entry.digest for entry in entries if _is_by_review(entry)}),
            founding=founding,
            is_rooted=founding is not None and founding.digest == root,
            since=since,
            anchor=notes.anchor(),
            erased=sum(1 for _ in self._store.snapshot(self._store.ledger_tip()).walk(_ERASED)),
            objections=tuple(self._objections(found)),
        )

    def _cut(self) -> CannotTell:
        seen = self._store.boundaries()
        why = {
            "it is shallow": bool(seen.shallow),
            "it has grafts": seen.grafts,
            "it has replace refs": bool(seen.replace_refs),
            "it borrows objects from another repository": seen.alternates,
        }
        message = (
            f"This clone may show another history than the commits tell: {', '.join(k for k, v in why.items() if v)}."
        )
        return CannotTell(message, subject=str(self._store.path), hint="Audit a fresh and whole clone: git clone URL")

    def _main(
        self, judge: Judge, start: int | None, since: CommitId | None, milestones: Sequence[Milestone]
    ) -> Iterator[tuple[Finding, str | None]]:
        if start is None:
            message = f"{since} is not on main's first-parent line: what landed up to there was rewritten or dropped."
            yield Finding("line", self._store.branches.main, message, "Compare with whoever has the old main."), None
            start = -1
        for position in range(start + 1, judge.tip + 1):
            for finding in check_step(judge, position, milestones=milestones):
                yield finding, judge.history.commits[position]
            for finding in self._evidence(judge, position):
                yield finding, judge.history.commits[position]

    def _evidence(self, judge: Judge, position: int) -> Iterator[Finding]:
        """Bytes that are not here prove nothing against what was approved; other bytes do."""
        try:
            claims = [*claims_at(judge, position)] if position else []
        except UNREADABLE:
            return  # said by the check of the step
        for finding in (each for claim in claims for each in self._look_again(claim)):
            yield replace(finding, severity="warn") if finding.outcome == "cannot tell" else finding

    # --- the ledger -------------------------------------------------------------------------------------------------

    def _ledger(self, rulebook: Rulebook, entries: Sequence[LogEntry]) -> Iterator[tuple[Finding, str | None]]:
        tip = self._store.ledger_tip()
        if tip is None:
            return
        now = self._store.snapshot(tip)
        for finding, commit in check_ledger(self._store, None, tip, _CHECKED):
            yield finding, commit or self._last_change(finding.path)
        yield from ((finding, None) for finding in _bookmarks(now, rulebook))
        yield from ((finding, None) for finding in _approved_facts(now, entries))

    def _last_change(self, path: str) -> str | None:
        """The commit that made a file of the ledger what it is; None for what is not there."""
        tip, last = self._store.ledger_tip(), None
        wanted = self._store.snapshot(tip).object_id(path)
        if tip is None or wanted is None:
            return None
        for commit in self._store.first_parents(tip):
            if self._store.snapshot(commit).object_id(path) != wanted:
                break
            last = commit
        return last

    # --- whose ------------------------------------------------------------------------------------------------------

    def _objections(self, found: Iterable[tuple[Finding, str | None]]) -> Iterator[Objection]:
        """Each finding once, at the first commit that has it."""
        first: dict[Finding, str | None] = {}
        for finding, commit in found:
            first.setdefault(finding, commit)
        for finding, commit in first.items():
            yield self._objection(finding, commit)

    def _objection(self, finding: Finding, name: str | None) -> Objection:
        if name is None:
            return Objection(finding)
        commit = self._store.commit(CommitId(name))
        return Objection(finding, commit.id, commit.subject, f"{commit.author.name} <{commit.author.email}>")


def _founding(judge: Judge) -> Founding | None:
    place = judge.authority.founded_at(judge.tip)
    if place is None:
        return None
    commit = CommitId(judge.history.commits[place])
    standing = judge.in_force(paths.GOVERNANCE, place)
    if standing is not None and standing.completed is not None and standing.completed.position == place:
        return Founding(standing.digest, commit)
    return Founding(rules_digest(judge.tree(place)), commit)


def rules_digest(tree: Tree) -> Digest:
    """The digest of what a tree says about who may decide what; see `Founding`."""
    files = [paths.ALLOWED_SIGNERS, paths.APPROVERS, paths.SETTINGS]
    files += [*sorted(path for path, _ in tree.walk("policies")), paths.RIGHTS]
    found = [(path, data) for path in files if (data := tree.read(path)) is not None]
    lines = [f"{hashlib.sha256(data).hexdigest()}  {path}\n" for path, data in found]
    return Digest.of("".join(lines).encode())


def _rooted(founding: Founding | None, root: Digest | None) -> Iterator[tuple[Finding, str | None]]:
    if root is None or (founding is not None and founding.digest == root):
        return
    if founding is None:
        message = "The registry has no founding: its people never could meet what its policies ask."
        yield Finding("root", paths.GOVERNANCE, message, _ANOTHER), None
        return
    message = f"The registry was founded by {founding.digest}, not by the digest that was brought along."
    yield Finding("root", paths.GOVERNANCE, message, _ANOTHER), founding.commit


def _is_by_review(entry: LogEntry) -> bool:
    return entry.judgement.is_in_force and bool(entry.judgement.people.by_review)


def _is_unreviewed(entry: LogEntry) -> bool:
    return entry.judgement.is_in_force and entry.judgement.is_unreviewed


def _one_number(entries: Sequence[LogEntry]) -> Iterator[tuple[Finding, str | None]]:
    """A number that two versions of a model had in decisions in force: numbers never return."""
    known: dict[tuple[str, int], Digest] = {}
    for entry in reversed(entries):
        move = entry.move
        if move is None or move.number is None or move.version is None or not entry.judgement.is_in_force:
            continue
        first = known.setdefault((move.model, move.number), move.version)
        if first != move.version:
            message = f"{move.model}/{move.number} was {first.short} before and is {move.version.short} here."
            yield Finding("number", paths.decision(entry.folder), message), entry.place.commit


def _compromised(judge: Judge, entries: Sequence[LogEntry]) -> Iterator[tuple[Finding, str | None]]:
    """Decisions that a key signed which others may have had by then; one that was replaced since only warns."""
    places = {entry.digest: entry.place.position for entry in entries}
    latest = {entry.folder: entry.digest for entry in reversed(entries) if entry.judgement.is_in_force}
    for key, said in judge.rulebook.compromised().items():
        trusted = places.get(said.last_trusted, -1) if said.last_trusted is not None else -1
        for entry in entries:
            completed = entry.judgement.completed
            if completed is None or entry.place.position <= trusted:
                continue
            path = paths.statement(entry.folder, key)
            if judge.tree(completed.position).object_id(path) is not None:
                message = f"It rests on the key {key[:16]}, which others may have had by then: {said.reason}"
                hint = "Decide it anew with keys that are nobody else's, or withdraw it."
                standing = latest[entry.folder] == entry.digest
                severity: Severity = "block" if standing else "warn"
                yield Finding("compromised", path, message, hint, severity, "cannot tell"), entry.place.commit


def _approved_facts(ledger: Tree, entries: Sequence[LogEntry]) -> Iterator[Finding]:
    """Whether the ledger still tells of what was approved what the decision does."""
    seen: set[str] = set()
    for entry in entries:
        move = entry.move
        if move is None or move.version is None or not entry.judgement.is_in_force:
            continue
        path = paths.version(move.model, move.number or 0, move.version)
        if path in seen:
            continue
        seen.add(path)
        if ledger.object_id(path) is None:
            message = f"The ledger here does not hold {move.model}/{move.number}, which was decided on."
            yield Finding("fact-missing", path, message, "gitreg sync; git fetch origin ledger", severity="warn")


def _bookmarks(ledger: Tree, rulebook: Rulebook) -> Iterator[Finding]:
    """Aliases that look like stages: addresses never mean them, but people may."""
    for path, _ in ledger.walk(_ALIASES):
        kind = classify_fact(path)
        alias = read_document(ledger, path, Alias) if kind is not None and kind.kind == "alias" else None
        if alias is not None and alias.version is not None and alias.alias in rulebook.settings.stages:
            message = f"A bookmark is called {alias.alias}, as a stage is; {alias.model}@{alias.alias} means the stage."
            yield Finding(
                "bookmark", path, message, f"gitreg alias {alias.model} {alias.alias} --remove", severity="warn"
            )
