"""Large files as chunks: where they are cut, what an appended file stores, and what damage is told of."""

from __future__ import annotations

import hashlib
import io
import random
from pathlib import Path
from typing import BinaryIO

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitreg.blobs import (
    LayeredBlobs,
    MemoryBlobs,
    content_of,
    content_size,
    get_manifest,
    listed_in,
    open_stored,
    put_files,
    put_manifest,
    putting,
    read_stored,
)
from gitreg.documents import (
    MAX_CHUNK_BYTES,
    Chunk,
    ChunkList,
    Digest,
    Manifest,
    ManifestEntry,
    chunked_media_type,
    is_chunked,
)
from gitreg.errors import BlobNotFound, CorruptBlob, InvalidDocument, InvalidValue

LARGE = random.Random(20261121).randbytes(9 << 20)  # noqa: S311 - test data
GOLDEN_SIZES = [1127113, 1185792, 1526871, 1258023, 901202, 1092366, 1054667, 1092836, 198314]
GOLDEN_LIST = "sha256:9b43c45222e43cf1e158e78aeba86a61ff18ef3dbc6b8e9efc3ca1c1612e0800"


class Counting:
    """Hears how many bytes moved."""

    def __init__(self) -> None:
        self.count = 0

    def add(self, count: int) -> None:
        self.count += count


@pytest.fixture
def store() -> MemoryBlobs:
    return MemoryBlobs()


def chunks_in(store: MemoryBlobs, digest: Digest) -> ChunkList:
    return ChunkList.from_bytes(store.read(digest), "")


def test_a_large_file_is_stored_as_chunks_and_reads_as_one(store: MemoryBlobs) -> None:
    told = Counting()
    stored = putting(store, personal=False, chunked=True)(LARGE, media_type="text/csv", progress=told)
    assert stored.media_type == "text/csv+chunked"
    assert is_chunked(stored.media_type)
    assert content_of(store, stored).digest == Digest.of(LARGE)
    assert content_size(store, stored) == told.count == len(LARGE)
    assert read_stored(store, stored) == LARGE
    with open_stored(store, stored) as stream:
        assert stream.read() == LARGE
    assert all(0 < each.size <= MAX_CHUNK_BYTES for each in chunks_in(store, stored.digest).chunks)


def test_the_cut_points_are_those_of_the_format(store: MemoryBlobs) -> None:
    """A golden vector: others cut the same bytes at the same places, or share nothing with what is stored."""
    stored = putting(store, personal=False, chunked=True)(LARGE)
    assert [each.size for each in chunks_in(store, stored.digest).chunks] == GOLDEN_SIZES
    assert stored.digest == GOLDEN_LIST


def test_a_list_has_the_bytes_that_the_format_says() -> None:
    found = ChunkList(Digest.of(b"ab"), 2, (Chunk(Digest.of(b"a"), 1), Chunk(Digest.of(b"b"), 1)))
    data = found.to_bytes()
    assert data[:16] == b"gitreg-chunks/1\n"
    assert data[16:48] == hashlib.sha256(b"ab").digest()
    assert data[48:64] == (2).to_bytes(8, "little") * 2
    assert data[64:104] == hashlib.sha256(b"a").digest() + (1).to_bytes(8, "little")
    assert ChunkList.from_bytes(data) == found


def test_what_is_small_is_stored_whole(store: MemoryBlobs) -> None:
    stored = putting(store, personal=False, chunked=True)(b"few", media_type="text/csv")
    assert (stored.media_type, stored.digest) == ("text/csv", Digest.of(b"few"))


