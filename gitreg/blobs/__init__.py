"""Bytes by their sha256: in a folder, in a bucket, or in memory; and folders of files as manifests over them."""

from typing import TYPE_CHECKING

from gitreg.lazy import lazily

if TYPE_CHECKING:
    from gitreg.blobs._chunks import can_cut
    from gitreg.blobs._folder import FolderBlobs
    from gitreg.blobs._folders import (
        get_file,
        get_manifest,
        listed_in,
        put_files,
        put_folder,
        put_manifest,
        put_manifests,
        read_manifest,
        read_manifests,
    )
    from gitreg.blobs._fsspec import FsspecBlobs
    from gitreg.blobs._layered import LayeredBlobs
    from gitreg.blobs._media import media_type_of
    from gitreg.blobs._memory import MemoryBlobs
    from gitreg.blobs._places import Claims, FarFolder, check_place_url, claims_of, get_place, hash_place
    from gitreg.blobs._refusals import without_credentials
    from gitreg.blobs._sealed import (
        Put,
        Stored,
        content_of,
        content_size,
        get_stored,
        open_stored,
        put_sealed,
        putting,
        read_stored,
    )
    from gitreg.blobs._store import (
        MAX_LIVE_BYTES,
        MAX_READ_BYTES,
        OCTET_STREAM,
        BlobStore,
        Progress,
        Source,
        Watch,
        unwatched,
    )
    from gitreg.blobs._stream import Content, hash_stream
    from gitreg.blobs._threads import Threads
    from gitreg.blobs._where import BlobSettings, check_blobs_url, open_blobs

__all__ = [
    "MAX_LIVE_BYTES",
    "MAX_READ_BYTES",
    "OCTET_STREAM",
    "BlobSettings",
    "BlobStore",
    "Claims",
    "Content",
    "FarFolder",
    "FolderBlobs",
    "FsspecBlobs",
    "LayeredBlobs",
    "MemoryBlobs",
    "Progress",
    "Put",
    "Source",
    "Stored",
    "Threads",
    "Watch",
    "can_cut",
    "check_blobs_url",
    "check_place_url",
    "claims_of",
    "content_of",
    "content_size",
    "get_file",
    "get_manifest",
    "get_place",
    "get_stored",
    "hash_place",
    "hash_stream",
    "listed_in",
    "media_type_of",
    "open_blobs",
    "open_stored",
    "put_files",
    "put_folder",
    "put_manifest",
    "put_manifests",
    "put_sealed",
    "putting",
    "read_manifest",
    "read_manifests",
    "read_stored",
    "unwatched",
    "without_credentials",
]

__getattr__ = lazily(
    __name__,
    {
        "_chunks": ("can_cut",),
        "_folder": ("FolderBlobs",),
        "_folders": (
            "get_file",
            "get_manifest",
            "listed_in",
            "put_files",
            "put_folder",
            "put_manifest",
            "put_manifests",
            "read_manifest",
            "read_manifests",
        ),
        "_fsspec": ("FsspecBlobs",),
        "_layered": ("LayeredBlobs",),
        "_media": ("media_type_of",),
        "_memory": ("MemoryBlobs",),
        "_places": ("Claims", "FarFolder", "check_place_url", "claims_of", "get_place", "hash_place"),
        "_refusals": ("without_credentials",),
        "_sealed": (
            "Put",
            "Stored",
            "content_of",
            "content_size",
            "get_stored",
            "open_stored",
            "put_sealed",
            "putting",
            "read_stored",
        ),
        "_store": (
            "MAX_LIVE_BYTES",
            "MAX_READ_BYTES",
            "OCTET_STREAM",
            "BlobStore",
            "Progress",
            "Source",
            "Watch",
            "unwatched",
        ),
        "_stream": ("Content", "hash_stream"),
        "_threads": ("Threads",),
        "_where": ("BlobSettings", "check_blobs_url", "open_blobs"),
    },
)
