"""A metric's course in few points, for pictures. Pure."""

from __future__ import annotations

import math
from typing import TYPE_CHECKING, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Iterator, Sequence

Course: TypeAlias = "tuple[tuple[int, float], ...]"
"""Steps and values, by step."""


def thinned(points: Sequence[tuple[int, float]], most: int) -> Course:
    """At most so many points (4 or more) with the first, the last, and of each stretch between them the least and the
    greatest, so that no peak is lost; what is not finite is left out.
    """
    finite = sorted((step, value) for step, value in points if math.isfinite(value))
    if len(finite) <= most:
        return tuple(finite)
    inner = finite[1:-1]
    return (finite[0], *_peaks(inner, (most - 2) // 2), finite[-1])


def _peaks(points: Sequence[tuple[int, float]], stretches: int) -> Iterator[tuple[int, float]]:
    for number in range(stretches):
        part = points[number * len(points) // stretches : (number + 1) * len(points) // stretches]
        if part:
            ends = {min(part, key=lambda point: point[1]), max(part, key=lambda point: point[1])}
            yield from sorted(ends)
