"""What the ledger's commits say about runs: `runs: churn brave-otter-417 finished (auc 0.91)`."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Sequence

    from gitreg.documents import Attempt, RunRecord

_MOST = 120


def subject_of(records: Sequence[RunRecord]) -> str:
    """The subject line of a commit that adds these."""
    if len(records) == 1:
        return f"runs: {_of_one(records[0])}"
    told = Counter(latest(record).status for record in records)
    names = sorted({_short(record.experiment) for record in records})
    where = ", ".join(names[:3]) + (", …" if len(names) > 3 else "")  # noqa: PLR2004 - three fit on a line
    ends = ", ".join(f"{number} {status}" for status, number in sorted(told.items()))
    return f"runs: {len(records)} of {where} ({ends})"


def latest(record: RunRecord) -> Attempt:
    """The attempt that a record's status is that of."""
    return record.attempts[-1]


def _of_one(record: RunRecord) -> str:
    attempt = latest(record)
    result = next((f" ({_short(each.key)} {each.last.value:.4g})" for each in attempt.metrics), "")
    return f"{_short(record.experiment)} {_short(record.name)} {attempt.status}{result}"


def _short(name: str) -> str:
    return name if len(name) <= _MOST // 3 else f"{name[: _MOST // 3 - 1]}…"
