"""The two streams of one run in this process, and the tee that Python's own `sys.stdout` and `sys.stderr` get.

Taken is what goes through `write` of these very objects: prints, handlers of logging that were made before or later,
progress bars, cells of a notebook, threads. They stay the objects they are (a notebook's stay a notebook's); only
their `write` is ours until the run ends. What C code or a child program writes to the file descriptors passes by: that
is what `gitreg run` takes.
"""

from __future__ import annotations

import sys
import traceback
from contextlib import suppress
from functools import partial
from typing import TYPE_CHECKING, Any

from gitreg.tracking.console.scroll import STREAMS, Scroll, Stream

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitreg.tracking.journal import Journal


class _Tap:
    """A stream before whose `write` we stand."""

    def __init__(self, stream: Any, take: Callable[[bytes], None]) -> None:  # noqa: ANN401 - whatever sys.stdout is
        """Raises `AttributeError` where there is no stream, or one that cannot be changed."""
        self._stream = stream
        self._take: Callable[[bytes], None] | None = take
        self._theirs: Callable[[str], int] = self._stream.write
        self._was_own = "write" in vars(stream)
        self._ours = self._pass_on  # one object, to be known again
        self._stream.write = self._ours

    def _pass_on(self, text: str) -> int:
        written = self._theirs(text)
        if self._take is not None and isinstance(text, str):
            self._take(text.encode(errors="backslashreplace"))
        return written

    def close(self) -> None:
        """Stand aside. Where somebody else stands before us by now, we stay and only pass through."""
        self._take = None
        if self._stream.write is not self._ours:
            return
        if self._was_own:
            self._stream.write = self._theirs
        else:
            del self._stream.write


class Console:
    """What this process prints into one run. Nothing is taken, and no file made, until something is printed."""

    def __init__(self, journal: Journal) -> None:
        """The files lie beside the journal."""
        self._taps: list[_Tap] = []
        self._begin(journal)

    def _begin(self, journal: Journal) -> None:
        def prepare() -> None:
            with journal.lock:
                journal.open()

        self._scrolls = {stream: Scroll(journal.path, stream, prepare) for stream in STREAMS}

    def write(self, stream: Stream, data: bytes) -> None:
        """Something was printed."""
        self._scrolls[stream].write(data)

    def tee(self) -> None:
        """Take what this process prints, from now to `close`."""
        for name in STREAMS:
            with suppress(AttributeError, TypeError):
                self._taps.append(_Tap(getattr(sys, name), partial(self.write, name)))

    def show(self, error: BaseException) -> None:
        """Take the traceback that Python will print once the run has ended, where what it prints is taken."""
        if self._taps:
            self.write("stderr", "".join(traceback.format_exception(error)).encode(errors="backslashreplace"))

    def continue_in(self, journal: Journal) -> None:
        """A forked child prints into files of its own. The parent's locks may be held for ever here: none is taken."""
        self._begin(journal)

    def flush(self) -> None:
        """Make durable what was printed. Raises `StorageError`."""
        for scroll in self._scrolls.values():
            scroll.flush()

    def close(self) -> None:
        """Take no more, and give the streams their own `write` back. Raises `StorageError`; twice is once."""
        while self._taps:
            self._taps.pop().close()
        for scroll in self._scrolls.values():
            scroll.close()
            scroll.flush()
            scroll.release()
