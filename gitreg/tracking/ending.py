"""Schedulers end a job by SIGTERM and kill it seconds later: what was accepted is made durable in between."""

from __future__ import annotations

import os
import signal
import threading
from typing import TYPE_CHECKING

from gitreg.errors import GitregError
from gitreg.tracking.active import PROCESS
from gitreg.tracking.journal import log

if TYPE_CHECKING:
    from types import FrameType


def end_runs_on_sigterm() -> None:
    """From now on SIGTERM ends the open runs of this process as `killed`, and then the process as it always did.

    A program that handles the signal itself is left alone, and so is a run that begins outside the main thread: Python
    sets handlers there only.
    """
    is_main = threading.current_thread() is threading.main_thread()
    if is_main and signal.getsignal(signal.SIGTERM) is signal.SIG_DFL:
        signal.signal(signal.SIGTERM, _end)


def _end(number: int, frame: FrameType | None) -> None:
    del frame
    for run in PROCESS.open_runs():
        try:
            run.end_killed()
        except (GitregError, OSError) as error:
            log.warning("gitreg could not end the run %s: %s", run.run_id.short, error)
    signal.signal(number, signal.SIG_DFL)
    os.kill(os.getpid(), number)
