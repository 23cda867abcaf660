"""Other clones: look at their refs, fetch, and push by our own compare-and-swap."""

from __future__ import annotations

from abc import ABC, abstractmethod
from collections.abc import Callable, Iterable, Sequence
from typing import TYPE_CHECKING

from gitreg.errors import RaceLost, RegistryNotFound, RemoteError, RemoteRefused
from gitreg.store import transfer
from gitreg.store.values import CommitId, RefUpdate

if TYPE_CHECKING:
    from pathlib import Path

    from gitreg.store.writing import Writing

HOOK_MARKER = b"# gitreg pre-receive"
"""The line by which the hook that gitreg installs is known."""
_MAX_HOOK_BYTES = 100_000

Judge = Callable[[Sequence[RefUpdate]], None]
"""The check that gitreg's hook makes, bound to the clone that is pushed to. Raises `Refused` to refuse."""


class Remote(ABC):
    """Another clone of the registry.

    Every method raises `RemoteError` when it cannot be reached or does not answer as git does, and
    `CredentialsRefused` when it wants other credentials.
    """

    def __init__(self, name: str, shown: str) -> None:
        """`shown` is the URL without secrets."""
        self.name = name
        self.url = shown

    @property
    def path(self) -> Path | None:
        """The git folder of a remote on this machine's file system; None for one behind a network."""
        return None

    @property
    def is_path(self) -> bool:
        """Whether it lies on this machine's file system."""
        return self.path is not None

    @abstractmethod
    def refs(self, prefixes: Sequence[str] = ("refs/",)) -> dict[str, CommitId]:
        """Its refs that are, or start with, one of `prefixes`."""

    @abstractmethod
    def head(self) -> str | None:
        """The full name of the branch it calls its own, None when it does not say."""

    @abstractmethod
    def fetch(self, prefixes: Sequence[str]) -> dict[str, CommitId]:
        """Bring here all that these refs reach; returns the refs as they were then. No ref of ours moves."""

    @abstractmethod
    def push(self, updates: Sequence[RefUpdate]) -> None:
        """Move its refs, each only from the `old` given. Raises `RaceLost` when one is elsewhere, `RemoteRefused`
        when its rules say no.
        """

    def tracking(self, ref: str) -> str:
        """Where we remember what `ref` was there."""
        return tracking_ref(self.name, ref)


def tracking_ref(remote: str, ref: str) -> str:
    """`refs/heads/x` as `refs/remotes/<remote>/x`; `refs/gitreg/x` as `refs/remotes/<remote>/gitreg/x`."""
    short = ref.removeprefix("refs/heads/") if ref.startswith("refs/heads/") else ref.removeprefix("refs/")
    return f"refs/remotes/{remote}/{short}"


def matches(ref: str, prefixes: Iterable[str]) -> bool:
    """Whether a ref is one of `prefixes`, or below one that ends in a slash."""
    return any(ref == prefix or (prefix.endswith("/") and ref.startswith(prefix)) for prefix in prefixes)


class PathRemote(Remote):
    """A clone on this machine's file system: its objects are read and written directly, its refs moved under its lock.

    No hook of it runs. If the hook it has is gitreg's, the same check is made here, by `judge`; without that
    callable such a push is refused.
    """

    def __init__(self, name: str, store: Writing, other: Writing, judge: Judge | None = None) -> None:
        """`other` is the opened clone."""
        super().__init__(name, str(other.path))
        self._store = store
        self._other = other
        self._judgement = judge

    @property
    def path(self) -> Path:
        """See `Remote`."""
        return self._other.git_dir

    def refs(self, prefixes: Sequence[str] = ("refs/",)) -> dict[str, CommitId]:
        """See `Remote`."""
        return {ref: tip for ref, tip in self._other.refs("refs/").items() if matches(ref, prefixes)}

    def head(self) -> str | None:
        """See `Remote`."""
        return self._other.head()

    def fetch(self, prefixes: Sequence[str]) -> dict[str, CommitId]:
        """See `Remote`."""
        found = self.refs(prefixes)
        transfer.copy(self._other.objects, self._store.objects, found.values(), self._other.shallow())
        return found

    def push(self, updates: Sequence[RefUpdate]) -> None:
        """See `Remote`."""
        new = [update.new for update in updates if update.new is not None]
        with self._other.locked():
            self._check_old(updates)
            transfer.copy(self._store.objects, self._other.objects, new, self._store.shallow())
            self._judge(updates)
            for update in updates:
                self._other.move(update)

    def _check_old(self, updates: Sequence[RefUpdate]) -> None:
        for update in updates:
            if self._other.tip(update.ref) != update.old:
                raise RaceLost(f"{update.ref} of {self.url} has moved.", subject=update.ref, hint="Try again.")

    def _judge(self, updates: Sequence[RefUpdate]) -> None:
        if not has_our_hook(self._other.git_dir):
            return
        if self._judgement is None:
            message = f"{self.url} checks what it receives, and the check was not made here."
            raise RemoteRefused(message, subject=self.url, hint="Push with: gitreg sync")
        self._judgement(updates)


def has_our_hook(git_dir: Path) -> bool:
    """Whether the repository's pre-receive hook is the one that gitreg installs."""
    try:
        with (git_dir / "hooks" / "pre-receive").open("rb") as file:
            return HOOK_MARKER in file.read(_MAX_HOOK_BYTES).splitlines()
    except (FileNotFoundError, NotADirectoryError):
        return False


def not_reachable(url: str, error: RegistryNotFound) -> RemoteError:
    """The error for a path that holds no repository."""
    return RemoteError(f"The remote {url} cannot be opened: {error.message}", subject=url)
