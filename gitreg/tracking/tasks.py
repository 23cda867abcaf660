"""How the tasks of a job array stand. Pure.

The run that brackets them computes nothing and ends where it begins, so that every task may write it; how it stands is
what its tasks come to.
"""

from __future__ import annotations

from collections import Counter
from dataclasses import dataclass
from typing import TYPE_CHECKING, Final

if TYPE_CHECKING:
    from collections.abc import Iterable, Mapping

    from gitreg.documents import Status
    from gitreg.folding import FoldedRun

ARRAY_TAG: Final = "slurm.array_job_id"
COUNT_TAG: Final = "slurm.array_task_count"
_TASK_TAG: Final = "slurm.job_id"
_ORDER: Final[tuple[Status, ...]] = ("finished", "failed", "killed", "running")


@dataclass(frozen=True)
class Tasks:
    """The tasks of an array: how many stand how, and how many there are to be, where the scheduler said so."""

    counts: Mapping[Status, int]
    expected: int | None

    @property
    def unheard(self) -> int:
        """How many this registry has not heard of: they wait, or run and are not published yet."""
        return max(0, (self.expected or 0) - sum(self.counts.values()))

    @property
    def status(self) -> Status:
        """`running` until all have ended; then `failed` where one failed or was killed, else `finished`."""
        if self.unheard or self.counts.get("running"):
            return "running"
        return "failed" if self.counts.get("failed") or self.counts.get("killed") else "finished"

    def __str__(self) -> str:
        total = max(self.expected or 0, sum(self.counts.values()))
        parts = [f"{self.counts[status]:,} {status}" for status in _ORDER if self.counts.get(status)]
        parts += [f"{self.unheard:,} not heard of yet"] if self.unheard else []
        return f"{total:,} {'task' if total == 1 else 'tasks'}: {', '.join(parts) or 'none has begun'}"


def is_array(run: FoldedRun) -> bool:
    """Whether a run only brackets the tasks of an array."""
    return ARRAY_TAG in run.tags and _TASK_TAG not in run.tags


def tasks_of(run: FoldedRun, children: Iterable[FoldedRun]) -> Tasks | None:
    """How the tasks of an array stand, given the runs that are parts of `run`; None where it is no array's run."""
    if not is_array(run):
        return None
    expected = run.tags.get(COUNT_TAG, "")
    is_count = expected.isdecimal() and len(expected) < 10  # noqa: PLR2004 - anybody may have written it
    return Tasks(Counter(child.status for child in children), int(expected) if is_count else None)
