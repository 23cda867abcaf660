"""The SQLite file of the index: opened, shared between processes, and thrown away when anything is wrong with it."""

from __future__ import annotations

import contextlib
import errno
import os
import sqlite3
import threading
from contextlib import contextmanager
from pathlib import Path
from typing import TYPE_CHECKING, BinaryIO, TypeAlias, TypeVar

from gitreg.index.schema import SCHEMA, SCHEMA_VERSION
from gitreg.locking import flock, knows_record_locks

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator

T = TypeVar("T")
Moment: TypeAlias = tuple[int, int]
"""What others have done to the database, and what its connection has: as long as both are the same, so is all in it."""

_BATCH = 500
"""Placeholders in one statement; SQLite's smallest limit is 999."""
_BUSY_TIMEOUT_S = 60.0
# WAL keeps its shared memory in a file that only processes of one host see alike (sqlite.org/wal.html).
_NETWORK_FILE_SYSTEMS = ("nfs", "cifs", "smb", "lustre", "gpfs", "beegfs", "ceph", "glusterfs", "afs", "9p", "fuse.")


class Database:
    """One connection for a process, handed from thread to thread under a lock and never carried over a fork.

    A file that is damaged or of another schema version is deleted and made anew. Where no file can be had (a folder
    that may not be written, a file system without locks) the index lives in memory, and `trouble` says why.
    """

    def __init__(self, path: Path | None, *, busy_timeout_s: float = _BUSY_TIMEOUT_S) -> None:
        """A database at `path`, opened when first used; None keeps it in memory."""
        self.path = path
        self.trouble = ""
        self._busy_timeout_s = busy_timeout_s
        self._lock = threading.RLock()
        self._connection: sqlite3.Connection | None = None
        self._pid = os.getpid()

    def close(self) -> None:
        """Let go of the file. The next use opens it again."""
        with self._lock:
            if self._connection is not None and self._pid == os.getpid():
                self._connection.close()
            self._connection = None

    def run(self, work: Callable[[sqlite3.Connection], T]) -> T:
        """Do `work`, once more on a new database if the present one turns out to be damaged or out of reach."""
        with self._lock:
            try:
                return work(self._open())
            except sqlite3.DatabaseError as error:
                if isinstance(error, sqlite3.IntegrityError | sqlite3.ProgrammingError):
                    raise
                self._give_up_file(error)
            return work(self._open())

    def check(self) -> str:
        """What SQLite's own check finds wrong; the file is then made anew at the next use. Empty when all is well."""
        with self._lock:
            try:
                (answer,) = self._open().execute("PRAGMA quick_check(1)").fetchone()
            except sqlite3.DatabaseError as error:
                answer = str(error)
            if answer != "ok" and self.path is not None:
                self.close()
                self._connection = self._replace_damaged(self.path)
            return "" if answer == "ok" else str(answer)

    def _open(self) -> sqlite3.Connection:
        if self._pid != os.getpid():
            # A child of fork must not touch, not even close, the parent's connection (sqlite.org/howtocorrupt.html).
            _ABANDONED.append(self._connection)
            self._connection, self._pid = None, os.getpid()
        if self._connection is None:
            self._connection = self._connect()
        return self._connection

    def _connect(self) -> sqlite3.Connection:
        if self.path is None:
            return _prepared(sqlite3.connect(":memory:", isolation_level=None, check_same_thread=False))
        try:
            return self._connect_file(self.path)
        except sqlite3.OperationalError as error:
            return self._without_file(str(error))
        except sqlite3.DatabaseError:
            return self._replace_damaged(self.path)
        except OSError as error:
            return self._without_file(error.strerror or str(error))

    def _connect_file(self, path: Path) -> sqlite3.Connection:
        path.parent.mkdir(exist_ok=True)
        with _lock_file(path) as lock:
            if not knows_record_locks(lock.fileno()):
                raise OSError(errno.ENOLCK, "its file system knows no locks")
        if path.is_symlink():  # it came with the git folder, and could name any database of this user's
            path.unlink(missing_ok=True)
        connection = sqlite3.connect(path, timeout=self._busy_timeout_s, isolation_level=None, check_same_thread=False)
        try:
            connection.execute(f"PRAGMA journal_mode = {'DELETE' if is_on_network(path) else 'WAL'}")
            connection.execute("PRAGMA synchronous = NORMAL")
            return _prepared(connection)
        except BaseException:
            connection.close()
            raise

    def _replace_damaged(self, path: Path) -> sqlite3.Connection:
        try:
            with _replacing(path):
                return self._connect_file(path)
        except (sqlite3.DatabaseError, OSError) as error:
            return self._without_file(str(error))

    def _without_file(self, reason: str) -> sqlite3.Connection:
        self.trouble, self.path = f"The index is kept in memory only: {reason}.", None
        return self._connect()

    def _give_up_file(self, error: sqlite3.DatabaseError) -> None:
        self.close()
        if isinstance(error, sqlite3.OperationalError) and self.path is not None:
            self.trouble, self.path = f"The index is kept in memory only: {error}.", None
        elif self.path is not None:
            self._connection = self._replace_damaged(self.path)


