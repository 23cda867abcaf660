"""Bytes first: what documents of the ledger name is sent to the shared place before any of them is published."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gitreg._registry.keeping import keep, kept
from gitreg._registry.naming import manifests_in, named_in
from gitreg.blobs import LayeredBlobs, Progress, listed_in
from gitreg.errors import GitregError, InvalidDocument
from gitreg.store import CommitId, Store

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

    from gitreg.documents import Digest

_DONE = "uploaded.json"
_NAMING = ("runs/", "versions/", "datasets/", "evaluations/")


class Uploader:
    """Sends bytes of this clone to where others read them."""

    def __init__(self, store: Store, blobs: LayeredBlobs) -> None:
        """Nothing is asked yet."""
        self._store = store
        self._blobs = blobs

    def upload(self, digests: Iterable[Digest] = (), progress: Progress | None = None) -> tuple[Digest, ...]:
        """Send these blobs and all that unpublished documents name, as far as they are here; which had to be sent.

        Where nothing is new no network is touched; where there is no shared place nothing is done. Raises what the
        place raises.
        """
        shared, tip = self._blobs.shared, self._store.ledger_tip()
        if shared is None:
            return ()
        done = self._done(shared.location)
        pending = self.named(done) if tip is not None and done != tip else ()
        wanted = dict.fromkeys([*digests, *pending])
        sent = self._blobs.upload(wanted, progress) if wanted else ()
        if tip is not None and done != tip:
            self._note(shared.location, tip)
        return sent

    def named(self, before: CommitId | None) -> Iterator[Digest]:
        """The blobs that this clone has, of those that documents name which came after `before`."""
        tip = self._store.ledger_tip()
        files = self._store.snapshot(tip)
        for change in self._store.changes(before, tip):
            data = files.read(change.path) if change.after is not None and change.path.startswith(_NAMING) else None
            if data is not None:
                yield from (digest for digest in self._blobs_of(change.path, data) if self._blobs.local.has(digest))

    def _blobs_of(self, path: str, data: bytes) -> Iterator[Digest]:
        local = self._blobs.local
        try:
            yield from (descriptor.digest for descriptor in named_in(path, data))
            for manifest in manifests_in(path, data):
                if local.has(manifest.digest):
                    yield from (stored.digest for _, stored in listed_in(local, manifest.digest))
        except InvalidDocument:  # fsck names it
            return

    def _done(self, place: str) -> CommitId | None:
        """The ledger all of whose bytes are at this place, as far as they were ever ours; None: nobody knows.

        What the remote's ledger has was published after its bytes.
        """
        store = self._store
        try:
            found = json.loads(kept(store, _DONE))
            commit = CommitId(found["ledger"]) if found["place"] == place else None
        except (ValueError, KeyError, TypeError, GitregError):
            return None
        if commit is None:
            return None
        published = store.tip(store.branches.ledger.replace("refs/heads/", "refs/remotes/origin/", 1))
        known = commit if published is None or commit == store.ledger_tip() else published
        return known if store.has_object(known) else None

    def _note(self, place: str, ledger: CommitId) -> None:
        keep(self._store, _DONE, json.dumps({"place": place, "ledger": ledger}))
