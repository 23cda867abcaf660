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
from gitreg.search.vocabulary import NUMBERS, RUNS, TIMES, VERSIONS, Vocabulary

__all__ = [
    "NUMBERS",
    "RUNS",
    "TIMES",
    "VERSIONS",
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
    "Vocabulary",
    "Within",
    "asks_for_stages",
    "parse_filter",
    "parse_order",
]
