"""The yard: the folder of this clone's journals, and what can be known about who is writing them."""

from __future__ import annotations

import os
from contextlib import suppress
from dataclasses import dataclass
from pathlib import Path
from typing import TYPE_CHECKING

from gitreg.errors import CorruptJournal, GitregError, StorageError
from gitreg.tracking.frames import HEADER, Frame, closes, read_frames
from gitreg.tracking.journal import SUFFIX, UNFINISHED, Journal
from gitreg.tracking.records import JournalHeader, decode_header

if TYPE_CHECKING:
    from gitreg.documents import AttemptId, RunId
    from gitreg.surroundings import Surroundings

_TAIL_BYTES = 512
_STALE_S = 3600.0


@dataclass(frozen=True)
class Standing:
    """A journal that lies in the yard: where, and what its header says."""

    path: Path
    header: JournalHeader


@dataclass(frozen=True)
class Damaged:
    """A journal that cannot be read, and why."""

    path: Path
    error: GitregError


class Yard:
    """`<git dir>/gitreg/journals`. Reading never waits for a writer and never changes anything."""

    def __init__(self, folder: Path, surroundings: Surroundings) -> None:
        self.folder = folder
        self._surroundings = surroundings

    def journals(self, run_id: RunId | None = None) -> list[Standing]:
        """The journals that can be read (of one run), an attempt's own before its segments."""
        found = (self._standing(path) for path in self._paths(run_id))
        return sorted(
            (each for each in found if isinstance(each, Standing)),
            key=lambda each: (each.header.run_id, each.header.attempt, each.header.segment, each.header.journal),
        )

    def damaged(self) -> list[Damaged]:
        """The journals whose very header cannot be read."""
        return [each for path in self._paths(None) if isinstance(each := self._standing(path), Damaged)]

    def main(self, run_id: RunId, attempt: AttemptId) -> Standing | None:
        """The journal that an attempt's end stands in."""
        return next((each for each in self.journals(run_id) if _is_main(each, attempt)), None)

    def _paths(self, run_id: RunId | None) -> list[Path]:
        pattern = f"*{SUFFIX}" if run_id is None else f"{run_id}.*{SUFFIX}"
        return sorted(self.folder.glob(pattern))

    def _standing(self, path: Path) -> Standing | Damaged | None:
        try:
            return Standing(path, read_header(path))
        except FileNotFoundError:
            return None  # published and removed since we listed the folder
        except GitregError as error:
            return Damaged(path, error)

    def sweep(self) -> None:
        """Remove what was left of journals whose process was killed as it made them. Nobody was told of those."""
        before = self._surroundings.now().timestamp() - _STALE_S
        for path in self.folder.glob(f"*{UNFINISHED}"):
            with suppress(FileNotFoundError):
                if path.stat().st_mtime < before:
                    path.unlink()

    def is_here(self, header: JournalHeader) -> bool:
        """Whether the journal's process ran, if it still runs, under this very kernel and among the processes that we
        see: only then does its number tell that it died. Containers of one machine may share a host's name.
        """
        around = self._surroundings
        seen = (around.host, around.boot_id, around.pid_space)
        return (header.host, header.boot_id, header.pid_space) == seen

    def is_dead(self, header: JournalHeader) -> bool:
        """Whether the process is gone for certain. The caller has found the journal's lock free."""
        return self.is_here(header) and not _is_alive(header)

    def idle(self, standing: Standing) -> Journal | None:
        """The journal, locked for us, if nobody writes to it; else None."""
        return Journal.reopen(standing.path)

    def ended(self, standing: Standing) -> bool:
        """Whether nobody will write to it any more: its end is written, or (of a segment) its process died."""
        if standing.header.segment and self.is_dead(standing.header):
            return True
        return has_end(standing.path)


def _is_alive(header: JournalHeader) -> bool:
    if header.pid_started:
        return process_start(header.pid) == header.pid_started
    try:
        os.kill(header.pid, 0)
    except ProcessLookupError:
        return False
    except PermissionError:
        pass
    return True


def _is_main(standing: Standing, attempt: AttemptId) -> bool:
    return not standing.header.segment and standing.header.attempt == attempt


def read_header(path: Path) -> JournalHeader:
    """The first record of a journal. Raises `CorruptJournal`, `NewerFormat`, `StorageError`; `FileNotFoundError`."""
    try:
        with path.open("rb") as file:
            first = next(read_frames(file, path.name), None)
    except FileNotFoundError:
        raise
    except OSError as error:
        raise StorageError(f"The journal {path} cannot be read: {error.strerror}.", subject=str(path)) from error
    if not isinstance(first, Frame) or first.kind != HEADER:
        raise CorruptJournal(f"The journal {path.name} has no header.", subject=str(path))
    try:
        return decode_header(first.body)
    except ValueError as error:
        raise CorruptJournal(f"The header of {path.name} cannot be read: {error}.", subject=str(path)) from None


def has_end(path: Path) -> bool:
    """Whether the last record is an end. Looks at the file's last bytes only."""
    try:
        with path.open("rb") as file:
            file.seek(max(0, file.seek(0, os.SEEK_END) - _TAIL_BYTES))
            return closes(file.read())
    except FileNotFoundError:
        return False


def process_start(pid: int) -> str:
    """When a process began, in the kernel's ticks since boot, which tells it from a later one of the same number.

    Empty where there is no such process, or nothing tells.
    """
    try:
        line = Path(f"/proc/{pid}/stat").read_text(encoding="utf-8", errors="replace")
    except OSError:
        return ""
    fields = line.rpartition(")")[2].split()
    return "" if fields[0] in "ZX" else fields[19]  # a zombie is dead and waits only to be counted
