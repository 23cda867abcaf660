"""That a blob is gone: one written form, one path, kept by the ledger's rules."""

from __future__ import annotations

from datetime import UTC, datetime
from itertools import permutations
from pathlib import Path

import pytest

from gitreg.decisions import check_facts
from gitreg.documents import (
    Actor,
    Descriptor,
    Digest,
    Erased,
    MemoryTree,
    Principal,
    classify_fact,
    is_sealed,
    paths,
    sealed_media_type,
)
from gitreg.errors import InvalidDocument
from gitreg.store import merge_rule

ERASED = Erased(
    blob=Digest.of(b"rows"),
    size=4711,
    sealed=True,
    reason="The person asked for it.",
    actor=Actor(principal=Principal("ada@example.org"), via="person", host="desk"),
    at=datetime(2026, 11, 21, 8, 46, tzinfo=UTC),
)
PATH = paths.erased(ERASED.blob, ERASED.digest)
GOLDEN = Path(__file__).parent / "golden" / "erased.json"


def rules(before: dict[str, bytes], after: dict[str, bytes]) -> set[str]:
    return {finding.rule for finding in check_facts(MemoryTree(before), MemoryTree(after))}


def test_it_has_exactly_the_golden_bytes() -> None:
    assert ERASED.to_bytes() == GOLDEN.read_bytes()


def test_its_path_names_the_blob_and_the_document() -> None:
    found = classify_fact(PATH)
    assert found is not None
    assert (found.kind, found.document) == ("erased", Erased)
    assert found.pieces == {"blob": ERASED.blob.hex, "digest": ERASED.digest.short}
    assert len(PATH) <= paths.MAX_PATH


def test_the_ledger_takes_it_once_and_for_ever() -> None:
    good = {PATH: ERASED.to_bytes()}
    assert rules({}, good) == set()
    assert rules(good, {}) == {"append-only"}
    other = ERASED.model_copy(update={"reason": "never mind"})
    assert rules(good, {PATH: other.to_bytes()}) == {"misplaced", "write-once"}


@pytest.mark.parametrize(
    ("path", "rule"),
    [
        (paths.erased(Digest.of(b"another"), ERASED.digest), "misplaced"),
        (paths.erased(ERASED.blob, Digest.of(b"another")), "misplaced"),
        (f"erased/{ERASED.blob.hex}.json", "unknown-path"),
        (f"erased/00/../{ERASED.blob.hex}-{ERASED.digest.short}.json", "unknown-path"),
    ],
)
def test_it_lies_where_it_says(path: str, rule: str) -> None:
    assert rules({}, {path: ERASED.to_bytes()}) == {rule}


def test_a_secret_in_the_reason_is_found() -> None:
    leaky = ERASED.model_copy(update={"reason": "key AKIA" + "Y34FZKBOKMUTVV7A"})
    assert rules({}, {paths.erased(leaky.blob, leaky.digest): leaky.to_bytes()}) == {"secret"}


def test_of_two_contents_of_its_path_the_one_that_belongs_there_stands() -> None:
    contents = [ERASED.to_bytes(), b"", b"{", b"[]", ERASED.model_copy(update={"reason": "zzz"}).to_bytes()]
    for first, second in permutations(contents, 2):
        if ERASED.to_bytes() in (first, second):
            assert merge_rule(first, second, PATH) == ERASED.to_bytes()


def test_what_is_no_such_document_is_refused() -> None:
    for broken in (b"", b"{}", ERASED.to_bytes()[:-1], ERASED.to_bytes().replace(b"4711", b"-1")):
        with pytest.raises(InvalidDocument):
            Erased.from_bytes(broken)


@pytest.mark.parametrize("media_type", ["text/csv", "application/vnd.gitreg.predictions.v1+csv", "application/json"])
def test_a_media_type_says_that_bytes_are_sealed(media_type: str) -> None:
    sealed = sealed_media_type(media_type)
    assert (is_sealed(media_type), is_sealed(sealed)) == (False, True)
    assert Descriptor(media_type=sealed, digest=ERASED.blob, size=1).media_type == f"{media_type}+sealed"
