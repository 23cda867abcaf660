"""Git's index (gitformat-index), read and rewritten whole.

Only what we can write back without loss is accepted: versions 2 to 4, no required extension. The optional ones are
caches that git makes anew, and are dropped.
"""

from __future__ import annotations

import hashlib
import struct
from dataclasses import dataclass, replace
from typing import TYPE_CHECKING

from gitreg.errors import DirtyPath
from gitreg.store import lockfiles
from gitreg.store.packing import sync_folder
from gitreg.store.values import ObjectId

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

_FIXED = struct.Struct(">10I")
_NAME_MASK = 0x0FFF
_STAGE_MASK = 0x3000
_ASSUME_VALID = 0x8000
_EXTENDED = 0x4000
_SKIP_WORKTREE = 0x4000
_INTENT_TO_ADD = 0x2000
_MIN_VERSION, _PLAIN_VERSION, _EXTENDED_VERSION, _COMPRESSED_VERSION = 2, 2, 3, 4


@dataclass(frozen=True)
class FileStat:
    """What git remembers of a file to tell quickly that it did not change."""

    ctime: tuple[int, int]
    mtime: tuple[int, int]
    device: int
    inode: int
    user: int
    group: int
    size: int

    @classmethod
    def of(cls, path: Path) -> FileStat:
        """The stat of a file, each number cut to the 32 bits the index has for it."""
        stat = path.lstat()
        return cls(
            ctime=_split_ns(stat.st_ctime_ns),
            mtime=_split_ns(stat.st_mtime_ns),
            device=_cut(stat.st_dev),
            inode=_cut(stat.st_ino),
            user=_cut(stat.st_uid),
            group=_cut(stat.st_gid),
            size=_cut(stat.st_size),
        )


@dataclass(frozen=True)
class IndexEntry:
    """One tracked file."""

    object_id: ObjectId
    mode: int
    stat: FileStat
    stage: int = 0
    assume_valid: bool = False
    extended: int = 0

    @property
    def is_plain(self) -> bool:
        """No conflict, no flag that makes git look away from the file."""
        looks_away = self.extended & (_SKIP_WORKTREE | _INTENT_TO_ADD)
        return not (self.stage or self.assume_valid or looks_away)


class Index:
    """The entries of an index file, by path and stage."""

    def __init__(self, entries: dict[tuple[bytes, int], IndexEntry]) -> None:
        """Use `read`."""
        self._entries = entries

    def get(self, path: str) -> IndexEntry | None:
        """The entry of a path: of a conflicted one any of its stages, which is then not `is_plain`."""
        name = path.encode("utf-8", "surrogateescape")
        for stage in range(4):
            entry = self._entries.get((name, stage))
            if entry is not None:
                return entry
        return None

    def tracked(self) -> Iterator[tuple[str, IndexEntry]]:
        """Every tracked path with its entry, sorted; a conflicted one once for each stage."""
        for (name, _), entry in sorted(self._entries.items()):
            yield name.decode("utf-8", "surrogateescape"), entry

    def below(self, folder: str) -> set[str]:
        """The tracked paths below a folder."""
        prefix = f"{folder}/".encode("utf-8", "surrogateescape")
        return {name.decode("utf-8", "surrogateescape") for name, _ in self._entries if name.startswith(prefix)}

    def put(self, path: str, entry: IndexEntry | None) -> None:
        """Set or remove a path."""
        name = path.encode("utf-8", "surrogateescape")
        for stage in range(4):
            self._entries.pop((name, stage), None)
        if entry is not None:
            self._entries[name, entry.stage] = entry

    def write(self, target: Path, temporary: Path, hash_name: str) -> None:
        """Replace the index file, durably. The caller holds `index.lock`."""
        body = self._render()
        lockfiles.write_new(temporary, body + hashlib.new(hash_name, body, usedforsecurity=False).digest())
        if target.exists():
            temporary.chmod(target.stat().st_mode & 0o777)
        temporary.replace(target)
        sync_folder(target.parent)

    def _render(self) -> bytes:
        version = _EXTENDED_VERSION if any(entry.extended for entry in self._entries.values()) else _PLAIN_VERSION
        rows = [_render_entry(name, entry) for (name, _), entry in sorted(self._entries.items())]
        return b"".join([b"DIRC", struct.pack(">II", version, len(rows)), *rows])


