"""Which data there is, and which version is meant."""

from __future__ import annotations

import builtins
from typing import TYPE_CHECKING

from gitreg.blobs import listed_in
from gitreg.data.addresses import DataAddress, parse_data_address
from gitreg.data.views import DatasetView, DataVersion
from gitreg.documents import Dataset, Digest, paths
from gitreg.errors import Ambiguous, BlobErased, BlobNotFound, CorruptBlob, DatasetNotFound, InvalidDocument, UnsafePath
from gitreg.registry import remarks_of

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence

    from gitreg.blobs import BlobStore, Stored
    from gitreg.index import Index, PathChange
    from gitreg.store import Store

_MANY = 12
_UNREADABLE = (BlobErased, BlobNotFound, CorruptBlob, InvalidDocument, UnsafePath)


class DataCatalogue:
    """Datasets as the ledger has them now, those that runs named included."""

    def __init__(self, store: Store, index: Index, blobs: BlobStore) -> None:
        """Nothing is read yet."""
        self._store = store
        self._index = index
        self._blobs = blobs

    def list(self) -> builtins.list[DatasetView]:
        """Every dataset, by name."""
        names = sorted({document.name for document in self._index.datasets()})
        return [DatasetView(name, tuple(self.versions(name))) for name in names]

    def versions(self, name: str) -> builtins.list[DataVersion]:
        """A dataset's versions, the earliest first; none where there is no such dataset."""
        found: dict[Digest, builtins.list[Dataset]] = {}
        documents = self._index.datasets(name)
        for document in documents:
            found.setdefault(document.content_digest, []).append(document)
        first = self._index.first_changes(self._store.branches.ledger, [_path(document) for document in documents])
        views = [self._view(documents, first) for documents in found.values()]
        return [view for _, view in sorted(views, key=lambda each: (each[0], each[1].digest))]

    def version(self, reference: str | DataAddress | DataVersion) -> DataVersion:
        """The version that an address means.

        Raises `InvalidName`, `Ambiguous`, and `DatasetNotFound`, which names those that there are.
        """
        if isinstance(reference, DataVersion):
            return reference
        address = parse_data_address(reference) if isinstance(reference, str) else reference
        versions = self.versions(address.name)
        if not versions:
            raise self._no_dataset(address.name)
        if address.start is None:
            return versions[-1]
        found = [view for view in versions if view.digest.hex.startswith(address.start)]
        if not found:
            there = ", ".join(view.digest.hex[:8] for view in versions[-_MANY:])
            message = f"{address.name} has no version whose digest begins with {address.start} (there are {there})."
            raise DatasetNotFound(message, subject=str(address), hint=f"gitreg data list {address.name}")
        if len(found) > 1:
            message = f"{len(found)} versions of {address.name} have a digest that begins with {address.start}."
            raise Ambiguous(message, subject=str(address), hint="Give more digits.")
        return found[0]

    def new_bytes(self, versions: Sequence[DataVersion]) -> dict[Digest, int | None]:
        """How many bytes each version stores that none before it has; None where none are stored, or nobody can tell.

        `versions` are all of one dataset, the earliest first.
        """
        seen: set[Digest] = set()
        return {view.digest: self._unseen(view.document, seen) for view in versions}

    def _unseen(self, document: Dataset, seen: set[Digest]) -> int | None:
        if not document.files:
            return None
        try:
            stored = {each.digest: each.size for each in self.stored(document)}
        except _UNREADABLE:
            return None
        new = sum(size for digest, size in stored.items() if digest not in seen)
        seen.update(stored)
        return new

    def stored(self, document: Dataset) -> Iterator[Stored]:
        """Every blob of a version: its lists of files, the files, the chunks. Raises as `read_manifest`."""
        for manifest in document.files:
            yield manifest
            yield from (stored for _, stored in listed_in(self._blobs, manifest.digest))

    # --- within -----------------------------------------------------------------------------------------------------

    def _view(self, documents: Sequence[Dataset], changes: Mapping[str, PathChange]) -> tuple[int, DataVersion]:
        """A version from all that is recorded of it, and where on the ledger's line the first of that came."""
        first = min((changes[_path(each)] for each in documents if _path(each) in changes), default=None)
        commit = None if first is None else self._store.commit(first.commit)
        document = max(documents, key=lambda each: (bool(each.files), len(each.sketches), each.digest))
        name, content = document.name, document.content_digest
        view = DataVersion(
            name=name,
            digest=content,
            document=document,
            added_at=commit.authored_at if commit else None,
            added_by=commit.author if commit else None,
            remarks=remarks_of(self._index.notes(paths.dataset_notes(name, content))),
        )
        return (-1 if first is None else first.position, view)

    def _no_dataset(self, name: str) -> DatasetNotFound:
        names = sorted({document.name for document in self._index.datasets()})
        there = f" (there are {', '.join(names[:_MANY])})" if names else ""
        hint = "List them: gitreg data list" if names else "Add one: gitreg data add PATH"
        return DatasetNotFound(f"There is no dataset {name!r:.80}{there}.", subject=name, hint=hint)


def _path(document: Dataset) -> str:
    """Where a record of it lies on the ledger."""
    return paths.dataset(document.name, document.digest)
