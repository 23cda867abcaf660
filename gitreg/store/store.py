"""One repository, and making changes land in it."""

from __future__ import annotations

import random
import shutil
import time
from contextlib import AbstractContextManager, contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, Self

from gitreg.errors import InvalidValue, RaceLost, RegistryNotFound, StorageError, UnsafeRepository
from gitreg.store import commits, doctor, layout, packing, upkeep, urls
from gitreg.store.creation import GUEST_SETTINGS, OWN_SETTINGS, create, origin_settings
from gitreg.store.identity import Identity, author, committer
from gitreg.store.ledger import under_rule
from gitreg.store.lock import RepositoryLock
from gitreg.store.moves import Mover
from gitreg.store.objects import COMMIT, NewObject, make
from gitreg.store.reading import Reading
from gitreg.store.remote import PathRemote, PreReceive, Remote, not_reachable
from gitreg.store.values import OWN_BRANCHES, CommitId, CommitText, ObjectId, RefUpdate
from gitreg.store.wire import WireRemote
from gitreg.store.writer import writer_id

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping

    from gitreg.documents import Edits, WriterId
    from gitreg.store.layout import Layout, WorkTree
    from gitreg.store.snapshot import Snapshot
    from gitreg.surroundings import Surroundings

_LONGEST_PAUSE_S = 0.2


class Store(Reading):
    """A git repository that holds a registry. Any number of threads and processes may write at once.

    Every method that writes raises `StorageError` when the file system refuses, and has changed nothing then.
    """

    def __init__(self, place: Layout, surroundings: Surroundings, quarantine: Path | None = None) -> None:
        """Use `open`, `discover`, `init` or `clone`."""
        super().__init__(place, surroundings, quarantine)
        self._lock = RepositoryLock(place.own / "lock")
        self._mover = Mover(place, self.config, self.objects, self._refs, self._lock)
        self._is_read_only = quarantine is not None
        self._writer: WriterId | None = None

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

    @classmethod
    def adopt(cls, path: Path, surroundings: Surroundings) -> Self:
        """Let a code repository hold a registry, on branches of gitreg's own. Raises `RegistryNotFound` as `open`
        does.
        """
        store = cls.open(path, surroundings)
        store.config.append(GUEST_SETTINGS)
        return store

    @classmethod
    def clone(
        cls,
        url: str,
        path: Path,
        surroundings: Surroundings,
        *,
        bare: bool = False,
    ) -> Self:
        """Clone a registry: its main checked out, its ledger, proposals and approvals at hand.

        Raises `AlreadyExists`, and what `Remote` raises; a folder that was made for it is gone again then.
        """
        is_new = not path.exists()
        store = cls.init(path, surroundings, bare=bare)
        try:
            store.config.append(origin_settings(_absolute(url)))
            _fetch_all(store)
        except BaseException:
            store.close()
            shutil.rmtree(path if is_new else store.git_dir, ignore_errors=True)
            raise
        return store

    @property
    def writer(self) -> WriterId:
        """This clone's random id, made at its first use (format 27)."""
        if self._writer is None:
            with self._storage(), self._lock.held():
                self._writer = writer_id(self.layout.own, self.git_dir, self.surroundings.machine_id)
        return self._writer

    def author(self) -> Identity:
        """Who makes changes here."""
        return author(self.config, self.surroundings)

    def committer(self) -> Identity:
        """Who writes commits here."""
        return committer(self.config, self.surroundings)

    def remote(self, name: str = "origin", *, pre_receive: PreReceive | None = None) -> Remote | None:
        """The configured remote, None when there is none.

        `pre_receive` makes the check of gitreg's hook where the remote is a path that has this hook. Raises
        `RemoteError` for a URL we do not speak and for a path without a repository.
        """
        url = self.config.remote_url(name)
        if url is None:
            return None
        address = urls.parse(self.config.rewritten(url), self.path)
        if address.kind != "path":
            return WireRemote(name, self, address)
        try:
            other = Store.open(Path(address.path), self.surroundings)
        except RegistryNotFound as error:
            raise not_reachable(address.shown, error) from error
        return PathRemote(name, self, other, pre_receive)

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

    def track(self, remote: Remote, refs: Mapping[str, CommitId | None]) -> None:
        """Remember where a remote's refs are (None: it has no such ref)."""
        with self.locked():
            for ref, tip in refs.items():
                tracking = remote.tracking(ref)
                before = self.tip(tracking)
                if before != tip:
                    self._mover.move(RefUpdate(tracking, tip, before))

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

    def doctor(self, *, break_locks: bool = False) -> tuple[doctor.Finding, ...]:
        """Look for what killed processes and other tools left here, and mend what is safe to mend."""
        return doctor.examine(self, break_locks=break_locks)

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


def _absolute(url: str) -> str:
    """A relative path, as a person at a shell means it; anything else unchanged."""
    address = urls.parse(url, Path.cwd())
    return str(address.path) if address.kind == "path" and "://" not in url else url


def _pause(attempt: int) -> None:
    """Full jitter: the longer it takes, the longer the span it is drawn from."""
    if attempt:
        time.sleep(random.uniform(0, min(_LONGEST_PAUSE_S, 0.002 * 2**attempt)))  # noqa: S311 - jitter, not a secret


def _fetch_all(store: Store) -> None:
    """Everything of a new clone's origin; main, and in a code repository its own branch, checked out."""
    remote = store.remote()
    if remote is None:
        raise RegistryNotFound("There is no origin to clone.")
    found = remote.fetch(["refs/heads/", "refs/gitreg/"])
    store.track(remote, found)
    main, code = store.branches.main, remote.head()
    if main != OWN_BRANCHES.main and code in found:
        store.point_head_at(code)
    for ref, tip in found.items():
        if ref in (main, store.head()) or ref.startswith("refs/gitreg/"):
            store.set_ref(ref, tip, None)
