"""Roles apart: places for people of several groups, of which nobody takes two. A small exact matching."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from collections.abc import Mapping

    from gitreg.documents import Principal

_NOBODY = ""


def unfilled(places: Mapping[str, int], able: Mapping[Principal, frozenset[str]]) -> int:
    """How many places stay empty when as many as possible are filled, each person taking one at most.

    `places` is how many a group has, `able` the groups that a person can stand for. The largest matching in a bipartite
    graph, found by augmenting paths (Kuhn, 1955; Berge, 1957).
    """
    seats = [(group, number) for group in sorted(places) for number in range(places[group])]
    return len(seats) - _filled(seats, {str(person): groups for person, groups in able.items()})


def helpful(places: Mapping[str, int], able: Mapping[Principal, frozenset[str]]) -> tuple[str, ...]:
    """The groups of which one person more would fill one place more."""
    seats = [(group, number) for group in sorted(places) for number in range(places[group])]
    people = {str(person): groups for person, groups in able.items()}
    now = _filled(seats, people)
    return tuple(group for group in sorted(places) if _filled(seats, {**people, _NOBODY: frozenset([group])}) > now)


def _filled(seats: list[tuple[str, int]], people: Mapping[str, frozenset[str]]) -> int:
    """How many seats find somebody."""
    taken: dict[str, tuple[str, int]] = {}
    return sum(_seat(seat, people, taken, set()) for seat in seats)


def _seat(
    seat: tuple[str, int], people: Mapping[str, frozenset[str]], taken: dict[str, tuple[str, int]], tried: set[str]
) -> bool:
    """Give a seat to somebody, who may leave another seat for it that somebody else then takes."""
    for person in sorted(people):
        if seat[0] not in people[person] or person in tried:
            continue
        tried.add(person)
        if person not in taken or _seat(taken[person], people, taken, tried):
            taken[person] = seat
            return True
    return False