def read(path: Path, hash_name: str) -> Index:
    """The index at `path`; no file is an empty one. Raises `DirtyPath` for one we could not write back whole."""
    try:
        data = path.read_bytes()
        changed_s = int(path.stat().st_mtime)
    except FileNotFoundError:
        return Index({})
    try:
        return Index(_parse(data, hash_name, changed_s))
    except (struct.error, IndexError, ValueError) as error:
        message = f"The index {path} cannot be rewritten: {error}."
        hint = "Check out another branch there, or: git update-index --no-split-index; git sparse-checkout disable"
        raise DirtyPath(message, subject=str(path), hint=hint) from error


def _parse(data: bytes, hash_name: str, changed_s: int) -> dict[tuple[bytes, int], IndexEntry]:
    id_bytes = hashlib.new(hash_name, usedforsecurity=False).digest_size
    body, checksum = data[:-id_bytes], data[-id_bytes:]
    if any(checksum) and hashlib.new(hash_name, body, usedforsecurity=False).digest() != checksum:
        raise ValueError("its checksum is wrong")
    signature, version, count = struct.unpack_from(">4sII", body)
    if signature != b"DIRC" or not _MIN_VERSION <= version <= _COMPRESSED_VERSION:
        raise ValueError(f"its version is {version}")
    entries: dict[tuple[bytes, int], IndexEntry] = {}
    position, name = 12, b""
    for _ in range(count):
        entry, name, position = _parse_entry(body, position, name, (id_bytes, version))
        entries[name, entry.stage] = _smudge(entry, changed_s)
    _check_extensions(body, position)
    return entries


def _parse_entry(body: bytes, start: int, before: bytes, shape: tuple[int, int]) -> tuple[IndexEntry, bytes, int]:
    id_bytes, version = shape
    numbers = _FIXED.unpack_from(body, start)
    position = start + _FIXED.size + id_bytes
    object_id = ObjectId(body[position - id_bytes : position].hex())
    flags = int.from_bytes(body[position : position + 2])
    position += 2
    extended = 0
    if flags & _EXTENDED:
        extended = int.from_bytes(body[position : position + 2])
        position += 2
    if version == _COMPRESSED_VERSION:
        kept, position = _varint(body, position)
        before = before[: len(before) - kept]
    else:
        before = b""
    end = body.index(b"\0", position)
    name = before + body[position:end]
    position = end + 1 if version == _COMPRESSED_VERSION else start + _padded(end - start)
    stat = FileStat(numbers[0:2], numbers[2:4], numbers[4], numbers[5], numbers[7], numbers[8], numbers[9])
    entry = IndexEntry(object_id, numbers[6], stat, (flags & _STAGE_MASK) >> 12, bool(flags & _ASSUME_VALID), extended)
    return entry, name, position


def _smudge(entry: IndexEntry, changed_s: int) -> IndexEntry:
    """Forget the size of a file that changed in the second the index was written.

    Git compares such a file's content because its times prove nothing; an index written later would hide that. A size
    of zero makes git compare for ever, which is what git's own writer does (racy-git in git's documentation).
    """
    return replace(entry, stat=replace(entry.stat, size=0)) if entry.stat.mtime[0] >= changed_s else entry


def _check_extensions(body: bytes, position: int) -> None:
    while position < len(body):
        signature, size = struct.unpack_from(">4sI", body, position)
        if not signature[:1].isupper():
            raise ValueError(f"it needs the extension {signature!r}")
        position += 8 + size


def _render_entry(name: bytes, entry: IndexEntry) -> bytes:
    stat = entry.stat
    fixed = _FIXED.pack(*stat.ctime, *stat.mtime, stat.device, stat.inode, entry.mode, stat.user, stat.group, stat.size)
    flags = min(len(name), _NAME_MASK) | entry.stage << 12
    flags |= _ASSUME_VALID if entry.assume_valid else 0
    flags |= _EXTENDED if entry.extended else 0
    row = fixed + bytes.fromhex(entry.object_id) + flags.to_bytes(2)
    row += entry.extended.to_bytes(2) if entry.extended else b""
    row += name
    return row.ljust(_padded(len(row)), b"\0")


def _padded(length: int) -> int:
    """Entries end in one to eight NULs, up to a multiple of eight."""
    return (length + 8) // 8 * 8


def _varint(body: bytes, position: int) -> tuple[int, int]:
    """The offset encoding of pack files: seven bits a byte, each continuation one more."""
    value = body[position] & 0x7F
    while body[position] & 0x80:
        position += 1
        value = ((value + 1) << 7) | (body[position] & 0x7F)
    return value, position + 1


def _split_ns(nanoseconds: int) -> tuple[int, int]:
    seconds, rest = divmod(nanoseconds, 10**9)
    return _cut(seconds), rest


def _cut(number: int) -> int:
    return number & 0xFFFFFFFF
