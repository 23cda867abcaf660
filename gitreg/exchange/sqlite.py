"""Another tool's SQLite database, read and never written, whoever made it.

What a hostile file could do is taken from it: no view, trigger or function of its own runs, no virtual table opens, no
cell grows past a bound, and what a cell holds is checked for its type by who reads it.
"""

from __future__ import annotations

import shutil
import sqlite3
import tempfile
from collections.abc import Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any, Final
from urllib.parse import quote

from gitreg.errors import InvalidDocument

MAX_CELL: Final = 16 * 1024 * 1024
_MAGIC: Final = b"SQLite format 3\0"
_ALLOWED: Final = frozenset({sqlite3.SQLITE_SELECT, sqlite3.SQLITE_READ, sqlite3.SQLITE_FUNCTION})
_FUNCTIONS: Final = frozenset({"count", "max", "min"})
_BUSY_S: Final = 30
_WAL_AT: Final = 18
_WAL: Final = b"\x02"


def is_sqlite(path: Path) -> bool:
    """Whether a file begins as a database does."""
    try:
        with path.open("rb") as file:
            return file.read(len(_MAGIC)) == _MAGIC
    except OSError:
        return False


class ForeignDatabase:
    """An open database. Each query reads for itself, so that a tool at work on it is not held up."""

    def __init__(self, path: Path) -> None:
        """Raises `InvalidDocument` for what is no database."""
        self.path = path
        self._files = ExitStack()
        try:
            self._connection = sqlite3.connect(_address(path, self._files), uri=True, timeout=_BUSY_S)
            self._connection.setlimit(sqlite3.SQLITE_LIMIT_LENGTH, MAX_CELL)
            self._connection.text_factory = lambda data: data.decode(errors="replace")
            self._connection.execute("PRAGMA trusted_schema=OFF")
            self._connection.execute("PRAGMA query_only=ON")
            tables = self._connection.execute("SELECT name, sql FROM sqlite_master WHERE type = 'table'").fetchall()
        except (OSError, sqlite3.Error) as error:
            self._files.close()
            raise self._unreadable(error) from None
        plain = [str(name) for name, sql in tables if not str(sql).lstrip().upper().startswith("CREATE VIRTUAL")]
        self._columns = {name: self._columns_of(name) for name in plain}
        self._connection.set_authorizer(_authorize)

    def close(self) -> None:
        """Let go of the file."""
        self._connection.close()
        self._files.close()

    def has(self, table: str) -> bool:
        """Whether there is a table of this name: a table, and no view."""
        return table in self._columns

    def rows(self, table: str, columns: str, rest: str = "", *values: object) -> Iterator[tuple[Any, ...]]:
        """The rows of a table; a column that it does not have is None in all. `rest` is WHERE and ORDER BY.

        Names and `rest` are the reader's own words, never the database's. Raises `InvalidDocument`.
        """
        if not self.has(table):
            return
        known = self._columns[table]
        chosen = ", ".join(name if name in known or "(" in name else "NULL" for name in columns.split())
        try:
            yield from self._connection.execute(f"SELECT {chosen} FROM {table} {rest}", values)  # noqa: S608 - see above
        except sqlite3.Error as error:
            raise self._unreadable(error) from None

    def _columns_of(self, table: str) -> frozenset[str]:
        quoted = table.replace('"', '""')
        try:
            return frozenset(str(row[1]) for row in self._connection.execute(f'PRAGMA table_info("{quoted}")'))
        except sqlite3.Error:
            return frozenset()

    def _unreadable(self, error: OSError | sqlite3.Error) -> InvalidDocument:
        message = f"{self.path} cannot be read as an SQLite database: {error!s:.200}."
        return InvalidDocument(message, subject=str(self.path))


def _address(path: Path, files: ExitStack) -> str:
    """How to open a database so that nothing is written beside it, be its folder read-only or not.

    A database in WAL mode (byte 18 of its header; https://sqlite.org/fileformat.html) has its newest pages in a file
    `-wal`, and who reads those needs a file `-shm`, which SQLite would make. Both are there while a tool is at work on
    it. Without a `-wal` nobody is, and nothing is missing; with a `-wal` alone it was copied or left by a kill, and is
    read from a copy of our own.
    """
    mode, wal = "mode=ro", path.with_name(f"{path.name}-wal")
    with path.open("rb") as file:
        is_wal = file.read(_WAL_AT + 1)[_WAL_AT:] == _WAL
    if is_wal and not (wal.exists() and wal.stat().st_size):
        mode = "mode=ro&immutable=1"
    elif is_wal and not path.with_name(f"{path.name}-shm").exists():
        folder = Path(files.enter_context(tempfile.TemporaryDirectory(prefix="gitreg-import-")))
        for each in (path, wal):
            shutil.copyfile(each, folder / each.name)
        path = folder / path.name
    return f"file:{quote(str(path.absolute()))}?{mode}"


def _authorize(action: int, first: str | None, second: str | None, _: str | None, inner: str | None) -> int:
    """`inner` names the view or trigger that asks: none may."""
    if action not in _ALLOWED or inner is not None:
        return sqlite3.SQLITE_DENY
    is_strange = action == sqlite3.SQLITE_FUNCTION and str(second or first).lower() not in _FUNCTIONS
    return sqlite3.SQLITE_DENY if is_strange else sqlite3.SQLITE_OK