_ABANDONED: list[sqlite3.Connection | None] = []
"""Connections that a fork left behind: kept from the garbage collector, which would close them."""


def _prepared(connection: sqlite3.Connection) -> sqlite3.Connection:
    """With our tables, whatever was there before; two processes may come here at once."""
    if _version_of(connection) != SCHEMA_VERSION:
        in_transaction(connection, lambda: _build_tables(connection))
    return connection


def _version_of(connection: sqlite3.Connection) -> int:
    return int(connection.execute("PRAGMA user_version").fetchone()[0])


def _build_tables(connection: sqlite3.Connection) -> None:
    if _version_of(connection) == SCHEMA_VERSION:
        return
    tables = connection.execute("SELECT name FROM sqlite_master WHERE type = 'table'").fetchall()
    for (name,) in tables:
        connection.execute(f'DROP TABLE "{name}"')
    for statement in SCHEMA.split(";"):
        connection.execute(statement)
    connection.execute(f"PRAGMA user_version = {SCHEMA_VERSION}")


def batches(values: Iterable[T]) -> Iterator[tuple[T, ...]]:
    """As many at a time as fit into one statement."""
    wanted = tuple(values)
    return (wanted[start : start + _BATCH] for start in range(0, len(wanted), _BATCH))


def in_transaction(connection: sqlite3.Connection, work: Callable[[], None]) -> None:
    """Do `work` whole or not at all, while no other process writes."""
    connection.execute("BEGIN IMMEDIATE")
    try:
        work()
        connection.execute("COMMIT")
    except BaseException:
        with contextlib.suppress(sqlite3.Error):  # a full disk may have rolled it back already
            connection.execute("ROLLBACK")
        raise


@contextmanager
def at_one_moment(connection: sqlite3.Connection) -> Iterator[Moment]:
    """Read what no other process changes meanwhile."""
    connection.execute("BEGIN")
    try:
        (others,) = connection.execute("PRAGMA data_version").fetchone()
        yield others, connection.total_changes
    finally:
        connection.execute("COMMIT")


@contextmanager
def _replacing(path: Path) -> Iterator[None]:
    """Remove a damaged database with its side files, unless another process did so while we waited."""
    before = _identity(path)
    with _lock_file(path) as lock:
        flock(lock.fileno(), wait=True)
        if _identity(path) == before:
            for suffix in ("-wal", "-shm", "-journal", ""):
                path.with_name(path.name + suffix).unlink(missing_ok=True)
        yield


def _lock_file(path: Path) -> BinaryIO:
    """The file beside a database that locks are tried on and taken of: closing the database's own would free SQLite's.

    Raises `OSError`.
    """
    flags = os.O_RDWR | os.O_CREAT | os.O_NOFOLLOW | os.O_CLOEXEC
    return os.fdopen(os.open(path.with_name(f"{path.name}-lock"), flags, 0o666), "r+b")


def _identity(path: Path) -> tuple[int, int] | None:
    try:
        found = path.stat()
    except FileNotFoundError:
        return None
    return found.st_ino, found.st_ctime_ns


def is_on_network(path: Path, mountinfo: Path = Path("/proc/self/mountinfo")) -> bool:
    """Whether other hosts may have the same file open; unknown counts as no."""
    try:
        lines = mountinfo.read_text(encoding="utf-8", errors="replace").splitlines()
    except OSError:
        return False
    mounts = [(line.split()[4], line.partition(" - ")[2].split()[0]) for line in lines if " - " in line]
    real = path.parent.resolve()
    _, kind = max(
        ((m, k) for m, k in mounts if real.is_relative_to(m)), key=lambda each: len(each[0]), default=("", "")
    )
    return kind.startswith(_NETWORK_FILE_SYSTEMS)
