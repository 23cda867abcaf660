"""Pieces of pages: spelling, comparison, Markdown."""

from __future__ import annotations

import math

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitreg.report import Command, Table, counted, difference, listed, markdown, number, size


@pytest.mark.parametrize(
    ("size_bytes", "expected"),
    [(0, "0 B"), (1023, "1023 B"), (1024, "1.0 KiB"), (5 * 2**20, "5.0 MiB"), (2**50, "1024.0 TiB")],
)
def test_sizes_are_binary(size_bytes: int, expected: str) -> None:
    assert size(size_bytes) == expected


def test_counts_agree_with_their_nouns() -> None:
    assert [counted(n, "run") for n in (0, 1, 2)] == ["no runs", "1 run", "2 runs"]
    assert counted(2, "entry", "entries") == "2 entries"


def test_lists_are_read_aloud() -> None:
    assert [listed(words) for words in ([], ["a"], ["a", "b"], ["a", "b", "c"])] == ["", "a", "a and b", "a, b and c"]
    assert listed(["a", "b"], last="or") == "a or b"


def test_a_difference_has_its_sign_or_is_not_told() -> None:
    assert difference(0.95, 0.91) == "+0.04"
    assert difference(1.0, 2.0) == "-1"
    assert difference(1.0, 1.0) == difference(math.nan, 1.0) == ""


def test_numbers_keep_the_digits_that_tell_them_apart() -> None:
    assert [number(value) for value in (0.1, 12, 1 / 3, 1e-9, math.nan)] == ["0.1", "12", "0.333333", "1e-09", "nan"]


@given(st.text())
def test_a_markdown_table_has_a_row_for_a_row_whatever_stands_in_it(text: str) -> None:
    lines = markdown([Table(("a", "b"), ((text, "x"), ("y", text)))]).rstrip("\n").split("\n")
    assert len(lines) == 4


@given(st.text())
def test_a_markdown_command_stays_in_its_fence(text: str) -> None:
    lines = markdown([Command(text)]).rstrip("\n").split("\n")
    assert len(lines) == 3
    assert lines[0] == f"{lines[2]}console"
    assert lines[2] not in lines[1]


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("ask @team/leads", "ask \\@<!-- -->team/leads"),
        ("@ada: see #12, x/y#12", "\\@<!-- -->ada: see \\#<!-- -->12, x/y\\#<!-- -->12"),
        ("ada@example.org", "ada\\@example.org"),
        ("a # b @ c", "a \\# b \\@ c"),
        ("<!-- @ada -->", "\\<\\!-- \\@<!-- -->ada --\\>"),
    ],
)
def test_nobody_is_called_and_nothing_linked_by_what_stands_in_a_document(text: str, expected: str) -> None:
    assert markdown([text]) == f"{expected}\n"
