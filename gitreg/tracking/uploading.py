"""Bytes on their way to where others read them, while training goes on.

A call that takes bytes returns once they lie in the clone's own store; here they go on to the shared one, in the order
taken, by one thread. What waits is a list of digests, never the bytes, so memory does not grow with them. Nothing is
promised by it until somebody waits: `drain` does, and the run's end. What is not there then is uploaded by whoever
publishes the run, and `Health` tells how it goes until then.
"""

from __future__ import annotations

import threading
from collections import deque
from contextlib import suppress
from typing import TYPE_CHECKING, Final

from gitreg.blobs import LayeredBlobs, unwatched
from gitreg.documents import is_sealed
from gitreg.errors import GitregError, Unavailable
from gitreg.tracking.journal import log

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitreg.blobs import BlobStore, Progress, Watch
    from gitreg.documents import Digest, ManifestEntry

RETRY_S: Final = 30.0
_AT_ONCE: Final = 32
_UNSHOWN_S: Final = 0.2
"""A bar for less than that is a flicker."""


class _Meter:
    """How many bytes of the batch in hand have moved; whoever waits shows it."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._moved = 0
        self._bar: Progress | None = None

    def add(self, count: int) -> None:
        with self._lock:
            self._moved += count
            bar = self._bar
        if bar is not None:
            bar.add(count)

    def next_batch(self) -> None:
        with self._lock:
            self._moved = 0

    def show(self, bar: Progress | None) -> None:
        """From now on on this bar, beginning with what has moved of the batch in hand."""
        with self._lock:
            self._bar, moved = bar, self._moved
        if bar is not None:
            bar.add(moved)


class Uploads:
    """What one run's process sends ahead. Does nothing where bytes have no shared place."""

    def __init__(self, blobs: BlobStore, watch: Watch = unwatched, retry_s: float = RETRY_S) -> None:
        """`watch` shows whoever waits how far it is."""
        self._blobs = blobs if isinstance(blobs, LayeredBlobs) and blobs.shared is not None else None
        self._watch = watch
        self._retry_s = retry_s
        self._waiting: deque[Digest] = deque()
        self._sealed: list[Digest] = []
        self._meter = _Meter()
        self._changed = threading.Condition()
        self._arrived, self._failures, self._calls = 0, 0, 0
        self._is_stopped = self._is_going_on = False
        self._thread: threading.Thread | None = None
        self.trouble: str | None = None
        """Why the last try failed; None where it did not."""

    @property
    def waiting(self) -> int:
        """How many blobs are not there yet, as far as is known here."""
        return len(self._waiting)

    def send(self, entries: Iterable[ManifestEntry], *more: Digest) -> None:
        """These are in the clone's store now. What is sealed waits for the run's end: its key goes with it then."""
        if self._blobs is None:
            return
        found = [*entries]
        self._sealed += [entry.digest for entry in found if is_sealed(entry.media_type)]
        self._send([*(entry.digest for entry in found if not is_sealed(entry.media_type)), *more])

    def drain(self) -> None:
        """Wait until all that was sent is there, however long it takes; a person who waits is shown how far it is.

        Raises `Unavailable` when a try fails meanwhile: nothing is lost, and it is tried again until the run ends.
        """
        with self._changed:
            goal, failures = self._arrived + len(self._waiting), self._failures
            self._calls += 1
            self._changed.notify_all()
            is_settled = self._changed.wait_for(lambda: self._is_settled(goal, failures), _UNSHOWN_S)
        if not is_settled:
            self._wait_shown(goal, failures)
        if goal > self._arrived:
            short, why = goal - self._arrived, self.trouble or "nothing sends them."
            message = f"{short:,} of the run's blobs are on this machine only: {why}"
            raise Unavailable(message, hint="They are sent again until the run ends, and by: gitreg sync")

    def _wait_shown(self, goal: int, failures: int) -> None:
        with self._watch("Uploading", self._bytes_left()) as bar:
            self._meter.show(bar)
            try:
                with self._changed:
                    self._changed.wait_for(lambda: self._is_settled(goal, failures))
            finally:
                self._meter.show(None)

    def close(self) -> None:
        """The run has ended: what was sent arrives, and what is sealed. What cannot is left to who publishes it."""
        self._send(self._sealed)
        if self.trouble is None:
            with suppress(Unavailable):  # the log and `trouble` tell
                self.drain()
        with self._changed:
            self._is_stopped = True
            self._changed.notify_all()
        if self._thread is not None:
            self._thread.join()

    def _send(self, digests: list[Digest]) -> None:
        with self._changed:
            self._waiting.extend(digests)
            self._changed.notify_all()
            if self._waiting and self._thread is None and not self._is_stopped:
                thread = threading.Thread(target=self._run, name="gitreg-uploads", daemon=True)
                with suppress(RuntimeError):  # from 3.12 an exiting Python begins none: who publishes sends them
                    thread.start()
                    self._thread, self._is_going_on = thread, True

    def _is_settled(self, goal: int, failures: int) -> bool:
        return self._arrived >= goal or self._failures > failures or not self._is_going_on

    def _bytes_left(self) -> int:
        """Of what waits, the batch in hand whole."""
        if self._blobs is None:
            return 0
        with self._changed:
            waiting = [*self._waiting]
        return sum(self._blobs.local.size(digest) for digest in waiting if self._blobs.local.has(digest))

    def _run(self) -> None:
        try:
            self._upload()
        finally:
            with self._changed:
                self._is_going_on = False
                self._changed.notify_all()

    def _upload(self) -> None:
        while batch := self._next():
            calls = self._calls
            arrived = self._try(batch)
            with self._changed:
                self._arrived += len(batch) if arrived else 0
                self._failures += not arrived
                for _ in batch if arrived else ():
                    self._waiting.popleft()
                self._meter.next_batch()
                self._changed.notify_all()
            if not arrived:
                self._pause(calls)

    def _pause(self, calls: int) -> None:
        """After a failure, until it is time, or somebody waits who did not when it was tried."""
        with self._changed:
            self._changed.wait_for(lambda: self._is_stopped or self._calls > calls, self._retry_s)

    def _next(self) -> list[Digest]:
        """The next ones, once there are some; none at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_stopped)
            return [] if self._is_stopped else [*self._waiting][:_AT_ONCE]

    def _try(self, batch: list[Digest]) -> bool:
        try:
            if self._blobs is not None:
                self._blobs.upload(batch, self._meter)
        except (GitregError, OSError, RuntimeError) as error:
            why = error.message if isinstance(error, GitregError) else str(error)
            if self.trouble is None:
                log.warning("gitreg cannot upload at present, and tries again until the run ends: %s", why)
            self.trouble = why
            return False
        self.trouble = None
        return True
