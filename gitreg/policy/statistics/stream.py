"""The integers that resampling draws. They are the same for ever, on every machine and in every language.

The generator is SHAKE128 (NIST FIPS 202), which every language has: the stream of resample r is the output for the
16 bytes `seed` and r, both as unsigned 64-bit big-endian numbers, read as unsigned 32-bit little-endian words. To draw
below n without bias, words that are not below the largest multiple of n within 2^32 are skipped, and the remainder of
the others by n is taken. No resample hangs on the one before, so they may be drawn in any order. In Python a hash is
several times faster than SplitMix64 or PCG, whose steps would be taken one by one.
"""

from __future__ import annotations

import hashlib
import sys
from array import array
from collections.abc import Iterable

from gitreg.errors import InvalidValue

GENERATOR = "shake128/1"
MAX_ROWS = 1 << 31
_WORDS = 1 << 32
_SEED_BYTES = 8
_WORD_BYTES = 4


def seed_of(method: str, digests: Iterable[object]) -> int:
    """The seed that a method takes from its inputs: the first eight bytes, big-endian, of the SHA-256 of the method's
    name and the sorted digests, each as text and followed by a line feed.
    """
    lines = [method, *sorted(str(digest) for digest in digests)]
    content = "".join(f"{line}\n" for line in lines).encode()
    return int.from_bytes(hashlib.sha256(content).digest()[:_SEED_BYTES], "big")


def resample(seed: int, number: int, rows: int) -> list[int]:
    """As many row numbers as there are `rows`, drawn with replacement: resample `number` (from 0) of `seed`.

    Raises `InvalidValue` for a seed or number that is no unsigned 64-bit integer, and for no rows or more than 2^31.
    """
    if not 1 <= rows <= MAX_ROWS:
        raise InvalidValue(f"{rows} rows cannot be resampled.")
    try:
        key = seed.to_bytes(_SEED_BYTES, "big") + number.to_bytes(_SEED_BYTES, "big")
    except OverflowError:
        raise InvalidValue("A seed and the number of a resample are between 0 and 2^64 - 1.") from None
    drawn, asked = _below(key, rows, rows), rows
    while len(drawn) < rows:
        asked += rows
        drawn = _below(key, asked, rows)
    return drawn[:rows]


def _below(key: bytes, count: int, rows: int) -> list[int]:
    """What the first `count` words of the stream give."""
    words = array("I", hashlib.shake_128(key).digest(_WORD_BYTES * count))
    if sys.byteorder == "big":
        words.byteswap()
    limit = _WORDS - _WORDS % rows
    if max(words) < limit:  # nearly always: then no word needs a look of its own
        return [word % rows for word in words]
    return [word % rows for word in words if word < limit]
