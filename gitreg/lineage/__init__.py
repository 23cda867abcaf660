"""Lineage: what a thing comes from and what it flowed into, as a graph that is walked both ways. Pure."""

from gitreg.lineage.answer import Lineage, Reached, find, lineage_of
from gitreg.lineage.drawing import graph_of
from gitreg.lineage.facts import Facts, FolderFile, LandedDecision, RegisteredVersion
from gitreg.lineage.graph import Edge, Graph, Node, Walk, downwards, upwards
from gitreg.lineage.page import dot, lineage_page, mermaid

__all__ = [
    "Edge",
    "Facts",
    "FolderFile",
    "Graph",
    "LandedDecision",
    "Lineage",
    "Node",
    "Reached",
    "RegisteredVersion",
    "Walk",
    "dot",
    "downwards",
    "find",
    "graph_of",
    "lineage_of",
    "lineage_page",
    "mermaid",
    "upwards",
]
