"""What changed between two versions of data: file by file, and of a table its rows, its columns and their spread."""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from gitreg.blobs import content_of, get_file, open_stored, read_manifests
from gitreg.errors import InvalidValue, NotFound
from gitreg.report import Drift, drift_of
from gitreg.tables import TableFile, compare_rows, is_table
from gitreg.tracking import profile_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from gitreg.blobs import BlobStore, Progress
    from gitreg.data.views import DataVersion
    from gitreg.documents import Digest, ManifestEntry

_SEEKING = ("parquet", "pq")


@dataclass(frozen=True)
class FileChange:
    """A file that only one version has, or that is another: its size in each, None where it is not there."""

    path: str
    old_size: int | None
    new_size: int | None


@dataclass(frozen=True)
class ColumnChange:
    """A column that only one version has, or whose type is another; None where it is not there."""

    name: str
    old_type: str | None
    new_type: str | None


@dataclass(frozen=True)
class TableChanges:
    """What changed in a table. `changed` is None without a key: a row that changed is then one removed and one added.

    `compared` are the columns by which rows were compared: those that both have. `drift` is by a sample of the rows.
    """

    rows: tuple[int, int]
    added: int
    removed: int
    changed: int | None
    compared: tuple[str, ...]
    columns: tuple[ColumnChange, ...]
    drift: Drift
    sampled: bool
    """Whether the spread is that of a sample."""


@dataclass(frozen=True)
class DataDifference:
    """Two versions, and what changed from the old one to the new one. `table` is None where they are not tables."""

    old: DataVersion
    new: DataVersion
    files: tuple[FileChange, ...]
    same_files: int
    table: TableChanges | None

    @property
    def is_same(self) -> bool:
        """Whether their whole content is."""
        return self.old.digest == self.new.digest


def difference(
    store: BlobStore, old: DataVersion, new: DataVersion, key: Sequence[str] = (), progress: Progress | None = None
) -> DataDifference:
    """What changed. Tables are read once each, from front to back; memory does not grow with them.

    Raises `NotFound` where the bytes of one are not kept, `MissingExtra`, `InvalidValue` for a key that is not one, and
    as reading from the store.
    """
    before, after = _files(store, old), _files(store, new)
    changes, same = _changes(store, before, after)
    only = [next(iter(each.values())) for each in (before, after) if len(each) == 1]
    tables = [each for each in only if is_table(each.path)] if "folder" not in _kinds(old, new) else []
    if len(tables) != len((before, after)):
        if key:
            raise InvalidValue("A key tells the rows of tables apart, and these are not two tables.")
        return DataDifference(old, new, changes, same, None)
    with contextlib.ExitStack() as stack:
        opened = [stack.enter_context(_as_table(store, each, progress)) for each in tables]
        return DataDifference(old, new, changes, same, _table(opened[0], opened[1], key, new.name))


def _kinds(*views: DataVersion) -> set[str]:
    return {view.document.kind for view in views}


def _files(store: BlobStore, view: DataVersion) -> dict[str, ManifestEntry]:
    if not view.is_kept:
        message = f"The bytes of {view.label} are not kept here: only its digest was recorded."
        raise NotFound(message, subject=view.label, hint=f"gitreg data add PATH --name {view.name}")
    manifest = read_manifests(store, [each.digest for each in view.document.files])
    return {entry.path: entry for entry in manifest.files}


def _changes(
    store: BlobStore, before: Mapping[str, ManifestEntry], after: Mapping[str, ManifestEntry]
) -> tuple[tuple[FileChange, ...], int]:
    found, same = [], 0
    for path in sorted(before.keys() | after.keys()):
        old, new = (_content(store, each.get(path)) for each in (before, after))
        if old == new:
            same += 1
        else:
            found.append(FileChange(path, old and old[1], new and new[1]))
    return tuple(found), same


def _content(store: BlobStore, entry: ManifestEntry | None) -> tuple[Digest, int] | None:
    if entry is None:
        return None
    found = content_of(store, entry)
    return found.digest, found.size


@contextlib.contextmanager
def _as_table(store: BlobStore, entry: ManifestEntry, progress: Progress | None) -> Iterator[TableFile]:
    """A stored file to read from front to back; one that has to be read here and there lies in a file meanwhile."""
    if not entry.path.lower().endswith(_SEEKING):
        yield TableFile(entry.path, _opening(store, entry))
        return
    with tempfile.TemporaryDirectory(prefix="gitreg-diff-") as folder:
        path = Path(folder, "table")
        get_file(store, entry, path, progress=progress)
        yield TableFile(entry.path, lambda: path.open("rb"))


def _opening(store: BlobStore, entry: ManifestEntry) -> Callable[[], BinaryIO]:
    return lambda: open_stored(store, entry)


def _table(old: TableFile, new: TableFile, key: Sequence[str], name: str) -> TableChanges:
    found = compare_rows(old, new, key)
    before, after = found.samples
    drift = drift_of(name, profile_of(after, categories=True), profile_of(before, categories=True))
    sampled = any(sample.num_rows < rows for sample, rows in zip(found.samples, found.rows, strict=True))
    columns = tuple(_columns(dict(_types(before)), dict(_types(after))))
    return TableChanges(found.rows, found.added, found.removed, found.changed, found.columns, columns, drift, sampled)


def _types(sample: object) -> Iterator[tuple[str, str]]:
    yield from ((field.name, str(field.type)) for field in sample.schema)  # type: ignore[attr-defined] # arrow's


def _columns(old: Mapping[str, str], new: Mapping[str, str]) -> Iterator[ColumnChange]:
    names = [*old, *(name for name in new if name not in old)]
    yield from (ColumnChange(name, old.get(name), new.get(name)) for name in names if old.get(name) != new.get(name))
