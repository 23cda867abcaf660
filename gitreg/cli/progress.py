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
    from rich.progress import TaskID

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
    from rich.console import Console
    from rich.progress import BarColumn, DownloadColumn, TextColumn, TimeRemainingColumn, TransferSpeedColumn
    from rich.progress import Progress as Shown

    columns = (TextColumn("{task.description}"), BarColumn(), DownloadColumn(), TransferSpeedColumn())
    console = Console(stderr=True, no_color=not terminal.colour)
    with Shown(*columns, TimeRemainingColumn(), console=console, transient=True) as shown:
        yield Bar(shown, shown.add_task(label, total=total_bytes))
