"""Bytes by their sha256: in a folder, in a bucket, or in memory; and folders of files as manifests over them."""

from gitreg.blobs._folder import FolderBlobs
from gitreg.blobs._memory import MemoryBlobs
from gitreg.blobs._store import MAX_READ_BYTES, OCTET_STREAM, BlobStore, Progress, Source

__all__ = [
    "MAX_READ_BYTES",
    "OCTET_STREAM",
    "BlobStore",
    "FolderBlobs",
    "MemoryBlobs",
    "Progress",
    "Source",
]
