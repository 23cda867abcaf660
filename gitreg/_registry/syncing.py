"""Meeting the remote: bytes, then facts with their numbers, then decisions."""

from __future__ import annotations

import logging
from itertools import islice, takewhile
from typing import TYPE_CHECKING

from gitreg._registry.settling import Settler
from gitreg._registry.views import Synced, Unpushed
from gitreg.blobs import Progress, read_manifest
from gitreg.errors import NotPublished, RemoteError
from gitreg.store import sync

if TYPE_CHECKING:
    from pathlib import Path

    from gitreg._registry.parts import Parts
    from gitreg.registry import VersionView

_MEND = "Name a place that others read, a bucket or a shared folder: gitreg use --blobs PLACE"
_TOLD = "told-bytes-are-local"
_MOST = 10_000

_log = logging.getLogger("gitreg")


class Syncer:
    """Publishes what is only here and fetches what is only there."""

    def __init__(self, parts: Parts) -> None:
        """Nothing is asked yet."""
        self._parts = parts
        self._settler = Settler(parts)

    def sync(self, progress: Progress | None = None, *, message: str | None = None) -> Synced:
        """Publish runs, bytes, numbers and decisions, and bring this clone up to the remote.

        `message` goes into the commits that this makes on the ledger, if it makes any.

        Bytes go before the documents that name them, and what others erased goes away here; main comes last, so that
        all else is done when it has `Diverged`. Raises `NotPublished` once where bytes have no place that others read,
        and what the store and storage raise.
        """
        parts = self._parts
        runs = tuple(dict.fromkeys(record.run_id for record in parts.tracker.publish(message).records))
        uploaded = parts.uploader.upload(progress=progress)
        remote = parts.remote()
        if remote is None:
            return Synced(None, runs, uploaded, settled=self._settler.settle())
        self._stop_once("sync", parts.blobs.shared is None and any(parts.uploader.named(None)))
        waiting = {view.digest: view.label for view in self._unnumbered()}
        parts.models.claim_numbers(message)
        try:
            report = sync(parts.store, remote, parts.ledger.text("ledger: synced", message))
        finally:  # a main that diverged keeps nothing of what was erased
            settled = self._settler.settle()
        numbers = {label: parts.models.version(digest).number for digest, label in waiting.items()}
        numbered = {label: number for label, number in numbers.items() if number}
        return Synced(report, runs, uploaded, numbered, settled)

    def freshen(self) -> None:
        """Fetch what the remote has, where that is all a sync would do; without the remote, all stays as it was.

        For a clone that is kept for a URL: nobody syncs it by hand, and its answers must not grow old unseen.
        """
        waiting = self.unpushed()
        if waiting is None or waiting.main or waiting.ledger:
            return
        try:
            remote = self._parts.remote()
            if remote is not None:
                sync(self._parts.store, remote, self._parts.ledger.text("ledger: synced"))
                self._settler.settle()
        except RemoteError as error:
            _log.info("%s cannot be asked for news: %s", self._parts.store.path, error.message)

    def check_bytes(self, view: VersionView) -> None:
        """Before anything points at a version: its bytes exist, where others read them if there are others.

        Raises `BlobNotFound` for bytes that are nowhere, and once for each version `NotPublished` for bytes that are
        only here though there is a remote.
        """
        parts = self._parts
        manifest = read_manifest(parts.blobs, view.document.artifacts.digest)
        parts.models.check_bytes(manifest)
        if parts.ledger.has_remote():
            self._stop_once(f"promote {view.digest}", parts.blobs.shared is None)

    def unpushed(self) -> Unpushed | None:
        """What is only in this clone; None where there is no remote."""
        store = self._parts.store
        if not self._parts.ledger.has_remote():
            return None
        main, ledger = store.branches.main, store.branches.ledger
        theirs = store.tip(_tracking(main))
        ours = store.tip(main)
        ahead = takewhile(lambda commit: commit != theirs, store.first_parents(ours)) if ours else iter(())
        changed = store.changes(store.tip(_tracking(ledger)), store.tip(ledger)) if store.tip(ledger) else iter(())
        return Unpushed(sum(1 for _ in islice(ahead, _MOST)), sum(1 for _ in islice(changed, _MOST)))

    # --- within -----------------------------------------------------------------------------------------------------

    def _unnumbered(self) -> list[VersionView]:
        models = self._parts.models
        views = (view for model in models.list() for view in models.versions(model.name, deleted=True))
        return [view for view in views if view.number is None]

    def _stop_once(self, what: str, are_local: bool) -> None:  # noqa: FBT001 - a fact, not a switch
        """Say one time for each `what` that bytes are only here; whoever goes on knows it."""
        told = self._own(_TOLD)
        known = told.read_text(encoding="utf-8").splitlines() if told.exists() else []
        if not are_local or what in known:
            return
        told.unlink(missing_ok=True)  # a link there is not written through
        told.write_text("\n".join([*known, what, ""]), encoding="utf-8")
        message = "There is a remote, and the bytes lie in this clone only: others will see names and no content."
        raise NotPublished(message, subject=str(self._parts.store.path), hint=f"{_MEND}; or go on: the same again.")

    def _own(self, name: str) -> Path:
        return self._parts.store.layout.own / name


def _tracking(ref: str) -> str:
    return ref.replace("refs/heads/", "refs/remotes/origin/", 1)
