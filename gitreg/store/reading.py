"""One repository, read: any commit of it, its refs, its history."""

from __future__ import annotations

from typing import TYPE_CHECKING, Self

from gitreg.errors import CorruptRepository, RevisionNotFound
from gitreg.store import commits, formats, history, trees
from gitreg.store.config import GitConfig, stamp_of
from gitreg.store.ledger import merge_trees
from gitreg.store.objects import COMMIT, TAG, Objects, Overlay
from gitreg.store.refs import Refs
from gitreg.store.revisions import resolve
from gitreg.store.snapshot import Snapshot
from gitreg.store.values import GUEST_BRANCHES, OWN_BRANCHES, Branches, Change, Commit, CommitId, ObjectId, Tag

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator
    from pathlib import Path

    from gitreg.store.layout import Layout
    from gitreg.surroundings import Surroundings

_ORIGIN = "refs/remotes/origin/"


def _files_of(refs: Iterable[str]) -> Iterator[str]:
    """Where a change of these branches, or of what is known of them at origin, is seen."""
    yield "packed-refs"
    yield from (prefix + ref.removeprefix("refs/heads/") for ref in refs for prefix in ("refs/heads/", _ORIGIN))


_LEDGER_FILES = (*_files_of((OWN_BRANCHES.ledger, GUEST_BRANCHES.ledger)),)
_GUEST_FILES = (*_files_of((GUEST_BRANCHES.main, GUEST_BRANCHES.ledger)), "config")


