"""What is read of data that is added: its files, stored; its digest; its rows and columns where it is a table."""

from __future__ import annotations

import contextlib
import os
from dataclasses import dataclass
from functools import partial
from pathlib import Path
from threading import Event
from typing import TYPE_CHECKING, Any, TypeAlias, TypedDict

from gitreg.blobs import Threads, can_cut, content_of, hash_stream, open_stored, put_files, put_folder, read_manifests
from gitreg.documents import Column, Descriptor, Digest, is_chunked
from gitreg.errors import InvalidValue, MissingExtra, NotFound
from gitreg.tables import SAMPLED_ROWS, is_table, of_path, sample_of, shape_of
from gitreg.tracking import PROFILE_MEDIA_TYPE, ROW_HASHES_MEDIA_TYPE, folder_content, hash_rows, profile_of

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

    from gitreg.blobs import BlobStore, Progress
    from gitreg.data.views import DataVersion
    from gitreg.documents import Manifest

_LARGE_BYTES = 64 << 20
_SAMPLED = "profile-sample/1"
_Kind: TypeAlias = "tuple[dict[str, Any], list[str]]"


class Sketching(TypedDict, total=False):
    """What is kept of a table beside its bytes; see `gitreg.tracking.Sketch`, whose words these are."""

    profile: bool
    categories: bool
    row_hashes: bool


@dataclass(frozen=True)
class Taken:
    """Data whose bytes are stored: what they are, as fields of a dataset's document."""

    manifest: Manifest
    fields: dict[str, Any]
    notes: tuple[str, ...]


def take(store: BlobStore, path: Path, *, personal: bool = False, progress: Progress | None = None) -> Taken:
    """Store a file or folder. Raises `NotFound`, and as `put_folder`."""
    if path.is_dir():
        manifest = put_folder(store, path, durable=False, personal=personal, chunked=True, progress=progress)
        return Taken(manifest, _folder(store, manifest), tuple(_stored_whole(manifest, personal=personal)))
    if not path.exists():
        raise NotFound(f"There is no file or folder {path}.", subject=str(path))
    put = partial(put_files, durable=False, personal=personal, chunked=True, progress=progress)
    manifest, (kind, notes) = _beside(partial(put, store, {path.name: path}), path)
    content = content_of(store, manifest.files[0])
    fields = {"method": "file/1", "content_digest": content.digest, "size_bytes": content.size, **kind}
    return Taken(manifest, fields, (*notes, *_stored_whole(manifest, personal=personal)))


def _folder(store: BlobStore, manifest: Manifest) -> dict[str, Any]:
    contents = ((os.fsencode(each.path), content_of(store, each)) for each in manifest.files)
    named = sorted((path, content.digest.hex, content.size) for path, content in contents)
    digest, size = folder_content(named)
    return {"kind": "folder", "method": "folder/1", "content_digest": digest, "size_bytes": size}


def _beside(put: Callable[[], Manifest], path: Path) -> tuple[Manifest, _Kind]:
    """Store a file, and count its rows meanwhile, which takes as long; nobody counts on where storing it failed."""
    stopped = Event()
    with Threads(1, thread_name_prefix="gitreg-rows") as pool, contextlib.ExitStack() as given_up:
        given_up.callback(stopped.set)
        kind = pool.submit(_kind, path, lambda: not stopped.is_set())
        manifest = put()
        given_up.pop_all()
    return manifest, kind.result()


def _kind(path: Path, is_wanted: Callable[[], bool]) -> _Kind:
    """A table by its rows and columns, else a file; with what stood in the way."""
    if not is_table(path.name):
        return {"kind": "file"}, []
    try:
        shape = shape_of(path, is_wanted)
        columns = tuple(Column(name=name, type=kind) for name, kind in shape.columns)
    except (InvalidValue, MissingExtra) as error:
        return {"kind": "file"}, [f"It is kept as a file, without rows and columns. {error.message}"]
    return {"kind": "table", "rows": shape.rows, "columns": columns}, []


def _stored_whole(manifest: Manifest, *, personal: bool) -> Iterator[str]:
    large = any(each.size > _LARGE_BYTES and not is_chunked(each.media_type) for each in manifest.files)
    if large and personal:
        yield "Sealed files are stored whole: a version in which little changed is stored anew."
    elif large and not can_cut():
        yield "Large files are stored whole without: pip install 'gitreg[data]'"


def sketch(store: BlobStore, path: Path, wanted: Sketching) -> dict[str, Descriptor]:
    """The blobs that say more of a table, by the document's field. Raises `InvalidValue` for what is no table.

    A profile of a table over 100,000 rows is that of a sample of it, and says so by its method.
    """
    if not any(wanted.values()):
        return {}
    table, found = sample_of(of_path(path)), {}
    rows = shape_of(path).rows
    if wanted.get("profile") or wanted.get("categories"):
        profile = profile_of(table, categories=wanted.get("categories", False))
        if rows > SAMPLED_ROWS:
            profile = profile.model_copy(update={"method": _SAMPLED})
        found["profile"] = store.put(profile.to_bytes(), media_type=PROFILE_MEDIA_TYPE)
    if wanted.get("row_hashes"):
        if rows > SAMPLED_ROWS:
            raise InvalidValue(f"{path.name} has {rows:,} rows; hashes are kept of up to {SAMPLED_ROWS:,}.")
        found["row_hashes"] = store.put(hash_rows(table), media_type=ROW_HASHES_MEDIA_TYPE)
    return found


def content_again(store: BlobStore, view: DataVersion, progress: Progress | None = None) -> Digest:
    """The digest of a version's whole content, by reading all of it. Raises as `open_stored`."""
    manifest = read_manifests(store, [each.digest for each in view.document.files])
    found = []
    for entry in manifest.files:
        with open_stored(store, entry) as stream:
            content = hash_stream(stream, progress)
        found.append((os.fsencode(entry.path), content.digest.hex, content.size))
    if view.document.kind == "folder":
        return folder_content(sorted(found))[0]
    return Digest(f"sha256:{found[0][1]}") if len(found) == 1 else Digest.of(b"")
