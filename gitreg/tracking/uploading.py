"""Bytes on their way to where others read them, while training goes on.

A call that takes bytes returns once they lie in the clone's own store; here they go on to the shared one, in the order
taken, by one thread. What waits is a list of digests, never the bytes, so memory does not grow with them. Nothing is
promised by it: the run's end uploads whatever is not there yet, and `Health` tells how it goes until then.
"""

from __future__ import annotations

import threading
from collections import deque
from typing import TYPE_CHECKING, Final

from gitreg.blobs import LayeredBlobs
from gitreg.documents import is_sealed
from gitreg.errors import GitregError
from gitreg.tracking.journal import log

if TYPE_CHECKING:
    from collections.abc import Iterable

    from gitreg.blobs import BlobStore
    from gitreg.documents import Digest, ManifestEntry

RETRY_S: Final = 30.0
_AT_ONCE: Final = 32


class Uploads:
    """What one run's process sends ahead. Does nothing where bytes have no shared place."""

    def __init__(self, blobs: BlobStore, retry_s: float = RETRY_S) -> None:
        self._blobs = blobs if isinstance(blobs, LayeredBlobs) and blobs.shared is not None else None
        self._retry_s = retry_s
        self._waiting: deque[Digest] = deque()
        self._changed = threading.Condition()
        self._is_stopped = False
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
        digests = [*(entry.digest for entry in entries if not is_sealed(entry.media_type)), *more]
        with self._changed:
            self._waiting.extend(digests)
            self._changed.notify()
            if self._thread is None and not self._is_stopped:
                self._thread = threading.Thread(target=self._run, name="gitreg-uploads", daemon=True)
                self._thread.start()

    def stop(self) -> None:
        """The run ends: what is on its way arrives, the rest is left to who publishes it."""
        with self._changed:
            self._is_stopped = True
            self._changed.notify()
        if self._thread is not None:
            self._thread.join()

    def _run(self) -> None:
        while batch := self._next():
            if self._try(batch):
                with self._changed:
                    for _ in batch:
                        self._waiting.popleft()
            else:
                with self._changed:
                    self._changed.wait_for(lambda: self._is_stopped, self._retry_s)

    def _next(self) -> list[Digest]:
        """The next ones, once there are some; none at the end."""
        with self._changed:
            self._changed.wait_for(lambda: self._waiting or self._is_stopped)
            return [] if self._is_stopped else [*self._waiting][:_AT_ONCE]

    def _try(self, batch: list[Digest]) -> bool:
        try:
            if self._blobs is not None:
                self._blobs.upload(batch)
        except (GitregError, OSError, RuntimeError) as error:
            why = error.message if isinstance(error, GitregError) else str(error)
            if self.trouble is None:
                log.warning("gitreg cannot upload at present, and tries again until the run ends: %s", why)
            self.trouble = why
            return False
        self.trouble = None
        return True
