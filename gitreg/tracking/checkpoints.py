"""Checkpoints: outputs of a run that were taken at a step, `model@40`, and how its metrics stood then. Pure."""

from __future__ import annotations

import re
from dataclasses import dataclass
from operator import index
from typing import TYPE_CHECKING, Final

from gitreg.documents import PinnedMetric

if TYPE_CHECKING:
    from collections.abc import Iterable, Sequence

    from gitreg.documents import Digest, Output
    from gitreg.tracking.series import SeriesPoint

_NAME: Final = re.compile(r"(?P<name>.+)@(?P<step>-?\d{1,19})")


@dataclass(frozen=True)
class Checkpoint:
    """An output that was taken at a step. `value` is the asked metric's then, None where it had none yet."""

    output: Output
    name: str
    step: int
    value: float | None = None
    is_best: bool = False


def checkpoint_name(name: str, step: int) -> str:
    """What a checkpoint's output is called. Raises `TypeError` for a step that is no integer."""
    return f"{name}@{index(step)}"


def checkpoint_of(output: Output) -> Checkpoint | None:
    """The checkpoint that an output is; None for any other."""
    match = _NAME.fullmatch(output.name)
    return Checkpoint(output, match["name"], int(match["step"])) if match else None


def checkpoints_of(outputs: Iterable[Output]) -> list[Checkpoint]:
    """By name and step."""
    found = (checkpoint_of(output) for output in outputs)
    return sorted((each for each in found if each), key=lambda each: (each.name, each.step))


def pinned_at(step: int, key: str, dataset: Digest | None, points: Iterable[SeriesPoint]) -> PinnedMetric | None:
    """How a metric stood at a step: its point at it, else the last one before; of equal steps the later logged."""
    last: SeriesPoint | None = None
    for point in points:
        if point.step <= step and (last is None or point.step >= last.step):
            last = point
    return PinnedMetric(key=key, dataset=dataset, step=last.step, value=last.value) if last else None


def best_of(checkpoints: Sequence[Checkpoint], *, is_lower_better: bool) -> Checkpoint | None:
    """The one with the best value; of equal ones the earliest. NaN is never the best."""
    known = [each for each in checkpoints if each.value is not None and each.value == each.value]
    sign = 1 if is_lower_better else -1
    return min(known, key=lambda each: sign * (each.value or 0.0), default=None)
