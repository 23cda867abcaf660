"""A near store and a shared one: what goes where, what falls through, what is mended, what an interruption costs."""

from __future__ import annotations

from collections.abc import Iterator
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

import pytest

from gitreg.blobs import (
    OCTET_STREAM,
    BlobStore,
    FolderBlobs,
    FsspecBlobs,
    LayeredBlobs,
    MemoryBlobs,
    Progress,
    Source,
    get_manifest,
    put_files,
)
from gitreg.documents import Descriptor, Digest, RegistryId
from gitreg.errors import BlobNotFound, CorruptBlob, StorageError
from gitreg.testing.blobs import Counter

if TYPE_CHECKING:
    from tests.support.s3 import S3Server

LARGE = bytes(range(256)) * 4096 * 3
ABSENT = Digest.of(b"absent")


class Counting(MemoryBlobs):
    """Remembers what was put, and fails after so many."""

    def __init__(self, fail_after: int = 10**9) -> None:
        super().__init__()
        self.puts = 0
        self.left = fail_after

    def put(
        self,
        source: Source,
        *,
        media_type: str = OCTET_STREAM,
        durable: bool = True,
        progress: Progress | None = None,
    ) -> Descriptor:
        if self.left <= 0:
            raise StorageError("The network went away.")
        self.left -= 1
        self.puts += 1
        return super().put(source, media_type=media_type, durable=durable, progress=progress)


@pytest.fixture
def shared() -> Counting:
    return Counting()


@pytest.fixture
def store(shared: Counting) -> LayeredBlobs:
    return LayeredBlobs(MemoryBlobs(), shared)


def test_a_put_stays_here_until_it_is_uploaded(store: LayeredBlobs, shared: Counting) -> None:
    digest = store.put(b"x").digest
    assert not shared.has(digest)
    assert store.missing_from_shared([digest]) == (digest,)
    assert store.upload([digest]) == (digest,)
    assert shared.has(digest)
    assert store.missing_from_shared([digest]) == ()
    assert store.upload([digest]) == ()


def test_without_a_shared_store_nothing_is_missing_and_nothing_sent() -> None:
    store = LayeredBlobs(MemoryBlobs())
    digest = store.put(b"x").digest
    assert store.missing_from_shared([digest, ABSENT]) == ()
    assert store.upload([digest]) == ()


def test_a_read_falls_through_and_fills_the_near_store(store: LayeredBlobs, shared: Counting, tmp_path: Path) -> None:
    for data in (b"small", LARGE):
        digest = shared.put(data).digest
        assert store.size(digest) == len(data)
        assert not store.local.has(digest)
        assert store.read(digest) == data
        assert store.local.read(digest) == data
        store.local.discard(digest)
        store.get(digest, tmp_path / "out")
        assert (tmp_path / "out").read_bytes() == data
        store.local.discard(digest)
        with store.open(digest) as stream:
            assert stream.read() == data


def test_what_is_corrupt_in_the_shared_store_never_arrives(store: LayeredBlobs, shared: Counting) -> None:
    for data in (b"small", LARGE):
        digest = shared.put(data).digest
        shared.blobs[digest] = data[:-1] + b"!"
        with pytest.raises(CorruptBlob):
            store.read(digest)
        assert not store.local.has(digest)


def test_what_is_corrupt_here_is_mended_from_the_shared_store(
    store: LayeredBlobs, shared: Counting, tmp_path: Path
) -> None:
    assert isinstance(store.local, MemoryBlobs)
    digest = store.put(b"right").digest
    store.upload([digest])
    for read in (lambda: store.read(digest), lambda: store.get(digest, tmp_path / "out")):
        store.local.blobs[digest] = b"wrong"
        read()
        assert store.local.blobs[digest] == b"right"
    store.local.blobs[digest] = b"wrong"
    shared.discard(digest)
    with pytest.raises(CorruptBlob):
        store.read(digest)
    with pytest.raises(CorruptBlob):
        store.get(digest, tmp_path / "out")
    assert store.local.blobs[digest] == b"wrong"


def test_an_upload_goes_on_where_it_stopped(tmp_path: Path) -> None:
    shared = Counting(fail_after=30)
    store = LayeredBlobs(FolderBlobs(tmp_path / "blobs", RegistryId.random()), shared)
    digests = [store.put(bytes([number])).digest for number in range(100)]
    with pytest.raises(StorageError):
        store.upload(digests)
    assert len(shared.blobs) == 30
    shared.left = 1000
    assert len(store.upload(digests)) == 70
    assert shared.puts == 100
    assert store.missing_from_shared(digests) == ()


