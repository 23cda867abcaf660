"""The search language: from the text of a filter or an order to a tree. Pure; `index/` answers it."""

from gitreg.search.parsing import parse_filter, parse_order
from gitreg.search.tree import (
    And,
    Compare,
    Condition,
    Field,
    Literal,
    Missing,
    Not,
    Operator,
    Or,
    OrderKey,
    Part,
    Within,
    asks_for_stages,
)

__all__ = [
    "And",
    "Compare",
    "Condition",
    "Field",
    "Literal",
    "Missing",
    "Not",
    "Operator",
    "Or",
    "OrderKey",
    "Part",
    "Within",
    "asks_for_stages",
    "parse_filter",
    "parse_order",
]
