"""What only people's word is missing of waits; everything else is a no."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitreg.decisions import Finding, awaited
from gitreg.decisions.refusing import PEOPLE

OTHERS = ("stale", "replay", "expired", "history", "held", "policy:floor", "rejected", "usurped", "extra-path", "set")


def finding(rule: str, severity: str = "block") -> Finding:
    return Finding(rule, "x", "Words.", severity="warn" if severity == "warn" else "block")


@pytest.mark.parametrize("rule", sorted(PEOPLE - {"rejected"}))
def test_what_people_have_not_said_yet_is_waited_for(rule: str) -> None:
    assert awaited([finding(rule), finding("approval-ignored", "warn")]) == (finding(rule),)


def test_nothing_is_waited_for_where_nothing_is_in_the_way() -> None:
    assert awaited([finding("approval-ignored", "warn")]) == ()


@given(st.lists(st.sampled_from(sorted(PEOPLE)), max_size=4), st.sampled_from(OTHERS), st.randoms())
def test_anything_else_that_blocks_is_a_no_whatever_people_still_have_to_say(
    rules: list[str], other: str, order: object
) -> None:
    found = [finding(rule) for rule in rules] + [finding(other)]
    order.shuffle(found)  # type: ignore[attr-defined]
    assert awaited(found) == ()
