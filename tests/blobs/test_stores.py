"""Every store we ship keeps the promises of `BlobStore`."""

from __future__ import annotations

import secrets
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitreg.blobs import BlobStore, FolderBlobs, FsspecBlobs, LayeredBlobs, MemoryBlobs
from gitreg.blobs._keys import blob_key
from gitreg.documents import Digest, RegistryId
from gitreg.testing import BlobStoreSuite
from tests.support.s3 import S3Server

if TYPE_CHECKING:
    from tests.support.s3 import S3Server


class TestFolder(BlobStoreSuite):
    @pytest.fixture
    def store(self, tmp_path_factory: pytest.TempPathFactory) -> BlobStore:
        return FolderBlobs(tmp_path_factory.mktemp("store") / "blobs", RegistryId.random())

    def overwrite(self, store: BlobStore, digest: Digest, data: bytes) -> None:
        assert isinstance(store, FolderBlobs)
        path = Path(store._path(digest))
        path.chmod(0o644)
        path.write_bytes(data)


class TestMemory(BlobStoreSuite):
    @pytest.fixture
    def store(self) -> BlobStore:
        return MemoryBlobs()

    def overwrite(self, store: BlobStore, digest: Digest, data: bytes) -> None:
        assert isinstance(store, MemoryBlobs)
        store.blobs[digest] = data


class TestLayeredOverNothing(BlobStoreSuite):
    @pytest.fixture
    def store(self) -> BlobStore:
        return LayeredBlobs(MemoryBlobs())

    def overwrite(self, store: BlobStore, digest: Digest, data: bytes) -> None:
        assert isinstance(store, LayeredBlobs)
        assert isinstance(store.local, MemoryBlobs)
        store.local.blobs[digest] = data


class TestLayeredOverAnotherStore(TestLayeredOverNothing):
    @pytest.fixture
    def store(self) -> BlobStore:
        return LayeredBlobs(MemoryBlobs(), MemoryBlobs())


class FsspecSuite(BlobStoreSuite):
    def overwrite(self, store: BlobStore, digest: Digest, data: bytes) -> None:
        assert isinstance(store, FsspecBlobs)
        store._write(store._at(blob_key(digest)), data)


class TestFsspecMemory(FsspecSuite):
    @pytest.fixture
    def store(self) -> BlobStore:
        return FsspecBlobs(f"memory://{secrets.token_hex(8)}", RegistryId.random())


class TestFsspecFile(FsspecSuite):
    """A file system that shows objects while they are written."""

    @pytest.fixture
    def store(self, tmp_path_factory: pytest.TempPathFactory) -> BlobStore:
        return FsspecBlobs(f"file://{tmp_path_factory.mktemp('store')}", RegistryId.random())


class TestMoto(FsspecSuite):
    @pytest.fixture
    def store(self, moto_server: S3Server) -> BlobStore:
        return FsspecBlobs(moto_server.url, RegistryId.random(), moto_server.options)


class TestRclone(FsspecSuite):
    """A weak S3: it ignores `If-None-Match`, so all sixteen writers win."""

    @pytest.fixture
    def store(self, rclone_server: S3Server) -> BlobStore:
        return FsspecBlobs(rclone_server.url, RegistryId.random(), rclone_server.options)
