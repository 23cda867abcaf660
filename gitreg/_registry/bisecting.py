"""The first version of a model that is bad, where a later one is known to be bad and an earlier one good."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, Literal

from gitreg.errors import InvalidValue, VersionNotFound

if TYPE_CHECKING:
    from collections.abc import Callable, Mapping, Sequence

    from gitreg.registry import VersionView

Verdict = Literal["good", "bad", "skip"]


@dataclass(frozen=True)
class Bisected:
    """What a search came to. `suspects` are all versions that may be the first bad one: one, unless some were skipped
    that lie next to it. `judged` holds what was said of each number, the two ends among them; `values` the metric's.
    """

    last_good: int
    suspects: tuple[int, ...]
    judged: Mapping[int, Verdict]
    values: Mapping[int, float]

    @property
    def first_bad(self) -> int | None:
        """The first bad version, where it is certain."""
        return self.suspects[0] if len(self.suspects) == 1 else None

    @property
    def turned_back(self) -> tuple[int, ...]:
        """Bad versions that came before a good one: the history went to and fro, and only its last turn is told."""
        return tuple(
            number for number, said in sorted(self.judged.items()) if said == "bad" and number < self.last_good
        )


def bisect(numbers: Sequence[int], judge: Callable[[int], Verdict]) -> tuple[int, tuple[int, ...], dict[int, Verdict]]:
    """Halve ascending numbers, of which the first is good and the last bad, until the turn is found.

    The last good one, those that may be the first bad one, and what was said of each that was asked about.
    """
    low, high = 0, len(numbers) - 1
    judged: dict[int, Verdict] = {numbers[low]: "good", numbers[high]: "bad"}
    while untold := [place for place in range(low + 1, high) if numbers[place] not in judged]:
        place = min(untold, key=lambda each: abs(2 * each - low - high))
        said = judged[numbers[place]] = judge(numbers[place])
        low, high = (place, high) if said == "good" else (low, place) if said == "bad" else (low, high)
    return numbers[low], tuple(numbers[low + 1 : high + 1]), judged


def by_metric(versions: Sequence[VersionView], metric: str, good: int, bad: int) -> Bisected:
    """By a pinned metric, `auc` or `auc@holdout`: bad is what lies nearer to the bad one's value.

    All values are known, so every version is judged. Raises as `numbers_between`, and `InvalidValue` where an end lacks
    the metric or both have the same value.
    """
    numbers = numbers_between(versions, good, bad)
    values = {view.number: value for view in versions if (value := _value(view, metric)) is not None and view.number}
    if good not in values or bad not in values or values[good] == values[bad]:
        message = f"The metric {metric!r:.80} does not tell version {good} from {bad}."
        raise InvalidValue(message, subject=metric[:80], hint=f"Look at both: gitreg versions list {versions[0].model}")
    middle = (values[good] + values[bad]) / 2
    sides: dict[bool, Verdict] = {values[good] > middle: "good", values[bad] > middle: "bad"}
    judged: dict[int, Verdict] = {
        number: sides[values[number] > middle] if number in values else "skip" for number in numbers
    }
    last_good = max(number for number, said in judged.items() if said == "good")
    after = [number for number in numbers if number > last_good]
    turn = next(place for place, number in enumerate(after) if judged[number] == "bad")
    known = {number: values[number] for number in numbers if number in values}
    return Bisected(last_good, tuple(after[: turn + 1]), judged, known)


def by_judge(versions: Sequence[VersionView], good: int, bad: int, judge: Callable[[int], Verdict]) -> Bisected:
    """By asking about as few versions as it takes. Raises as `numbers_between`, and whatever `judge` raises."""
    return Bisected(*bisect(numbers_between(versions, good, bad), judge), {})


def numbers_between(versions: Sequence[VersionView], good: int, bad: int) -> list[int]:
    """The numbers from `good` to `bad`, ascending. Raises `VersionNotFound`, `InvalidValue` for a `bad` not later."""
    known = sorted(view.number for view in versions if view.number is not None)
    for number in (good, bad):
        if number not in known:
            message = f"There is no version {number} (there are {known[0]} to {known[-1]})."
            raise VersionNotFound(message, subject=str(number), hint=f"gitreg versions list {versions[0].model}")
    if bad <= good:
        raise InvalidValue(
            f"Version {bad} is not later than {good}.", hint="--good is the earlier, --bad the later one."
        )
    return [number for number in known if good <= number <= bad]


def _value(view: VersionView, metric: str) -> float | None:
    key, _, dataset = metric.partition("@")
    names = {use.digest: use.name for use in view.document.datasets}
    named = [each for each in view.document.metrics if each.key == key]
    found = [each for each in named if dataset == (names.get(each.dataset, each.dataset) if each.dataset else "")]
    if not found and not dataset and len(named) == 1:
        found = named
    return None if not found or found[0].value != found[0].value else found[0].value
