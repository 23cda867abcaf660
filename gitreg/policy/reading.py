"""What a rule reads and what it answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import TYPE_CHECKING, TypeVar

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.documents import ModelCard, Observation, Outcome, Requirement, Subject, Version

Seen = TypeVar("Seen", bound="Observation")


@dataclass(frozen=True)
class Facts:
    """What rules read: the candidate, its model's card, what it would go before, and what was observed of them."""

    version: Version
    card: ModelCard | None = None
    baseline: Subject | None = None
    observations: tuple[Observation, ...] = ()

    def observed(self, rule: Requirement, kind: type[Seen]) -> Iterator[Seen]:
        """What was observed for a rule."""
        return (each for each in self.observations if each.rule == rule.rule and isinstance(each, kind))


@dataclass(frozen=True)
class Reading:
    """A rule's answer in words, with the number it rests on where there is exactly one."""

    outcome: Outcome
    text: str
    method: str
    observed: float | None = None
    at_least: float | None = None
    at_most: float | None = None


def told(rule: Requirement, reading: Reading) -> str:
    """The policy's own words come first where a rule does not pass: they are written for the reader."""
    return f"{rule.message} ({reading.text})" if rule.message and reading.outcome != "pass" else reading.text


def worst(readings: list[Reading]) -> Reading:
    """The answer of several looks together: fail before cannot tell before pass, with all that is not fine in words."""
    order = {"fail": 0, "cannot tell": 1, "pass": 2}
    first = min(readings, key=lambda each: order[each.outcome])
    told = readings if first.outcome == "pass" else [each for each in readings if each.outcome != "pass"]
    text = " ".join(dict.fromkeys(each.text for each in told))
    return Reading(first.outcome, text, first.method, first.observed, first.at_least, first.at_most)
