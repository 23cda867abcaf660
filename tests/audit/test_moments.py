"""What was in production then? One answer where the moment is unambiguous, else all that may have been, never fewer."""

from __future__ import annotations

import hashlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta
from typing import TYPE_CHECKING

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from gitreg.audit import SKEW, Asked, AsOf, as_of
from gitreg.decisions.drafting import Wish
from gitreg.documents import Checkpoint, Digest, MemoryTree, paths
from gitreg.signing import SignedNote
from gitreg.store import CommitId
from tests.decisions.world import (
    REGISTRY,
    START,
    TARGET,
    Signed,
    World,
    actor,
    candidate,
    private_key,
    protected,
    unprotected,
)

if TYPE_CHECKING:
    from pathlib import Path

DAY = timedelta(days=1)


@dataclass
class Times:
    """A history of which we know when everything really was."""

    key: Path
    world: World = field(default_factory=protected)
    notes: dict[str, bytes] = field(default_factory=dict)
    landed: list[tuple[datetime, int]] = field(default_factory=list)

    def lands(self, number: int, at: datetime, *, ada: timedelta = timedelta(0), ben: timedelta = timedelta(0)) -> None:
        """A version lands at a moment; the clocks of its people are off by so much."""
        draft = self.world.drafter().promote(candidate(number), ["production"], Wish(actor("ada"), "why", at + ada))
        self.world.land(draft, Signed("ada", "propose", at=at + ada), Signed("ben", at=at + ben))
        self.world.names = [hashlib.sha1(name.encode()).hexdigest() for name in self._names()]  # noqa: S324 - a name
        self.landed.append((at, number))

    def _names(self) -> list[str]:
        return [f"commit {number}" for number in range(len(self.world.trees))]

    def checkpoint(self, at: datetime) -> None:
        """Somebody signs how long main is, by a clock that is right."""
        count = len(self.world.trees)
        commit = CommitId(hashlib.sha1(f"commit {count - 1}".encode()).hexdigest())  # noqa: S324 - a name
        said = Checkpoint(REGISTRY, count, b"0" * 32, commit, "pass", at)
        note = SignedNote(said.to_text()).signed(self.key, "cara@example.org").to_bytes()
        self.notes[paths.checkpoint(count, Digest.of(note))] = note

    def ask(self, at: datetime, skew: timedelta = SKEW) -> AsOf:
        self.world.names = [hashlib.sha1(name.encode()).hexdigest() for name in self._names()]  # noqa: S324 - a name
        question = Asked(at, START + 365 * DAY, skew)
        return as_of(self.world.judge(), MemoryTree(self.notes), TARGET, question)

    def truth(self, at: datetime) -> int | None:
        return next((number for when, number in reversed(self.landed) if when <= at), None)


@pytest.fixture(scope="module")
def key(tmp_path_factory: pytest.TempPathFactory) -> Path:
    path = tmp_path_factory.mktemp("keys") / "cara"
    path.write_bytes(private_key("cara"))
    return path


def numbers(found: AsOf) -> list[int | None]:
    return [each.standing.move.number for each in found.candidates]


def test_without_a_checkpoint_people_say_when_they_signed_and_nobody_when_it_landed(key: Path) -> None:
    times = Times(key)
    times.lands(1, START)
    times.lands(2, START + 10 * DAY)
    found = times.ask(START + 5 * DAY)
    assert (numbers(found), found.may_be_nothing, found.is_certain) == ([1], True, False)
    assert found.likely is not None
    assert found.likely.standing.move.number == 1
    late = times.ask(START + 20 * DAY)
    assert (numbers(late), late.may_be_nothing) == ([1, 2], False)


def test_a_checkpoint_separates_before_from_after(key: Path) -> None:
    times = Times(key)
    times.lands(1, START)
    times.checkpoint(START + timedelta(hours=1))
    times.checkpoint(START + timedelta(hours=2))
    times.lands(2, START + timedelta(hours=3))
    times.checkpoint(START + timedelta(hours=4))
    for moment, number in ((timedelta(minutes=90), 1), (timedelta(hours=5), 2)):
        found = times.ask(START + moment)
        assert (numbers(found), found.is_certain) == ([number], True)
    between = times.ask(START + timedelta(hours=3, minutes=30))
    assert (numbers(between), between.is_certain) == ([1, 2], False)
    assert between.likely is not None
    assert between.likely.standing.move.number == 2


def test_before_the_first_landing_there_was_nothing(key: Path) -> None:
    times = Times(key)
    times.lands(1, START)
    times.checkpoint(START + DAY)
    found = times.ask(START - 5 * DAY)
    assert (numbers(found), found.may_be_nothing, found.is_certain) == ([], True, True)


def test_nobody_who_signed_means_claimed(key: Path) -> None:
    times = Times(key, unprotected())
    draft = times.world.drafter().promote(candidate(1), ["production"], Wish(actor("ada"), "why", START))
    times.world.land(draft)
    (tenure,) = times.ask(START + 3 * DAY).candidates
    assert tenure.not_before is not None
    assert tenure.not_before.by == "claimed"


def test_clocks_that_contradict_each_other_bound_nothing_and_are_named(key: Path) -> None:
    times = Times(key)
    times.checkpoint(START)
    times.lands(1, START + DAY, ben=10 * DAY)
    times.checkpoint(START + 2 * DAY)
    found = times.ask(START + 3 * DAY)
    assert "ben@example.org says that" in found.contradictions[0]
    assert numbers(found) == [1]


hours = st.integers(0, 400)


@settings(deadline=None, max_examples=60)
@given(
    st.lists(st.tuples(hours, st.booleans(), st.floats(-23, 23), st.floats(-23, 23)), min_size=1, max_size=7),
    st.lists(hours, max_size=4),
)
def test_the_truth_is_always_among_the_answers(
    key: Path, events: list[tuple[int, bool, float, float]], moments: list[int]
) -> None:
    """People's clocks are wrong by up to a day; those who make checkpoints are right."""
    times, number = Times(key), 0
    for hour, is_landing, ada, ben in sorted(events):
        at = START + timedelta(hours=hour, minutes=number)
        if is_landing:
            number += 1
            times.lands(number, at, ada=timedelta(hours=ada), ben=timedelta(hours=ben))
        else:
            times.checkpoint(at)
    for hour in (-50, *moments, 500):
        at = START + timedelta(hours=hour, seconds=30)
        found = times.ask(at)
        assert found.contradictions == ()
        truth = times.truth(at)
        assert found.may_be_nothing if truth is None else truth in numbers(found)
