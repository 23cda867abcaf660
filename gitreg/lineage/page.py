"""Lineage as a tree on a page, and as text for programs that draw graphs."""

from __future__ import annotations

import json
from typing import TYPE_CHECKING

from gitreg.report import Command, Heading, Line, Table, counted

if TYPE_CHECKING:
    from collections.abc import Iterator, Mapping

    from gitreg.lineage.answer import Lineage
    from gitreg.lineage.graph import Edge, Node
    from gitreg.report import Block

MAX_LINES = 400
"""Of one tree: the JSON has all of it."""


def lineage_page(found: Lineage, *, withdraw: bool = False) -> Iterator[Block]:
    """What it comes from, what it flowed into, and where that is now."""
    for start in found.starts:
        yield Heading(_titled(start))
        yield Line(f"  {start.key}", "dim")
    if found.above.nodes:
        yield Heading("Comes from")
        yield from _tree(found, found.graph.origins, upwards=True)
    if found.below.nodes:
        yield Heading("Flowed into")
        yield from _tree(found, found.graph.uses, upwards=False)
    yield from _versions(found)
    if not found.is_whole:
        yield Line("There is more than this: ask about something nearer.", "warn")
    if withdraw:
        yield from _withdrawals(found)


def _versions(found: Lineage) -> Iterator[Block]:
    if found.reached:
        yield Heading("Versions, and the stages that hold them now")
        rows = (
            (each.version.name, ", ".join(stage for _, stage in each.stages) or "-", ", ".join(each.targets) or "-")
            for each in found.reached
        )
        yield Table(("version", "stages", "live on"), tuple(rows), whole=("version",))


def _withdrawals(found: Lineage) -> Iterator[Block]:
    yield Heading("To take it out of every stage")
    for line in found.withdrawals:
        yield Command(line)
    if not found.withdrawals:
        yield "No stage holds anything of it."


def _tree(found: Lineage, edges: Mapping[str, tuple[Edge, ...]], *, upwards: bool) -> Iterator[Block]:
    """Depth first, each thing opened once; where it comes again it is named only."""
    seen: set[str] = set()
    waiting: list[tuple[int, str, str]] = [(0, "", start.id) for start in reversed(found.starts)]
    walked = {edge for walk in (found.above, found.below) for edge in walk.edges}
    for _ in range(MAX_LINES):
        if not waiting:
            return
        depth, how, here = waiting.pop()
        if depth:
            again = " (see above)" if here in seen and edges.get(here) else ""
            yield Line(f"{'  ' * depth}{how} {_titled(found.graph.nodes[here])}{again}")
        if here not in seen:
            seen.add(here)
            below = [edge for edge in edges.get(here, ()) if edge in walked]
            ends = [(depth + 1, _worded(each, upwards=upwards), _end(each, upwards=upwards)) for each in below]
            waiting += reversed(ends)
    yield Line(f"… and more: {counted(len(waiting), 'branch', 'branches')} left. gitreg lineage --json has it all.")


def _end(edge: Edge, *, upwards: bool) -> str:
    return edge.origin if upwards else edge.made


def _worded(edge: Edge, *, upwards: bool) -> str:
    return edge.how if upwards else f"({edge.how})"


def _titled(node: Node) -> str:
    note = f" ({node.note})" if node.note else ""
    return f"{node.kind} {node.name}{note}"


def dot(found: Lineage) -> str:
    """The graph in Graphviz's language (https://graphviz.org/doc/info/lang.html), every text quoted."""
    nodes, edges = _drawn(found)
    lines = [f"  {_quoted(node.id)} [label={_quoted(f'{node.kind} {node.name}')}];" for node in nodes]
    lines += [f"  {_quoted(each.made)} -> {_quoted(each.origin)} [label={_quoted(each.how)}];" for each in edges]
    return "\n".join(["digraph lineage {", "  rankdir=LR;", *lines, "}"])


def mermaid(found: Lineage) -> str:
    """The graph as a Mermaid flowchart (https://mermaid.js.org/syntax/flowchart.html); ids are numbers of ours."""
    nodes, edges = _drawn(found)
    ids = {node.id: f"n{place}" for place, node in enumerate(nodes)}
    lines = [f"  {ids[node.id]}[{_entities(f'{node.kind} {node.name}')}]" for node in nodes]
    lines += [f"  {ids[each.made]} -->|{_entities(each.how)}| {ids[each.origin]}" for each in edges]
    return "\n".join(["flowchart LR", *lines])


def _drawn(found: Lineage) -> tuple[tuple[Node, ...], tuple[Edge, ...]]:
    nodes = tuple(dict.fromkeys((*found.starts, *found.above.nodes, *found.below.nodes)))
    return nodes, tuple(dict.fromkeys((*found.above.edges, *found.below.edges)))


def _quoted(text: str) -> str:
    """As Graphviz reads it: a backslash is an escape for some letters, so there is none."""
    return json.dumps(text.replace("\\", "/"), ensure_ascii=True).replace("\\u", "\\\\u")


def _entities(text: str) -> str:
    """As Mermaid reads it: all but letters and digits as entity codes."""
    return '"' + "".join(c if c.isalnum() or c in " ./@-" else f"#{ord(c)};" for c in text) + '"'
