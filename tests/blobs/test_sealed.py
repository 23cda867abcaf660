"""Sealed blobs and erased ones: what is readable where, what stays, and what an interruption costs."""

from __future__ import annotations

import io
import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitreg.blobs import (
    BlobStore,
    FolderBlobs,
    FsspecBlobs,
    LayeredBlobs,
    MemoryBlobs,
    content_size,
    get_manifest,
    get_stored,
    open_stored,
    put_files,
    put_sealed,
    read_stored,
)
from gitreg.documents import Actor, Digest, Erased, Principal, RegistryId, is_sealed
from gitreg.errors import BlobErased, BlobNotFound, CorruptBlob, InvalidValue, Refused, StorageError

if TYPE_CHECKING:
    from tests.support.s3 import S3Server

ROWS = b"row,target\n" * 30_000
ADA = Actor(principal=Principal("ada@example.org"), via="person")


class List(dict[Digest, Erased]):
    """What was erased."""

    def add(self, digest: Digest, reason: str = "asked for it.") -> None:
        at = datetime(2026, 11, 21, tzinfo=UTC)
        self[digest] = Erased(blob=digest, sealed=True, reason=reason, actor=ADA, at=at)


@pytest.fixture
def erased() -> List:
    return List()


@pytest.fixture
def shared() -> MemoryBlobs:
    return MemoryBlobs()


def clone(shared: BlobStore, erased: List) -> LayeredBlobs:
    return LayeredBlobs(MemoryBlobs(), shared, erased.get)


@pytest.fixture(params=["memory", "folder", "moto"])
def place(request: pytest.FixtureRequest, tmp_path: Path) -> BlobStore:
    if request.param == "memory":
        return MemoryBlobs()
    if request.param == "folder":
        return FolderBlobs(tmp_path / "blobs", RegistryId.random())
    server: S3Server = request.getfixturevalue("moto_server")
    return FsspecBlobs(server.url, RegistryId.random(), server.options)


# --- sealed -----------------------------------------------------------------------------------------------------------


@pytest.mark.parametrize("data", [b"", b"one", ROWS], ids=["empty", "small", "pieces"])
def test_what_was_sealed_comes_back_by_its_descriptor(place: BlobStore, data: bytes, tmp_path: Path) -> None:
    (tmp_path / "in").write_bytes(data)
    for source in (data, tmp_path / "in", io.BytesIO(data)):
        stored = put_sealed(place, source, media_type="text/csv")
        assert (stored.media_type, content_size(place, stored)) == ("text/csv+sealed", len(data))
        assert read_stored(place, stored) == data
        with open_stored(place, stored) as stream:
            assert stream.read() == data
        get_stored(place, stored, tmp_path / "out")
        assert (tmp_path / "out").read_bytes() == data


def test_what_is_stored_is_neither_readable_nor_a_guess_to_test(place: BlobStore) -> None:
    one, other = put_sealed(place, ROWS), put_sealed(place, ROWS)
    assert one.digest != other.digest
    assert not place.has(Digest.of(ROWS))
    assert place.get_key(one.digest) != place.get_key(other.digest)
    with place.open(one.digest) as stream:
        assert b"target" not in stream.read()


def test_without_its_key_nothing_comes_out(place: BlobStore, tmp_path: Path) -> None:
    stored = put_sealed(place, ROWS)
    place.remove_key(stored.digest)
    for read in (open_stored, read_stored, lambda store, what: get_stored(store, what, tmp_path / "out")):
        with pytest.raises(BlobNotFound, match="key"):
            read(place, stored)
    place.put_key(stored.digest, bytes(32))
    with pytest.raises(CorruptBlob, match="key"):
        read_stored(place, stored)
    place.put_key(stored.digest, b"short")
    with pytest.raises(CorruptBlob, match="damaged"):
        read_stored(place, stored)
    assert list(tmp_path.glob("out*")) == []


def test_a_sealed_blob_is_read_within_a_limit(place: BlobStore) -> None:
    with pytest.raises(InvalidValue):
        read_stored(place, put_sealed(place, ROWS), len(ROWS) - 1)


def test_the_callers_stream_stays_open(place: BlobStore) -> None:
    stream = io.BytesIO(ROWS)
    put_sealed(place, stream)
    assert not stream.closed


