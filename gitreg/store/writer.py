"""The random id of a clone, by which readers of the ledger tell its files from another's (format 27)."""

from __future__ import annotations

import os
import secrets
from typing import TYPE_CHECKING

from gitreg.documents import WriterBinding, WriterId
from gitreg.errors import InvalidDocument
from gitreg.store.packing import sync_folder

if TYPE_CHECKING:
    from pathlib import Path

_FILE = "writer.json"


def writer_id(own: Path, git_dir: Path, machine: str) -> WriterId:
    """The id in `own`/writer.json, if it was made for this machine and this very folder; else a new one.

    A copied clone or a machine image has the file and not the inode or machine, so that two writers never share an
    id. The caller holds the repository's lock.
    """
    wanted = (machine, str(git_dir), git_dir.stat().st_ino)
    binding = _read(own / _FILE)
    if binding is not None and (binding.machine, binding.git_dir, binding.inode) == wanted:
        return WriterId(binding.writer)
    made = WriterBinding(writer=WriterId.random(), machine=machine, git_dir=str(git_dir), inode=wanted[2])
    _write(own / _FILE, made.to_bytes())
    return WriterId(made.writer)


def _read(path: Path) -> WriterBinding | None:
    try:
        return WriterBinding.from_bytes(path.read_bytes())
    except (FileNotFoundError, InvalidDocument):
        return None


def _write(path: Path, data: bytes) -> None:
    path.parent.mkdir(exist_ok=True)
    temporary = path.with_name(f"{path.name}.{secrets.token_hex(4)}")
    with temporary.open("wb") as file:
        file.write(data)
        file.flush()
        os.fsync(file.fileno())
    temporary.replace(path)
    sync_folder(path.parent)
