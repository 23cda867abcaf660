"""The integers that resampling draws: the same for ever, and fair."""

from __future__ import annotations

import hashlib
import struct
from collections import Counter

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitreg.documents import Digest
from gitreg.errors import InvalidValue
from gitreg.policy.statistics import resample, seed_of
from tests.policy.statistics.peers import chisquare

A, B = Digest("sha256:" + "a" * 64), Digest("sha256:" + "b" * 64)


def test_a_seed_is_the_one_it_always_was() -> None:
    content = f"paired-bootstrap/1\n{A}\n{B}\n".encode()
    assert seed_of("paired-bootstrap/1", [B, A]) == struct.unpack(">Q", hashlib.sha256(content).digest()[:8])[0]
    assert seed_of("paired-bootstrap/1", [A, B]) == 8060374587952928364


def test_another_method_or_input_is_another_seed() -> None:
    seeds = {
        seed_of("paired-bootstrap/1", [A, B]),
        seed_of("paired-bootstrap/2", [A, B]),
        seed_of("x", [A]),
        seed_of("x", []),
    }
    assert len(seeds) == 4


@pytest.mark.parametrize(
    ("seed", "number", "rows", "drawn"),
    [
        (0, 0, 10, [1, 8, 9, 7, 7, 1, 7, 8, 4, 4]),
        (2**64 - 1, 7, 1000, [324, 391, 438, 661, 257, 526, 774, 847]),
        (5, 1, 3, [1, 0, 2]),
    ],
)
def test_the_rows_drawn_are_the_ones_they_always_were(seed: int, number: int, rows: int, drawn: list[int]) -> None:
    assert resample(seed, number, rows)[: len(drawn)] == drawn


def test_the_generator_is_the_standards_shake128() -> None:
    """FIPS 202's own example: the output for no input at all; and the first word for sixteen zero bytes."""
    assert hashlib.shake_128(b"").hexdigest(16) == "7f9c2ba4e88f827d616045507605853e"
    assert hashlib.shake_128(bytes(16)).digest(4) == bytes.fromhex("8f8e4f61")
    assert resample(0, 0, 10)[0] == struct.unpack("<I", bytes.fromhex("8f8e4f61"))[0] % 10


@given(st.integers(0, 2**64 - 1), st.integers(0, 2**64 - 1), st.integers(1, 200))
def test_a_resample_is_as_long_as_the_data_and_draws_only_its_rows(seed: int, number: int, rows: int) -> None:
    drawn = resample(seed, number, rows)
    assert len(drawn) == rows
    assert set(drawn) <= set(range(rows))


def test_words_past_the_largest_multiple_are_skipped_and_not_folded_back() -> None:
    """Word by word, as the docstring says it; these sizes skip some."""
    rows, skipped = 100_003, 0
    limit = 2**32 - 2**32 % rows
    for number in range(3):
        words = struct.unpack(
            f"<{rows + 100}I", hashlib.shake_128(struct.pack(">QQ", 9, number)).digest(4 * rows + 400)
        )
        skipped += sum(word >= limit for word in words)
        assert resample(9, number, rows) == [word % rows for word in words if word < limit][:rows]
    assert skipped


def test_every_row_is_as_likely_as_another() -> None:
    counts = Counter(row for number in range(2_000) for row in resample(3, number, 100))
    assert chisquare([counts[row] for row in range(100)]).pvalue > 0.01


@pytest.mark.parametrize(
    ("seed", "number", "rows"), [(0, 0, 0), (0, 0, 2**31 + 1), (-1, 0, 1), (2**64, 0, 1), (0, -1, 1)]
)
def test_what_cannot_be_drawn_is_refused(seed: int, number: int, rows: int) -> None:
    with pytest.raises(InvalidValue):
        resample(seed, number, rows)
