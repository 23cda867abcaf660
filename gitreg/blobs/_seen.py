"""A guess whether a large file is stored already, so that the second put of it only hashes.

A put that hashes while it writes knows only at the end that it need not have written. So each large blob leaves a note
under a key made of its length and a few samples; a file with the same key is hashed first. A note is a guess and
nothing more: what it says is checked by the whole hash, and losing it costs one needless write.
"""

from __future__ import annotations

import contextlib
import hashlib
import os
from typing import TYPE_CHECKING, BinaryIO

from gitreg.documents import Digest
from gitreg.errors import InvalidValue

if TYPE_CHECKING:
    from pathlib import Path

_SAMPLES = 9
_SAMPLE_BYTES = 16 * 1024


class Seen:
    """The notes in one folder."""

    def __init__(self, folder: Path) -> None:
        self._folder = folder

    def key(self, stream: BinaryIO, length: int) -> str:
        """Reads samples from the stream's start to its end, and goes back to where it was."""
        start = stream.tell()
        hasher = hashlib.sha256(str(length).encode())
        for index in range(_SAMPLES):
            stream.seek(start + (length - _SAMPLE_BYTES) * index // (_SAMPLES - 1))
            hasher.update(stream.read(_SAMPLE_BYTES))
        stream.seek(start)
        return hasher.hexdigest()[:32]

    def get(self, key: str) -> Digest | None:
        try:
            return Digest((self._folder / key).read_text(encoding="ascii"))
        except (OSError, UnicodeDecodeError, InvalidValue):
            return None

    def add(self, key: str, digest: Digest) -> None:
        with contextlib.suppress(OSError):
            self._folder.mkdir(exist_ok=True)
            temporary = self._folder / f".{key}.{os.getpid()}"
            temporary.unlink(missing_ok=True)  # a link there is not written through
            with temporary.open("x", encoding="ascii") as file:
                file.write(digest)
            temporary.replace(self._folder / key)
