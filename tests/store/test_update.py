"""Making changes land, and reading them back."""

from __future__ import annotations

import os
from datetime import UTC, datetime
from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitreg.errors import (
    AlreadyExists,
    CorruptRepository,
    InvalidValue,
    RaceLost,
    RegistryNotFound,
    StorageError,
    UnsafePath,
    UnsafeRepository,
)
from gitreg.store import CommitId, CommitText, Person, RefUpdate, Snapshot, Store, packing
from tests.store.builders import ADA, MAIN, NOW, assert_sound, git, put, text

if TYPE_CHECKING:
    from gitreg.surroundings import Surroundings


def test_what_lands_is_what_git_shows(bare: Store) -> None:
    bare.update(MAIN, lambda _: {"models/fraud/é.json": b"{}\n", "README.md": b"hello\n"}, text("registry: created"))
    assert git(bare.path, "show", "main:models/fraud/é.json") == "{}\n"
    shown = git(bare.path, "log", "--format=%s|%an|%ae|%ct", "main")
    assert shown == f"registry: created|{ADA.name}|{ADA.email}|{NOW.timestamp():.0f}\n"
    assert_sound(bare.path)


def test_a_change_that_alters_nothing_makes_no_commit(bare: Store) -> None:
    first = put(bare, a="1")
    assert bare.update(MAIN, lambda _: {"a": b"1"}, text()) is None
    assert bare.update(MAIN, lambda _: {"absent": None}, text()) is None
    assert bare.tip(MAIN) == first


def test_no_edits_on_a_branch_that_does_not_exist_make_no_commit(bare: Store) -> None:
    assert bare.update(MAIN, lambda _: {}, text()) is None
    assert bare.tip(MAIN) is None


def test_a_change_sees_the_tree_it_is_made_on(bare: Store) -> None:
    put(bare, counter="1")
    bare.update(MAIN, lambda tree: {"counter": (tree.read("counter") or b"") + b"1"}, text())
    assert bare.snapshot(MAIN).read("counter") == b"11"


def test_a_removed_file_takes_its_empty_folders_along(bare: Store) -> None:
    bare.update(MAIN, lambda _: {"a/b/c": b"1", "d": b"2"}, text())
    bare.update(MAIN, lambda _: {"a/b/c": None}, text())
    assert [entry.name for entry in bare.snapshot(MAIN).entries()] == ["d"]
    assert_sound(bare.path)


def test_the_last_file_removed_leaves_an_empty_tree(bare: Store) -> None:
    put(bare, a="1")
    bare.update(MAIN, lambda _: {"a": None}, text())
    assert list(bare.snapshot(MAIN).walk()) == []
    assert_sound(bare.path)


def test_a_folder_becomes_a_file_and_back(bare: Store) -> None:
    bare.update(MAIN, lambda _: {"a/b": b"1"}, text())
    bare.update(MAIN, lambda _: {"a/b": None, "a": b"2"}, text())
    assert bare.snapshot(MAIN).read("a") == b"2"
    bare.update(MAIN, lambda _: {"a": None, "a/b": b"3"}, text())
    assert bare.snapshot(MAIN).read("a/b") == b"3"


@pytest.mark.parametrize("edits", [{"a/b": b"2"}, {"d": b"2"}])
def test_a_file_and_a_folder_never_replace_each_other_by_accident(bare: Store, edits: dict[str, bytes]) -> None:
    bare.update(MAIN, lambda _: {"a": b"1", "d/e": b"1"}, text())
    with pytest.raises(UnsafeRepository):
        bare.update(MAIN, lambda _: edits, text())


@pytest.mark.parametrize(
    "path",
    ["", "/a", "a//b", "a/", "../a", "a/./b", ".git/config", "x/.GIT/hooks", "a\0b", "git~1/x", "a\\b", ".git. /x"],
)
def test_a_path_git_would_not_check_out_is_refused(bare: Store, path: str) -> None:
    with pytest.raises(UnsafePath):
        bare.update(MAIN, lambda _: {path: b""}, text())


