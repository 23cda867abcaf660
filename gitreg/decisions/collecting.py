"""A proposal as it is in the repository: a branch, what people said about it in refs, and what merging it would do."""

from __future__ import annotations

from dataclasses import dataclass, field
from typing import TYPE_CHECKING

from gitreg.decisions.history import History, differing
from gitreg.decisions.landing import folders_of
from gitreg.decisions.office import APPROVALS, CLOSED, Office
from gitreg.decisions.rulebook import read_document
from gitreg.decisions.validation import decisions_in, sealed
from gitreg.documents import Decision, Digest, Fingerprint, ProposalId, Statement, Tree, paths
from gitreg.errors import Conflict, InvalidDocument, InvalidValue, ProposalNotFound, UnsafeRepository
from gitreg.store import CommitId, Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitreg.decisions.judgement import Judgement
    from gitreg.decisions.judging import Judge

_MAX_COMMITS = 10_000
"""How far a proposal's branch is followed for the commit of main that it began at."""


@dataclass(frozen=True)
class Change:
    """What a proposal's branch would do to main: its decision, and edits to the tip it was looked at from."""

    decision: Decision
    edits: Mapping[str, bytes | None] = field(repr=False)

    @property
    def digest(self) -> Digest:
        """The decision's digest."""
        return self.decision.digest

    @property
    def folders(self) -> tuple[str, ...]:
        """Where the decision stands."""
        return folders_of(self.decision)


@dataclass(frozen=True)
class Merged:
    """Main as it would be, and the verdict on the decision there."""

    change: Change
    judge: Judge
    tree: Tree = field(repr=False)
    edits: Mapping[str, bytes | None] = field(repr=False)
    judgement: Judgement = field(repr=False)


def open_proposals(office: Office) -> dict[ProposalId, CommitId]:
    """Every proposal's branch, local ones before those that only the remote is known to have."""
    prefix = office.store.branches.proposals
    tracked = prefix.replace("refs/heads/", "refs/remotes/origin/", 1)
    return _by_id(office, tracked) | _by_id(office, prefix)


def closed_proposals(office: Office) -> dict[ProposalId, CommitId]:
    """What was closed, with the commits that are kept of it."""
    return _by_id(office, CLOSED)


def _by_id(office: Office, prefix: str) -> dict[ProposalId, CommitId]:
    found: dict[ProposalId, CommitId] = {}
    for ref, tip in office.store.refs(prefix).items():
        try:
            found[ProposalId(ref.removeprefix(prefix))] = tip
        except InvalidValue:
            continue  # a branch that is no proposal's
    return found


def change_of(office: Office, base: CommitId, head: CommitId, name: str = "") -> Change:
    """What merging `head` into `base` would do. Raises `ProposalNotFound` where it holds no decision, `Conflict`."""
    fork = fork_of(office, office.history(base), head)
    try:
        found = decisions_in(office.store.snapshot(fork), office.store.snapshot(head))
    except (InvalidDocument, UnsafeRepository) as error:
        raise ProposalNotFound(f"{name or head} holds no decision: {error.message}", subject=name) from None
    fresh = {decision.digest: decision for decision in found.values()}
    if len(fresh) != 1:
        message = (
            f"{name or head} holds {len(fresh) or 'no'} decision{'s' if len(fresh) > 1 else ''}; a proposal has one."
        )
        raise ProposalNotFound(message, subject=name)
    return Change(next(iter(fresh.values())), dict(edits_between(office, base, head)))


def edits_between(office: Office, base: CommitId, head: CommitId) -> Iterator[tuple[str, bytes | None]]:
    """What merging `head` into `base` would change. Raises `Conflict` where both changed a person's file."""
    fork = fork_of(office, office.history(base), head)
    return _edits(office.store.snapshot(fork), office.store.snapshot(base), office.store.snapshot(head))


def _edits(origin: Snapshot, tip: Snapshot, branch: Snapshot) -> Iterator[tuple[str, bytes | None]]:
    """What the branch changed, that is not so on main already. Raises `Conflict` where both changed a person's file."""
    for path in differing(origin, branch):
        if branch.object_id(path) == tip.object_id(path):
            continue
        if not paths.is_owned(path) and tip.object_id(path) != origin.object_id(path):
            raise Conflict(
                f"{path} changed on both sides.", subject=path, hint="Bring the proposal up to date with git."
            )
        yield path, branch.read(path)


def fork_of(office: Office, history: History, head: CommitId) -> CommitId | None:
    """The newest commit of main's line that the branch was built on, whatever it merged since."""
    queue, seen, found = [head], {head}, -1
    for commit in queue:
        place = history.position(commit)
        if place is not None:
            found = max(found, place)
            continue
        if len(seen) > _MAX_COMMITS:
            raise UnsafeRepository(f"A proposal has more than {_MAX_COMMITS} commits.", subject=head)
        for parent in office.store.commit(commit).parents:
            if parent not in seen:
                seen.add(parent)
                queue.append(parent)
    return CommitId(history.commits[found]) if found >= 0 else None


def statements_about(office: Office, digest: Digest) -> dict[Fingerprint, tuple[bytes, bytes]]:
    """What people said about a decision in refs, by key. Whose word it is, and whether it counts, is the judge's."""
    found: dict[Fingerprint, tuple[bytes, bytes]] = {}
    for ref, tip in office.store.refs(APPROVALS).items():
        key = ref.rpartition("/")[2]
        tree = office.store.snapshot(tip)
        pair = (tree.read(f"{key}.json"), tree.read(f"{key}.json.sig"))
        if pair[0] is not None and pair[1] is not None and _is_about(pair[0], digest):
            found[Fingerprint(key)] = (pair[0], pair[1])
    return found


def _is_about(data: bytes, digest: Digest) -> bool:
    try:
        return Statement.from_bytes(data).decision == digest
    except (InvalidDocument, InvalidValue):
        return False


def refs_about(office: Office, name: ProposalId) -> list[str]:
    """The refs of a proposal's statements."""
    return sorted(office.store.refs(f"{APPROVALS}{name}/"))


def seal(change: Change, spoken: Mapping[Fingerprint, tuple[bytes, bytes]]) -> dict[str, bytes | None]:
    """The proposal's edits with every statement in every folder; of two by one key the later one."""
    return sealed(change.edits, change.decision, spoken)


def merged(office: Office, base: CommitId, change: Change) -> Merged:
    """Main as it would be if the proposal were merged into `base` now, with every statement that can be seen."""
    judge = office.judge(base)
    edits = seal(change, statements_about(office, change.digest))
    tree = office.store.snapshot(base).with_edits(edits)
    after = judge.after(tree)
    folder = change.folders[0]
    if read_document(tree, paths.decision(folder), Decision) != change.decision:
        raise ProposalNotFound("The proposal's decision does not stand in its own folder.", subject=folder)
    return Merged(change, after, tree, edits, after.judge(folder, change.digest))
