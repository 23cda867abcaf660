"""Folders of files, in and out of a store, by way of a manifest."""

from __future__ import annotations

import contextlib
import hashlib
import os
import secrets
import shutil
import unicodedata
from pathlib import Path
from typing import TYPE_CHECKING, TypeVar

from gitreg.blobs._chunks import read_chunk_list
from gitreg.blobs._disk import refusals, rename, sync_files, sync_folder
from gitreg.blobs._layered import LayeredBlobs
from gitreg.blobs._media import media_type_of
from gitreg.blobs._sealed import content_of, content_size, get_stored, putting
from gitreg.blobs._store import OCTET_STREAM
from gitreg.blobs._stream import Content, hash_stream, opened
from gitreg.blobs._threads import Threads
from gitreg.documents import (
    MANIFEST_MEDIA_TYPE,
    Descriptor,
    Manifest,
    ManifestEntry,
    check_artifact_path,
    is_chunked,
)
from gitreg.errors import (
    AlreadyExists,
    BlobErased,
    BlobNotFound,
    CorruptBlob,
    InvalidDocument,
    InvalidValue,
    UnsafePath,
)

if TYPE_CHECKING:
    from collections.abc import Callable, Collection, Iterable, Iterator, Mapping, Sequence

    from gitreg.blobs._sealed import Put, Stored
    from gitreg.blobs._store import BlobStore, Progress, Source
    from gitreg.documents import Digest

T = TypeVar("T")
R = TypeVar("R")

_AT_ONCE = 2
"""More threads only wait for the interpreter; what comes over a network is fetched by more, beforehand."""
_AT_A_TIME = 16
_MOST_ENTRIES = 16_384
_ENDS_BELOW = (16).to_bytes(2, "big")
"""One path in 4,096 ends a manifest."""
_COPY_IT = "Put a copy of the file in its place: cp -L"


def put_folder(
    store: BlobStore,
    folder: Path,
    *,
    durable: bool = True,
    personal: bool = False,
    chunked: bool = False,
    progress: Progress | None = None,
) -> Manifest:
    """Store every file below a folder, and say which they are; empty folders are not kept.

    Symbolic links, inside as well as out of the folder, and what is neither file nor folder are refused: a copy that
    quietly leaves them out, or follows them, would not be the folder. Each file that is `personal` is sealed under a
    key of its own; the large ones of others go in chunks where that is asked for. Raises `UnsafePath` before anything
    is stored, and `InvalidValue` where something cannot be read.
    """
    files = dict(_files_below(folder))
    return put_files(store, files, durable=durable, personal=personal, chunked=chunked, progress=progress)


def put_files(
    store: BlobStore,
    files: Mapping[str, Source],
    *,
    durable: bool = True,
    personal: bool = False,
    chunked: bool = False,
    progress: Progress | None = None,
) -> Manifest:
    """Store files under the paths they shall have in the folder. Raises `UnsafePath` for a path no folder can hold."""
    checked = {check_artifact_path(path): source for path, source in files.items()}
    if len(checked) != len(files):
        raise UnsafePath("Two files have one name but for their Unicode spelling.")
    check_together(checked)
    put = putting(store, personal=personal, chunked=chunked)
    entries = _each(lambda path: _put_entry(put, path, checked[path], progress), sorted(checked))
    if durable:
        store.flush()
    return Manifest(files=entries)


def put_manifest(store: BlobStore, manifest: Manifest, *, durable: bool = True) -> Descriptor:
    """Store the manifest itself: its digest then names the whole folder."""
    data = manifest.to_bytes()
    if len(data) > Manifest.max_bytes:
        message = f"{len(manifest.files):,} files are more than one manifest holds."
        raise InvalidValue(message, hint="As data they are stored in any number: gitreg data add FOLDER")
    return store.put(data, media_type=MANIFEST_MEDIA_TYPE, durable=durable)


def read_manifest(store: BlobStore, digest: Digest) -> Manifest:
    """A stored manifest. Raises `BlobNotFound`, `CorruptBlob`, `InvalidDocument`, and `UnsafePath` for one that would
    write outside of its folder: what nobody could fetch, nobody shall promote.
    """
    manifest = Manifest.from_bytes(store.read(digest, Manifest.max_bytes), digest)
    _checked_paths(manifest)
    return manifest


