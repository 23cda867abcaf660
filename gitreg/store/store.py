"""The door of this room: a repository opened, made or cloned, and its remotes."""

from __future__ import annotations

import shutil
from collections.abc import Callable, Sequence
from datetime import UTC, datetime
from functools import partial
from pathlib import Path
from typing import TYPE_CHECKING, Self

from gitreg.errors import RegistryNotFound
from gitreg.store import layout, urls
from gitreg.store.creation import GUEST_SETTINGS, OWN_SETTINGS, create, origin_settings
from gitreg.store.identity import Identity, author, committer
from gitreg.store.remote import PathRemote, Remote, not_reachable
from gitreg.store.values import OWN_BRANCHES, CommitId, RefUpdate
from gitreg.store.wire import WireRemote
from gitreg.store.writing import Writing

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitreg.store.doctor import Finding
    from gitreg.surroundings import Surroundings

PreReceive = Callable[[Sequence[RefUpdate], "Store"], None]
"""The check that gitreg's hook makes, on the updates and the store they are pushed to. Raises `Refused` to refuse."""


_MET = "met-remote"


class Store(Writing):
    """A git repository that holds a registry. Any number of threads and processes may write at once.

    Every method that writes raises `StorageError` when the file system refuses, and has changed nothing then.
    """

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
        judge = None if pre_receive is None else partial(_judge, pre_receive, other)
        return PathRemote(name, self, other, judge)

    def track(self, remote: Remote, refs: Mapping[str, CommitId | None]) -> None:
        """Remember where a remote's refs are (None: it has no such ref), and that we have just met it."""
        with self.locked():
            (self.layout.own / _MET).touch()
            for ref, tip in refs.items():
                tracking = remote.tracking(ref)
                before = self.tip(tracking)
                if before != tip:
                    self._mover.move(RefUpdate(tracking, tip, before))

    def met_remote(self) -> datetime | None:
        """When this clone last met a remote; None: never."""
        try:
            return datetime.fromtimestamp((self.layout.own / _MET).stat().st_mtime, UTC)
        except FileNotFoundError:
            return None

    def doctor(self, *, break_locks: bool = False) -> tuple[Finding, ...]:
        """Look for what killed processes and other tools left here, and mend what is safe to mend."""
        from gitreg.store.doctor import examine  # noqa: PLC0415 - nobody else has to wait for it

        return examine(self, break_locks=break_locks)


def _judge(pre_receive: PreReceive, target: Store, updates: Sequence[RefUpdate]) -> None:
    pre_receive(updates, target)


def _absolute(url: str) -> str:
    """A relative path, as a person at a shell means it; anything else unchanged."""
    address = urls.parse(url, Path.cwd())
    return str(address.path) if address.kind == "path" and "://" not in url else url


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
