"""What a spool need not keep for ever: journals that are on the ledger, and claims of jobs that are long over.

A published journal goes after a month, and only where the ledger still has what it said, so that a ledger that was set
back can be healed from the spool until then. A claim says which of its runs a job has begun since it was last started;
it goes after a quarter, where no journal of its run is left, for a job that runs longer would begin the same run again.
"""

from __future__ import annotations

import re
from contextlib import suppress
from datetime import UTC, date, datetime, timedelta
from typing import TYPE_CHECKING, Final

from gitreg.documents import RunId
from gitreg.errors import GitregError, StorageError
from gitreg.tracking.spool import is_journal
from gitreg.tracking.yard import Damaged, read_header

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator
    from pathlib import Path

    from gitreg.documents import AttemptId
    from gitreg.tracking.spool import Spool

PUBLISHED_FOR: Final = timedelta(days=30)
CLAIMED_FOR: Final = timedelta(days=90)
_CLAIM: Final = re.compile(rf"({RunId.pattern.pattern})\.[0-9]+\.[A-Za-z0-9._-]+")


def sweep(spool: Spool, now: datetime, is_recorded: Callable[[RunId, AttemptId], bool]) -> list[Damaged]:
    """Remove what is safe to remove; the published journals that the ledger does not know any more.

    `is_recorded` says whether the ledger has an attempt, ended. What cannot be removed, another's file say, stays.
    """
    _sweep_claims(spool, now)
    found: list[Damaged] = []
    for path in _long_published(spool, now):
        with suppress(OSError):
            try:
                header = read_header(path)
                if not is_recorded(header.run_id, header.attempt):
                    raise _forgotten(path, spool)
                path.unlink()
            except GitregError as error:
                found.append(Damaged(path, error))
    for folder in _days(spool, now):
        with suppress(OSError):  # where something is left in it
            folder.rmdir()
    return found


def _forgotten(path: Path, spool: Spool) -> StorageError:
    message = f"{path.name} was published, and is not on the ledger any more."
    return StorageError(message, subject=path.name, hint=f"To publish it again: mv {path} {spool.journals}")


def _long_published(spool: Spool, now: datetime) -> Iterator[Path]:
    for folder in _days(spool, now):
        yield from (path for path in sorted(folder.iterdir()) if is_journal(path.name) and not path.is_symlink())


def _days(spool: Spool, now: datetime) -> Iterator[Path]:
    """The folders of days that are over for a month. Never a link: whoever can write here could name any folder."""
    for folder in sorted(spool.published.iterdir()) if spool.published.is_dir() else ():
        with suppress(ValueError, OSError):
            is_over = date.fromisoformat(folder.name) < (now - PUBLISHED_FOR).date()
            if is_over and folder.is_dir() and not folder.is_symlink():
                yield folder


def _sweep_claims(spool: Spool, now: datetime) -> None:
    before = now - CLAIMED_FOR
    for path in sorted(spool.claims.iterdir()) if spool.claims.is_dir() else ():
        named = _CLAIM.fullmatch(path.name)
        with suppress(OSError):
            is_old = datetime.fromtimestamp(path.lstat().st_mtime, UTC) < before
            if named and is_old and not any(spool.journals.glob(f"{named[1]}.*")):
                path.unlink()
