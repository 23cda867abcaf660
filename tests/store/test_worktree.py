"""A work tree comes along when its branch moves, or the move is refused and nothing has changed."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitreg.errors import DirtyPath, Locked, RaceLost
from gitreg.store import RefUpdate, Store
from tests.store.builders import LEDGER, MAIN, assert_sound, git, put, status, text

if TYPE_CHECKING:
    from gitreg.surroundings import Surroundings


def test_files_and_index_follow_the_branch(store: Store) -> None:
    store.update(MAIN, lambda _: {"a/b": b"1", "c": b"2", "d": b"3"}, text())
    store.update(MAIN, lambda _: {"a/b": None, "a": b"now a file", "c": b"22", "é/ü": b"4"}, text())
    assert status(store.path) == []
    assert git(store.path, "diff", "HEAD") == ""
    assert (store.path / "a").read_text() == "now a file"
    assert_sound(store.path)


def test_plain_commit_all_after_a_promotion_never_reverts_it(store: Store) -> None:
    put(store, pointer="1", notes="x")
    (store.path / "notes").write_text("edited by hand")
    put(store, pointer="2")
    git(store.path, "commit", "-q", "-a", "-m", "my notes")
    assert store.snapshot("HEAD").read("pointer") == b"2"
    assert store.snapshot("HEAD").read("notes") == b"edited by hand"


def test_a_dirty_path_elsewhere_does_not_matter(store: Store) -> None:
    put(store, a="1", b="1")
    (store.path / "b").write_text("mine")
    (store.path / "untracked").write_text("mine")
    put(store, a="2")
    assert status(store.path) == [" M b", "?? untracked"]


def _edit(path: Path) -> None:
    (path / "a").write_text("mine")


def _stage(path: Path) -> None:
    _edit(path)
    git(path, "add", "a")
    (path / "a").write_text("1")


def _delete(path: Path) -> None:
    (path / "a").unlink()


def _untrack(path: Path) -> None:
    git(path, "rm", "-q", "--cached", "a")


def _make_executable(path: Path) -> None:
    (path / "a").chmod(0o755)


def _make_link(path: Path) -> None:
    (path / "a").unlink()
    (path / "a").symlink_to("b")


def _assume_valid(path: Path) -> None:
    git(path, "update-index", "--assume-unchanged", "a")


def _skip(path: Path) -> None:
    git(path, "update-index", "--skip-worktree", "a")


def _conflict(path: Path) -> None:
    blob = git(path, "rev-parse", "HEAD:a").strip()
    git(path, "update-index", "--index-info", stdin=f"0 {'0' * 40}\ta\n100644 {blob} 1\ta\n100644 {blob} 2\ta\n")


@pytest.mark.parametrize(
    "spoil",
    [_edit, _stage, _delete, _untrack, _make_executable, _make_link, _assume_valid, _skip, _conflict],
    ids=lambda function: function.__name__.strip("_"),
)
def test_a_changed_path_that_is_not_clean_refuses_the_move(store: Store, spoil: object) -> None:
    before = put(store, a="1", b="1")
    assert callable(spoil)
    spoil(store.path)
    shown = status(store.path)
    with pytest.raises(DirtyPath) as refusal:
        put(store, a="2")
    assert refusal.value.subject == "a"
    assert store.tip(MAIN) == before
    assert status(store.path) == shown
    assert not (store.git_dir / "index.lock").exists()


def test_an_untracked_file_in_the_way_refuses_the_move(store: Store) -> None:
    put(store, a="1")
    (store.path / "new").write_text("mine")
    with pytest.raises(DirtyPath, match="new is untracked"):
        put(store, new="theirs")
    assert (store.path / "new").read_text() == "mine"


def test_an_untracked_file_with_the_very_content_is_not_in_the_way(store: Store) -> None:
    put(store, a="1")
    (store.path / "new").write_text("same")
    put(store, new="same")
    assert status(store.path) == []


@pytest.mark.parametrize("obstacle", ["file", "link"])
def test_what_stands_where_a_folder_is_needed_refuses_the_move(store: Store, tmp_path: Path, obstacle: str) -> None:
    put(store, a="1")
    outside = tmp_path / "outside"
    outside.mkdir()
    if obstacle == "file":
        (store.path / "models").write_text("")
    else:
        (store.path / "models").symlink_to(outside)
    with pytest.raises(DirtyPath, match="in the way"):
        store.update(MAIN, lambda _: {"models/x": b"1"}, text())
    assert list(outside.iterdir()) == []


def test_an_untracked_folder_in_the_way_of_a_file_refuses_the_move(store: Store) -> None:
    put(store, a="1")
    (store.path / "new").mkdir()
    (store.path / "new/mine").write_text("x")
    with pytest.raises(DirtyPath, match="is a folder"):
        put(store, new="theirs")


def test_nothing_is_removed_through_a_link(store: Store, tmp_path: Path) -> None:
    store.update(MAIN, lambda _: {"models/x": b"1", "a": b"1"}, text())
    outside = tmp_path / "outside"
    outside.mkdir()
    (outside / "x").write_text("1")
    (store.path / "models/x").unlink()
    (store.path / "models").rmdir()
    (store.path / "models").symlink_to(outside)
    store.update(MAIN, lambda _: {"models/x": None}, text())
    assert (outside / "x").exists()


def test_an_index_of_every_version_is_carried(store: Store) -> None:
    put(store, a="1", b="1")
    for version in "234":
        git(store.path, "update-index", "--index-version", version)
        put(store, a=f"version {version}")
        assert status(store.path) == []
    git(store.path, "add", "--intent-to-add", "a")


def test_flags_of_other_entries_are_kept(store: Store) -> None:
    put(store, a="1", b="1", c="1")
    git(store.path, "update-index", "--skip-worktree", "b")
    git(store.path, "update-index", "--assume-unchanged", "c")
    put(store, a="2")
    assert git(store.path, "ls-files", "-v") == "H a\nS b\nh c\n"


def test_a_split_index_refuses_the_move(store: Store) -> None:
    before = put(store, a="1")
    git(store.path, "update-index", "--split-index")
    with pytest.raises(DirtyPath, match="index"):
        put(store, a="2")
    assert store.tip(MAIN) == before


def test_a_sparse_index_refuses_the_move(store: Store) -> None:
    before = store.update(MAIN, lambda _: {"in/a": b"1", "out/b": b"1"}, text())
    git(store.path, "sparse-checkout", "set", "--cone", "--sparse-index", "in")
    with pytest.raises(DirtyPath, match="index"):
        store.update(MAIN, lambda _: {"in/a": b"2"}, text())
    assert store.tip(MAIN) == before


def test_a_damaged_index_refuses_the_move(store: Store) -> None:
    put(store, a="1")
    index = store.git_dir / "index"
    index.write_bytes(index.read_bytes()[:-30] + b"x" * 30)
    with pytest.raises(DirtyPath, match="checksum"):
        put(store, a="2")


def test_an_index_in_use_refuses_the_move(store: Store) -> None:
    before = put(store, a="1")
    (store.git_dir / "index.lock").write_bytes(b"")
    with pytest.raises(Locked, match=r"index\.lock"):
        put(store, a="2")
    assert (store.tip(MAIN), (store.path / "a").read_text()) == (before, "1")
    assert (store.git_dir / "index.lock").exists()


def test_an_edit_within_the_second_of_the_index_stays_visible(store: Store) -> None:
    """Racy git: the stat data of a file changed in the same tick as the index proves nothing."""
    put(store, a="1", b="1")
    index = store.git_dir / "index"
    (store.path / "b").write_text("2")
    stamp = index.stat().st_mtime_ns
    os.utime(store.path / "b", ns=(stamp, stamp))
    git(store.path, "update-index", "--refresh", check=False)
    put(store, a="2")
    assert status(store.path) == [" M b"]


def test_a_linked_work_tree_comes_along(store: Store, tmp_path: Path, world: Surroundings) -> None:
    put(store, a="1")
    linked = tmp_path / "linked"
    git(store.path, "worktree", "add", "-q", "-b", "ledger", str(linked))
    put(store, LEDGER, b="2")
    assert (linked / "b").read_text() == "2"
    assert status(linked) == []
    with Store.open(linked, world) as there:
        put(there, a="2")
        assert (there.git_dir, there.work_tree, there.head()) == (store.git_dir, linked, LEDGER)
    assert (store.path / "a").read_text() == "2"
    assert status(store.path) == []


def test_a_linked_work_tree_of_a_bare_repository_comes_along(bare: Store, tmp_path: Path) -> None:
    put(bare, a="1")
    linked = tmp_path / "linked"
    git(bare.path, "worktree", "add", "-q", str(linked), "main")
    put(bare, a="2")
    assert (linked / "a").read_text() == "2"
    assert status(linked) == []


def test_a_detached_head_is_left_where_it_is(store: Store) -> None:
    put(store, a="1")
    git(store.path, "checkout", "-q", "--detach")
    put(store, a="2")
    assert (store.path / "a").read_text() == "1"
    assert status(store.path) == []


def test_links_executables_and_submodules_of_people_are_checked_out(store: Store) -> None:
    put(store, a="1")
    blob = git(store.path, "hash-object", "-w", "--stdin", stdin="a").strip()
    rows = f"100755 blob {blob}\trun.sh\n120000 blob {blob}\tlink\n160000 commit {store.tip(MAIN)}\tsub\n"
    rows += f"100644 blob {git(store.path, 'rev-parse', 'main:a').strip()}\ta\n"
    tree = git(store.path, "mktree", stdin=rows).strip()
    commit = git(store.path, "commit-tree", tree, "-p", "main", "-m", "people's files").strip()
    store.set_ref(MAIN, store.resolve(commit), store.tip(MAIN))
    assert status(store.path) == []
    assert (store.path / "link").readlink() == Path("a")
    assert os.access(store.path / "run.sh", os.X_OK)
    put(store, a="2")
    store.update(MAIN, lambda _: {"run.sh": b"changed", "link": None}, text())
    assert status(store.path) == []
    assert os.access(store.path / "run.sh", os.X_OK)


def test_files_with_another_line_end_on_disk_are_clean_when_git_says_so(store: Store) -> None:
    store.update(MAIN, lambda _: {".gitattributes": b"*.txt text eol=crlf\n", "a.txt": b"1\n"}, text())
    (store.path / "a.txt").unlink()
    git(store.path, "checkout", "--", "a.txt")
    os.utime(store.path / "a.txt", (1, 1))
    git(store.path, "update-index", "--refresh")
    assert (store.path / "a.txt").read_bytes() == b"1\r\n"
    store.update(MAIN, lambda _: {"a.txt": b"2\n"}, text())
    assert status(store.path) == []


def test_a_checked_out_branch_is_not_deleted(store: Store) -> None:
    commit = put(store, a="1")
    with pytest.raises(DirtyPath, match="checked out"):
        store.delete_ref(MAIN, commit)


def test_a_lost_race_puts_files_and_index_back(store: Store) -> None:
    before = put(store, a="1", b="1")
    after = store.write_commit((before,), store.snapshot(before), {"a": b"2", "b": None, "c": b"3"}, text())

    def interfere(step: str) -> None:
        if step == "before the ref":
            other = git(store.path, "commit-tree", f"{before}^{{tree}}", "-m", "x").strip()
            git(store.path, "update-ref", MAIN, other)

    store._mover.checkpoint = interfere
    with pytest.raises(RaceLost):
        store.set_ref(MAIN, after, before)
    assert (status(store.path), (store.path / "a").read_text(), (store.path / "b").read_text()) == ([], "1", "1")
    assert not (store.path / "c").exists()
    assert not (store.git_dir / "index.lock").exists()


def test_a_full_disk_in_the_middle_puts_everything_back(store: Store) -> None:
    before = put(store, a="1", b="1")

    def fill(step: str) -> None:
        if step == "before the ref":
            raise OSError(28, "No space left on device")

    store._mover.checkpoint = fill
    with pytest.raises(Exception, match="No space left"):
        put(store, a="2")
    assert (store.tip(MAIN), status(store.path), (store.path / "a").read_text()) == (before, [], "1")


def test_a_check_says_what_the_move_would(store: Store) -> None:
    before = put(store, a="1")
    after = store.write_commit((before,), store.snapshot(before), {"a": b"2"}, text())
    store.check_move(RefUpdate(MAIN, after, before))
    (store.path / "a").write_text("mine")
    with pytest.raises(DirtyPath):
        store.check_move(RefUpdate(MAIN, after, before))
