"""A tree in a dict behaves as the store's snapshots do (the same laws run on both)."""

from __future__ import annotations

from gitreg.documents import Entry, MemoryTree

TREE = MemoryTree({"a/b.json": b"1", "a/c/d.json": b"2", "e.json": b"3"})


def test_a_file_reads_as_its_bytes_and_anything_else_as_none() -> None:
    assert (TREE.read("a/b.json"), TREE.read("a"), TREE.read("x")) == (b"1", None, None)


def test_entries_tell_files_from_folders() -> None:
    assert [(entry.name, entry.is_folder) for entry in TREE.entries()] == [("a", True), ("e.json", False)]
    assert [entry.name for entry in TREE.entries("a")] == ["b.json", "c"]
    assert all(isinstance(entry, Entry) for entry in TREE.entries("a"))
    assert TREE.entries("nowhere") == ()


def test_walking_gives_every_file_below() -> None:
    assert [path for path, _ in TREE.walk("a")] == ["a/b.json", "a/c/d.json"]


def test_an_object_id_is_equal_exactly_when_content_is() -> None:
    same = MemoryTree({"other/b.json": b"1", "other/c/d.json": b"2"})
    assert TREE.object_id("a") != TREE.object_id("a/c")
    assert same.object_id("other/c/d.json") == TREE.object_id("a/c/d.json")
    assert TREE.object_id("nowhere") is None


def test_edits_make_a_new_tree_and_leave_the_old_one() -> None:
    changed = TREE.with_edits({"e.json": None, "f.json": b"4"})
    assert (changed.read("e.json"), changed.read("f.json"), TREE.read("e.json")) == (None, b"4", b"3")
