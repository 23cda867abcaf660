"""What every `BlobStore` promises, as tests.

class TestMyStore(BlobStoreSuite):
    @pytest.fixture
    def store(self, tmp_path):
        return MyStore(tmp_path)

    def overwrite(self, store, digest, data):
        store.path_of(digest).write_bytes(data)
"""
# ruff: noqa: D102, S101 - these are tests: the name is the sentence, and assert is what they do

from __future__ import annotations

import errno
import hashlib
import io
import os
import threading
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING, BinaryIO, cast

import pytest

from gitreg.documents import Digest
from gitreg.errors import BlobNotFound, CorruptBlob, InvalidName, InvalidValue

if TYPE_CHECKING:
    from collections.abc import Callable
    from pathlib import Path

    from gitreg.blobs import BlobStore, Source

SMALL = b"a model, in spirit"
LARGE = hashlib.shake_256(b"large").digest(9 * 1024 * 1024 + 17)
"""More than one chunk of any store we ship, and not a multiple of one."""
ABSENT = Digest.of(b"never put anywhere")
KEY = bytes(range(32))


class BlobStoreSuite:
    """Subclass it; see the module's docstring."""

    @pytest.fixture
    def store(self) -> BlobStore:
        """An empty store."""
        raise NotImplementedError

    def overwrite(self, store: BlobStore, digest: Digest, data: bytes) -> None:
        """Damage a store behind its back: from now on these are the bytes kept under `digest`."""
        raise NotImplementedError

    # --- putting ---------------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("data", [b"", b"x", SMALL, LARGE], ids=["empty", "one byte", "small", "large"])
    def test_what_was_put_comes_back(self, store: BlobStore, data: bytes, tmp_path: Path) -> None:
        stored = store.put(data)
        assert (stored.digest, stored.size) == (Digest.of(data), len(data))
        assert store.read(stored.digest) == data
        with store.open(stored.digest) as stream:
            assert stream.read() == data
        store.get(stored.digest, tmp_path / "out")
        assert (tmp_path / "out").read_bytes() == data
        assert store.size(stored.digest) == len(data)

    @pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])
    def test_bytes_a_file_a_stream_and_a_pipe_are_the_same(self, store: BlobStore, data: bytes, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.write_bytes(data)
        sources: list[Source] = [data, file, io.BytesIO(data), cast("BinaryIO", OneWay(data))]
        assert {store.put(source).digest for source in sources} == {Digest.of(data)}
        assert list(store.list()) == [Digest.of(data)]
        assert store.read(Digest.of(data)) == data

    def test_a_stream_is_read_from_where_it_stands(self, store: BlobStore) -> None:
        for data in (SMALL, LARGE):
            stream = io.BytesIO(data)
            stream.seek(5)
            assert store.put(stream).digest == Digest.of(data[5:])

    def test_a_descriptor_carries_its_media_type(self, store: BlobStore) -> None:
        assert store.put(SMALL, media_type="text/plain").media_type == "text/plain"
        assert store.put(SMALL).media_type == "application/octet-stream"

    @pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])
    def test_the_source_may_change_once_it_was_put(self, store: BlobStore, data: bytes, tmp_path: Path) -> None:
        file = tmp_path / "file"
        file.write_bytes(data)
        stored = store.put(file, durable=False)
        file.write_bytes(b"something else")
        assert store.read(stored.digest) == data

    def test_what_is_put_without_waiting_is_there_at_once_and_after_the_flush(self, store: BlobStore) -> None:
        stored = [store.put(data, durable=False).digest for data in (SMALL, LARGE, SMALL)]
        assert [store.has(digest) for digest in stored] == [True] * 3
        store.flush()
        assert sorted(store.list()) == sorted(set(stored))
        assert [store.read(digest) for digest in stored] == [SMALL, LARGE, SMALL]
        store.flush()

    def test_a_source_that_is_not_there_is_refused(self, store: BlobStore, tmp_path: Path) -> None:
        for source in (tmp_path / "absent", tmp_path):
            with pytest.raises(InvalidValue, match=str(source)):
                store.put(source)

    def test_a_stream_of_text_is_refused(self, store: BlobStore) -> None:
        with pytest.raises(InvalidValue):
            store.put(cast("BinaryIO", io.StringIO("text")))
        assert list(store.list()) == []

    @pytest.mark.parametrize("good", [10, len(LARGE)], ids=["at once", "after megabytes"])
    def test_a_source_that_breaks_leaves_nothing(self, store: BlobStore, good: int) -> None:
        with pytest.raises(InvalidValue, match="Broken pipe"):
            store.put(cast("BinaryIO", Breaking(LARGE[:good])))
        assert list(store.list()) == []

    def test_sixteen_writers_of_one_blob_leave_one(self, store: BlobStore) -> None:
        together = threading.Barrier(16)

        def put(_: int) -> Digest:
            together.wait()
            return store.put(LARGE).digest

        with ThreadPoolExecutor(16) as pool:
            assert set(pool.map(put, range(16))) == {Digest.of(LARGE)}
        assert list(store.list()) == [Digest.of(LARGE)]
        assert store.read(Digest.of(LARGE)) == LARGE

    @pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])
    def test_progress_adds_up_first_and_second_time(self, store: BlobStore, data: bytes, tmp_path: Path) -> None:
        target = tmp_path / "out"
        assert counted(lambda counter: store.put(data, progress=counter)) == len(data)
        assert counted(lambda counter: store.put(data, progress=counter)) == len(data)
        assert counted(lambda counter: store.get(Digest.of(data), target, progress=counter)) == len(data)

    # --- what is absent --------------------------------------------------------------------------------------------

    def test_an_absent_blob_is_said_to_be(self, store: BlobStore, tmp_path: Path) -> None:
        store.put(SMALL)
        assert not store.has(ABSENT)
        for ask in (store.size, store.open, store.read, lambda digest: store.get(digest, tmp_path / "out")):
            with pytest.raises(BlobNotFound) as caught:
                ask(ABSENT)
            assert caught.value.subject == ABSENT
        assert list(tmp_path.iterdir()) == []

    def test_an_empty_store_lists_nothing(self, store: BlobStore) -> None:
        assert list(store.list()) == []
        assert list(store.list_live()) == []

    def test_a_discarded_blob_is_absent_and_can_be_put_again(self, store: BlobStore) -> None:
        for data in (SMALL, LARGE):
            digest = store.put(data).digest
            store.discard(digest)
            store.discard(digest)
            assert not store.has(digest)
            store.put(data)
            assert store.read(digest) == data

    # --- what is damaged -------------------------------------------------------------------------------------------

    @pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])
    @pytest.mark.parametrize("harm", ["truncated", "emptied", "extended", "one bit flipped", "last bit flipped"])
    def test_a_damaged_blob_never_gets_out(self, store: BlobStore, data: bytes, harm: str, tmp_path: Path) -> None:
        digest = store.put(data).digest
        self.overwrite(store, digest, harmed(data, harm))
        target = tmp_path / "out"
        target.write_bytes(b"what stood there")
        with pytest.raises(CorruptBlob):
            store.get(digest, target)
        with pytest.raises(CorruptBlob):
            store.read(digest)
        with store.open(digest) as stream, pytest.raises(CorruptBlob):
            drain(stream)
        assert target.read_bytes() == b"what stood there"
        assert list(tmp_path.iterdir()) == [target]

    def test_the_last_bytes_of_a_damaged_blob_are_held_back(self, store: BlobStore) -> None:
        """A reader that knows how much to expect never asks for the end."""
        digest = store.put(LARGE).digest
        self.overwrite(store, digest, harmed(LARGE, "one bit flipped"))
        with store.open(digest) as stream, pytest.raises(CorruptBlob):
            assert len(stream.read(len(LARGE))) < len(LARGE)

    def test_a_truncated_blob_is_mended_by_putting_it_again(self, store: BlobStore) -> None:
        for data in (SMALL, LARGE):
            digest = store.put(data).digest
            self.overwrite(store, digest, data[:-1])
            store.put(data)
            assert store.read(digest) == data

    # --- getting ---------------------------------------------------------------------------------------------------

    def test_get_replaces_a_link_and_not_what_it_points_at(self, store: BlobStore, tmp_path: Path) -> None:
        digest = store.put(SMALL).digest
        (tmp_path / "precious").write_bytes(b"precious")
        (tmp_path / "out").symlink_to(tmp_path / "precious")
        store.get(digest, tmp_path / "out")
        assert not (tmp_path / "out").is_symlink()
        assert (tmp_path / "out").read_bytes() == SMALL
        assert (tmp_path / "precious").read_bytes() == b"precious"

    def test_read_takes_no_more_than_its_limit(self, store: BlobStore) -> None:
        digest = store.put(SMALL).digest
        assert store.read(digest, len(SMALL)) == SMALL
        with pytest.raises(InvalidValue):
            store.read(digest, len(SMALL) - 1)

    def test_a_blob_is_read_in_pieces_of_any_size(self, store: BlobStore) -> None:
        digest = store.put(LARGE).digest
        with store.open(digest) as stream:
            pieces = [stream.read(1), stream.read(70_000), stream.read(2_000_000), stream.read()]
        assert b"".join(pieces) == LARGE

    def test_all_blobs_are_listed(self, store: BlobStore) -> None:
        digests = {store.put(bytes([number])).digest for number in range(50)}
        assert sorted(store.list()) == sorted(digests)

    # --- keys and erasing ---------------------------------------------------------------------------------------------

    def test_a_key_is_kept_beside_its_blob_and_is_no_blob(self, store: BlobStore) -> None:
        digest = store.put(SMALL).digest
        assert store.get_key(digest) is None
        store.put_key(digest, KEY)
        store.put_key(digest, KEY)
        assert store.get_key(digest) == KEY
        assert list(store.list_keys()) == [digest]
        assert (list(store.list()), list(store.list_live())) == ([digest], [])
        assert not store.has(Digest.of(KEY))

    def test_a_key_that_is_elsewhere_is_taken_away_and_its_blob_stays(self, store: BlobStore) -> None:
        digest = store.put(SMALL).digest
        store.put_key(digest, KEY)
        store.remove_key(digest)
        store.remove_key(digest)
        assert store.get_key(digest) is None
        assert list(store.list_keys()) == []
        assert store.read(digest) == SMALL

    @pytest.mark.parametrize("durable", [True, False], ids=["durable", "not yet flushed"])
    @pytest.mark.parametrize("data", [SMALL, LARGE], ids=["small", "large"])
    def test_erasing_takes_bytes_and_key_away(self, store: BlobStore, data: bytes, *, durable: bool) -> None:
        kept, digest = store.put(b"kept").digest, store.put(data, durable=durable).digest
        store.put_key(digest, KEY)
        store.erase(digest)
        store.erase(digest)
        assert not store.has(digest)
        assert store.get_key(digest) is None
        store.flush()
        assert list(store.list()) == [kept]

    # --- live objects ----------------------------------------------------------------------------------------------

    def test_a_live_object_is_overwritten_and_removed(self, store: BlobStore) -> None:
        assert store.get_live("run-1") is None
        store.put_live("run-1", b"first")
        store.put_live("run-1", b"second, and longer")
        store.put_live("run-2.json", b"{}")
        assert store.get_live("run-1") == b"second, and longer"
        assert sorted(store.list_live()) == ["run-1", "run-2.json"]
        store.remove_live("run-1")
        store.remove_live("run-1")
        assert store.get_live("run-1") is None

    def test_live_objects_are_no_blobs(self, store: BlobStore) -> None:
        store.put_live("run", SMALL)
        assert list(store.list()) == []
        assert not store.has(Digest.of(SMALL))

    @pytest.mark.parametrize("key", ["", "..", "a/b", "/a", ".a", "A", "a b", "a\n", "a" * 129])
    def test_a_live_object_has_a_plain_name(self, store: BlobStore, key: str) -> None:
        with pytest.raises(InvalidName):
            store.put_live(key, b"")
        with pytest.raises(InvalidName):
            store.get_live(key)
        with pytest.raises(InvalidName):
            store.remove_live(key)

    def test_a_live_object_is_small(self, store: BlobStore) -> None:
        with pytest.raises(InvalidValue):
            store.put_live("run", bytes(4 * 1024 * 1024 + 1))


