"""Verdicts that are kept: each is about one past, and none makes a landing look better than it is."""

from __future__ import annotations

from collections import Counter
from typing import TYPE_CHECKING

import pytest

from tests.decisions.world import FOLDER, Kept, proposed, protected

if TYPE_CHECKING:
    from tests.decisions.world import World


class Counted(Kept):
    """A cache that knows how often each verdict was worked out."""

    def __init__(self) -> None:
        super().__init__()
        self.puts: Counter[str] = Counter()

    def put_verdict(self, commit: str, key: str, value: str) -> None:
        self.puts[commit] += 1
        super().put_verdict(commit, key, value)


@pytest.fixture
def world() -> World:
    made = protected()
    made.cache = Counted()
    return made


def worked_out(world: World) -> Counter[str]:
    assert isinstance(world.cache, Counted)
    return world.cache.puts


def merged_too_early(world: World) -> int:
    """Version 1 lands without an approval; the position."""
    return world.land(world.promote(1), proposed())


def approved(world: World) -> None:
    """What stands is approved by one more commit."""
    decision = world.judge().decision(FOLDER, len(world.trees) - 1)
    assert decision is not None
    world.commit(world.signed(decision, "ben"))


def test_a_verdict_that_was_completed_later_is_worked_out_once(world: World) -> None:
    merged_too_early(world)
    approved(world)
    for _ in range(3):
        assert world.verdict().is_in_force
    assert set(worked_out(world).values()) == {1}


def test_what_is_kept_is_what_was_found(world: World) -> None:
    merged_too_early(world)
    approved(world)
    first, cached = world.verdict(), world.verdict()
    world.cache = None
    assert first == cached == world.verdict()


def test_a_landing_that_was_completed_on_one_line_is_not_in_force_on_another(world: World) -> None:
    merged_too_early(world)
    approved(world)
    assert world.verdict().is_in_force
    world.take_back()
    assert not world.verdict().is_in_force
    world.commit({"README.md": b"another past\n"})
    assert not world.verdict().is_in_force
    approved(world)
    done = world.verdict().completed
    assert done is not None
    assert done.commit == world.names[-1]


def test_what_still_waits_for_people_is_not_kept(world: World) -> None:
    at = merged_too_early(world)
    assert not world.verdict().is_in_force
    assert world.names[at] not in worked_out(world)
    approved(world)
    assert world.verdict().is_in_force


def test_what_was_replaced_while_it_waited_is_kept_and_only_where_it_was_replaced(world: World) -> None:
    at = merged_too_early(world)
    world.promoted(2)
    for _ in range(2):
        assert world.number() == 2
        steps = [*world.judge().steps(FOLDER).all]
        assert not world.judge().verdict(FOLDER, steps[0]).is_in_force
    assert worked_out(world)[world.names[at]] == 1
    world.take_back()
    approved(world)
    assert world.number() == 1


def test_what_was_spoilt_while_it_waited_is_kept_and_only_where_it_was_spoilt(world: World) -> None:
    at = merged_too_early(world)
    world.commit({f"{FOLDER}/version.json": b"{}\n"})
    for _ in range(2):
        assert world.verdict().is_broken
    assert worked_out(world)[world.names[at]] == 1
    world.take_back()
    approved(world)
    assert world.verdict().is_in_force


def test_what_cannot_be_told_is_not_kept(world: World) -> None:
    world.promoted(1)
    world.promoted(2)
    world.cache = Counted()
    world.is_whole = False
    assert world.verdict().outcome == "cannot tell"
    assert worked_out(world) == Counter()
    world.is_whole = True
    assert world.verdict().is_in_force


def test_a_verdict_about_one_place_says_nothing_where_the_line_counts_otherwise(world: World) -> None:
    """A clone that was cut off counts its commits from another root."""
    world.promoted(1)
    assert world.verdict().is_in_force
    world.trees, world.names = world.trees[1:], world.names[1:]
    assert not world.verdict().is_in_force
