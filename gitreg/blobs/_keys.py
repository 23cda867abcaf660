"""Names of objects in a bucket, the same as paths in a folder: `<registry>/sha256/<2 hex>/<64 hex>`.

What opens a sealed blob is at `<registry>/keys/<64 hex>`.
"""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gitreg.documents import Digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

MAX_KEY_BYTES = 1024
"""What is read of a file that should hold a key."""
_OPENER = re.compile(r".*/keys/([0-9a-f]{64})")
_BLOB = re.compile(r".*/sha256/([0-9a-f]{2})/(\1[0-9a-f]{62})")


def blob_key(digest: Digest) -> str:
    return f"sha256/{digest.hex[:2]}/{digest.hex}"


def opener_key(digest: Digest) -> str:
    return f"keys/{digest.hex}"


def opened_in(keys: Iterable[str]) -> Iterator[Digest]:
    """The digests of the blobs that these objects open."""
    for key in keys:
        if match := _OPENER.fullmatch(key):
            yield Digest(f"sha256:{match[1]}")


def digests_in(keys: Iterable[str]) -> Iterator[Digest]:
    """The digests of the keys that are blobs'."""
    for key in keys:
        if match := _BLOB.fullmatch(key):
            yield Digest(f"sha256:{match[2]}")