def test_many_objects_land_as_one_pack_and_few_as_loose_files(bare: Store) -> None:
    put(bare, a="1")
    assert list((bare.git_dir / "objects/pack").iterdir()) == []
    bare.update(MAIN, lambda _: {f"many/{n}": str(n).encode() for n in range(packing.LOOSE_LIMIT)}, text())
    assert sorted(path.suffix for path in (bare.git_dir / "objects/pack").iterdir()) == [".idx", ".pack"]
    assert_sound(bare.path)


def test_everything_new_is_synced_before_the_ref_names_it(bare: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    done: list[str] = []
    sync, replace = os.fsync, os.replace

    def noting_sync(descriptor: int) -> None:
        sync(descriptor)
        done.append(str(Path(f"/proc/self/fd/{descriptor}").readlink()))

    def noting_replace(old: str | Path, new: str | Path) -> None:
        replace(old, new)
        done.append(f"{new} named")

    monkeypatch.setattr(os, "fsync", noting_sync)
    monkeypatch.setattr(os, "replace", noting_replace)
    commit = put(bare, a="1")
    named = done.index(f"{bare.git_dir}/{MAIN} named")
    objects = [bare.git_dir / "objects" / name[:2] for name in (commit, bare.commit(commit).tree)]
    assert all(str(folder) in done[:named] for folder in objects)
    assert sum("tmp_obj_" in path for path in done[:named]) == 3
    assert str(bare.git_dir / "refs/heads") in done[named:]


def test_names_and_messages_cannot_break_out_of_their_fields(bare: Store) -> None:
    evil = Person("A\nparent 0000 <x>", "a@b>\nauthor c")
    commit = bare.update(MAIN, lambda _: {"a": b""}, CommitText("hi\0\n", evil, evil, NOW, (("Reviewed-by", "x\ny"),)))
    assert commit
    read = bare.commit(commit)
    assert (read.author.name, read.author.email) == ("A parent 0000  x", "a@b author c")
    assert read.message == "hi\n\nReviewed-by: x y\n"
    assert_sound(bare.path)


def test_a_commit_is_read_as_git_wrote_it(store: Store) -> None:
    (store.path / "a").write_text("1")
    git(store.path, "add", "a")
    git(store.path, "commit", "-m", "subject\n\nbody", "--date", "2026-01-02T03:04:05+0530")
    commit = store.commit(store.resolve("HEAD"))
    assert (commit.subject, commit.message, commit.parents) == ("subject", "subject\n\nbody\n", ())
    assert commit.authored_at == datetime(2026, 1, 1, 21, 34, 5, tzinfo=UTC)
    assert commit.author == ADA


def test_snapshots_stay_as_they_are(bare: Store) -> None:
    put(bare, a="1")
    before = bare.snapshot(MAIN)
    put(bare, a="2")
    assert before.read("a") == b"1"


def test_what_if_edits_are_seen_and_not_stored(bare: Store) -> None:
    bare.update(MAIN, lambda _: {"a/b": b"1", "a/c": b"2"}, text())
    tree = bare.snapshot(MAIN).with_edits({"a/b": b"3", "x/y": b"4"})
    assert [path for path, _ in tree.walk()] == ["a/b", "a/c", "x/y"]
    assert tree.read("a/b") == b"3"
    assert tree.commit is None
    assert not bare.has_object(str(tree.tree))


def test_a_commit_of_a_what_if_tree_stores_all_of_it(bare: Store) -> None:
    tree = Snapshot.empty().with_edits({"a": b"1"}).with_edits({"b/c": b"2"})
    commit = bare.write_commit((), tree, {"d": b"3"}, text())
    bare.set_ref("refs/heads/x", commit, None)
    assert [path for path, _ in bare.snapshot(commit).walk()] == ["a", "b/c", "d"]
    assert_sound(bare.path)


def test_a_snapshot_lists_and_finds(bare: Store) -> None:
    bare.update(MAIN, lambda _: {"a/b": b"1", "a-b": b"2", "a.b": b"3"}, text())
    tree = bare.snapshot(MAIN)
    assert [path for path, _ in tree.walk()] == ["a-b", "a.b", "a/b"]
    assert [(entry.name, entry.is_folder) for entry in tree.entries()] == [("a", True), ("a-b", False), ("a.b", False)]
    assert tree.object_id("a/b") == git(bare.path, "rev-parse", "main:a/b").strip()
    assert (tree.read("a"), tree.read("a/b/c"), tree.read("nothing"), tree.entries("a/b")) == (None, None, None, ())


def test_changes_are_paths_with_their_ids(bare: Store) -> None:
    first = bare.update(MAIN, lambda _: {"same/x": b"1", "gone": b"2", "other/y": b"3"}, text())
    second = bare.update(MAIN, lambda _: {"gone": None, "other/y": b"4", "new/z": b"5"}, text())
    found = list(bare.changes(first, second))
    assert [(change.path, change.before is None, change.after is None) for change in found] == [
        ("gone", False, True),
        ("new/z", True, False),
        ("other/y", False, False),
    ]
    assert [change.path for change in bare.changes(None, first)] == ["gone", "other/y", "same/x"]


def test_a_ref_is_moved_only_from_where_it_is_expected(bare: Store) -> None:
    first, second = put(bare, a="1"), put(bare, a="2")
    with pytest.raises(RaceLost):
        bare.set_ref(MAIN, first, first)
    with pytest.raises(RaceLost):
        bare.set_ref(MAIN, first, None)
    with pytest.raises(RaceLost):
        bare.delete_ref(MAIN, first)
    assert bare.tip(MAIN) == second
    bare.delete_ref(MAIN, second)
    assert bare.tip(MAIN) is None


def test_a_packed_ref_is_read_moved_and_deleted(bare: Store) -> None:
    first = put(bare, a="1")
    git(bare.path, "pack-refs", "--all")
    assert (bare.tip(MAIN), bare.refs("refs/heads/")) == (first, {MAIN: first})
    second = put(bare, a="2")
    git(bare.path, "pack-refs", "--all")
    bare.delete_ref(MAIN, second)
    assert bare.refs() == {}


def test_a_ref_cannot_stand_where_a_folder_of_refs_is(bare: Store) -> None:
    commit = put(bare, "refs/heads/a/b", x="1")
    with pytest.raises(AlreadyExists):
        bare.set_ref("refs/heads/a", commit, None)
    with pytest.raises(AlreadyExists):
        bare.set_ref("refs/heads/a/b/c", commit, None)


def test_a_foreign_push_in_between_is_not_lost(bare: Store) -> None:
    put(bare, a="1")
    calls = 0

    def change(_: Snapshot) -> dict[str, bytes | None]:
        nonlocal calls
        calls += 1
        if calls == 1:  # plain git knows nothing of our lock
            blob = git(bare.path, "hash-object", "-w", "--stdin", stdin="git").strip()
            made = git(bare.path, "mktree", stdin=f"100644 blob {blob}\tb\n").strip()
            git(bare.path, "update-ref", MAIN, git(bare.path, "commit-tree", made, "-p", "main", "-m", "x").strip())
        return {"a": b"2"}

    bare.update(MAIN, change, text())
    assert (calls, bare.snapshot(MAIN).read("b"), bare.snapshot(MAIN).read("a")) == (2, b"git", b"2")


def test_a_ref_that_never_stands_still_is_a_lost_race(bare: Store) -> None:
    commits = [put(bare, a="1"), put(bare, a="2")]

    def change(tree: Snapshot) -> dict[str, bytes | None]:
        git(bare.path, "update-ref", MAIN, commits[0] if tree.commit == commits[1] else commits[1])
        return {"a": b"3"}

    with pytest.raises(RaceLost, match="moved 3 times"):
        bare.update(MAIN, change, text(), retries=2)


def test_what_a_change_raises_changes_nothing(bare: Store) -> None:
    before = put(bare, a="1")

    def change(_: Snapshot) -> dict[str, bytes | None]:
        raise InvalidValue("no")

    with pytest.raises(InvalidValue):
        bare.update(MAIN, change, text())
    assert bare.tip(MAIN) == before
    put(bare, a="2")  # and the lock is free again


def test_a_branch_may_begin_at_a_commit(bare: Store) -> None:
    first = put(bare, a="1")
    second = bare.update("refs/heads/proposals/x", lambda _: {"b": b"2"}, text(), start=first)
    assert second
    assert bare.commit(second).parents == (first,)


def test_repacking_by_git_while_we_have_the_packs_open_is_survived(bare: Store) -> None:
    for start in (0, 100):
        bare.update(MAIN, lambda _, start=start: {f"n/{start + n}": b"%d" % n for n in range(50)}, text())  # type: ignore[misc]
    bare.snapshot(MAIN).read("n/1")
    git(bare.path, "repack", "-a", "-d", "-q")
    assert bare.snapshot(MAIN).read("n/101") == b"1"
    put(bare, a="1")
    assert_sound(bare.path)


def test_a_folder_without_a_repository_is_not_a_registry(tmp_path: Path, world: Surroundings) -> None:
    with pytest.raises(RegistryNotFound):
        Store.open(tmp_path, world)
    with pytest.raises(RegistryNotFound):
        Store.discover(tmp_path / "nothing", world)


def test_the_enclosing_repository_is_found(store: Store, world: Surroundings) -> None:
    inside = store.path / "a/b"
    inside.mkdir(parents=True)
    assert Store.discover(inside, world).git_dir == store.git_dir


def test_init_refuses_a_repository_that_is_there(store: Store, bare: Store, world: Surroundings) -> None:
    with pytest.raises(AlreadyExists):
        Store.init(store.path, world)
    with pytest.raises(AlreadyExists):
        Store.init(bare.path, world, bare=True)
    with pytest.raises(AlreadyExists):
        Store.init(store.path.parent, world, bare=True)


def test_a_fresh_repository_is_one_to_git(store: Store, bare: Store) -> None:
    assert git(store.path, "status", "--porcelain", "--branch").startswith("## No commits yet on main")
    assert git(bare.path, "rev-parse", "--is-bare-repository") == "true\n"
    assert git(bare.path, "config", "gc.auto") == "0\n"


def test_a_place_that_cannot_be_written_is_a_storage_error(tmp_path: Path, world: Surroundings) -> None:
    (tmp_path / "file").write_text("")
    with pytest.raises(StorageError):
        Store.init(tmp_path / "file" / "registry", world)


def test_a_full_disk_is_a_storage_error_and_changes_nothing(bare: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    before = put(bare, a="1")

    def full(_: int) -> None:
        raise OSError(28, "No space left on device")

    with monkeypatch.context() as patch:
        patch.setattr(os, "fsync", full)
        with pytest.raises(StorageError, match="No space left"):
            put(bare, a="2")
    assert bare.tip(MAIN) == before
    assert_sound(bare.path)
    assert put(bare, a="2")


def test_a_store_opened_with_a_quarantine_reads_it_and_never_writes(
    bare: Store, tmp_path: Path, world: Surroundings
) -> None:
    base = put(bare, a="1")
    with Store.init(tmp_path / "elsewhere", world, bare=True) as other:
        commit = put(other, a="2")
        quarantine = tmp_path / "quarantine"
        (other.git_dir / "objects").rename(quarantine)
    with Store.open(bare.path, world, quarantine=quarantine) as seen:
        assert seen.snapshot(commit).read("a") == b"2"
        assert seen.snapshot(base).read("a") == b"1"
        with pytest.raises(UnsafeRepository):
            seen.move(RefUpdate(MAIN, commit, base))
    with pytest.raises(CorruptRepository):
        bare.snapshot(commit)


def test_a_commit_id_is_hex() -> None:
    with pytest.raises(InvalidValue):
        CommitId("main")
