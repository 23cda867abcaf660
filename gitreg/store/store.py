"""One repository: read any commit of it, and make changes land."""

from __future__ import annotations

import random
import time
from collections.abc import Callable, Iterator, Mapping
from pathlib import Path
from typing import Self

from dulwich.object_format import OBJECT_FORMATS

from gitreg.documents import Edits
from gitreg.errors import AlreadyExists, CorruptRepository, RaceLost, UnsafeRepository
from gitreg.store import commits, history, layout, packing, trees
from gitreg.store.config import GitConfig
from gitreg.store.creation import OWN_SETTINGS, create
from gitreg.store.layout import Layout
from gitreg.store.lock import RepositoryLock
from gitreg.store.moves import Mover
from gitreg.store.objects import COMMIT, NewObject, Objects, make
from gitreg.store.refs import Refs
from gitreg.store.revisions import resolve
from gitreg.store.snapshot import Snapshot
from gitreg.store.values import (
    GUEST_BRANCHES,
    OWN_BRANCHES,
    Branches,
    Change,
    Commit,
    CommitId,
    CommitText,
    ObjectId,
    RefUpdate,
)
from gitreg.surroundings import Surroundings

_KNOWN_EXTENSIONS = frozenset({"noop", "objectformat", "preciousobjects", "relativeworktrees", "worktreeconfig"})
_LONGEST_PAUSE_S = 0.2


class Store:
    """A git repository that holds a registry. Thread-safe; any number of processes may write at once."""

    def __init__(self, place: Layout, surroundings: Surroundings, quarantine: Path | None = None) -> None:
        """Use `open`, `discover`, `init` or `clone`."""
        self.layout = place
        self.surroundings = surroundings
        self.config = GitConfig(place.common_dir / "config", surroundings)
        self._objects = Objects(place.objects, _object_format(self.config, place), quarantine)
        self._refs = Refs(place.common_dir, place.git_dir)
        self._lock = RepositoryLock(place.own / "lock")
        self._mover = Mover(place, self.config, self._objects, self._refs, self._lock)
        self._is_read_only = quarantine is not None

    @classmethod
    def open(cls, path: Path, surroundings: Surroundings, *, quarantine: Path | None = None) -> Self:
        """The repository at `path`: a work tree's top, a linked one, or a git folder.

        `quarantine` is the object folder that git gives to a hook (GIT_OBJECT_DIRECTORY): the only other place objects
        are read from. Raises `RegistryNotFound`, `UnsafeRepository` for a format we do not know, `CorruptRepository`.
        """
        return cls(layout.find(path), surroundings, quarantine)

    @classmethod
    def discover(cls, path: Path, surroundings: Surroundings) -> Self:
        """The repository at `path` or above it. Raises as `open` does."""
        return cls(layout.find_enclosing(path), surroundings)

    @classmethod
    def init(cls, path: Path, surroundings: Surroundings, *, bare: bool = False) -> Self:
        """Make an empty repository, set up so that git's own upkeep never hurts us. Raises `AlreadyExists`."""
        create(path, bare=bare)
        store = cls.open(path, surroundings)
        store.config.append(OWN_SETTINGS)
        return store

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.close()

    def close(self) -> None:
        """Let go of open pack files. Snapshots of this store cannot be read any more."""
        self._objects.close()

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
        """Which refs are main and ledger here: a registry of its own, or a guest in a code repository."""
        guests = (GUEST_BRANCHES.main, GUEST_BRANCHES.ledger, _tracking(GUEST_BRANCHES.main))
        return GUEST_BRANCHES if any(self.tip(ref) for ref in guests) else OWN_BRANCHES

    # Reading

    def tip(self, ref: str) -> CommitId | None:
        """The commit a ref points at, by its full name; None when it does not exist."""
        return self._refs.get(ref)

    def refs(self, prefix: str = "refs/") -> dict[str, CommitId]:
        """Every ref below a prefix, by full name."""
        return self._refs.all(prefix)

    def head(self) -> str | None:
        """The full name of the branch that HEAD names, None when it is detached."""
        return self._refs.head()

    def resolve(self, revision: str) -> CommitId:
        """A commit from what people type: a branch, tag, (short) id, with `~2`, `^`. Raises `RevisionNotFound`."""
        return resolve(revision, self._refs, self._objects)

    def snapshot(self, revision: str | None) -> Snapshot:
        """The files of a commit; of None, no files. Raises `RevisionNotFound`."""
        if revision is None:
            return Snapshot(self._objects, None, None)
        commit_id = revision if isinstance(revision, CommitId) else self.resolve(revision)
        return Snapshot(self._objects, self.commit(commit_id).tree, commit_id)

    def commit(self, commit_id: CommitId) -> Commit:
        """One commit, with its raw parents. Raises `CorruptRepository` when it is missing or damaged."""
        return commits.parse(commit_id, self._objects.raw(commit_id, COMMIT))

    def has_object(self, object_id: str) -> bool:
        """Whether an object is here."""
        return object_id in self._objects

    def changes(self, before: CommitId | None, after: CommitId | None) -> Iterator[Change]:
        """The paths that differ between two commits, sorted. Folders that are equal are never opened."""
        return trees.compare(self._objects, self._tree_of(before), self._tree_of(after))

    def first_parents(self, revision: str) -> history.FirstParents:
        """The first-parent line from a revision, newest first; its `boundary` tells where a shallow clone cut it."""
        return history.FirstParents(self._objects, self.resolve(revision), self.shallow())

    def is_ancestor(self, ancestor: CommitId, descendant: CommitId) -> bool:
        """Whether `descendant` is, or was built on, `ancestor`. Raw parents; a shallow cut ends the search."""
        return history.is_ancestor(self._objects, ancestor, descendant, self.shallow())

    def shallow(self) -> frozenset[CommitId]:
        """The commits whose parents a shallow clone left behind."""
        return history.shallow_commits(self.git_dir)

    def boundaries(self) -> history.Boundaries:
        """What stands between this repository and its own history: for a verdict, each of these is refused."""
        return history.boundaries(self.git_dir, self._refs)

    # Writing

    def update(
        self, ref: str, change: Callable[[Snapshot], Edits], text: CommitText, *, retries: int = 20
    ) -> CommitId | None:
        """Make a change land on a branch: the new tip, or None when `change` alters nothing.

        `change` is pure and may be called again when somebody else was quicker. A work tree that has the branch checked
        out is brought along. When it returns, the commit survives a power cut. Raises `RaceLost` after `retries`,
        `DirtyPath`, `Locked`, `StorageError`, and what `change` raises; then nothing has changed.
        """
        for attempt in range(retries + 1):
            _pause(attempt)
            with self._lock.held():
                tip = self.tip(ref)
                commit = self._commit_edits(tip, change(self.snapshot(tip)), text)
                if commit is None or self._move(RefUpdate(ref, commit, tip)):
                    return commit
        raise RaceLost(f"{ref} moved {retries + 1} times while we were writing.", subject=ref, hint="Try again.")

    def write_commit(
        self, parents: tuple[CommitId, ...], base: Snapshot, edits: Mapping[str, bytes | None], text: CommitText
    ) -> CommitId:
        """Store a commit of `base` with `edits`; no ref moves."""
        tree, new = base.edited(edits)
        return self._store_commit(tree, new, parents, text)

    def set_ref(self, ref: str, new: CommitId, expected: CommitId | None) -> None:
        """Move a ref from `expected` (None: it must not exist) to `new`, work trees with it. Raises `RaceLost`."""
        self._set(RefUpdate(ref, new, expected))

    def delete_ref(self, ref: str, expected: CommitId) -> None:
        """Delete a ref that is at `expected`. Raises `RaceLost`."""
        self._set(RefUpdate(ref, None, expected))

    def _set(self, update: RefUpdate) -> None:
        with self._lock.held():
            if not self._move(update):
                message = f"{update.ref} is not at {update.old or 'nothing'} any more."
                raise RaceLost(message, subject=update.ref, hint="Try again.")

    def _move(self, update: RefUpdate) -> bool:
        return self._mover.move(update)

    def _commit_edits(self, tip: CommitId | None, edits: Edits, text: CommitText) -> CommitId | None:
        base = self.snapshot(tip)
        tree, new = base.edited(edits)
        if tree == base.tree or (tip is None and not edits):
            return None
        return self._store_commit(tree, new, (tip,) if tip else (), text)

    def _store_commit(
        self, tree: ObjectId, new: tuple[NewObject, ...], parents: tuple[CommitId, ...], text: CommitText
    ) -> CommitId:
        commit = make(COMMIT, commits.render(tree, parents, text), self._objects.hash_name)
        self._write([*new, commit])
        return CommitId(commit.id)

    def _write(self, objects: list[NewObject]) -> None:
        if self._is_read_only:
            raise UnsafeRepository("A repository opened with a quarantine is never written to.")
        packing.write(self.layout.objects, objects, self._objects.hash_name)

    def _tree_of(self, commit_id: CommitId | None) -> ObjectId | None:
        return None if commit_id is None else self.commit(commit_id).tree


