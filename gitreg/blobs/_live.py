"""The one kind of object that is not content-addressed: a live run's latest beat, overwritten in place."""

from __future__ import annotations

import re

from gitreg.blobs._store import MAX_LIVE_BYTES
from gitreg.errors import InvalidName, InvalidValue

_KEY = re.compile(r"[a-z0-9][a-z0-9_-]{0,127}(?:\.json)?")


def check_key(key: str) -> str:
    """`key` if it may name a live object: lower-case letters, digits, `-` and `_`. Raises `InvalidName`."""
    if not _KEY.fullmatch(key):
        raise InvalidName(f"{key!r:.80} cannot name a live object.", subject=key[:80])
    return key


def check_live(key: str, data: bytes) -> str:
    """`key`, if `data` may be written there. Raises `InvalidName`, `InvalidValue`."""
    if len(data) > MAX_LIVE_BYTES:
        raise InvalidValue(f"A live object has at most {MAX_LIVE_BYTES:,} bytes; this one has {len(data):,}.")
    return check_key(key)
