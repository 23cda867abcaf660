"""What was kept beside two tables tells of them without their rows: overlap by row hashes, drift by profiles."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitreg.blobs import read_stored
from gitreg.documents import Profile, row_hashes_in
from gitreg.report import Drift, drift_of

if TYPE_CHECKING:
    from gitreg.blobs import BlobStore
    from gitreg.data.views import DataVersion

MAX_SKETCH_BYTES = 8 << 20
"""The hashes of a million rows."""


@dataclass(frozen=True)
class Overlap:
    """How many rows two tables have in common. Rows that are alike count once."""

    old: int
    new: int
    shared: int


@dataclass(frozen=True)
class SketchChanges:
    """How the rows of two tables overlap, and how far their columns lie apart; None where that was not kept of both."""

    overlap: Overlap | None
    drift: Drift | None


def sketched(store: BlobStore, old: DataVersion, new: DataVersion) -> SketchChanges | None:
    """What sketches tell; None where they tell nothing. Raises as `read_stored`, and `InvalidDocument`."""
    found = SketchChanges(_overlap(store, old, new), _drift(store, old, new))
    return None if found == SketchChanges(None, None) else found


def _overlap(store: BlobStore, old: DataVersion, new: DataVersion) -> Overlap | None:
    """A row's hash has the names of its columns in it: of tables with other columns hashes tell nothing."""
    names = [sorted(column.name for column in each.document.columns) for each in (old, new)]
    hashes = old.document.row_hashes, new.document.row_hashes
    if hashes[0] is None or hashes[1] is None or names[0] != names[1]:
        return None
    before, after = (row_hashes_in(read_stored(store, each, MAX_SKETCH_BYTES)) for each in hashes if each)
    return Overlap(len(before), len(after), len(before & after))


def _drift(store: BlobStore, old: DataVersion, new: DataVersion) -> Drift | None:
    profiles = old.document.profile, new.document.profile
    if profiles[0] is None or profiles[1] is None:
        return None
    data = [read_stored(store, each, MAX_SKETCH_BYTES) for each in profiles if each]
    before, after = (Profile.from_bytes(each, f"a profile of {new.name}") for each in data)
    return drift_of(new.name, after, before)
