"""How facts of this room reach the ledger: bytes first, then the commit that names them, then the push."""

from __future__ import annotations

from collections.abc import Callable, Iterable
from dataclasses import dataclass
from typing import TypeVar

from gitreg.documents import Actor, Alias, Digest, Edits, Note, Principal, Tree
from gitreg.errors import BlobNotFound, InvalidDocument, InvalidValue, RemoteError, Unavailable
from gitreg.store import CommitId, CommitText, PreReceive, Remote, Snapshot, Store, publish_ledger

R = TypeVar("R", Alias, Note)
Upload = Callable[[Iterable[Digest]], object]
"""Put blobs where others can read them. Does nothing where there is no such place; raises `Unavailable`."""


@dataclass(frozen=True)
class Recorded:
    """What became of a fact: the ledger's tip, and `trouble`, why it is on this machine only (empty: it is not)."""

    tip: CommitId | None
    trouble: str = ""


@dataclass(frozen=True)
class Standing:
    """The ledger that a change is made on.

    `is_shared` tells whether a number claimed in it holds: it lands only if the push succeeds, or there is no remote.
    """

    tree: Snapshot
    is_shared: bool


class Ledger:
    """Writes facts, and publishes them where there is a remote that can be reached."""

    def __init__(self, store: Store, upload: Upload, pre_receive: PreReceive | None = None) -> None:
        """`pre_receive` makes the check of a remote that lies on this file system (see `Store.remote`)."""
        self._store = store
        self._upload = upload
        self._pre_receive = pre_receive

    def actor(self) -> Actor:
        """Who acts here and now, as documents say it."""
        surroundings = self._store.surroundings
        email = self._store.author().person.email.lower()
        via = "ci" if surroundings.environ.get("CI", "").lower() not in ("", "0", "false") else "person"
        host = surroundings.host or None
        try:
            return Actor(principal=Principal(email), via=via, host=host)  # type: ignore[arg-type]
        except InvalidValue:  # recording never fails for a name: an e-mail outside our alphabet is spelled inside it
            plain = "".join(
                letter if letter.isascii() and (letter.isalnum() or letter in "@.-") else "-" for letter in email
            )
            user, _, domain = plain.strip("@.-").partition("@")
            principal = Principal(
                f"{user.strip('.-') or 'nobody'}@{domain.replace('@', '-').strip('.-') or 'localhost'}"
            )
            return Actor(principal=principal, via=via, host=host)  # type: ignore[arg-type]

    def publish(
        self, change: Callable[[Standing], Edits], subject: str, blobs: Iterable[Digest] = (), *, why: str | None = None
    ) -> Recorded:
        """Make a change on the ledger; `blobs`, which it names, go to where others read them before it is pushed.

        `why` is what the person who asked for it says, below the subject of the commit.

        Where the remote or the storage behind it cannot be reached, the change stays on this machine until a sync, and
        the answer says so. Raises what `publish_ledger` and `change` raise, `RemoteRefused` among it.
        """
        trouble, text = self._try_upload(blobs), self.text(subject, why)
        if not trouble:
            try:
                remote = self._store.remote(pre_receive=self._pre_receive)
                return Recorded(self._publish(remote, change, text, is_shared=True))
            except RemoteError as error:
                trouble = error.message
        return Recorded(self._publish(None, change, text, is_shared=not self.has_remote()), trouble)

    def _try_upload(self, blobs: Iterable[Digest]) -> str:
        try:
            self._upload(blobs)
        except BlobNotFound:  # not even here
            raise
        except Unavailable as error:
            return error.message
        return ""

    def has_remote(self) -> bool:
        """Whether there are others to publish to."""
        return self._store.config.remote_url("origin") is not None

    def text(self, subject: str, why: str | None = None) -> CommitText:
        """A commit's text, by whoever acts here and now; `why` stands below its subject."""
        store, message = self._store, f"{subject}\n\n{why}\n" if why else subject
        return CommitText(message, store.author().person, store.committer().person, store.surroundings.now())

    def _publish(
        self, remote: Remote | None, change: Callable[[Standing], Edits], text: CommitText, *, is_shared: bool
    ) -> CommitId | None:
        return publish_ledger(self._store, remote, lambda tree: change(Standing(tree, is_shared)), text)


def standing_document(tree: Tree, path: str, document: type[R]) -> R | None:
    """What stands at a path. What cannot be read gives way to what can, so it counts as nothing (format 24)."""
    data = tree.read(path)
    try:
        return None if data is None else document.from_bytes(data, path)
    except InvalidDocument:
        return None
