"""`fsck`: read everything, believe nothing."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg._registry.naming import manifests_in, named_in
from gitreg._registry.views import Ailment, Checkup
from gitreg.blobs import BlobStore, Progress, Stored, listed_in
from gitreg.decisions import check_facts
from gitreg.documents import Digest, MemoryTree, classify_main, is_sealed, paths
from gitreg.errors import BlobNotFound, CorruptBlob, GitregError, InvalidDocument, StorageError, Unavailable
from gitreg.registry import claims_in

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg._registry.parts import Parts
    from gitreg.store import CommitId, Snapshot

_CHUNK = 1024 * 1024


class Inspection:
    """One walk over a registry, with its counts."""

    def __init__(self, parts: Parts) -> None:
        """Nothing is read yet."""
        self._parts = parts
        self._seen: set[str] = set()
        self._documents = 0
        self._blobs: set[Digest] = set()
        self._size = 0
        self._erased: set[Digest] = set()

    def run(self, progress: Progress | None = None) -> Checkup:
        """Check git objects, then documents, then bytes. What one part cannot read, the others still check."""
        ailments = [*self._objects(), *self._main(), *self._ledger(), *self._bytes(progress)]
        return Checkup(
            tuple(ailments), len(self._seen), self._documents, len(self._blobs), self._size, len(self._erased)
        )

    # --- git objects ------------------------------------------------------------------------------------------------

    def _objects(self) -> Iterator[Ailment]:
        """Every object that a ref of the registry reaches, through every commit of it."""
        store = self._parts.store
        store.close()  # what was read before is read again
        pending = list(dict.fromkeys(self._tips()))
        while pending:
            commit = pending.pop()
            if commit in self._seen:
                continue
            self._seen.add(commit)
            try:
                parents = store.commit(commit).parents
                known = [parent for parent in parents if commit not in store.shallow()]
                pending += known
                yield from self._new_files(known[0] if known else None, commit)
            except GitregError as error:
                yield Ailment("object", commit, error.message, error.hint or "git fsck --full")

    def _tips(self) -> Iterator[CommitId]:
        store = self._parts.store
        branches = store.branches
        for ref in (branches.main, branches.ledger):
            tip = store.tip(ref)
            if tip is not None:
                yield tip
        for prefix in (branches.proposals, "refs/gitreg/"):
            yield from store.refs(prefix).values()

    def _new_files(self, before: CommitId | None, commit: CommitId) -> Iterator[Ailment]:
        store = self._parts.store
        files = store.snapshot(commit)
        for change in store.changes(before, commit):
            if change.after is None or change.after in self._seen:
                continue
            self._seen.add(change.after)
            try:
                files.read_blob(change.after)
            except GitregError as error:
                yield Ailment("object", change.path, error.message, error.hint or "git fsck --full")

    # --- documents --------------------------------------------------------------------------------------------------

    def _main(self) -> Iterator[Ailment]:
        """What gitreg owns on main; all else there is the people's."""
        files = self._parts.store.snapshot(self._parts.store.main_tip())
        for path, _ in files.walk():
            kind = classify_main(path)
            if kind is not None and kind.document is not None:
                self._documents += 1
                try:
                    kind.document.from_bytes(files.read(path) or b"", path)
                except GitregError as error:
                    yield Ailment("document", path, error.message, error.hint)
            elif kind is None and path.startswith(paths.DOCUMENT_FOLDERS):
                yield Ailment("path", path, "The format knows no such path.", severity="warn")
        if files.read(paths.ATTRIBUTES) != paths.ATTRIBUTES_CONTENT:
            message = "It does not keep git from changing line ends, so digests may differ in a checkout."
            yield Ailment("attributes", paths.ATTRIBUTES, message, severity="warn")

    def _ledger(self) -> Iterator[Ailment]:
        files = self._parts.store.snapshot(self._parts.store.ledger_tip())
        self._documents += sum(1 for _ in files.walk())
        try:
            for finding in check_facts(MemoryTree(), files):
                if finding.rule == "number" and _is_settled(files, finding.path):
                    continue
                yield Ailment(finding.rule, finding.path, finding.message, finding.hint, finding.severity)
        except GitregError as error:
            yield Ailment("object", error.subject, error.message, error.hint)

    # --- bytes ------------------------------------------------------------------------------------------------------

    def _bytes(self, progress: Progress | None) -> Iterator[Ailment]:
        """Everything that main and the ledger name is there and has its digest.

        A version's bytes may not be missing; of runs that only warns, because they may lie with whoever made them.
        """
        store = self._parts.store
        main, ledger = store.snapshot(store.main_tip()), store.snapshot(store.ledger_tip())
        places = ((main, "models"), *((ledger, folder) for folder in ("versions", "runs", "datasets", "evaluations")))
        for files, folder in places:
            for path, _ in files.walk(folder):
                yield from self._bytes_of(files, path, progress)

    def _bytes_of(self, files: Snapshot, path: str, progress: Progress | None) -> Iterator[Ailment]:
        severity = "warn" if path.startswith(("runs/", "datasets/")) else "block"
        try:
            data = files.read(path) or b""
            named: dict[Digest, tuple[Stored, str]] = {}
            named |= {descriptor.digest: (descriptor, path) for descriptor in named_in(path, data)}
            for manifest in manifests_in(path, data):
                if self._parts.erasures.of(manifest.digest) is None:
                    named |= self._files_of(manifest.digest, path)
        except InvalidDocument:  # said already
            return
        except GitregError as error:
            yield Ailment("bytes", path, error.message, error.hint, severity)
            return
        for stored, what in named.values():
            try:
                yield from self._stored(stored, what, severity, progress)
            except Unavailable as error:
                yield Ailment("bytes", what, error.message, error.hint, severity)

    def _stored(self, stored: Stored, what: str, severity: str, progress: Progress | None) -> Iterator[Ailment]:
        """Each blob once: what was erased is nowhere, all else is there and right, and has its key where it is sealed.

        Raises `Unavailable` where a place does not answer.
        """
        digest = stored.digest
        if digest in self._blobs or digest in self._erased:
            return
        if self._parts.erasures.of(digest) is not None:
            self._erased.add(digest)
            yield from self._remains(digest, what)
            return
        self._blobs.add(digest)
        yield from self._verify(digest, what, severity, progress)
        if is_sealed(stored.media_type) and self._parts.blobs.get_key(digest) is None:
            message = f"The key of {digest} is nowhere, so nobody can read it."
            yield Ailment("key", what, message, "gitreg sync where it was recorded", severity)

    def _files_of(self, manifest: Digest, path: str) -> dict[Digest, tuple[Stored, str]]:
        listed = listed_in(self._parts.blobs, manifest)
        return {stored.digest: (stored, f"{path}: {file}") for file, stored in listed}

    def _remains(self, digest: Digest, what: str) -> Iterator[Ailment]:
        blobs = self._parts.blobs
        for place in (blobs.local, blobs.shared):
            if place is not None and (place.has(digest) or place.get_key(digest) is not None):
                message = f"{digest} was erased and is still in {place.location}."
                yield Ailment("erased", what, message, f"gitreg erase {digest} -m WHY", "warn")

    def _verify(self, digest: Digest, what: str, severity: str, progress: Progress | None) -> Iterator[Ailment]:
        try:
            with self._place_of(digest).open(digest) as stream:
                while chunk := stream.read(_CHUNK):
                    self._size += len(chunk)
                    if progress is not None:
                        progress.add(len(chunk))
        except CorruptBlob as error:
            yield Ailment("bytes", what, error.message, error.hint or "Fetch it anew: gitreg sync")
        except (BlobNotFound, StorageError) as error:
            yield Ailment("bytes", what, error.message, error.hint, severity)

    def _place_of(self, digest: Digest) -> BlobStore:
        """Where to read it: checking a bucket must not fill this disk."""
        blobs = self._parts.blobs
        return blobs.local if blobs.shared is None or blobs.local.has(digest) else blobs.shared


def _is_settled(ledger: Snapshot, path: str) -> bool:
    """Whether a version whose claim to a number is disputed has another number by now, that is its alone."""
    _, model, name = path.split("/")
    return claims_in(ledger, model).number(name.partition("-")[2].removesuffix(".json")) is not None
