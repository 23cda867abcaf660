"""What the ledger says was erased, as far as it has force.

Anybody who may record may write such a document, and nobody reviews it. So it never undoes what people decided: files
of a version that stands in a stage are as if no document named them, until the stage holds something else.
"""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.blobs import listed_in
from gitreg.documents import Digest, Erased, Version, classify_fact, classify_main, paths
from gitreg.errors import BlobNotFound, CorruptBlob, InvalidDocument, UnsafePath, UnsafeRepository
from gitreg.store import Snapshot

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.blobs import BlobStore
    from gitreg.store import Store

_UNREADABLE = (InvalidDocument, UnsafeRepository)
_UNKNOWN = (BlobNotFound, CorruptBlob, InvalidDocument, UnsafePath)


class Erasures:
    """Which blobs were erased. Read from the ledger as it stands, folder by folder, when somebody asks."""

    def __init__(self, store: Store, blobs: BlobStore) -> None:
        """`blobs` are read for lists of files alone, and know of no erasures."""
        self._store = store
        self._blobs = blobs
        self._stamp: object = None
        self._ledger = Snapshot.empty()
        self._tree: str | None = None
        self._folders: dict[str, dict[Digest, Erased]] = {}
        self._main: str | None = None
        self._standing: frozenset[Digest] = frozenset()

    def of(self, blob: Digest) -> Erased | None:
        """What says that a blob was erased, None where nothing with force does.

        Raises what the place of the bytes raises where only it knows whether the blob stands in a stage.
        """
        self._refresh()
        if self._tree is None:
            return None
        folder = paths.erasures(blob)
        if folder not in self._folders:
            self._folders[folder] = _first_of_each(self._ledger, folder)
        found = self._folders[folder].get(blob)
        return None if found is None or blob in self.standing() else found

    def all(self) -> list[Erased]:
        """One document for each blob that was erased, the latest first; those without force, too."""
        self._refresh()
        folders = (f"erased/{entry.name}" for entry in self._ledger.entries("erased"))
        found = [each for folder in folders for each in _first_of_each(self._ledger, folder).values()]
        return sorted(found, key=lambda each: (each.at, each.blob), reverse=True)

    @property
    def state(self) -> str | None:
        """Equal exactly when the same documents are there; None where there are none."""
        self._refresh()
        return self._tree

    def standing(self) -> frozenset[Digest]:
        """The lists of files, and the files, of every version that stands in a stage."""
        main = self._store.main_tip()
        if main != self._main:
            self._standing = frozenset(self._named_by_stages(self._store.snapshot(main)))
            self._main = main
        return self._standing

    def _refresh(self) -> None:
        """Asked for with every blob that moves, so it looks only where the ledger has moved."""
        stamp = self._store.ledger_stamp()
        if stamp == self._stamp:
            return
        self._ledger = self._store.snapshot(self._store.ledger_tip())
        tree = self._ledger.object_id("erased")
        if tree != self._tree:
            self._tree, self._folders = tree, {}
        self._stamp = stamp

    def _named_by_stages(self, main: Snapshot) -> Iterator[Digest]:
        for path, _ in main.walk("models"):
            kind = classify_main(path)
            if kind is not None and kind.document is Version:
                try:
                    manifest = Version.from_bytes(main.read(path) or b"", path).artifacts.digest
                except _UNREADABLE:
                    continue
                yield manifest
                yield from self._files_of(manifest)

    def _files_of(self, manifest: Digest) -> Iterator[Digest]:
        try:
            yield from (stored.digest for _, stored in listed_in(self._blobs, manifest))
        except _UNKNOWN:  # a model that nobody can fetch has no files to keep
            return


def _first_of_each(ledger: Snapshot, folder: str) -> dict[Digest, Erased]:
    """The documents of a folder that are what their paths say; of several about one blob the earliest."""
    found: dict[Digest, Erased] = {}
    for document in sorted(_documents(ledger, folder), key=lambda each: (each.at, each.digest)):
        found.setdefault(document.blob, document)
    return found


def _documents(ledger: Snapshot, folder: str) -> Iterator[Erased]:
    for path, _ in ledger.walk(folder):
        kind = classify_fact(path)
        if kind is None or kind.document is not Erased:
            continue
        try:
            document = Erased.from_bytes(ledger.read(path) or b"", path)
        except _UNREADABLE:  # fsck names it
            continue
        if paths.erased(document.blob, document.digest) == path:
            yield document
