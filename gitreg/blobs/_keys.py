"""Names of objects in a bucket, the same as paths in a folder: `<registry>/sha256/<2 hex>/<64 hex>`."""

from __future__ import annotations

import re
from typing import TYPE_CHECKING

from gitreg.documents import Digest

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator

_BLOB = re.compile(r".*/sha256/([0-9a-f]{2})/(\1[0-9a-f]{62})")


def blob_key(digest: Digest) -> str:
    return f"sha256/{digest.hex[:2]}/{digest.hex}"


def digests_in(keys: Iterable[str]) -> Iterator[Digest]:
    """The digests of the keys that are blobs'."""
    for key in keys:
        if match := _BLOB.fullmatch(key):
            yield Digest(f"sha256:{match[2]}")
