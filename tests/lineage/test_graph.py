"""The graph alone: walked to its end, round every circle, and never past a bound."""

from __future__ import annotations

import itertools

from hypothesis import given
from hypothesis import strategies as st

from gitreg.lineage import Edge, Graph, Node, downwards, lineage_of, lineage_page, upwards

NAMES = st.sampled_from("abcdefgh")
PAIRS = st.lists(st.tuples(NAMES, NAMES), max_size=40)


def graph(pairs: list[tuple[str, str]]) -> Graph:
    nodes = {f"run:{name}": Node("run", name, name) for pair in pairs for name in pair}
    return Graph(nodes, tuple(Edge(f"run:{made}", f"run:{origin}", "rests on") for made, origin in pairs))


def reachable(pairs: list[tuple[str, str]], start: str) -> set[str]:
    """The slow way: until nothing is added."""
    found = {start}
    while more := {origin for made, origin in pairs if made in found} - found:
        found |= more
    return found - {start}


@given(PAIRS, NAMES)
def test_a_walk_finds_all_that_can_be_reached_and_ends_in_circles(pairs: list[tuple[str, str]], start: str) -> None:
    found = upwards(graph(pairs), [f"run:{start}"])
    assert {node.key for node in found.nodes} == reachable(pairs, start)
    assert found.is_whole


@given(PAIRS, NAMES)
def test_downwards_is_upwards_in_the_mirror(pairs: list[tuple[str, str]], start: str) -> None:
    mirrored = [(origin, made) for made, origin in pairs]
    down, up = downwards(graph(pairs), [f"run:{start}"]), upwards(graph(mirrored), [f"run:{start}"])
    assert {node.key for node in down.nodes} == {node.key for node in up.nodes}


@given(PAIRS, NAMES)
def test_a_page_ends_whatever_rests_on_what(pairs: list[tuple[str, str]], start: str) -> None:
    found = lineage_of(graph(pairs), start, [f"run:{start}"])
    assert len([*lineage_page(found, withdraw=True)]) < 1_000


def chain(length: int) -> Graph:
    names = [f"{place:03}" for place in range(length)]
    return graph([*itertools.pairwise(names)])


def test_depth_is_bounded_and_said() -> None:
    found = upwards(chain(10), ["run:000"], max_depth=4)
    assert [node.key for node in found.nodes] == ["001", "002", "003", "004"]
    assert not found.is_whole


def test_size_is_bounded_and_the_nearest_are_kept() -> None:
    wide = graph([("a", f"{place:03}") for place in range(50)] + [("000", "far")])
    found = upwards(wide, ["run:a"], max_nodes=10)
    assert len(found.nodes) == 10
    assert "far" not in {node.key for node in found.nodes}
    assert not found.is_whole


def test_an_edge_to_what_nobody_knows_is_not_walked() -> None:
    found = upwards(Graph({"run:a": Node("run", "a", "a")}, (Edge("run:a", "run:b", "is part of"),)), ["run:a"])
    assert (found.nodes, found.is_whole) == ((), True)