def test_a_folder_is_sealed_file_by_file_and_written_again(place: BlobStore, tmp_path: Path) -> None:
    files = {"a.csv": ROWS, "b/c.txt": b""}
    manifest = put_files(place, files, personal=True)
    assert all(is_sealed(entry.media_type) for entry in manifest.files)
    assert len(list(place.list_keys())) == 2
    get_manifest(place, manifest, tmp_path / "out")
    assert {name: (tmp_path / "out" / name).read_bytes() for name in files} == files


def test_nothing_plain_touches_the_disk(tmp_path: Path) -> None:
    store = FolderBlobs(tmp_path / "blobs", RegistryId.random())
    put_sealed(store, io.BytesIO(ROWS * 10))
    for folder, _, names in os.walk(tmp_path):
        assert not any(b"target" in Path(folder, name).read_bytes() for name in names)


def test_a_key_survives_a_power_cut_once_it_was_put(tmp_path: Path) -> None:
    """Another process sees it, and nothing is left half-written."""
    registry = RegistryId.random()
    stored = put_sealed(FolderBlobs(tmp_path / "blobs", registry), ROWS)
    store = FolderBlobs(tmp_path / "blobs", registry)
    assert read_stored(store, stored) == ROWS
    assert list(tmp_path.rglob("incoming/*")) == []


def test_a_key_file_that_is_no_file_is_not_waited_for(tmp_path: Path) -> None:
    store = FolderBlobs(tmp_path / "blobs", RegistryId.random())
    stored = put_sealed(store, ROWS)
    path = Path(store._key_path(stored.digest))
    path.unlink()
    os.mkfifo(path)
    with pytest.raises(CorruptBlob):
        read_stored(store, stored)


# --- two places -------------------------------------------------------------------------------------------------------


def test_a_key_moves_with_its_blob_and_is_never_brought_back(place: BlobStore, erased: List) -> None:
    ada, ben = clone(place, erased), clone(place, erased)
    stored = put_sealed(ada, ROWS)
    assert list(ada.local.list_keys()) == [stored.digest]
    ada.upload([stored.digest])
    assert read_stored(ben, stored) == ROWS
    assert read_stored(ada, stored) == ROWS
    assert (list(ada.local.list_keys()), list(ben.local.list_keys())) == ([], [])
    assert list(place.list_keys()) == [stored.digest]


def test_whoever_takes_the_key_away_has_taken_it_from_every_cache(place: BlobStore, erased: List) -> None:
    ada, ben = clone(place, erased), clone(place, erased)
    stored = put_sealed(ada, ROWS)
    ada.upload([stored.digest])
    assert read_stored(ben, stored) == ROWS
    ada.erase(stored.digest)
    assert ben.local.has(stored.digest)
    with pytest.raises(BlobNotFound):
        read_stored(ben, stored)


class Failing(MemoryBlobs):
    """A place that goes away before its n-th write."""

    def __init__(self, left: int) -> None:
        super().__init__()
        self.left = left

    def _count(self) -> None:
        self.left -= 1
        if self.left < 0:
            raise StorageError("The network went away.")

    def put_key(self, digest: Digest, key: bytes) -> None:
        self._count()
        super().put_key(digest, key)

    def flush(self) -> None:
        self._count()

    def remove_key(self, digest: Digest) -> None:
        self._count()
        super().remove_key(digest)

    def discard(self, digest: Digest) -> None:
        self._count()
        super().discard(digest)


@pytest.mark.parametrize("left", [0, 1])
def test_an_upload_that_breaks_keeps_the_key_here_and_goes_on(erased: List, left: int) -> None:
    ada = clone(shared := Failing(left), erased)
    stored = put_sealed(ada, ROWS)
    with pytest.raises(StorageError):
        ada.upload([stored.digest])
    assert read_stored(ada, stored) == ROWS
    shared.left = 9
    ada.upload([stored.digest])
    assert list(ada.local.list_keys()) == []
    assert read_stored(clone(shared, erased), stored) == ROWS


