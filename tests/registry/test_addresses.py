"""Addresses are read as people write them, and written as they are read."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitreg.errors import InvalidName, UnsafePath, UsageError
from gitreg.registry import DigestStart, Label, Latest, ModelAddress, Number, RunAddress, parse_address


@pytest.mark.parametrize(
    ("text", "address"),
    [
        ("models:/fraud/7", ModelAddress("fraud", Number(7))),
        ("fraud/7", ModelAddress("fraud", Number(7))),
        ("models:/fraud@champion", ModelAddress("fraud", Label("champion"))),
        ("models:/fraud/Production", ModelAddress("fraud", Label("Production", is_stage=True))),
        ("models:/fraud/~3f2a9c", ModelAddress("fraud", DigestStart("3f2a9c"))),
        ("models:/fraud/latest", ModelAddress("fraud", Latest())),
        (f"models:/fraud/sha256:{'a' * 64}", ModelAddress("fraud", DigestStart("a" * 64))),
        ("models:/Größe 🐟@production", ModelAddress("Größe 🐟", Label("production"))),
        ("runs:/12ab34cd/model", RunAddress("12ab34cd", "model")),
        ("runs:/12ab34cd/model/weights.bin", RunAddress("12ab34cd", "model/weights.bin")),
        ("runs:/@last/model/", RunAddress("@last", "model")),
        ("runs:/12ab34cd", RunAddress("12ab34cd", "")),
    ],
)
def test_an_address_says_what_it_means(text: str, address: object) -> None:
    assert parse_address(text) == address


@pytest.mark.parametrize(
    "text",
    ["", "fraud", "models:/", "models:/fraud", "models:/fraud/", "models:/fraud/0", "models:/fraud/007", "fraud/~3f2",
     "fraud/~xyz", "models:/fraud/1/2", "models:/fraud@", "models:/@production", "s3://bucket/key", "runs:/",
     "runs:/x/../y",
     "models:/a@b@c", "models:/fraud/9999999999", "models:/a\nb/1"],
)  # fmt: skip
def test_what_is_no_address_is_refused(text: str) -> None:
    with pytest.raises((UsageError, UnsafePath)):
        parse_address(text)


def test_a_refusal_names_the_forms_there_are() -> None:
    with pytest.raises(InvalidName, match="models:/NAME@STAGE"):
        parse_address("s3://bucket")


_names = st.text(st.characters(codec="utf-8", exclude_characters="/\\:@~", exclude_categories=("C", "Z")), min_size=1)
_selectors = st.one_of(
    st.builds(Number, st.integers(1, 999_999_999)),
    st.builds(DigestStart, st.text("0123456789abcdef", min_size=4, max_size=64)),
    st.just(Latest()),
)


@given(name=_names, selector=_selectors)
def test_an_address_survives_being_written(name: str, selector: Number) -> None:
    try:
        address = parse_address(str(ModelAddress(name, selector)))
    except UsageError:
        return  # a name that no document may carry
    assert parse_address(str(address)) == address
