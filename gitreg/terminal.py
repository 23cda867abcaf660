"""Whether a person watches, and bars on stderr for those who wait; nothing in a pipe or a job's log.

The rim hands `progress` to those below that may make somebody wait, as their `Watch`.
"""

from __future__ import annotations

import os
import shutil
import sys
from contextlib import contextmanager
from typing import IO, TYPE_CHECKING, NamedTuple

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping, Sequence
    from contextlib import AbstractContextManager

    from rich.progress import Progress as RichProgress
    from rich.progress import ProgressColumn, TaskID

    from gitreg.blobs import Progress


class Terminal(NamedTuple):
    """Where output goes: whether a person reads it there, in colour, and how wide it is."""

    is_terminal: bool
    colour: bool
    width: int

    @classmethod
    def of(cls, stream: IO[str] | None, environ: Mapping[str, str]) -> Terminal:
        """What a stream is, where there is one. NO_COLOR and TERM=dumb take colour away (https://no-color.org)."""
        is_terminal = stream is not None and not stream.closed and stream.isatty()
        colour = is_terminal and not environ.get("NO_COLOR") and environ.get("TERM") != "dumb"
        return cls(is_terminal, colour, shutil.get_terminal_size().columns)


class Bar:
    """Takes `add(count)` from any thread."""

    def __init__(self, shown: RichProgress, task: TaskID) -> None:
        """Advances one task of what is shown."""
        self._shown = shown
        self._task = task

    def add(self, count: int) -> None:
        """`count` more bytes have moved."""
        self._shown.advance(self._task, count)


def progress(label: str, total_bytes: int | None = None) -> AbstractContextManager[Progress | None]:
    """A bar while the block runs; None where nobody is watching. Without a total it counts."""
    return _bar(label, total_bytes, ("DownloadColumn", "TransferSpeedColumn"))


def counting(label: str, total: int | None = None) -> AbstractContextManager[Progress | None]:
    """The same for things that are counted, and no bytes."""
    return _bar(label, total, ("MofNCompleteColumn",))


@contextmanager
def _bar(label: str, total: int | None, columns: Sequence[str]) -> Iterator[Progress | None]:
    """From Python 3.12 on an exiting interpreter begins no threads, and rich draws in one: there is no bar then."""
    terminal = Terminal.of(sys.stderr, os.environ)
    if not terminal.is_terminal:
        yield None
        return
    shown = _shown(terminal, columns)
    try:
        shown.start()
    except RuntimeError:
        yield None
        return
    try:
        yield Bar(shown, shown.add_task(label, total=total))
    finally:
        shown.stop()


def _shown(terminal: Terminal, columns: Sequence[str]) -> RichProgress:
    """`columns` are names of rich's, which is loaded only where somebody watches."""
    from rich import progress as bars
    from rich.console import Console

    console = Console(stderr=True, no_color=not terminal.colour)
    told: list[ProgressColumn] = [getattr(bars, name)() for name in columns]
    shown = (bars.TextColumn("{task.description}"), bars.BarColumn(), *told, bars.TimeRemainingColumn())
    return bars.Progress(*shown, console=console, transient=True)
