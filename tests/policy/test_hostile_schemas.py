"""A policy's schema that asks for more than anybody could do: told in time, never passed."""

from __future__ import annotations

import time
from typing import TYPE_CHECKING, Any

import pytest

from gitreg.documents import finds
from gitreg.errors import InvalidValue
from gitreg.policy.metadata import fits

if TYPE_CHECKING:
    from collections.abc import Iterator

PATIENCE_S = 300
"""These would take years."""
ITEMS = [{"key": f"k{n}", "value": n} for n in range(20_000)]
DOCUMENT: dict[str, Any] = {"model": "a" * 5_000 + "!", "metrics": ITEMS}


@pytest.fixture(autouse=True)
def _in_time() -> Iterator[None]:
    before = time.process_time()
    yield
    assert time.process_time() - before < PATIENCE_S


def forking(keyword: str) -> dict[str, Any]:
    """Thirty definitions, each of which asks twice for the next."""
    twice = [{"$ref": "#/$defs/d{}"}] * 2
    made: dict[str, Any] = {
        f"d{n}": {keyword: [{"$ref": each["$ref"].format(n + 1)} for each in twice]} for n in range(30)
    }
    return {"$ref": "#/$defs/d0", "$defs": {**made, "d30": {}}}


BESIDE = {
    f"d{n}": {"$ref": f"#/$defs/d{n + 1}", "if": True, "then": {"$ref": f"#/$defs/d{n + 1}"}} for n in range(30)
} | {"d30": {}}


@pytest.mark.parametrize(
    "schema",
    [
        forking("allOf"),
        forking("oneOf"),
        {"unevaluatedProperties": False, "$ref": "#/$defs/d0", "$defs": BESIDE},
        {"properties": {"metrics": {"uniqueItems": True}}},
        {"properties": {"metrics": {"items": {"allOf": [{"properties": {"key": {"type": "string"}}}] * 200}}}},
        {"allOf": [{"properties": {"metrics": {"const": ITEMS}}}] * 50},
        {
            "$defs": {"c": {"const": ITEMS[:6_000]}},
            "properties": {"metrics": {"allOf": [{"$ref": "#/$defs/c"}] * 1_000}},
        },
        {"allOf": [{"title": "x"}] * 30_000},
        {"properties": {"model": {"pattern": "(?=a)a"}}},
        {"properties": {"model": {"pattern": r"(a)\1"}}},
        {"properties": {"model": {"pattern": "a" * 2_000}}},
        {"properties": {"model": {"pattern": "(?:a{1000}){1000}"}}},
        {"allOf": [{"properties": {"model": {"pattern": rf"\w{{200}}{n}"}}} for n in range(500)]},
        {"properties": {"model": {"$schema": "http://json-schema.org/draft-07/schema#", **forking("allOf")}}},
        {
            "$ref": "#/const",
            "const": {"$schema": "https://json-schema.org/draft/2020-12/schema", "pattern": "(a+)+$"},
        },
        {"unevaluatedProperties": False, "patternProperties": {"(a+)+$": {}}},
    ],
    ids=range(16),
)
def test_what_asks_for_too_much_cannot_be_told(schema: dict[str, Any]) -> None:
    outcome, text = fits(DOCUMENT, schema)
    assert outcome != "pass"
    assert outcome == "cannot tell", text


@pytest.mark.parametrize(
    ("schema", "outcome"),
    [
        ({"properties": {"model": {"pattern": "^(a+)+$"}}}, "fail"),
        ({"properties": {"model": {"pattern": "^(a+)+!$"}}}, "pass"),
        ({"properties": {"model": {"pattern": "^(a|a)*$"}}}, "fail"),
        ({"patternProperties": {"^(m+)+$": {"type": "string"}, "^mod": {"type": "number"}}}, "fail"),
        ({"patternProperties": {"^m": {}}, "additionalProperties": False}, "pass"),
        ({"patternProperties": {"^mo": {}}, "additionalProperties": False}, "fail"),
        ({"patternProperties": {"^mo": {}}, "additionalProperties": {"type": "array"}}, "pass"),
        ({"properties": {"model": {}}, "patternProperties": {"^x": {}}, "additionalProperties": False}, "fail"),
        ({"$schema": "https://json-schema.org/draft/2020-12/schema", "required": ["model"]}, "pass"),
        ({"properties": {"$schema": {"type": "string"}, "model": {}}}, "pass"),
        ({"properties": {"metrics": {"items": {"required": ["key", "value"]}}}}, "pass"),
        ({"$defs": {"word": {"pattern": "^a"}}, "properties": {"model": {"$ref": "#/$defs/word"}}}, "pass"),
    ],
    ids=range(12),
)
def test_what_can_be_told_is_told(schema: dict[str, Any], outcome: str) -> None:
    found, text = fits(DOCUMENT, schema)
    assert found == outcome, text


def test_a_pattern_never_goes_back() -> None:
    assert not finds("^(a+)+$", "a" * 100_000 + "!")
    assert not finds("(x+x+)+y", "x" * 100_000)
    with pytest.raises(InvalidValue, match="linear"):
        finds("(?<=a)b", "ab")