@pytest.mark.parametrize("left", [0, 1])
def test_erasing_that_breaks_is_finished_by_erasing_again(erased: List, left: int) -> None:
    ada = clone(shared := Failing(9), erased)
    stored = put_sealed(ada, ROWS)
    ada.upload([stored.digest])
    shared.left = left
    with pytest.raises(StorageError):
        ada.erase(stored.digest)
    shared.left = 9
    ada.erase(stored.digest)
    assert not ada.has(stored.digest)
    assert (list(shared.list()), list(shared.list_keys()), list(ada.local.list())) == ([], [], [])


# --- erased -----------------------------------------------------------------------------------------------------------


def test_what_was_erased_is_not_read_though_it_is_in_the_cache(
    shared: MemoryBlobs, erased: List, tmp_path: Path
) -> None:
    ada = clone(shared, erased)
    stored, plain = put_sealed(ada, ROWS), ada.put(b"plain")
    for each in (stored, plain):
        erased.add(each.digest)
        assert not ada.has(each.digest)
        for read in (open_stored, read_stored, lambda store, what: get_stored(store, what, tmp_path / "out")):
            with pytest.raises(BlobErased, match=r"erased by ada@example.org on 2026-11-21: asked for it\."):
                read(ada, each)
        for ask in (ada.size, ada.fetch, ada.get_key, ada.open):
            with pytest.raises(BlobErased):
                ask(each.digest)
    assert list(ada.list()) == []
    assert list(tmp_path.iterdir()) == []


def test_what_was_erased_is_not_put_again(shared: MemoryBlobs, erased: List) -> None:
    ada = clone(shared, erased)
    erased.add(ada.put(b"x").digest)
    with pytest.raises(Refused, match="erased by ada"):
        ada.put(b"x")
    assert list(ada.local.list()) == []
    ada.put(b"y")
    with pytest.raises(BlobErased):
        ada.put_key(Digest.of(b"x"), bytes(32))


def test_what_was_erased_is_neither_sent_nor_fetched(shared: MemoryBlobs, erased: List) -> None:
    ada = clone(shared, erased)
    stored, kept = put_sealed(ada, ROWS), ada.put(b"kept")
    erased.add(stored.digest)
    assert ada.missing_from_shared([stored.digest, kept.digest]) == (kept.digest,)
    assert ada.upload([stored.digest, kept.digest]) == (kept.digest,)
    assert (list(shared.list()), list(shared.list_keys())) == ([kept.digest], [])
    shared.put(b"gone")
    erased.add(Digest.of(b"gone"))
    with pytest.raises(BlobErased):
        ada.fetch_all([Digest.of(b"gone")])
    assert not ada.local.has(Digest.of(b"gone"))


def test_a_folder_with_an_erased_file_is_not_written_in_part(erased: List, tmp_path: Path) -> None:
    ada = clone(MemoryBlobs(), erased)
    manifest = put_files(ada, {"a": b"a", "b": b"b"})
    erased.add(manifest.files[1].digest)
    with pytest.raises(BlobErased):
        get_manifest(ada, manifest, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_reason_that_somebody_made_up_stays_one_short_line(erased: List) -> None:
    ada = clone(MemoryBlobs(), erased)
    erased.add(ada.put(b"x").digest, "line\nline\r\n" * 5_000)
    with pytest.raises(BlobErased) as caught:
        ada.read(Digest.of(b"x"))
    assert len(caught.value.message) < 400
    assert "\n" not in caught.value.message


# --- a bucket that keeps versions -------------------------------------------------------------------------------------


def test_a_bucket_with_versions_keeps_none_of_what_was_erased(moto_server: S3Server) -> None:
    store = FsspecBlobs(moto_server.url, RegistryId.random(), moto_server.options)
    bucket = moto_server.url.removeprefix("s3://").partition("/")[0]
    call = store._files.call_s3
    call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Enabled"})
    try:
        stored, kept = put_sealed(store, ROWS), put_sealed(store, b"kept")
        store.put_key(stored.digest, store.get_key(stored.digest) or b"")
        store.remove_key(stored.digest)
        store.erase(stored.digest)
        store.erase(stored.digest)
        listed = call("list_object_versions", Bucket=bucket)
    finally:
        call("put_bucket_versioning", Bucket=bucket, VersioningConfiguration={"Status": "Suspended"})
    left = [each["Key"] for kind in ("Versions", "DeleteMarkers") for each in listed.get(kind, ())]
    assert not any(stored.digest.hex in key for key in left)
    assert read_stored(store, kept) == b"kept"
