"""Writing git objects so that a power cut cannot tear them: content synced, then named, then the folder synced.

dulwich could write them too, but through `.lock` files that a kill leaves behind and without syncing folders. A loose
object here is a temporary file that git's own upkeep knows (`tmp_obj_`) and a rename, as git does it.
"""

from __future__ import annotations

import os
import secrets
import zlib
from contextlib import contextmanager
from hashlib import sha1
from typing import IO, TYPE_CHECKING

from dulwich.object_format import OBJECT_FORMATS
from dulwich.pack import UnpackedObject, write_pack_data, write_pack_index

from gitreg.store.objects import KINDS, NewObject

if TYPE_CHECKING:
    from collections.abc import Iterable, Iterator, Sequence
    from pathlib import Path

    from dulwich.object_format import ObjectFormat

LOOSE_LIMIT = 20
"""Fewer new objects than this are written loose, more as one pack (measured: components.md)."""
_READ_ONLY = 0o444
"""The mode git gives to objects, before the umask."""


def write(folder: Path, objects: Sequence[NewObject], hash_name: str) -> None:
    """Store objects durably. When it returns they survive a power cut."""
    if len(objects) < LOOSE_LIMIT:
        _write_loose(folder, objects)
    else:
        write_pack(folder, len(objects), (unpacked(new) for new in objects), OBJECT_FORMATS[hash_name])


def copy(folder: Path, count: int, objects: Iterator[NewObject], hash_name: str) -> None:
    """Store objects that are read one at a time, as `write` does. What refers comes after what it refers to."""
    if count < LOOSE_LIMIT:
        _write_loose(folder, objects)
    else:
        write_pack(folder, count, (unpacked(new) for new in objects), OBJECT_FORMATS[hash_name])


def _write_loose(folder: Path, objects: Iterable[NewObject]) -> None:
    touched: set[Path] = set()
    for new in objects:
        home = folder / new.id[:2]
        target = home / new.id[2:]
        if _freshen(target):
            continue
        if not home.is_dir():
            home.mkdir(exist_ok=True)
            touched.add(folder)
        header = b"%s %d\0" % (KINDS[new.kind].encode(), len(new.data))
        with _temporary(home, "tmp_obj_") as (file, path):
            file.write(zlib.compress(header + new.data))
            _finish(file, path, target)
        touched.add(home)
    for home in touched:
        sync_folder(home)


def _freshen(path: Path) -> bool:
    """Whether it is there; its age starts anew then, so that nobody's upkeep takes it for old garbage."""
    try:
        os.utime(path)
    except FileNotFoundError:
        return False
    except PermissionError:
        return path.exists()
    return True


def write_pack(folder: Path, count: int, records: Iterator[UnpackedObject], object_format: ObjectFormat) -> str:
    """Write one pack and its index, durably; the name of both without their ending."""
    packs = folder / "pack"
    packs.mkdir(exist_ok=True)
    with _temporary(packs, "tmp_pack_") as (file, path):
        entries, checksum = write_pack_data(file.write, records, object_format, num_records=count)
        rows = sorted((name, offset, crc) for name, (offset, crc) in entries.items())
        name = f"pack-{sha1(b''.join(row[0] for row in rows), usedforsecurity=False).hexdigest()}"
        _finish(file, path, packs / f"{name}.pack")
    with _temporary(packs, "tmp_idx_") as (file, path):
        write_pack_index(file, rows, checksum)
        _finish(file, path, packs / f"{name}.idx")
    sync_folder(packs)
    return name


def unpacked(new: NewObject) -> UnpackedObject:
    """An object in the form in which dulwich writes packs."""
    return UnpackedObject(new.kind, decomp_chunks=[new.data], sha=bytes.fromhex(new.id))


@contextmanager
def _temporary(folder: Path, prefix: str) -> Iterator[tuple[IO[bytes], Path]]:
    """A new file under a name that git's own upkeep takes for litter; gone if the block fails."""
    path = folder / f"{prefix}{secrets.token_hex(8)}"
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_CLOEXEC
    try:
        with os.fdopen(os.open(path, flags, _READ_ONLY), "wb") as file:
            yield file, path
    except BaseException:
        path.unlink(missing_ok=True)
        raise


def _finish(file: IO[bytes], path: Path, target: Path) -> None:
    file.flush()
    os.fsync(file.fileno())
    path.replace(target)


def sync_folder(folder: Path) -> None:
    """Make names in a folder durable."""
    descriptor = os.open(folder, os.O_RDONLY | os.O_DIRECTORY | os.O_CLOEXEC)
    try:
        os.fsync(descriptor)
    finally:
        os.close(descriptor)
