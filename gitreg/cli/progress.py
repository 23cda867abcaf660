"""A bar on stderr while bytes move, where a person is watching; nothing in a pipe or a job's log."""

from __future__ import annotations

import os
import sys
from contextlib import contextmanager
from typing import TYPE_CHECKING

from gitreg.cli.printing import Terminal

if TYPE_CHECKING:
    from collections.abc import Iterator

    from rich.progress import Progress as RichProgress
    from rich.progress import ProgressColumn, TaskID

    from gitreg.blobs import Progress


class Bar:
    """Takes `add(count)` from any thread."""

    def __init__(self, shown: RichProgress, task: TaskID) -> None:
        """Advances one task of what is shown."""
        self._shown = shown
        self._task = task

    def add(self, count: int) -> None:
        """`count` more bytes have moved."""
        self._shown.advance(self._task, count)


@contextmanager
def progress(label: str, total_bytes: int | None = None) -> Iterator[Progress | None]:
    """A bar while the block runs; None where nobody is watching. Without a total it counts."""
    terminal = Terminal.of(sys.stderr, os.environ)
    if not terminal.is_terminal:
        yield None
        return
    from rich.progress import DownloadColumn, TransferSpeedColumn

    with _shown(terminal, DownloadColumn(), TransferSpeedColumn()) as shown:
        yield Bar(shown, shown.add_task(label, total=total_bytes))


@contextmanager
def counting(label: str, total: int | None = None) -> Iterator[Progress | None]:
    """The same for things that are counted, and no bytes."""
    terminal = Terminal.of(sys.stderr, os.environ)
    if not terminal.is_terminal:
        yield None
        return
    from rich.progress import MofNCompleteColumn

    with _shown(terminal, MofNCompleteColumn()) as shown:
        yield Bar(shown, shown.add_task(label, total=total))


def _shown(terminal: Terminal, *columns: ProgressColumn) -> RichProgress:
    from rich.console import Console
    from rich.progress import BarColumn, TextColumn, TimeRemainingColumn
    from rich.progress import Progress as Shown

    console = Console(stderr=True, no_color=not terminal.colour)
    shown = (TextColumn("{task.description}"), BarColumn(), *columns, TimeRemainingColumn())
    return Shown(*shown, console=console, transient=True)
