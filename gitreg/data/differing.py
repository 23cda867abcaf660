"""What changed between two versions of data: file by file, and of a table its rows, its columns and their spread."""

from __future__ import annotations

import contextlib
import tempfile
from dataclasses import dataclass, replace
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from gitreg.blobs import LayeredBlobs, content_of, get_file, listed_in, open_stored, read_manifests
from gitreg.data.sketches import SketchChanges, sketched
from gitreg.errors import GitregError, InvalidValue, NotFound
from gitreg.report import Drift, drift_of
from gitreg.tables import TableFile, compare_rows, is_table
from gitreg.tracking import profile_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence

    from gitreg.blobs import BlobStore, Progress
    from gitreg.data.views import DataVersion
    from gitreg.documents import DatasetUse, Digest, ManifestEntry

MAX_GLANCE_BYTES = 256 << 20
MAX_GLANCE_VALUES = 10_000_000
"""Larger tables are compared where somebody asks for it: these take about twenty seconds."""
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
    """Two versions, and what changed from the old one to the new one. `table` is None where they are not tables.

    Where the rows were not read `untold` says why, and `sketch` is what was kept beside them tells.
    """

    old: DataVersion
    new: DataVersion
    files: tuple[FileChange, ...] = ()
    same_files: int = 0
    table: TableChanges | None = None
    sketch: SketchChanges | None = None
    untold: str = ""

    @property
    def is_same(self) -> bool:
        """Whether their whole content is."""
        return self.old.digest == self.new.digest


@dataclass(frozen=True)
class _Files:
    """What changed in the lists of files; the two tables that they are, else none."""

    changes: tuple[FileChange, ...]
    same: int
    tables: tuple[ManifestEntry, ...]


def difference(
    store: BlobStore, old: DataVersion, new: DataVersion, key: Sequence[str] = (), progress: Progress | None = None
) -> DataDifference:
    """What changed. Tables are read once each, from front to back; memory does not grow with them.

    Where the bytes of one are not kept it is what was kept beside both that tells. Raises `NotFound` where nothing was,
    `MissingExtra`, `InvalidValue` for a key that is not one, and as reading from the store.
    """
    try:
        files = _between(store, old, new)
    except NotFound as error:
        sketch = None if key or (old.is_kept and new.is_kept) else sketched(store, old, new)
        if sketch is None:
            raise
        return DataDifference(old, new, sketch=sketch, untold=error.message)
    if key and not files.tables:
        raise InvalidValue("A key tells the rows of tables apart, and these are not two tables.")
    table = _read(store, files.tables, key, new.name, progress) if files.tables else None
    return DataDifference(old, new, files.changes, files.same, table)


def glance(
    store: BlobStore, old: DataVersion, new: DataVersion, key: Sequence[str] | None, progress: Progress | None = None
) -> DataDifference:
    """As much of that as what lies here tells in some twenty seconds; raises nothing, for `untold` says what stood in
    the way. `key` of None: rows are not read at all.
    """
    found = DataDifference(old, new)
    try:
        files = _between(store, old, new)
        found = replace(found, files=files.changes, same_files=files.same)
        why_not = _why_not(store, files.tables, old, new) if key is not None and files.tables else ""
        if key is not None and files.tables and not why_not:
            return replace(found, table=_read(store, files.tables, key, new.name, progress))
    except GitregError as error:
        why_not = error.message
    try:
        return replace(found, sketch=sketched(store, old, new), untold=why_not)
    except GitregError as error:
        return replace(found, untold=why_not or error.message)


def _why_not(store: BlobStore, tables: Sequence[ManifestEntry], old: DataVersion, new: DataVersion) -> str:
    """Why tables are not read at a glance; empty where they are."""
    ask = f"Compare them: gitreg data diff {old.label} {new.label}"
    read = sum(content_of(store, each).size for each in tables)
    values = sum((each.document.rows or 0) * len(each.document.columns) for each in (old, new))
    if read > MAX_GLANCE_BYTES or values > MAX_GLANCE_VALUES:
        return f"The tables are large, and their rows were not compared. {ask}"
    here = store.local if isinstance(store, LayeredBlobs) else store
    away = [each for each in (old, new) if not _is_in(here, each)]
    return f"The bytes of {away[0].label} are not here, and rows were not compared. {ask}" if away else ""


def _is_in(store: BlobStore, view: DataVersion) -> bool:
    """Whether every byte of a version is."""
    stored = (each for manifest in view.document.files for _, each in listed_in(store, manifest.digest))
    return all(store.has(each.digest) for each in stored)


def changed_uses(old: Sequence[DatasetUse], new: Sequence[DatasetUse]) -> Iterator[tuple[DatasetUse, DatasetUse]]:
    """The data of two runs or versions that is in one role and not the same, the old one first.

    Beside each stands that of the same name, else the only one in its role.
    """
    for use in new:
        others = [each for each in old if each.role == use.role]
        named = [each for each in others if each.name == use.name] or (others if len(others) == 1 else [])
        yield from ((each, use) for each in named[:1] if each.digest != use.digest)


def _between(store: BlobStore, old: DataVersion, new: DataVersion) -> _Files:
    """Raises `NotFound` where the bytes of one are not kept, and as reading from the store."""
    before, after = _files(store, old), _files(store, new)
    changes, same = _changes(store, before, after)
    only = [next(iter(each.values())) for each in (before, after) if len(each) == 1]
    tables = [each for each in only if is_table(each.path)] if "folder" not in _kinds(old, new) else []
    return _Files(changes, same, tuple(tables) if len(tables) == len((before, after)) else ())


def _read(
    store: BlobStore, tables: Sequence[ManifestEntry], key: Sequence[str], name: str, progress: Progress | None
) -> TableChanges:
    with contextlib.ExitStack() as stack:
        before, after = (stack.enter_context(_as_table(store, each, progress)) for each in tables)
        return _table(before, after, key, name)


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
