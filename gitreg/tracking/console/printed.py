"""What a process printed, read back from the files beside its journal, and what is kept of it: its secrets cut out."""

from __future__ import annotations

import errno
import os
import re
import stat
from typing import TYPE_CHECKING, Final

from gitreg.documents import ManifestEntry
from gitreg.tracking.capture import log_without_secrets
from gitreg.tracking.console.scroll import SEGMENT_BYTES, STREAMS, Stream, segment

if TYPE_CHECKING:
    from pathlib import Path

    from gitreg.blobs import BlobStore
    from gitreg.tracking.records import JournalHeader

FOLDER: Final = "logs"
TAIL_BYTES: Final = 16 * 1024
_OVERLAP: Final = 1_000
_NUMBER: Final = re.compile(r"\.(\d{1,9})")


def console_path(header: JournalHeader, stream: Stream) -> str:
    """The artifact's path: `logs/stdout.txt`; that of a part of the run has the beginning of its journal's id."""
    part = f"-{header.journal[:8]}" if header.segment else ""
    return f"{FOLDER}/{stream}{part}.txt"


def is_console(path: str, stream: Stream) -> bool:
    """Whether an artifact is what a part of the run printed."""
    return re.fullmatch(rf"{FOLDER}/{stream}(?:-[0-9a-f]{{8}})?\.txt", path) is not None


def printed_so_far(journal: Path, stream: Stream) -> str | None:
    """What a journal's process printed, without its secrets; None where that was nothing. At most 2 MiB."""
    numbers = _numbers(journal, stream)
    if not numbers:
        return None
    pieces, left_out = [], 0
    for number in range(numbers[-1] + 1):
        data = _read(segment(journal, stream, number)) if number in numbers else None
        if data is None:
            left_out += SEGMENT_BYTES
            continue
        if left_out:
            pieces.append(f"\n[… {left_out:,} bytes left out …]\n".encode())
            left_out = 0
        pieces.append(data)
    return log_without_secrets(b"".join(pieces).decode(errors="replace"))


def printed_tail(journal: Path, stream: Stream) -> str | None:
    """The end of it, for those who watch from elsewhere."""
    numbers = _numbers(journal, stream)
    if not numbers:
        return None
    data = b"".join(_read(segment(journal, stream, number)) or b"" for number in numbers[-2:])
    return log_without_secrets(data.decode(errors="replace"))[-TAIL_BYTES:]


def console_files(blobs: BlobStore, journal: Path, header: JournalHeader) -> dict[str, ManifestEntry]:
    """What was printed, put into the blob store, by path."""
    found: dict[str, ManifestEntry] = {}
    for stream in STREAMS:
        text = printed_so_far(journal, stream)
        if text is not None:
            stored = blobs.put(text.encode(), media_type="text/plain")
            path = console_path(header, stream)
            found[path] = ManifestEntry(path=path, mediaType="text/plain", digest=stored.digest, size=stored.size)
    return found


def discard_console(journal: Path) -> None:
    """Remove the files of a journal that was published."""
    for stream in STREAMS:
        for number in _numbers(journal, stream):
            segment(journal, stream, number).unlink(missing_ok=True)


def appended(shown: str, now: str) -> str:
    """What is new in `now` for somebody who saw `shown`, also where something in between was left out."""
    if now.startswith(shown):
        return now[len(shown) :]
    end = shown[-_OVERLAP:]
    at = now.rfind(end)
    return now if at < 0 else now[at + len(end) :]


def _numbers(journal: Path, stream: Stream) -> list[int]:
    """The pieces that are there. The first one is looked for before the folder is: most journals have none."""
    first = segment(journal, stream, 0)
    if not first.exists():
        return []
    base = first.name.removesuffix(".0")
    found = (_NUMBER.fullmatch(path.name.removeprefix(base)) for path in journal.parent.glob(f"{base}.*"))
    return sorted(int(match[1]) for match in found if match)


def _read(path: Path) -> bytes | None:
    """A piece. In a spool others may have put a link to somebody's secrets there, or a pipe that nobody writes to."""
    try:
        fd = os.open(path, os.O_RDONLY | os.O_CLOEXEC | os.O_NONBLOCK | os.O_NOFOLLOW)
    except OSError as error:
        if error.errno in (errno.ENOENT, errno.ELOOP):
            return None  # let go of since the folder was looked at, or a link
        raise
    with os.fdopen(fd, "rb") as file:
        return file.read(2 * SEGMENT_BYTES) if stat.S_ISREG(os.fstat(fd).st_mode) else None
