"""Media types by file name. A table of our own: a manifest's digest must not hang on the machine that made it."""

from __future__ import annotations

from gitreg.blobs._store import OCTET_STREAM

_BY_SUFFIX = {
    "avro": "application/vnd.apache.avro",
    "css": "text/css",
    "csv": "text/csv",
    "feather": "application/vnd.apache.arrow.file",
    "gif": "image/gif",
    "gz": "application/gzip",
    "htm": "text/html",
    "html": "text/html",
    "ipynb": "application/x-ipynb+json",
    "jpeg": "image/jpeg",
    "jpg": "image/jpeg",
    "js": "text/javascript",
    "json": "application/json",
    "jsonl": "application/jsonl",
    "log": "text/plain",
    "md": "text/markdown",
    "mp4": "video/mp4",
    "parquet": "application/vnd.apache.parquet",
    "pdf": "application/pdf",
    "png": "image/png",
    "py": "text/x-python",
    "svg": "image/svg+xml",
    "tar": "application/x-tar",
    "toml": "application/toml",
    "tsv": "text/tab-separated-values",
    "txt": "text/plain",
    "wav": "audio/wav",
    "webp": "image/webp",
    "xml": "application/xml",
    "yaml": "application/yaml",
    "yml": "application/yaml",
    "zip": "application/zip",
    "zst": "application/zstd",
}


def media_type_of(path: str) -> str:
    """What the suffix says, else `application/octet-stream`."""
    _, dot, suffix = path.rpartition("/")[2].rpartition(".")
    return _BY_SUFFIX.get(suffix.lower(), OCTET_STREAM) if dot else OCTET_STREAM
