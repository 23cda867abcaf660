"""Journals as reads see them: what a live run says that the ledger does not know yet."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING

from gitreg.errors import GitregError
from gitreg.tracking.attempts import attempt_of
from gitreg.tracking.gathering import Gathered, gather, read_rows
from gitreg.tracking.records import JournalHeader, from_micros
from gitreg.tracking.series import SeriesPoint

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

    from gitreg.documents import Attempt, ManifestEntry
    from gitreg.tracking.yard import Standing


@dataclass(frozen=True)
class LiveJournal:
    """One journal as it was a moment ago."""

    path: Path
    gathered: Gathered

    @property
    def header(self) -> JournalHeader:
        """Whose it is."""
        return self.gathered.header

    @property
    def attempt(self) -> Attempt:
        """What it says, without series and artifacts: those are documents only once they are published."""
        return attempt_of(self.gathered)

    @property
    def artifacts(self) -> dict[str, ManifestEntry]:
        """The files taken so far, by path."""
        return dict(self.gathered.artifacts)

    def points(self, key: str, dataset: str | None) -> Iterator[SeriesPoint]:
        """The points of one metric so far, in the order logged."""
        with self.path.open("rb") as file:
            metrics = [(tally.key, tally.dataset) for tally in self.gathered.metrics]
            for metric, step, time_us, value in read_rows(file, self.gathered):
                if metrics[metric] == (key, dataset):
                    yield SeriesPoint(step, from_micros(time_us), value, self.header.attempt)


def read_live(standing: Standing) -> LiveJournal | None:
    """The journal as it is now; None where it was published since it was listed, or cannot be read."""
    try:
        return LiveJournal(standing.path, gather(standing.path))
    except GitregError:
        return None