class Reading:
    """What can be asked of a repository. `Store` adds what changes it."""

    def __init__(self, place: Layout, surroundings: Surroundings, quarantine: Path | None = None) -> None:
        """Raises `UnsafeRepository` for a format we do not know, `CorruptRepository` for a config that is none."""
        self.layout = place
        self.surroundings = surroundings
        self.config = GitConfig(place.common_dir / "config", surroundings)
        self.objects = Objects(place.objects, formats.object_format(self.config, place), quarantine)
        self._refs = Refs(place.common_dir, place.git_dir)
        self._ledger_files = [place.common_dir / name for name in _LEDGER_FILES]
        self._guest_files = [place.common_dir / name for name in _GUEST_FILES]
        self._branches: tuple[object, Branches] | None = None

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of open pack files; they are opened again when something is read."""
        self.objects.close()

    @property
    def git_dir(self) -> Path:
        """The git folder that all work trees share."""
        return self.layout.common_dir

    @property
    def work_tree(self) -> Path | None:
        """The work tree this store was opened through, None in a bare repository."""
        return self.layout.work_tree

    @property
    def path(self) -> Path:
        """What a person calls the place of this repository."""
        return self.layout.work_tree or self.layout.common_dir

    @property
    def branches(self) -> Branches:
        """Which refs are main and ledger here: a registry of its own, or a guest in a code repository.

        Nearly every question asks for them, and they hardly ever change.
        """
        stamp = [stamp_of(path) for path in self._guest_files]
        if self._branches is None or self._branches[0] != stamp:
            self._branches = stamp, self._found_branches()
        return self._branches[1]

    def _found_branches(self) -> Branches:
        guests = (GUEST_BRANCHES.main, GUEST_BRANCHES.ledger)
        is_guest = self.config.local("gitreg.guest") == "true" or any(
            self.tip(ref) or self.tip(tracked(ref)) for ref in guests
        )
        return GUEST_BRANCHES if is_guest else OWN_BRANCHES

    def tip(self, ref: str) -> CommitId | None:
        """The commit a ref points at, by its full name; None when it does not exist."""
        return self._refs.get(ref)

    def ledger_tip(self) -> CommitId | None:
        """The ledger as this clone knows it: its own, or (before it has recorded anything) origin's."""
        ledger = self.branches.ledger
        return self.tip(ledger) or self.tip(tracked(ledger))

    def ledger_stamp(self) -> object:
        """Equal as long as the ledger's tip is, and a hundredth of the work of asking for it."""
        return [stamp_of(path) for path in self._ledger_files]

    def main_tip(self) -> CommitId | None:
        """Main as this clone knows it: its own, or (in a clone that never checked it out) origin's."""
        main = self.branches.main
        return self.tip(main) or self.tip(tracked(main))

    def refs(self, prefix: str = "refs/") -> dict[str, CommitId]:
        """Every ref below a prefix, by full name."""
        return self._refs.all(prefix)

    def tags(self) -> Iterator[Tag]:
        """The tags that name commits, by name."""
        for ref, target in sorted(self.refs("refs/tags/").items()):
            try:
                told = commits.parse_tagger(self.objects.raw(target, TAG)) if self.objects.kind(target) == TAG else None
                commit = self.resolve(target)
            except (CorruptRepository, RevisionNotFound):
                continue  # a tag of a tree or file, or a damaged one
            tagger, at, message = told or (None, None, "")
            yield Tag(ref.removeprefix("refs/tags/"), commit, tagger, at, message)

    def head(self) -> str | None:
        """The full name of the branch that HEAD names, None when it is detached."""
        return self._refs.head()

    def resolve(self, revision: str) -> CommitId:
        """A commit from what people type: a branch, tag, (short) id, with `~2`, `^`. Raises `RevisionNotFound`."""
        return resolve(revision, self._refs, self.objects)

    def snapshot(self, revision: str | None) -> Snapshot:
        """The files of a commit; of None, no files. Raises `RevisionNotFound`."""
        if revision is None:
            return Snapshot(self.objects, None, None)
        commit_id = revision if isinstance(revision, CommitId) else self.resolve(revision)
        return Snapshot(self.objects, self.commit(commit_id).tree, commit_id)

    def commit(self, commit_id: CommitId) -> Commit:
        """One commit, with its raw parents. Raises `CorruptRepository` when it is missing or damaged."""
        return commits.parse(commit_id, self.objects.raw(commit_id, COMMIT))

    def has_object(self, object_id: str) -> bool:
        """Whether an object is here."""
        return object_id in self.objects

    def changes(self, before: CommitId | None, after: CommitId | None) -> Iterator[Change]:
        """The paths that differ between two commits, sorted. Folders that are equal are never opened."""
        return trees.compare(self.objects, self._tree_of(before), self._tree_of(after))

    def first_parents(self, revision: str) -> history.FirstParents:
        """The first-parent line from a revision, newest first; its `boundary` tells where a shallow clone cut it."""
        return history.FirstParents(self.objects, self.resolve(revision), self.shallow())

    def is_ancestor(self, ancestor: CommitId, descendant: CommitId) -> bool:
        """Whether `descendant` is, or was built on, `ancestor`. Raw parents; a shallow cut ends the search."""
        return history.is_ancestor(self.objects, ancestor, descendant, self.shallow())

    def shallow(self) -> frozenset[CommitId]:
        """The commits whose parents a shallow clone left behind."""
        return history.shallow_commits(self.git_dir)

    def boundaries(self) -> history.Boundaries:
        """What stands between this repository and its own history: for a verdict, each of these is refused."""
        return history.boundaries(self.git_dir, self._refs)

    def merge_ledgers(self, *tips: CommitId | None) -> Snapshot:
        """The merge of ledgers by the merge rule, in memory: `write_commit` stores it. Order does not matter."""
        merged = Snapshot(self.objects, None, None)
        for tip in tips:
            reader = Overlay(self.objects, merged.pending())
            tree, new = merge_trees(reader, merged.tree, self._tree_of(tip))
            merged = Snapshot(Overlay(self.objects, (*merged.pending(), *new)), tree, None)
        return merged

    def _tree_of(self, commit_id: CommitId | None) -> ObjectId | None:
        return None if commit_id is None else self.commit(commit_id).tree


def tracked(branch: str) -> str:
    """The remote-tracking ref of a branch of origin."""
    return branch.replace("refs/heads/", _ORIGIN, 1)
