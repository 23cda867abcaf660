"""Signs of life: one small object for each live run in the shared blob store, overwritten at each beat.

The ledger never hears of them. A run that stopped beating is not called dead by anybody but its own machine; readers
elsewhere see `silent since …`.
"""

from __future__ import annotations

import threading
from datetime import datetime, timedelta
from typing import TYPE_CHECKING, Final

from gitreg.documents import AttemptId, LiveState, RunId
from gitreg.errors import GitregError
from gitreg.tracking.attempts import attempt_of
from gitreg.tracking.console import STREAMS, Stream, printed_tail
from gitreg.tracking.gathering import Gathered, gather_from, gather_on
from gitreg.tracking.journal import log

if TYPE_CHECKING:
    from collections.abc import Callable

    from gitreg.blobs import BlobStore
    from gitreg.tracking.yard import Standing

INTERVAL_S: Final = 30.0
SILENT_AFTER: Final = timedelta(minutes=5)
_MAX_METRICS: Final = 1_000


def live_key(run_id: RunId, attempt: AttemptId) -> str:
    """The name of the object."""
    return f"{run_id}-{attempt}"


class Beat:
    """A daemon thread that tells, every half minute, how a run stands. It reads the journal: training pays nothing."""

    def __init__(
        self, blobs: BlobStore, standing: Standing, now: Callable[[], datetime], interval_s: float = INTERVAL_S
    ) -> None:
        self._blobs = blobs
        self._standing = standing
        self._now = now
        self._interval_s = interval_s
        self._stopped = threading.Event()
        self._telling = threading.Lock()
        self._count = 0
        self._gathered: Gathered | None = None
        self._thread = threading.Thread(target=self._run, name="gitreg-beat", daemon=True)

    def start(self) -> None:
        """Begin; the first beat is after one interval."""
        self._thread.start()

    def stop(self) -> None:
        """The run has ended: no further beat, and the object goes."""
        self._stopped.set()
        with self._telling:
            if self._count:
                self._remove()

    def _remove(self) -> None:
        try:
            for key in (self._key, *(f"{self._key}-{stream}" for stream in STREAMS)):
                self._blobs.remove_live(key)
        except GitregError as error:
            log.info("gitreg could not remove the sign of life of a run: %s", error)

    @property
    def _key(self) -> str:
        return live_key(self._standing.header.run_id, self._standing.header.attempt)

    def _run(self) -> None:
        while not self._stopped.wait(self._interval_s):
            with self._telling:
                if not self._stopped.is_set():
                    self._try_to_tell()

    def _try_to_tell(self) -> None:
        try:
            self.tell()
        except (GitregError, OSError) as error:
            log.info("gitreg could not tell how a run stands: %s", error)

    def tell(self) -> None:
        """One beat."""
        attempt = attempt_of(self._read())
        self._count += 1
        header = self._standing.header
        state = LiveState(
            run_id=header.run_id,
            attempt=header.attempt,
            beat=self._count,
            at=self._now(),
            metrics=attempt.metrics[:_MAX_METRICS],
        )
        self._blobs.put_live(self._key, state.to_bytes())
        for stream in STREAMS:
            self._tell_printed(stream)

    def _tell_printed(self, stream: Stream) -> None:
        """The end of what the run's own process printed so far."""
        printed = printed_tail(self._standing.path, stream)
        if printed is not None:
            self._blobs.put_live(f"{self._key}-{stream}", printed.encode())

    def _read(self) -> Gathered:
        """The journal as it is now; only what is new since the last beat is read."""
        path = self._standing.path
        with path.open("rb") as file:
            if self._gathered is None:
                self._gathered = gather_from(file, path.name)
            else:
                gather_on(file, path.name, self._gathered)
        return self._gathered
