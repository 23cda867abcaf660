"""Lineage and evidence packs as JSON."""

from __future__ import annotations

from typing import TYPE_CHECKING

if TYPE_CHECKING:
    from gitreg.cli import shapes
    from gitreg.lineage import Edge, Lineage, Node, Reached


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
    }
