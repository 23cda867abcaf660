"""What rests on what, as a graph of frozen values; walked in both directions, with bounds. Pure."""

from __future__ import annotations

from collections import deque
from dataclasses import dataclass
from functools import cached_property
from typing import TYPE_CHECKING, Literal, NamedTuple, TypeAlias

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Mapping

Kind: TypeAlias = Literal[
    "stage",
    "deployment",
    "version",
    "decision",
    "evidence",
    "evaluation",
    "run",
    "code",
    "dataset",
    "blob",
    "key",
    "person",
]
HOLDS = "holds"
"""How a stage rests on the version that is in it now."""
LIVE = "live on target"
"""How a deployment rests on the version that its target runs now, as far as anybody reported."""
MAX_NODES = 5_000
"""Things in one answer: more than anybody reads, and little enough to be made in a second."""
MAX_DEPTH = 32
"""Steps from the thing asked about; a version is at most a dozen from anything that it rests on."""


class Node(NamedTuple):
    """A thing: `key` tells it from all others of its kind, `name` is how people know it, `note` a word about it."""

    kind: Kind
    key: str
    name: str
    note: str = ""

    @property
    def id(self) -> str:
        """It among all things."""
        return f"{self.kind}:{self.key}"


class Edge(NamedTuple):
    """`made` rests on `origin`, both by id; `how` says in which way: `trained on`, `approved with`."""

    made: str
    origin: str
    how: str


@dataclass(frozen=True)
class Graph:
    """Things by id, and what rests on what. An edge whose ends are not both there is not walked."""

    nodes: Mapping[str, Node]
    edges: tuple[Edge, ...]

    @cached_property
    def origins(self) -> Mapping[str, tuple[Edge, ...]]:
        """What each thing rests on."""
        return _grouped(self._whole, lambda edge: edge.made)

    @cached_property
    def uses(self) -> Mapping[str, tuple[Edge, ...]]:
        """What rests on each thing."""
        return _grouped(self._whole, lambda edge: edge.origin)

    @property
    def _whole(self) -> Iterable[Edge]:
        known = self.nodes
        return (edge for edge in dict.fromkeys(self.edges) if edge.made in known and edge.origin in known)


@dataclass(frozen=True)
class Walk:
    """What can be reached in one direction, nearest first, the starts not among it."""

    nodes: tuple[Node, ...]
    edges: tuple[Edge, ...]
    is_whole: bool
    """False where a bound was met: there is more."""


def upwards(graph: Graph, starts: Iterable[str], *, max_nodes: int = MAX_NODES, max_depth: int = MAX_DEPTH) -> Walk:
    """All that these things rest on."""
    return _walk(graph, starts, (graph.origins, lambda edge: edge.origin), (max_nodes, max_depth))


def downwards(graph: Graph, starts: Iterable[str], *, max_nodes: int = MAX_NODES, max_depth: int = MAX_DEPTH) -> Walk:
    """All that rests on these things."""
    return _walk(graph, starts, (graph.uses, lambda edge: edge.made), (max_nodes, max_depth))


def _walk(
    graph: Graph,
    starts: Iterable[str],
    way: tuple[Mapping[str, tuple[Edge, ...]], Callable[[Edge], str]],
    bounds: tuple[int, int],
) -> Walk:
    """Breadth first, each thing once: so a circle ends, and what is near is there when a bound is met."""
    (edges, end), (max_nodes, max_depth) = way, bounds
    depths = dict.fromkeys((start for start in starts if start in graph.nodes), 0)
    first = len(depths)
    waiting, taken, is_whole = deque(depths), [], True
    while waiting:
        here = waiting.popleft()
        for edge in edges.get(here, ()):
            there = end(edge)
            if there not in depths:
                if len(depths) - first >= max_nodes or depths[here] >= max_depth:
                    is_whole = False
                    continue
                depths[there] = depths[here] + 1
                waiting.append(there)
            taken.append(edge)
    return Walk(tuple(graph.nodes[each] for each in [*depths][first:]), tuple(taken), is_whole)


def _grouped(edges: Iterable[Edge], end: Callable[[Edge], str]) -> dict[str, tuple[Edge, ...]]:
    found: dict[str, list[Edge]] = {}
    for edge in edges:
        found.setdefault(end(edge), []).append(edge)
    return {key: tuple(each) for key, each in found.items()}
