"""The merge rule: a total order on the contents of a path, and so a merge that needs no base and no order."""

from __future__ import annotations

import hashlib
import json
from functools import reduce
from itertools import permutations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitreg.errors import InvalidValue, UnsafeRepository
from gitreg.store import Snapshot, Store, merge_rule, publish_ledger
from gitreg.store.ledger import merge_trees
from gitreg.store.objects import NoObjects, Objects, Overlay, TreeItems
from gitreg.store.trees import edit
from tests.store.builders import LEDGER, assert_sound, revised, text
from tests.store.test_hostile import wrap

Files = dict[str, bytes]
WRITERS = ("a" * 32, "b" * 32)
documents = st.builds(revised, st.integers(0, 3), st.sampled_from(WRITERS), value=st.integers(0, 2))
broken = st.sampled_from(
    [
        b"",
        b"{",
        b"[]",
        b"null",
        b"\xff",
        b'{"rev": 1}',
        b'{"rev": true, "writer": ""}',
        b'{"rev": "9", "writer": "z"}',
        b'{"rev": -1, "writer": "z"}',
        b'{"rev": 1e400, "writer": "z"}',
        b'{"rev": 1, "rev": 9, "writer": "z"}',
        b"[" * 9999,
    ]
)
contents = st.one_of(documents, broken, st.binary(max_size=8))
paths = st.sampled_from(
    [
        "notes/a.json",
        "runs/2026-11/21/08/00/x.json",
        "runs/2026-11/21/08/01/y.json",
        "experiments/e.json",
        "versions/m/1-0123456789abcdef.json",
        "comments/x/1.json",
        "deep/er/and/deeper.json",
    ]
)
ledgers = st.dictionaries(paths, contents, max_size=5)


def _merge(first: Files, second: Files) -> Files:
    """Ten lines that say what the merge of two ledgers is."""
    merged = dict(first)
    for path, data in second.items():
        merged[path] = merge_rule(merged[path], data, path) if path in merged else data
    return merged


def _merge_as_trees(*files: dict[str, bytes]) -> str | None:
    reader: Overlay | NoObjects = NoObjects()
    roots = []
    for some in files:
        root, new = edit(reader, None, some)
        reader = Overlay(reader, new)
        roots.append(root)
    merged = None
    for root in roots:
        merged, new = merge_trees(reader, merged, root)
        reader = Overlay(reader, new)
    assert merged is not None
    together: Files = reduce(_merge, files)
    expected, _ = edit(NoObjects(), None, together)
    assert merged == expected
    return merged


@given(first=contents, second=contents, path=paths)
def test_the_rule_is_commutative(first: bytes, second: bytes, path: str) -> None:
    assert merge_rule(first, second, path) == merge_rule(second, first, path)


@given(first=contents, second=contents, third=contents, path=paths)
def test_the_rule_is_associative(first: bytes, second: bytes, third: bytes, path: str) -> None:
    left = merge_rule(merge_rule(first, second, path), third, path)
    assert left == merge_rule(first, merge_rule(second, third, path), path)


@given(first=contents, second=contents, path=paths)
def test_the_rule_is_idempotent_and_chooses_one_of_the_two(first: bytes, second: bytes, path: str) -> None:
    chosen = merge_rule(first, second, path)
    assert chosen in (first, second)
    assert merge_rule(chosen, first, path) == chosen


@given(ledgers, ledgers, ledgers)
def test_trees_merge_in_any_order_to_one_tree(
    first: dict[str, bytes], second: dict[str, bytes], third: dict[str, bytes]
) -> None:
    merged = {_merge_as_trees(*order) for order in permutations([first, second, third])}
    assert len(merged) == 1
    assert _merge_as_trees(first, second, third, second, first) in merged


def test_the_larger_revision_wins_then_the_writer_then_the_digest() -> None:
    path = "notes/x.json"
    assert merge_rule(revised(2, "a"), revised(10, "a"), path) == revised(10, "a")
    assert merge_rule(revised(2, "b"), revised(2, "a"), path) == revised(2, "b")
    same = [revised(2, "a", value=value) for value in (1, 2)]
    assert merge_rule(same[0], same[1], path) == max(same, key=lambda data: hashlib.sha256(data).digest())


@given(broken, documents)
def test_what_cannot_be_read_never_wins_over_what_can(bad: bytes, good: bytes) -> None:
    assert merge_rule(bad, good, "notes/x.json") == good


