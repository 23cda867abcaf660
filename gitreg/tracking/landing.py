"""How runs reach the ledger: bytes first, then the commit that names them, then the push."""

from __future__ import annotations

import re
from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitreg.documents import Actor, Digest, Edits, Principal
from gitreg.errors import BlobNotFound, RemoteRefused, Unavailable
from gitreg.store import CommitId, CommitText, PreReceive, Remote, Snapshot, Store, publish_ledger
from gitreg.tracking.journal import log
from gitreg.tracking.neighbours import Neighbours

if TYPE_CHECKING:
    from gitreg.surroundings import Surroundings

Upload = Callable[[Iterable[Digest]], None]
"""Put blobs where others can read them. Does nothing where there is no such place; raises `Unavailable`."""


def nowhere(digests: Iterable[Digest]) -> None:
    """The upload of a registry whose bytes have no shared place."""
    del digests


@dataclass(frozen=True)
class Sharing:
    """How this clone shares: where bytes go, the check of a remote on this file system (see `Store.remote`), and
    whom its open runs turn to.
    """

    upload: Upload = nowhere
    pre_receive: PreReceive | None = None
    neighbours: Neighbours = Neighbours()  # noqa: RUF009 - frozen


class Ledger:
    """Writes facts about runs. Where the remote, or the storage behind it, is out of reach they stay here until a
    sync.
    """

    def __init__(self, store: Store, sharing: Sharing) -> None:
        self.store = store
        self._sharing = sharing

    def has_remote(self) -> bool:
        """Whether there are others to publish to."""
        return self.store.config.remote_url("origin") is not None

    def snapshot(self) -> Snapshot:
        """The ledger as this clone knows it."""
        return self.store.snapshot(self.store.ledger_tip())

    def actor(self) -> Actor:
        """Who acts here and now. Recording never fails for a name: an e-mail outside our alphabet is spelled inside
        it.
        """
        return actor_of(self.store.author().person.email, self.store.surroundings)

    def land(
        self,
        change: Callable[[Snapshot], Edits],
        subject: str,
        blobs: Iterable[Digest] = (),
        *,
        why: str | None = None,
        only_there: bool = False,
    ) -> CommitId | None:
        """Make a change on the ledger, durably; the ledger's tip. `blobs`, which it names, are uploaded before it is
        pushed. `why` is what a person says of it, below the commit's subject.

        Raises what `publish_ledger` raises for this clone (`DirtyPath`, `StorageError`), and `BlobNotFound` for bytes
        that are nowhere. Where the remote is out of reach it stays in this clone, and that is said; `only_there`
        raises then (`Unavailable`, `RemoteRefused`), and nothing has changed.
        """
        message = f"{subject}\n\n{why}\n" if why else subject
        try:
            self._sharing.upload(blobs)
            remote = self.store.remote(pre_receive=self._sharing.pre_receive)
            if remote is not None:
                return self._publish(remote, change, message)
        except BlobNotFound:
            raise
        except (Unavailable, RemoteRefused) as error:
            if only_there:
                raise
            log.warning("gitreg recorded it in this clone only; `gitreg sync` publishes it. %s", error.message)
        return self._publish(None, change, message)

    def _publish(self, remote: Remote | None, change: Callable[[Snapshot], Edits], message: str) -> CommitId | None:
        author, committer = self.store.author().person, self.store.committer().person
        text = CommitText(message, author, committer, self.store.surroundings.now())
        return publish_ledger(self.store, remote, change, text)


def actor_of(email: str, surroundings: Surroundings) -> Actor:
    """Who acts, by an e-mail of any kind."""
    user, _, domain = email.lower().partition("@")
    principal = f"{_spelled(user) or 'nobody'}@{_spelled(domain) or 'localhost'}"
    is_ci = surroundings.environ.get("CI", "").lower() not in ("", "0", "false")
    return Actor(principal=Principal(principal), via="ci" if is_ci else "person", host=surroundings.host or None)


def _spelled(text: str) -> str:
    return re.sub(r"[^a-z0-9.-]+", "-", text).strip(".-")[:60].strip(".-")
