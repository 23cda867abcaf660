"""The one written form: golden vectors, refusals, and the law that reading undoes writing."""

from __future__ import annotations

import json
import math
import unicodedata
from contextlib import suppress
from functools import partial
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitreg.documents import Json, canonical_bytes, parse_json
from gitreg.errors import InvalidDocument, InvalidValue

VECTORS = json.loads((Path(__file__).parent / "canonical_vectors.json").read_text())

_TEXT = st.text(st.characters(exclude_categories=["Cs"])).map(partial(unicodedata.normalize, "NFC"))
_NUMBERS = st.integers(-(2**63), 2**63 - 1) | st.floats(allow_nan=False, allow_infinity=False)
JSON = st.recursive(
    st.none() | st.booleans() | _NUMBERS | _TEXT,
    lambda inner: st.lists(inner, max_size=4) | st.dictionaries(_TEXT, inner, max_size=4),
    max_leaves=20,
)


@pytest.mark.parametrize("vector", VECTORS, ids=[vector["name"] for vector in VECTORS])
def test_a_golden_vector_has_exactly_these_bytes(vector: dict[str, str]) -> None:
    assert canonical_bytes(json.loads(vector["json"])) == vector["bytes"].encode()


@given(JSON)
def test_it_is_what_pythons_own_encoder_writes_with_these_settings(value: Json) -> None:
    text = json.dumps(value, sort_keys=True, indent=2, ensure_ascii=False, allow_nan=False).replace("-0.0", "0.0")
    assert canonical_bytes(value).decode().replace("-0.0", "0.0") == f"{text}\n"


@given(JSON)
def test_reading_undoes_writing(value: Json) -> None:
    assert parse_json(canonical_bytes(value)) == value


@given(JSON)
def test_writing_what_was_read_changes_nothing(value: Json) -> None:
    once = canonical_bytes(value)
    assert canonical_bytes(parse_json(once)) == once


@given(st.dictionaries(_TEXT, st.integers(0, 9), min_size=2))
def test_the_order_of_keys_does_not_matter(value: dict[str, Json]) -> None:
    assert canonical_bytes(dict(reversed(value.items()))) == canonical_bytes(value)


def test_a_negative_zero_loses_its_sign() -> None:
    assert canonical_bytes({"x": -0.0}) == b'{\n  "x": 0.0\n}\n'


@pytest.mark.parametrize(
    "value", [math.nan, math.inf, 2**63, -(2**63) - 1, 10**400, "e\u0301", "\ud800", {"e\u0301": 1}], ids=repr
)
def test_what_has_no_written_form_is_refused(value: Json) -> None:
    with pytest.raises(InvalidValue):
        canonical_bytes(value)


@pytest.mark.parametrize(
    ("data", "says"),
    [
        (b'{"a": 1,}', "Not JSON"),
        (b'{"a": 1, "a": 2}', "twice"),
        (b"\xef\xbb\xbf{}", "byte-order mark"),
        (b'{"a": "\xff"}', "Not UTF-8"),
        (b'{"a": NaN}', "NaN is not JSON"),
        (b'{"a": 9223372036854775808}', "64 bits"),
        (b"[" * 65 + b"]" * 65, "deeper"),
        (b"[" * 10_000 + b"]" * 10_000, "deeper"),
        (b'{"a":' * 10_000 + b"1" + b"}" * 10_000, "deeper"),
        (b'"' + b"a" * (8 * 1024 * 1024) + b'"', "limit"),
        (b'{"a": ' + b"9" * 5000 + b"}", "64 bits"),
    ],
)
def test_hostile_json_is_refused_in_words(data: bytes, says: str) -> None:
    with pytest.raises(InvalidDocument, match=says):
        parse_json(data)


@given(st.binary(max_size=200))
def test_any_bytes_are_read_or_refused(data: bytes) -> None:
    with suppress(InvalidDocument):
        canonical_bytes(parse_json(data))