def get_manifest(store: BlobStore, manifest: Manifest, target: Path, *, progress: Progress | None = None) -> None:
    """Write a manifest's files to a folder that is not there yet (or is empty): all of them, right, or nothing.

    Raises `UnsafePath` for a manifest that would write outside of it, `AlreadyExists` where something is there, and
    whatever the store raises.
    """
    paths = _checked_paths(manifest)
    if isinstance(store, LayeredBlobs):
        _fetch(store, manifest, progress)
        progress = None  # told
    with _built_beside(target) as building:
        folders = [building / folder for folder in sorted(_folders_of(paths))]
        for folder in folders:
            folder.mkdir()
        _each(lambda entry: _get_entry(store, entry, building, progress), manifest.files)
        sync_files(building / path for path in paths)
        sync_files([building, *folders])


def get_file(store: BlobStore, entry: ManifestEntry, target: Path, *, progress: Progress | None = None) -> bool:
    """Write one file of a manifest to a file that is not there yet; False where one with this very content is.

    Raises `AlreadyExists` for any other, and whatever the store raises.
    """
    if target.is_symlink() or target.exists():
        if target.is_file() and not target.is_symlink() and _is_content(target, content_of(store, entry)):
            return False
        raise AlreadyExists(f"{target} is there already.", subject=str(target), hint="Choose a new name.")
    with refusals(target):
        target.parent.mkdir(parents=True, exist_ok=True)
    if isinstance(store, LayeredBlobs):
        _fetch(store, Manifest(files=(entry,)), progress)
        progress = None  # told
    get_stored(store, entry, target, progress=progress)
    return True


def _is_content(path: Path, content: Content) -> bool:
    if path.stat().st_size != content.size:
        return False
    with opened(path) as stream:
        return hash_stream(stream) == content


def listed_in(store: BlobStore, manifest: Digest) -> Iterator[tuple[str, Stored]]:
    """Every blob behind a manifest, each with the path of the file that it is of: files, and the chunks of large ones.

    A list of chunks that is not there, or damaged, names nothing further. Raises as `read_manifest`.
    """
    for entry in read_manifest(store, manifest).files:
        yield entry.path, entry
        yield from ((entry.path, chunk) for chunk in _chunks_of(store, entry))


def _chunks_of(store: BlobStore, entry: ManifestEntry) -> Iterator[Descriptor]:
    if is_chunked(entry.media_type):
        with contextlib.suppress(BlobNotFound, BlobErased, CorruptBlob):
            for chunk in read_chunk_list(store, entry.digest).chunks:
                yield Descriptor(media_type=OCTET_STREAM, digest=chunk.digest, size=chunk.size)


def _fetch(store: LayeredBlobs, manifest: Manifest, progress: Progress | None) -> None:
    """Bring everything here, several blobs at once; what is here already is not asked for again."""
    store.fetch_all((entry.digest for entry in manifest.files if not is_chunked(entry.media_type)), progress)
    store.fetch_all(entry.digest for entry in manifest.files if is_chunked(entry.media_type))
    store.fetch_all((chunk.digest for entry in manifest.files for chunk in _chunks_of(store, entry)), progress)


def _each(work: Callable[[T], R], items: Sequence[T]) -> tuple[R, ...]:
    """Do it for all, several at once, in their order. A thread takes a few at a time: handing over is not free."""
    pieces = [items[at : at + _AT_A_TIME] for at in range(0, len(items), _AT_A_TIME)]
    with Threads(_AT_ONCE, thread_name_prefix="gitreg-files") as pool:
        return tuple(done for piece in pool.map(lambda piece: [work(item) for item in piece], pieces) for done in piece)


def _put_entry(put: Put, path: str, source: Source, progress: Progress | None) -> ManifestEntry:
    stored = put(source, media_type=media_type_of(path), durable=False, progress=progress)
    return ManifestEntry(path=path, mediaType=stored.media_type, digest=stored.digest, size=stored.size)


def _get_entry(store: BlobStore, entry: ManifestEntry, folder: Path, progress: Progress | None) -> None:
    target = folder / entry.path
    try:
        get_stored(store, entry, target, durable=False, progress=progress)
    except (BlobNotFound, CorruptBlob) as error:
        raise type(error)(f"{entry.path}: {error.message}", subject=error.subject, hint=error.hint) from None
    if target.stat().st_size != content_size(store, entry):
        raise InvalidDocument(f"{entry.path} has not the size that its manifest says.", subject=entry.path)


