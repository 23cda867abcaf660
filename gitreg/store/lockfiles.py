"""Git's `.lock` files, taken so that they say whose they are, and broken by rule when nobody holds them any more."""

from __future__ import annotations

import errno
import logging
import os
import threading
import time
from contextlib import suppress
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from pathlib import Path

_BETWEEN_LOOKS_S = 0.25
_NO_LINKS_HERE = frozenset({errno.EPERM, errno.EOPNOTSUPP, errno.ENOSYS, errno.EMLINK})

_log = logging.getLogger(__name__)


def scratch(git_dir: Path, purpose: str) -> Path:
    """Where this thread makes a file before it gets its name; what a kill leaves there is written over some day."""
    return git_dir / "gitreg" / f"{purpose}.{os.getpid()}-{threading.get_ident()}.tmp"


def write_new(path: Path, content: bytes) -> None:
    """Make a file, synced. What lies at the name already is taken away and never written through: a git folder that
    somebody handed us may hold a link there, to any file of its user's.
    """
    path.unlink(missing_ok=True)
    flags = os.O_WRONLY | os.O_CREAT | os.O_EXCL | os.O_NOFOLLOW | os.O_CLOEXEC
    with os.fdopen(os.open(path, flags, 0o666), "wb") as file:
        file.write(content)
        file.flush()
        os.fsync(file.fileno())


def take(lock: Path, content: bytes, temporary: Path) -> None:
    """Create a lock with its content at once: one that appears empty could not say whose it is.

    `temporary` is a `scratch` path on the same file system. Raises `FileExistsError` when the lock is held.
    """
    temporary.parent.mkdir(exist_ok=True)
    write_new(temporary, content)
    try:
        os.link(temporary, lock)
    except OSError as error:
        if error.errno not in _NO_LINKS_HERE:
            raise
        with lock.open("xb") as file:
            file.write(content)
    finally:
        with suppress(FileNotFoundError):
            temporary.unlink()


def break_if_stale(lock: Path, age_s: float) -> bool:
    """Remove a lock file that is older than `age_s` and does not change between two looks. True when it is gone.

    Its age is told by the file system that holds it, by comparing with a file made there now: hosts' clocks differ.
    """
    try:
        first = lock.stat()
        if _now_there(lock.parent) - first.st_mtime < age_s:
            return False
        time.sleep(_BETWEEN_LOOKS_S)
        second = lock.stat()
    except FileNotFoundError:
        return True
    if (first.st_ino, first.st_mtime_ns, first.st_size) != (second.st_ino, second.st_mtime_ns, second.st_size):
        return False
    remove(lock)
    return True


def remove(lock: Path) -> None:
    """Remove a lock whose owner is known to be dead, and say so in the log."""
    _log.warning("removing %s, left behind by a killed process", lock)
    lock.unlink(missing_ok=True)


def _now_there(folder: Path) -> float:
    probe = folder / f".gitreg-clock-{os.getpid()}-{threading.get_ident()}"
    probe.touch()
    try:
        return probe.stat().st_mtime
    finally:
        probe.unlink(missing_ok=True)