def harmed(data: bytes, harm: str) -> bytes:
    """`data`, damaged in the way named."""
    middle = len(data) // 2
    return {
        "truncated": data[:-1],
        "emptied": b"",
        "extended": data + b"\0",
        "one bit flipped": data[:middle] + bytes([data[middle] ^ 1]) + data[middle + 1 :],
        "last bit flipped": data[:-1] + bytes([data[-1] ^ 1]),
    }[harm]


def drain(stream: BinaryIO) -> None:
    """Read to the end in small pieces."""
    while stream.read(1000):
        pass


class Counter:
    """A `Progress` that adds up."""

    def __init__(self) -> None:
        self.total = 0
        self._lock = threading.Lock()

    def add(self, count: int) -> None:
        with self._lock:
            self.total += count


def counted(action: Callable[[Counter], object]) -> int:
    """How many bytes an action told its `Progress` of."""
    counter = Counter()
    action(counter)
    return counter.total


class OneWay(io.RawIOBase):
    """A stream as from a pipe: no going back, and short reads."""

    def __init__(self, data: bytes) -> None:
        self._left = io.BytesIO(data)

    def readable(self) -> bool:
        return True

    def read(self, size: int = -1, /) -> bytes:
        return self._left.read(min(size, 60_000) if size >= 0 else size)


class Breaking(OneWay):
    """A pipe whose writer dies after its data."""

    def read(self, size: int = -1, /) -> bytes:
        data = super().read(size)
        if not data:
            raise BrokenPipeError(errno.EPIPE, os.strerror(errno.EPIPE))
        return data
