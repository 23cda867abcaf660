"""Names become path parts that are safe everywhere and never collide by accident."""

from __future__ import annotations

import re

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitreg.documents import check_artifact_path, check_model_name, check_name, is_part, part
from gitreg.errors import InvalidName, UnsafePath


@pytest.mark.parametrize("name", ["fraud", "fraud-2", "a.b_c", "x" * 48])
def test_a_safe_slug_is_its_own_part(name: str) -> None:
    assert part(name) == name


@pytest.mark.parametrize(
    "name",
    [
        "Fraud",
        "..",
        "a..b",
        "con",
        "nul.txt",
        "com1",
        "x.",
        "x.lock",
        "2026",
        "x" * 49,
        "😀",
        "a b",
        "fraud-0123abcd",
        "é",
        "-x",
    ],
)
def test_any_other_name_gets_a_hashed_part(name: str) -> None:
    assert re.fullmatch(r"[a-z0-9][a-z0-9-]{0,38}-[0-9a-f]{8}", part(name))


def test_case_twins_are_two_things() -> None:
    assert len({part("Fraud"), part("fraud"), part("FRAUD")}) == 3


@given(st.text(min_size=1, max_size=250), st.sampled_from([24, 32, 48]))
def test_every_part_is_safe_and_within_its_limit(name: str, limit: int) -> None:
    made = part(name.encode(errors="replace").decode(), limit)
    assert is_part(made, limit)
    assert made == made.lower()


@given(st.text(min_size=1, max_size=60))
def test_a_part_is_never_a_hashed_part_of_itself_by_accident(name: str) -> None:
    made = part(name.encode(errors="replace").decode())
    assert part(made) in (made, part(made))
    if re.fullmatch(r".*-[0-9a-f]{8}", made):
        assert part(made) != made


@pytest.mark.parametrize("name", ["", " x", "x ", "a\nb", "a\0b", "x" * 251, "a\u202eb", "\ud800", "\x7f"], ids=ascii)
def test_a_name_that_no_document_may_carry_is_refused(name: str) -> None:
    with pytest.raises(InvalidName):
        check_name(name)


def test_a_name_is_kept_in_composed_form() -> None:
    assert check_name("e\u0301") == "\u00e9"


@pytest.mark.parametrize("name", ["a/b", "a:b", "a@b", "a\\b", "~a"])
def test_a_model_name_leaves_address_characters_alone(name: str) -> None:
    with pytest.raises(InvalidName, match="addresses"):
        check_model_name(name)


@pytest.mark.parametrize(
    "path",
    [
        "",
        "/etc/passwd",
        "../x",
        "a/../b",
        "a//b",
        "a/./b",
        "C:/x",
        "a\\b",
        "a\0b",
        "a\nb",
        "nul",
        "a/CON.txt",
        "x.",
        "x ",
        "a" * 256,
        "/".join(["d" * 200] * 6),
        "a:b",
        "what?",
        "\ud800",
    ],
    ids=ascii,
)
def test_an_artifact_path_that_could_leave_or_break_a_folder_is_refused(path: str) -> None:
    with pytest.raises(UnsafePath):
        check_artifact_path(path)


@pytest.mark.parametrize("path", ["model.pkl", "plots/roc curve.png", "a/b/c", ".hidden", "größe.csv", "😀.txt"])
def test_an_ordinary_artifact_path_stays_as_it_is(path: str) -> None:
    assert check_artifact_path(path) == path
