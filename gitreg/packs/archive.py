"""The file itself: a zip that is the same bytes for the same content, on every machine.

Entries are stored, not deflated (libraries deflate differently), in one order, with one time and one mode. Names are
ours: none comes from a document.
"""

from __future__ import annotations

import hashlib
import re
import zipfile
from contextlib import suppress
from dataclasses import dataclass
from io import BytesIO
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO

from gitreg.documents import Digest
from gitreg.errors import CorruptBlob, InvalidValue, StorageError

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable

FIRST = "README.txt"
SUMS = "SHA256SUMS"
MAX_FILES = 20_000
MAX_DOCUMENT_BYTES = 256 * 1024 * 1024
"""All files together that are not the model's own."""
_NAME = re.compile(r"[A-Za-z0-9_][A-Za-z0-9_.-]*(/[A-Za-z0-9_][A-Za-z0-9_.-]*)*")
_EPOCH = (1980, 1, 1, 0, 0, 0)  # the first moment that a zip can say
_PIECE = 1024 * 1024


@dataclass(frozen=True)
class Member:
    """One file of a pack: its digest is known before its bytes are read."""

    name: str
    digest: Digest
    size: int
    open: Callable[[], BinaryIO]

    @classmethod
    def of(cls, name: str, data: bytes) -> Member:
        """A file whose bytes are at hand."""
        return cls(name, Digest.of(data), len(data), lambda: BytesIO(data))


def ordered(members: Iterable[Member]) -> tuple[Member, ...]:
    """README first, then by name, with the sums of all of them. Raises `InvalidValue` past the bounds."""
    found = sorted(members, key=lambda each: (each.name != FIRST, each.name))
    if len(found) >= MAX_FILES or any(not _NAME.fullmatch(each.name) for each in found):
        raise InvalidValue(f"A pack has at most {MAX_FILES:,} files, under names of its own.")
    if len({each.name.casefold() for each in found}) != len(found):
        raise InvalidValue("Two files of a pack have one name.")
    sums = "".join(f"{each.digest.hex}  {each.name}\n" for each in found).encode()
    return (*found[:1], Member.of(SUMS, sums), *found[1:])


def write(members: Iterable[Member], target: Path) -> Digest:
    """Write the zip, whole or not at all, and answer its digest. Raises `CorruptBlob`, `StorageError`."""
    part = target.with_name(f"{target.name}.part")
    try:
        _write(members, part)
        part.replace(target)
        with target.open("rb") as file:
            return Digest(f"sha256:{hashlib.file_digest(file, 'sha256').hexdigest()}")
    except OSError as error:
        raise StorageError(f"{target} cannot be written: {error.strerror or error}.", subject=str(target)) from None
    finally:
        with suppress(OSError):
            part.unlink(missing_ok=True)


def _write(members: Iterable[Member], target: Path) -> None:
    with zipfile.ZipFile(target, "w", zipfile.ZIP_STORED) as made:
        for member in members:
            _add(made, member)


def _add(made: zipfile.ZipFile, member: Member) -> None:
    info = zipfile.ZipInfo(member.name, _EPOCH)
    info.create_system = 3  # Unix, whatever machine this is
    info.external_attr = 0o100644 << 16
    info.file_size = member.size
    seen, count = hashlib.sha256(), 0
    with member.open() as source, made.open(info, "w") as entry:
        while piece := source.read(_PIECE):
            seen.update(piece)
            count += len(piece)
            entry.write(piece)
    if seen.hexdigest() != member.digest.hex or count != member.size:
        raise CorruptBlob(f"The bytes of {member.name} are not those of its digest.", subject=member.digest)
