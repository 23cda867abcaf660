"""Numbers: claimed in file names, lost when two claim one, never given twice."""

from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from gitreg.documents import MemoryTree, Version, paths
from gitreg.registry import Numbering, claim, claim_missing, claims_in
from tests.index.builders import version, version_edits

claims = st.lists(st.tuples(st.integers(0, 5), st.sampled_from("abcde")), max_size=12)


@given(claims=claims)
def test_no_two_versions_have_one_number(claims: list[tuple[int, str]]) -> None:
    numbering = Numbering.of(claims)
    numbers = [number for each in numbering.versions if (number := numbering.number(each)) is not None]
    assert len(numbers) == len(set(numbers))


@given(claims=claims, order=st.randoms())
def test_the_order_of_claims_does_not_matter(claims: list[tuple[int, str]], order: object) -> None:
    shuffled = sorted(claims, key=lambda _: order.random())  # type: ignore[attr-defined]
    assert Numbering.of(shuffled) == Numbering.of([*claims, *claims])


@given(claims=claims)
def test_a_fresh_number_was_never_claimed(claims: list[tuple[int, str]]) -> None:
    assert all(number < Numbering.of(claims).next_free() for number, _ in claims)


def test_the_lowest_undisputed_number_counts() -> None:
    numbering = Numbering.of([(1, "a"), (1, "b"), (2, "b"), (3, "b"), (0, "c")])
    assert [numbering.number(each) for each in "abc"] == [None, 2, None]
    assert numbering.disputed() == {1: {"a", "b"}}
    assert numbering.unnumbered() == ["a", "c"]


def tree(*files: tuple[Version, int]) -> MemoryTree:
    return MemoryTree(
        {path: data for each, number in files for path, data in version_edits(each, number).items() if data}
    )


A, B, C = (version(content=letter) for letter in (b"a", b"b", b"c"))


def test_a_claim_takes_the_next_number() -> None:
    assert list(claim(tree((A, 1)), B, is_shared=True)) == [paths.version("fraud", 2, B.digest)]


def test_a_version_that_has_a_number_claims_none() -> None:
    assert claim(tree((A, 1)), A, is_shared=True) == {}


def test_a_claim_that_nobody_hears_is_none() -> None:
    assert list(claim(tree((A, 1)), B, is_shared=False)) == [paths.version("fraud", 0, B.digest)]
    assert claim(tree((B, 0)), B, is_shared=False) == {}


def test_an_unnumbered_version_claims_when_it_is_heard() -> None:
    assert list(claim(tree((A, 1), (B, 0)), B, is_shared=True)) == [paths.version("fraud", 2, B.digest)]


def test_a_file_whose_bytes_are_no_version_of_its_path_disputes_nothing() -> None:
    garbage = MemoryTree({**dict.fromkeys([paths.version("fraud", 1, B.digest)], b"{}"), **_files(tree((A, 1)))})
    assert claims_in(garbage, "fraud").number(A.digest.short) == 1


def test_missing_numbers_are_claimed_above_all_that_were_claimed() -> None:
    edits = claim_missing(tree((A, 3), (B, 3), (C, 0)))
    assert sorted(int(path.split("/")[2].split("-")[0]) for path in edits) == [4, 5, 6]
    assert claim_missing(tree((A, 1))) == {}


@given(files=st.lists(st.tuples(st.sampled_from([A, B, C]), st.integers(0, 3)), max_size=6))
def test_after_claiming_every_version_has_a_number_and_no_number_changed(files: list[tuple[Version, int]]) -> None:
    before = tree(*files)
    after = before.with_edits(claim_missing(before))
    known, now = claims_in(before, "fraud"), claims_in(after, "fraud")
    assert now.unnumbered() == []
    assert all(now.number(each) == known.number(each) for each in known.versions if known.number(each) is not None)
    assert claim_missing(after) == {}


def _files(found: MemoryTree) -> dict[str, bytes]:
    return {path: found.read(path) or b"" for path, _ in found.walk()}