def read_manifests(store: BlobStore, digests: Iterable[Digest]) -> Manifest:
    """Several manifests as the one folder that they list together. Raises as `read_manifest`."""
    together = Manifest(files=tuple(entry for digest in digests for entry in read_manifest(store, digest).files))
    _checked_paths(together)
    return together


def put_manifests(store: BlobStore, manifest: Manifest) -> tuple[Descriptor, ...]:
    """Store a manifest of any length as several: where one ends follows from the paths, so that a folder in which
    little changed shares most of them.
    """
    return tuple(put_manifest(store, piece, durable=False) for piece in _pieces(manifest))


def _pieces(manifest: Manifest) -> Iterator[Manifest]:
    start = 0
    for at, entry in enumerate(manifest.files, 1):
        is_end = at - start == _MOST_ENTRIES or hashlib.sha256(entry.path.encode()).digest()[:2] < _ENDS_BELOW
        if is_end or at == len(manifest.files):
            yield Manifest(files=manifest.files[start:at])
            start = at


def _checked_paths(manifest: Manifest) -> list[str]:
    """The manifest's paths, if it is safe to write there what it says. Raises `UnsafePath`."""
    paths = [entry.path for entry in manifest.files]
    for path in paths:
        if check_artifact_path(path) != path:
            raise UnsafePath(f"{path!r:.80} is not in Unicode's NFC form.", subject=path)
    check_together(paths)
    return paths


def check_together(paths: Collection[str]) -> None:
    """Raises `UnsafePath` where two paths are one file on some system, or one is a folder of the other."""
    files: dict[str, str] = {}
    for path in paths:
        if (twin := files.get(_folded(path))) is not None:
            raise UnsafePath(f"{path} and {twin} are one file where case does not count.", subject=path)
        files[_folded(path)] = path
    for folder in _folders_of(paths):
        if _folded(folder) in files:
            raise UnsafePath(f"{folder} is both a file and a folder.", subject=folder)


def _folders_of(paths: Iterable[str]) -> set[str]:
    """Every folder that these paths need."""
    found: set[str] = set()
    for path in paths:
        folder = path.rpartition("/")[0]
        while folder and folder not in found:
            found.add(folder)
            folder = folder.rpartition("/")[0]
    return found


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", path.casefold())


def _files_below(folder: Path) -> Iterator[tuple[str, Path]]:
    todo = [(folder, "")]
    while todo:
        here, prefix = todo.pop()
        for entry in _entries(here):
            path = f"{prefix}{entry.name}"
            if entry.is_symlink():
                raise UnsafePath(f"{entry.path} is a symbolic link.", subject=path, hint=_COPY_IT)
            if entry.is_dir(follow_symlinks=False):
                todo.append((Path(entry.path), f"{path}/"))
            elif entry.is_file(follow_symlinks=False):
                yield path, Path(entry.path)
            else:
                raise UnsafePath(f"{entry.path} is neither a file nor a folder.", subject=path)


def _entries(folder: Path) -> list[os.DirEntry[str]]:
    try:
        with os.scandir(folder) as entries:
            return list(entries)
    except OSError as error:
        raise InvalidValue(f"{folder} cannot be read: {error.strerror}.", subject=str(folder)) from None


@contextlib.contextmanager
def _built_beside(target: Path) -> Iterator[Path]:
    """A new folder that takes the place of `target` when all went well, and goes away otherwise."""
    target = target.absolute()
    with refusals(target):
        if target.is_symlink() or (target.exists() and not _is_empty_folder(target)):
            raise AlreadyExists(f"{target} is there already.", subject=str(target), hint="Choose a new folder.")
        target.parent.mkdir(parents=True, exist_ok=True)
        building = target.parent / f".{target.name[:40]}.{secrets.token_hex(8)}"
        building.mkdir()
        try:
            yield building
            rename(str(building), str(target))
            sync_folder(target.parent)
        finally:
            shutil.rmtree(building, ignore_errors=True)


def _is_empty_folder(path: Path) -> bool:
    return path.is_dir() and not any(path.iterdir())
