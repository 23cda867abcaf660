"""Runs that go on elsewhere: how they stand by their last sign of life in the shared blob store."""

from __future__ import annotations

from dataclasses import replace
from typing import TYPE_CHECKING

from gitreg.documents import LiveState
from gitreg.errors import GitregError
from gitreg.folding import combine_metrics, standing
from gitreg.tracking.beats import SILENT_AFTER, live_key

if TYPE_CHECKING:
    from collections.abc import Callable
    from datetime import datetime

    from gitreg.blobs import BlobStore
    from gitreg.documents import Attempt, RunId
    from gitreg.folding import FoldedRun
    from gitreg.tracking.console import Stream


class Elsewhere:
    """What runs of other machines tell of themselves. A view: that the shared store is out of reach, or holds what is
    no sign of life, hides no run.
    """

    def __init__(self, blobs: BlobStore, now: Callable[[], datetime]) -> None:
        """Nothing is read yet."""
        self._blobs = blobs
        self._now = now

    def look(self, run: FoldedRun) -> FoldedRun:
        """A run that claims to be running, with the metrics that it has told of, and since when it has been silent."""
        last = standing(run.attempts)
        state = self._state(run.run_id, last)
        signs = [*(metric.last.time for metric in last.metrics), *([state.at] if state else [])]
        now = self._now()
        # A clock that is far ahead, or a point with a time of its own, is no sign for years to come.
        heard = max([last.started_at, *(sign for sign in signs if sign - now <= SILENT_AFTER)])
        if state is not None:
            run = _further(run, last, state)
        return replace(run, silent_since=heard) if now - heard > SILENT_AFTER else run

    def printed(self, run_id: RunId, attempt: Attempt, stream: Stream) -> str:
        """The end of what an attempt has printed."""
        told = self._told(f"{live_key(run_id, attempt.id)}-{stream}")
        return told.decode(errors="replace") if told else ""

    def _state(self, run_id: RunId, attempt: Attempt) -> LiveState | None:
        try:
            data = self._told(live_key(run_id, attempt.id))
            state = LiveState.from_bytes(data) if data else None
        except GitregError:
            return None
        return state if state and (state.run_id, state.attempt) == (run_id, attempt.id) else None

    def _told(self, key: str) -> bytes | None:
        try:
            return self._blobs.get_live(key)
        except GitregError:
            return None


def _further(run: FoldedRun, last: Attempt, state: LiveState) -> FoldedRun:
    """What was recorded only grows: an older sign of life says nothing new."""
    if sum(each.count for each in state.metrics) <= sum(each.count for each in last.metrics):
        return run
    further = last.model_copy(update={"metrics": state.metrics})
    attempts = tuple(further if each.id == last.id else each for each in run.attempts)
    metrics = combine_metrics(metric for attempt in attempts for metric in attempt.metrics)
    return replace(run, attempts=attempts, metrics=metrics)