def _tracking(branch: str) -> str:
    return branch.replace("refs/heads/", "refs/remotes/origin/", 1)


def _pause(attempt: int) -> None:
    """Full jitter: the longer it takes, the longer the span it is drawn from."""
    if attempt:
        time.sleep(random.uniform(0, min(_LONGEST_PAUSE_S, 0.002 * 2**attempt)))  # noqa: S311 - jitter, not a secret


def _object_format(config: GitConfig, place: Layout):  # type: ignore[no-untyped-def]
    """Refuse what we would misread, and tell sha1 from sha256."""
    version = config.local("core.repositoryformatversion") or "0"
    extensions = config.extensions()
    unknown = sorted(extensions.keys() - _KNOWN_EXTENSIONS)
    if extensions.get("refstorage", "files") == "files" and "refstorage" in unknown:
        unknown.remove("refstorage")
    if version not in ("0", "1") or (version == "1" and unknown):
        what = ", ".join(unknown) or f"version {version}"
        raise UnsafeRepository(f"{place.common_dir} uses {what}, which gitreg cannot read.", subject=str(place.git_dir))
    name = extensions.get("objectformat", "sha1") if version == "1" else "sha1"
    if name not in OBJECT_FORMATS:
        raise CorruptRepository(f"{place.common_dir} uses the object format {name}.", subject=str(place.git_dir))
    return OBJECT_FORMATS[name]


__all__ = ["AlreadyExists", "Store"]