def test_of_a_version_the_bytes_that_have_its_digest_win() -> None:
    true = b'{"schema": "gitreg/version/v1"}\n'
    path = f"versions/fraud/3-{hashlib.sha256(true).hexdigest()[:16]}.json"
    for false in (b"", b"{}", json.dumps({"rev": 99, "writer": "z"}).encode(), b"x" * 1000):
        assert merge_rule(true, false, path) == true
        assert merge_rule(false, true, path) == true


@pytest.mark.parametrize("path", ["datasets/d/{}.json", "evaluations/ab/{}.json"])
def test_the_same_for_datasets_and_evaluations(path: str) -> None:
    true = b"{}\n"
    assert merge_rule(b"forged", true, path.format(hashlib.sha256(true).hexdigest())) == true


def test_a_write_once_file_ranks_by_digest_alone() -> None:
    first, second = revised(9, "z"), revised(1, "a")
    expected = max(first, second, key=lambda data: hashlib.sha256(data).digest())
    assert merge_rule(first, second, "comments/runs/x/1.json") == expected


def test_a_folder_stands_over_a_file_and_a_file_over_a_link(bare: Store) -> None:
    with_file = bare.write_commit((), Snapshot.empty(), {"x": b"1"}, text())
    with_folder = bare.write_commit((), Snapshot.empty(), {"x/y": b"1"}, text())
    for order in ((with_file, with_folder), (with_folder, with_file)):
        assert [path for path, _ in bare.merge_ledgers(*order).walk()] == ["x/y"]


def test_two_people_on_their_first_day_lose_nothing(bare: Store) -> None:
    """Two ledgers with unrelated roots, one file in both."""
    ours = bare.update(
        LEDGER, lambda _: {"experiments/e.json": revised(1, "a"), "runs/1.json": revised(1, "a")}, text()
    )
    theirs = bare.update(
        "refs/heads/x", lambda _: {"experiments/e.json": revised(1, "b"), "runs/2.json": revised(1, "b")}, text()
    )
    merged = bare.merge_ledgers(ours, theirs)
    assert [path for path, _ in merged.walk()] == ["experiments/e.json", "runs/1.json", "runs/2.json"]
    assert merged.read("experiments/e.json") == revised(1, "b")
    assert merged.tree == bare.merge_ledgers(theirs, ours).tree
    commit = bare.write_commit((), merged, {}, text())
    bare.set_ref("refs/heads/merged", commit, None)
    assert_sound(bare.path)


def test_merging_opens_only_what_differs(bare: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    base = {f"runs/{day}/{n}.json": b"x" for day in range(40) for n in range(5)}
    first = bare.update(LEDGER, lambda _: base, text())
    ours = bare.update(LEDGER, lambda _: {"runs/3/new.json": b"1"}, text())
    assert first
    theirs = bare.update("refs/heads/x", lambda _: {"runs/7/new.json": b"2"}, text(), start=first)
    opened: list[str] = []
    read = type(bare.objects).tree

    def noting(self: Objects, name: str) -> TreeItems:
        opened.append(name)
        return read(self, name)

    monkeypatch.setattr(type(bare.objects), "tree", noting)
    merged = bare.merge_ledgers(ours, theirs)
    assert len(opened) <= 12
    assert merged.read("runs/3/new.json") == b"1"
    assert merged.read("runs/7/new.json") == b"2"


def test_without_a_remote_facts_land_by_the_rule(bare: Store) -> None:
    publish_ledger(bare, None, {"notes/x.json": revised(5, "a")}, text())
    publish_ledger(bare, None, {"notes/x.json": revised(4, "b"), "runs/1.json": revised(1, "b")}, text())
    ledger = bare.snapshot(bare.ledger_tip())
    assert (ledger.read("notes/x.json"), ledger.read("runs/1.json")) == (revised(5, "a"), revised(1, "b"))


def test_no_fact_is_ever_removed(bare: Store) -> None:
    publish_ledger(bare, None, {"notes/x.json": revised(5, "a")}, text())
    with pytest.raises(InvalidValue, match="only grows"):
        publish_ledger(bare, None, {"notes/x.json": None}, text())


def test_a_ledger_that_is_a_tree_bomb_is_refused(bare: Store) -> None:
    deep = "/".join("d" for _ in range(99))
    first = bare.write_commit((), Snapshot.empty(), {f"{deep}/x": b"1"}, text())
    second = bare.write_commit((), Snapshot.empty(), {f"{deep}/y": b"1"}, text())
    assert len(list(bare.merge_ledgers(first, second).walk())) == 2
    nested = bare.snapshot(first)
    one, two = wrap(bare, nested.tree, 20), wrap(bare, bare.snapshot(second).tree, 20)
    with pytest.raises(UnsafeRepository):
        bare.merge_ledgers(one, two)
