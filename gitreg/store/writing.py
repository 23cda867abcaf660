"""One repository, and making changes land in it."""

from __future__ import annotations

import random
import time
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING

from gitreg.errors import InvalidValue, RaceLost, StorageError, UnsafeRepository
from gitreg.store import commits, packing, upkeep
from gitreg.store.ledger import under_rule
from gitreg.store.lock import RepositoryLock
from gitreg.store.moves import Mover
from gitreg.store.objects import COMMIT, NewObject, make
from gitreg.store.reading import Reading
from gitreg.store.values import CommitId, CommitText, ObjectId, RefUpdate
from gitreg.store.writer import writer_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gitreg.documents import Edits, WriterId
    from gitreg.store.layout import Layout, WorkTree
    from gitreg.store.snapshot import Snapshot
    from gitreg.surroundings import Surroundings

_LONGEST_PAUSE_S = 0.2


class Writing(Reading):
    """What changes a repository. `Store` adds how to open one, and other clones.

    Any number of threads and processes may write at once. Every method raises `StorageError` when the file system
    refuses, and has changed nothing then.
    """

    def __init__(self, place: Layout, surroundings: Surroundings, quarantine: Path | None = None) -> None:
        """See `Reading`."""
        super().__init__(place, surroundings, quarantine)
        self._lock = RepositoryLock(place.own / "lock")
        self._mover = Mover(place, self.config, self.objects, self._refs, self._lock)
        self._is_read_only = quarantine is not None
        self._writer: WriterId | None = None

    @property
    def writer(self) -> WriterId:
        """This clone's random id, made at its first use (format 27)."""
        if self._writer is None:
            with self._storage(), self._lock.held():
                self._writer = writer_id(self.layout.own, self.git_dir, self.surroundings.machine_id)
        return self._writer

    def update(
        self,
        ref: str,
        change: Callable[[Snapshot], Edits],
        text: CommitText,
        *,
        start: CommitId | None = None,
        retries: int = 20,
    ) -> CommitId | None:
        """Make a change land on a branch: the new tip, or None when `change` alters nothing.

        `change` is pure and may be called again when somebody else was quicker. A branch that does not exist begins
        at `start`. A work tree that has the branch checked out is brought along. When it returns, the commit survives
        a power cut. Raises `RaceLost` after `retries`, `DirtyPath`, `Locked`, and what `change` raises; nothing has
        changed then.
        """
        for attempt in range(retries + 1):
            _pause(attempt)
            with self.locked():
                tip = self.tip(ref)
                base = tip or start
                before = self.snapshot(base)
                commit = self._commit_on(before, change(before), text)
                if commit is None or self._mover.move(RefUpdate(ref, commit, tip)):
                    return commit
        raise RaceLost(f"{ref} moved {retries + 1} times while we were writing.", subject=ref, hint="Try again.")

    def write_commit(
        self, parents: tuple[CommitId, ...], base: Snapshot, edits: Mapping[str, bytes | None], text: CommitText
    ) -> CommitId:
        """Store a commit of `base` with `edits`; no ref moves."""
        tree, new = base.edited(edits)
        return self._store_commit(tree, new, parents, text)

    def commit_edits(self, base: CommitId | None, edits: Edits, text: CommitText) -> CommitId | None:
        """Store a commit of `edits` on `base`; None, and nothing stored, when they alter nothing. No ref moves."""
        return self._commit_on(self.snapshot(base), edits, text)

    def _commit_on(self, before: Snapshot, edits: Edits, text: CommitText) -> CommitId | None:
        tree, new = before.edited(edits)
        if tree == before.tree or (before.tree is None and not edits):
            return None
        return self._store_commit(tree, new, (before.commit,) if before.commit else (), text)

    def set_ref(self, ref: str, new: CommitId, expected: CommitId | None) -> None:
        """Move a ref from `expected` (None: it must not exist) to `new`, work trees with it. Raises `RaceLost`."""
        self.move(RefUpdate(ref, new, expected))

    def delete_ref(self, ref: str, expected: CommitId) -> None:
        """Delete a ref that is at `expected`. Raises `RaceLost`."""
        self.move(RefUpdate(ref, None, expected))

    def move(self, update: RefUpdate) -> None:
        """Move one ref, work trees with it. Raises `RaceLost`, `DirtyPath`, `Locked`."""
        if not self.try_move(update):
            message = f"{update.ref} is not at {update.old or 'nothing'} any more."
            raise RaceLost(message, subject=update.ref, hint="Try again.")

    def try_move(self, update: RefUpdate) -> bool:
        """Move one ref; False when it is not where the update starts. Raises `DirtyPath`, `Locked`."""
        with self.locked():
            return self._mover.move(update)

    def check_move(self, update: RefUpdate) -> None:
        """Whether work trees could come along. Raises `DirtyPath` or `Locked` as the move itself would."""
        with self.locked():
            self._mover.check(update)

    def work_trees(self) -> Iterator[WorkTree]:
        """Every work tree of this repository."""
        return self._mover.work_trees()

    def finish(self, work_tree: WorkTree) -> list[str] | None:
        """Finish or undo what a killed writer left half done in a work tree; None when there is nothing.

        Returns the paths that a person edited since, which are left alone.
        """
        with self.locked():
            return self._mover.finish(work_tree)

    @property
    def has_flock(self) -> bool:
        """Whether the file system knows flock; without it no lock is ever taken for stale. Known once a lock was
        taken.
        """
        return self._lock.is_real

    def point_head_at(self, branch: str) -> None:
        """Let HEAD name another branch, in a repository that nobody else uses yet."""
        with self.locked():
            self._refs.point_head_at(branch)

    def under_rule(self, ledger: Snapshot, edits: Edits) -> dict[str, bytes]:
        """Edits to a ledger as the merge rule lets them stand. Raises `InvalidValue` for a removal: no fact is
        removed.
        """
        removed = [path for path, data in edits.items() if data is None]
        if removed:
            raise InvalidValue(f"{removed[0]} cannot be removed: the ledger only grows.", subject=removed[0])
        return under_rule({path: data for path, data in edits.items() if data is not None}, ledger.read)

    def locked(self) -> AbstractContextManager[None]:
        """Hold the repository's lock for a block; re-entrant within a thread. Raises `Locked` when it stays taken."""
        return self._locked()

    @contextmanager
    def _locked(self) -> Iterator[None]:
        if self._is_read_only:
            raise UnsafeRepository("A repository opened with a quarantine is never written to.")
        with self._storage(), self._lock.held():
            yield

    def _store_commit(
        self, tree: ObjectId, new: tuple[NewObject, ...], parents: tuple[CommitId, ...], text: CommitText
    ) -> CommitId:
        commit = make(COMMIT, commits.render(tree, parents, text), self.objects.hash_name)
        with self.locked():
            packing.write(self.layout.objects, [*new, commit], self.objects.hash_name)
            self.objects.remember(new)
            if self._lock.is_real:
                upkeep.keep_up(self.layout.objects, self.objects.object_format)
        return CommitId(commit.id)

    @contextmanager
    def _storage(self) -> Iterator[None]:
        """The file system's refusals as ours."""
        try:
            yield
        except OSError as error:
            where = error.filename or self.git_dir
            raise StorageError(f"{where} cannot be written: {error.strerror or error}.", subject=str(where)) from error


def _pause(attempt: int) -> None:
    """Full jitter: the longer it takes, the longer the span it is drawn from."""
    if attempt:
        time.sleep(random.uniform(0, min(_LONGEST_PAUSE_S, 0.002 * 2**attempt)))  # noqa: S311 - jitter, not a secret
