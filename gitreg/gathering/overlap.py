"""Rows that two datasets have in common, by the hashes of their rows where those were recorded."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.blobs import read_stored
from gitreg.documents import Dataset, Shared, row_hashes_in
from gitreg.errors import CannotTell
from gitreg.policy import pairs_of

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.blobs import BlobStore
    from gitreg.documents import DatasetsRequirement, DatasetUse, Observation
    from gitreg.index import Index
    from gitreg.policy import Facts

METHOD = "row-hashes/1"
MAX_SKETCH_BYTES = 1 << 30


def shared_rows(rule: DatasetsRequirement, facts: Facts, index: Index, blobs: BlobStore) -> Iterator[Observation]:
    """How many rows each two roles share. Raises `CannotTell` where row hashes were not recorded."""
    for one, other in pairs_of(rule, facts):
        if one.digest == other.digest:
            continue
        common = _hashes(one, index, blobs) & _hashes(other, index, blobs)
        yield Shared(rule=rule.rule, first=one.digest, second=other.digest, rows=len(common), method=METHOD)


def _hashes(use: DatasetUse, index: Index, blobs: BlobStore) -> set[bytes]:
    document = next((each for each in index.datasets(use.name) if each.digest == use.document), None)
    if document is None:
        raise CannotTell(f"The ledger here does not hold the dataset {use.name}.")
    if document.row_hashes is None:
        raise CannotTell(_missing(document))
    return row_hashes_in(read_stored(blobs, document.row_hashes, MAX_SKETCH_BYTES))


def _missing(document: Dataset) -> str:
    return f"No row hashes were recorded with {document.name}: log_dataset(…, row_hashes=True) does that."