def test_without_the_extra_a_large_file_is_stored_whole(store: MemoryBlobs, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gitreg.blobs._chunks.find_spec", lambda _: None)
    stored = putting(store, personal=False, chunked=True)(LARGE)
    assert (stored.digest, list(store.blobs)) == (Digest.of(LARGE), [Digest.of(LARGE)])


def test_a_file_that_grew_stores_its_end_and_one_that_changed_the_change(store: MemoryBlobs) -> None:
    put = putting(store, personal=False, chunked=True)
    put(LARGE)
    before = sum(map(len, store.blobs.values()))
    put(LARGE + b"one more row\n")
    put(LARGE[: 4 << 20] + b"an insertion" + LARGE[4 << 20 :])
    assert sum(map(len, store.blobs.values())) - before < 3 * MAX_CHUNK_BYTES


@settings(max_examples=12, deadline=None)
@given(cut=st.integers(0, 9 << 20), insertion=st.binary(max_size=40))
def test_any_edit_of_a_large_file_comes_back_as_it_was(cut: int, insertion: bytes) -> None:
    store = MemoryBlobs()
    data = LARGE[:cut] + insertion + LARGE[cut:]
    stored = putting(store, personal=False, chunked=True)(io.BytesIO(data))
    assert content_of(store, stored).digest == Digest.of(data)
    with open_stored(store, stored) as stream:
        assert stream.read() == data


def test_a_source_that_breaks_leaves_no_list(store: MemoryBlobs) -> None:
    class Breaking(io.BytesIO):
        def readinto(self, _buffer: object, /) -> int:
            raise OSError(5, "Input/output error")

    with pytest.raises(InvalidValue, match="cannot be read"):
        putting(store, personal=False, chunked=True)(Breaking(LARGE))


# --- damage -----------------------------------------------------------------------------------------------------------


def folder_of(store: MemoryBlobs) -> tuple[Manifest, ChunkList]:
    manifest = put_files(store, {"rows.csv": LARGE, "notes.md": b"few"}, chunked=True)
    return manifest, chunks_in(store, manifest.files[1].digest)


def test_everything_behind_a_manifest_is_listed_chunks_too(store: MemoryBlobs) -> None:
    manifest, found = folder_of(store)
    listed = list(listed_in(store, put_manifest(store, manifest).digest))
    assert [path for path, _ in listed] == ["notes.md", *["rows.csv"] * (1 + len(found.chunks))]
    assert {stored.digest for _, stored in listed} >= {each.digest for each in found.chunks}


def test_a_missing_chunk_is_named_with_its_file_and_nothing_is_written(store: MemoryBlobs, tmp_path: Path) -> None:
    manifest, found = folder_of(store)
    store.discard(found.chunks[2].digest)
    with pytest.raises(BlobNotFound, match=rf"^rows.csv: Chunk 3 of {len(found.chunks)} .*{found.chunks[2].digest}"):
        get_manifest(store, manifest, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_a_tampered_chunk_is_named_with_its_file_and_nothing_is_written(store: MemoryBlobs, tmp_path: Path) -> None:
    manifest, found = folder_of(store)
    store.blobs[found.chunks[0].digest] = b"other rows"
    with pytest.raises(CorruptBlob, match=r"^rows.csv: Chunk 1 of "):
        get_manifest(store, manifest, tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def test_right_chunks_in_a_wrong_order_are_not_the_file(store: MemoryBlobs, tmp_path: Path) -> None:
    _, found = folder_of(store)
    swapped = ChunkList(found.content, found.size, (*found.chunks[1::-1], *found.chunks[2:]))
    stored = store.put(swapped.to_bytes())
    entry = ManifestEntry(
        path="rows.csv", mediaType=chunked_media_type("text/csv"), digest=stored.digest, size=stored.size
    )
    with pytest.raises(CorruptBlob, match=found.content):
        get_manifest(store, Manifest(files=(entry,)), tmp_path / "out")
    assert list(tmp_path.iterdir()) == []


def hostile_lists() -> dict[str, bytes]:
    good = ChunkList(Digest.of(b"ab"), 2, (Chunk(Digest.of(b"a"), 1), Chunk(Digest.of(b"b"), 1))).to_bytes()
    return {
        "empty": b"",
        "another beginning": b"x" + good[1:],
        "cut off": good[:-1],
        "longer": good + b"\0" * 40,
        "a count of many": good[:56] + b"\xff" * 8 + good[64:],
        "sizes that do not add up": good[:48] + b"\3" + good[49:],
        "a chunk of nothing": good[:96] + b"\0" * 8 + good[104:],
        "a chunk of exabytes": good[:96] + b"\xff" * 8 + good[104:],
    }


@pytest.mark.parametrize("what", hostile_lists())
def test_a_hostile_list_is_refused(what: str) -> None:
    with pytest.raises(InvalidDocument, match="no list of chunks"):
        ChunkList.from_bytes(hostile_lists()[what], "there")


def test_an_interrupted_fetch_goes_on_with_what_is_missing(tmp_path: Path) -> None:
    shared, local = MemoryBlobs(), MemoryBlobs()
    manifest, found = folder_of(shared)
    for chunk in found.chunks[:4]:
        local.put(shared.read(chunk.digest))
    asked: list[Digest] = []

    class Watched(MemoryBlobs):
        def open(self, digest: Digest) -> BinaryIO:
            asked.append(digest)
            return super().open(digest)

        def read(self, digest: Digest, limit: int = 0) -> bytes:
            asked.append(digest)
            return super().read(digest, limit or 1 << 30)

    watched = Watched()
    watched.blobs = shared.blobs
    told = Counting()
    get_manifest(LayeredBlobs(local, watched), manifest, tmp_path / "out", progress=told)
    assert (tmp_path / "out/rows.csv").read_bytes() == LARGE
    assert not set(asked) & {chunk.digest for chunk in found.chunks[:4]}
    assert told.count == len(LARGE) + len(b"few")