def test_remains_of_another_length_are_sent_again(store: LayeredBlobs, shared: Counting) -> None:
    digest = store.put(b"whole").digest
    shared.blobs[digest] = b"half"
    assert store.upload([digest]) == (digest,)
    assert shared.blobs[digest] == b"whole"


def test_what_is_damaged_or_missing_here_is_not_sent_and_the_rest_is(store: LayeredBlobs, shared: Counting) -> None:
    assert isinstance(store.local, MemoryBlobs)
    bad, good = store.put(b"bad").digest, store.put(b"good").digest
    store.local.blobs[bad] = b"bed"
    with pytest.raises(CorruptBlob):
        store.upload([bad, good])
    with pytest.raises(BlobNotFound):
        store.upload([ABSENT, good])
    assert list(shared.blobs) == [good]


def test_a_blob_asked_for_twice_is_sent_once_and_counted(store: LayeredBlobs, shared: Counting) -> None:
    digests = [store.put(data).digest for data in (b"a", b"a", LARGE)]
    counter = Counter()
    store.upload(digests, counter)
    assert shared.puts == 2
    assert counter.total == 1 + len(LARGE)


def test_a_folder_is_fetched_at_once_and_counted_once(store: LayeredBlobs, shared: Counting, tmp_path: Path) -> None:
    files = {"large": LARGE, "small": b"small", "again": b"small", "near": b"near"}
    manifest = put_files(store, files)
    store.upload(entry.digest for entry in manifest.files)
    for entry in manifest.files:
        if entry.path != "near":
            store.local.discard(entry.digest)
    counter = Counter()
    get_manifest(store, manifest, tmp_path / "out", progress=counter)
    assert {path.name: path.read_bytes() for path in (tmp_path / "out").iterdir()} == files
    assert counter.total == len(LARGE) + len(b"small") + len(b"near")
    shared.discard(Digest.of(b"small"))
    store.local.discard(Digest.of(b"small"))
    with pytest.raises(BlobNotFound):
        get_manifest(store, manifest, tmp_path / "again")
    assert not (tmp_path / "again").exists()


def test_listing_and_discarding_touch_what_they_may(store: LayeredBlobs, shared: Counting) -> None:
    here, both = store.put(b"here").digest, store.put(b"both").digest
    store.upload([both])
    there = shared.put(b"there").digest
    assert sorted(store.list()) == sorted([here, both, there])
    store.discard(both)
    assert store.has(both)
    assert shared.has(both)


def test_a_live_object_is_seen_by_others_and_gone_for_all(store: LayeredBlobs, shared: Counting) -> None:
    store.put_live("run", b"beat")
    other = LayeredBlobs(MemoryBlobs(), shared)
    assert other.get_live("run") == b"beat"
    assert list(other.list_live()) == ["run"]
    store.remove_live("run")
    assert other.get_live("run") is None


def test_where_it_is_names_both(store: LayeredBlobs) -> None:
    assert store.location == "memory, memory"


@pytest.fixture(params=["folder", "moto", "rclone"])
def real(request: pytest.FixtureRequest, tmp_path: Path) -> Iterator[BlobStore]:
    registry = RegistryId.random()
    if request.param == "folder":
        yield FolderBlobs(tmp_path / "origin" / "blobs", registry, anchor=tmp_path)
    else:
        server: S3Server = request.getfixturevalue(f"{request.param}_server")
        yield FsspecBlobs(server.url, registry, server.options)


def test_a_real_shared_store_takes_many_and_gives_them_back(real: BlobStore, tmp_path: Path) -> None:
    registry = RegistryId.random()
    near = LayeredBlobs(FolderBlobs(tmp_path / "near", registry), real)
    payload = [LARGE, b"", *(str(number).encode() for number in range(20))]
    digests = [near.put(data, durable=False).digest for data in payload]
    assert near.missing_from_shared(digests) == tuple(digests)
    near.upload(digests)
    far = LayeredBlobs(FolderBlobs(tmp_path / "far", registry), real)
    assert [far.read(digest) for digest in digests] == payload
    assert sorted(far.local.list()) == sorted(digests)


def test_a_stream_of_the_near_store_is_checked_as_it_is_read(store: LayeredBlobs) -> None:
    assert isinstance(store.local, MemoryBlobs)
    digest = store.put(b"right").digest
    store.local.blobs[digest] = b"wrong"
    stream: BinaryIO = store.open(digest)
    with stream, pytest.raises(CorruptBlob):
        stream.read()
