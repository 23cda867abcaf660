"""Lineage and evidence packs as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.report import Line, size

if TYPE_CHECKING:
    from collections.abc import Iterator

    from gitreg.cli import shapes
    from gitreg.lineage import Edge, Lineage, Node, Reached
    from gitreg.packs import Exported
    from gitreg.report import Block


def lineage(found: Lineage) -> shapes.Lineage:
    """Both ways, for programs."""
    above, below = found.above, found.below
    return {
        "asked": found.asked,
        "start": [_node(node) for node in found.starts],
        "above": {"nodes": [_node(each) for each in above.nodes], "edges": [_edge(each) for each in above.edges]},
        "below": {"nodes": [_node(each) for each in below.nodes], "edges": [_edge(each) for each in below.edges]},
        "versions": [_reached(each) for each in found.reached],
        "decisions": [node.key for node in found.decisions],
        "withdraw": [*found.withdrawals],
        "whole": found.is_whole,
    }


def _node(node: Node) -> shapes.LineageNode:
    return {"id": node.id, "kind": node.kind, "key": node.key, "name": node.name, "note": node.note}


def _edge(edge: Edge) -> shapes.LineageEdge:
    return {"made": edge.made, "origin": edge.origin, "how": edge.how}


def _reached(each: Reached) -> shapes.LineageVersion:
    model, _, number = each.version.name.rpartition("/")
    return {
        "model": model,
        "version": int(number) if number.isdigit() else None,
        "digest": each.version.key,
        "stages": [{"model": of, "stage": stage} for of, stage in each.stages],
        "targets": [*each.targets],
    }


def pack(made: Exported) -> shapes.EvidencePack:
    """A pack that was written, for programs."""
    return {
        "address": made.address,
        "file": str(made.file),
        "size": made.file.stat().st_size,
        "digest": made.digest,
        "files": [{"name": each.name, "size": each.size, "digest": each.digest} for each in made.members],
        "missing": [*made.missing],
    }


def pack_page(made: Exported) -> Iterator[Block]:
    """What was written, and what to do with it."""
    yield f"{made.file}: {len(made.members)} files, {size(made.file.stat().st_size)}."
    yield Line(made.digest, "dim")
    for text in made.missing:
        yield Line(f"Not in it: {text}", "warn")
    yield "Its README.txt says how to check it without gitreg."
