"""What a search comes to: conditions on fields, and the fields to order by."""

from __future__ import annotations

from dataclasses import dataclass
from datetime import datetime
from typing import Literal as OneOf
from typing import TypeAlias

Kind = OneOf["attribute", "param", "metric", "tag", "dataset", "stage", "alias"]
Part = OneOf["last", "min", "max", "count", "step"]
Operator = OneOf["=", "!=", "<", "<=", ">", ">=", "like", "ilike"]
Literal: TypeAlias = bool | int | float | str | datetime


@dataclass(frozen=True)
class Field:
    """What is looked at: `metrics.auc@holdout.min` is the metric `auc` on the dataset `holdout`, its least value.

    `dataset` and `part` are of metrics; without a dataset it is the metric logged without one, or on only one. The key
    of a dataset is `name`, `digest` or `role`; that of a stage or alias is the model's name,
    empty for any.
    """

    kind: Kind
    key: str
    dataset: str = ""
    part: Part = "last"


@dataclass(frozen=True)
class Compare:
    """One comparison. What a run does not have compares as false with everything."""

    field: Field
    operator: Operator
    value: Literal


@dataclass(frozen=True)
class Within:
    """The field is one of these values."""

    field: Field
    values: tuple[Literal, ...]


@dataclass(frozen=True)
class Missing:
    """The run has no such field."""

    field: Field


@dataclass(frozen=True)
class Not:
    """The opposite."""

    part: Condition


@dataclass(frozen=True)
class And:
    """All of them; without any, everything."""

    parts: tuple[Condition, ...]


@dataclass(frozen=True)
class Or:
    """One of them at least."""

    parts: tuple[Condition, ...]


Condition: TypeAlias = Compare | Within | Missing | Not | And | Or


def asks_for_stages(node: Condition) -> bool:
    """Whether a condition is about stages somewhere, which only main can tell."""
    if isinstance(node, And | Or):
        return any(asks_for_stages(part) for part in node.parts)
    return asks_for_stages(node.part) if isinstance(node, Not) else node.field.kind == "stage"


@dataclass(frozen=True)
class OrderKey:
    """A field to order by; runs without it come last, whichever way."""

    field: Field
    descending: bool = False
