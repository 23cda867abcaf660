"""Repositories that somebody made to harm us: bounded, refused, and never acted upon."""

from __future__ import annotations

import hashlib
import zlib
from typing import TYPE_CHECKING

import pytest

from gitreg.errors import CorruptRepository, DirtyPath, UnsafeRepository
from gitreg.store import CommitId, Snapshot, Store, packs, trees
from gitreg.store.objects import BLOB, TREE, NewObject, make
from tests.store.builders import LEDGER, MAIN, git, put, text

if TYPE_CHECKING:
    from pathlib import Path

    from gitreg.surroundings import Surroundings


def wrap(store: Store, tree: str | None, times: int) -> CommitId:
    """A commit whose tree is `tree`, some folders down."""
    assert tree
    for _ in range(times):
        tree = git(store.path, "mktree", stdin=f"040000 tree {tree}\td\n").strip()
    return CommitId(git(store.path, "commit-tree", str(tree), "-m", "deep").strip())


def _commit_of(store: Store, *rows: str) -> CommitId:
    tree = git(store.path, "mktree", "--missing", stdin="".join(f"{row}\n" for row in rows)).strip()
    return CommitId(git(store.path, "commit-tree", tree, "-m", "hostile").strip())


def _store_raw(store: Store, kind: int, data: bytes) -> NewObject:
    """Write an object that git itself would refuse to make."""
    new = make(kind, data, "sha1")
    path = store.git_dir / "objects" / new.id[:2] / new.id[2:]
    path.parent.mkdir(exist_ok=True)
    header = {BLOB: b"blob", TREE: b"tree"}[kind] + b" %d\0" % len(data)
    path.write_bytes(zlib.compress(header + data))
    return new


def _blob(store: Store, content: str = "x") -> str:
    return git(store.path, "hash-object", "-w", "--stdin", stdin=content).strip()


@pytest.mark.parametrize("place", ["loose", "packed"])
def test_an_object_that_would_inflate_without_end_is_not_inflated(
    bare: Store, place: str, monkeypatch: pytest.MonkeyPatch, tmp_path: Path, world: Surroundings
) -> None:
    big = tmp_path / "big"
    big.write_bytes(b"\0" * 3_000_000)
    blob = git(bare.path, "hash-object", "-w", str(big)).strip()
    commit = _commit_of(bare, f"100644 blob {blob}\tbig")
    git(bare.path, "update-ref", MAIN, commit)
    if place == "packed":
        git(bare.path, "repack", "-a", "-d", "-q")
    monkeypatch.setattr(packs, "MAX_OBJECT_BYTES", 1_000_000)
    with Store.open(bare.path, world) as seen, pytest.raises((UnsafeRepository, CorruptRepository)):
        seen.snapshot(MAIN).read("big")


def test_a_delta_that_says_it_makes_gigabytes_is_not_applied(
    bare: Store, monkeypatch: pytest.MonkeyPatch, world: Surroundings
) -> None:
    lines = "\n".join(hashlib.sha256(b"%d" % n).hexdigest() for n in range(20_000))
    blobs = [_blob(bare, lines + str(n)) for n in range(3)]
    git(bare.path, "update-ref", MAIN, _commit_of(bare, *(f"100644 blob {blob}\tf{n}" for n, blob in enumerate(blobs))))
    git(bare.path, "repack", "-a", "-d", "-q", "-f")
    monkeypatch.setattr(packs, "MAX_OBJECT_BYTES", 1_000_000)
    with Store.open(bare.path, world) as seen:
        for n in range(3):
            with pytest.raises(UnsafeRepository, match="declares"):
                seen.snapshot(MAIN).read(f"f{n}")


def test_a_tree_bomb_is_not_walked_to_its_end(bare: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(trees, "MAX_WALKED", 10_000)
    blob = _blob(bare)
    tree = git(bare.path, "mktree", stdin="".join(f"100644 blob {blob}\tf{n}\n" for n in range(10))).strip()
    for _ in range(12):
        tree = git(bare.path, "mktree", stdin="".join(f"040000 tree {tree}\td{n}\n" for n in range(10))).strip()
    commit = CommitId(git(bare.path, "commit-tree", tree, "-m", "bomb").strip())
    with pytest.raises(UnsafeRepository):
        list(bare.snapshot(commit).walk())
    with pytest.raises(UnsafeRepository):
        list(bare.changes(None, commit))


def test_a_tree_without_bottom_is_refused(bare: Store) -> None:
    commit = wrap(bare, _commit_tree(bare), 150)
    with pytest.raises(UnsafeRepository):
        list(bare.snapshot(commit).walk())
    with pytest.raises(UnsafeRepository):
        list(bare.changes(None, commit))


def _commit_tree(store: Store) -> str:
    return git(store.path, "mktree", stdin=f"100644 blob {_blob(store)}\tf\n").strip()


@pytest.mark.parametrize("name", [b".git", b".GIT", b"..", b".", b"", b"a/b"])
def test_a_name_that_no_tree_may_hold_is_refused(bare: Store, name: bytes) -> None:
    blob = bytes.fromhex(_blob(bare))
    tree = _store_raw(bare, TREE, b"100644 %s\0%s" % (name, blob))
    commit = git(bare.path, "commit-tree", tree.id, "-m", "x").strip()
    with pytest.raises(UnsafeRepository, match="holds the name"):
        bare.snapshot(CommitId(commit)).entries()


def test_a_name_twice_in_a_tree_is_refused(bare: Store) -> None:
    row = b"100644 a\0" + bytes.fromhex(_blob(bare))
    tree = _store_raw(bare, TREE, row + row)
    commit = git(bare.path, "commit-tree", tree.id, "-m", "x").strip()
    with pytest.raises(UnsafeRepository):
        bare.snapshot(CommitId(commit)).read("a")


@pytest.mark.parametrize("data", [b"100644 a", b"100644 a\0short", b"xyz a\0" + b"0" * 20, b"garbage"])
def test_bytes_that_are_no_tree_are_corrupt(bare: Store, data: bytes) -> None:
    tree = _store_raw(bare, TREE, data)
    commit = git(bare.path, "commit-tree", tree.id, "-m", "x").strip()
    with pytest.raises(CorruptRepository):
        bare.snapshot(CommitId(commit)).entries()


@pytest.mark.parametrize("mode", ["120000 blob", "160000 commit"])
def test_a_link_or_submodule_is_never_read_as_a_document(bare: Store, mode: str) -> None:
    target = _blob(bare, "/etc/passwd") if "blob" in mode else "1" * 40
    commit = _commit_of(bare, f"{mode} {target}\tgitreg.json")
    tree = bare.snapshot(commit)
    with pytest.raises(UnsafeRepository):
        tree.read("gitreg.json")
    with pytest.raises(UnsafeRepository):
        tree.read("gitreg.json/below")
    with pytest.raises(UnsafeRepository):
        tree.with_edits({"gitreg.json": b"{}"})


def test_an_object_that_is_not_what_its_id_says_is_corrupt(bare: Store, world: Surroundings) -> None:
    put(bare, a="1")
    one, two = (bare.git_dir / "objects" / name[:2] / name[2:] for name in (_blob(bare, "1"), _blob(bare, "2")))
    one.chmod(0o644)
    one.write_bytes(two.read_bytes())
    with Store.open(bare.path, world) as seen, pytest.raises(CorruptRepository, match="hash"):
        seen.snapshot(MAIN).read("a")


@pytest.mark.parametrize("damage", ["truncated", "empty", "missing"])
def test_a_damaged_object_is_a_corrupt_repository(bare: Store, world: Surroundings, damage: str) -> None:
    put(bare, a="1")
    name = _blob(bare, "1")
    path = bare.git_dir / "objects" / name[:2] / name[2:]
    path.chmod(0o644)
    data = path.read_bytes()
    if damage == "missing":
        path.unlink()
    else:
        path.write_bytes(data[:5] if damage == "truncated" else b"")
    with Store.open(bare.path, world) as seen, pytest.raises(CorruptRepository):
        seen.snapshot(MAIN).read("a")


def test_a_damaged_pack_is_a_corrupt_repository(bare: Store, world: Surroundings) -> None:
    bare.update(MAIN, lambda _: {f"f{n}": b"content %d" % n for n in range(30)}, text())
    (pack,) = (bare.git_dir / "objects/pack").glob("*.pack")
    pack.chmod(0o644)
    data = bytearray(pack.read_bytes())
    for position in range(40, len(data) - 30, 7):
        data[position] ^= 0xFF
    pack.write_bytes(bytes(data))
    with Store.open(bare.path, world) as seen, pytest.raises(CorruptRepository):
        [seen.snapshot(MAIN).read(f"f{n}") for n in range(30)]


@pytest.mark.parametrize("content", ["", "ref: refs/heads/main\n", "ref: ../../../etc/passwd\n"])
def test_a_ref_that_names_nothing_is_not_there(bare: Store, content: str) -> None:
    put(bare, a="1")
    (bare.git_dir / MAIN).write_text(content)
    assert bare.tip(MAIN) is None


def test_a_ref_that_holds_something_else_is_corrupt(bare: Store) -> None:
    put(bare, a="1")
    (bare.git_dir / MAIN).write_text("garbage\n")
    with pytest.raises(CorruptRepository, match=MAIN):
        bare.tip(MAIN)


@pytest.mark.parametrize(
    ("settings", "error"),
    [
        ("[core]\n\trepositoryformatversion = 2\n", UnsafeRepository),
        ("[core]\n\trepositoryformatversion = 1\n[extensions]\n\tunheardOf = true\n", UnsafeRepository),
        ("[core]\n\trepositoryformatversion = 1\n[extensions]\n\trefStorage = reftable\n", UnsafeRepository),
        ("[core]\n\trepositoryformatversion = 1\n[extensions]\n\tobjectFormat = md5\n", UnsafeRepository),
        ("[core\n", CorruptRepository),
    ],
)
def test_a_format_we_would_misread_is_refused(
    bare: Store, world: Surroundings, settings: str, error: type[Exception]
) -> None:
    (bare.git_dir / "config").write_text(settings)
    with pytest.raises(error):
        Store.open(bare.path, world)


def test_no_hook_no_filter_and_no_program_of_the_clone_runs(store: Store, tmp_path: Path) -> None:
    put(store, a="1")
    touched = tmp_path / "touched"
    hooks = store.git_dir / "hooks"
    hooks.mkdir()
    names = ("pre-commit", "post-commit", "reference-transaction", "post-checkout", "update", "post-index-change")
    for hook in [hooks / name for name in names]:
        hook.write_text(f"#!/bin/sh\ntouch {touched}\n")
        hook.chmod(0o755)
    command = f"touch {touched}"
    for key in ("core.fsmonitor", "core.sshCommand", "filter.x.clean", "filter.x.smudge", "gpg.program", "core.editor"):
        git(store.path, "config", key, command)
    (store.git_dir / "info").mkdir(exist_ok=True)
    (store.git_dir / "info/attributes").write_text("* filter=x\n")
    put(store, a="2")
    assert not touched.exists()


def test_core_worktree_does_not_make_us_write_elsewhere(store: Store, tmp_path: Path, world: Surroundings) -> None:
    before = put(store, a="1")
    victim = tmp_path / "victim"
    victim.mkdir()
    git(store.path, "config", "core.worktree", str(victim))
    with Store.open(store.path, world) as seen, pytest.raises(DirtyPath, match=r"core\.worktree"):
        put(seen, a="2")
    assert (store.tip(MAIN), list(victim.iterdir())) == (before, [])


def test_a_work_tree_that_does_not_point_back_is_not_written(store: Store, tmp_path: Path) -> None:
    put(store, a="1")
    victim = tmp_path / "victim"
    victim.mkdir()
    (victim / ".git").write_text("gitdir: /somewhere/else\n")
    evil = store.git_dir / "worktrees/evil"
    evil.mkdir(parents=True)
    (evil / "gitdir").write_text(f"{victim}/.git\n")
    (evil / "HEAD").write_text(f"ref: {LEDGER}\n")
    (evil / "commondir").write_text("../..\n")
    put(store, LEDGER, b="1")
    assert [path.name for path in victim.iterdir()] == [".git"]


def test_includes_of_a_clone_are_not_followed(store: Store, tmp_path: Path, world: Surroundings) -> None:
    (tmp_path / "more").write_text("[user]\n\temail = evil@example.org\n")
    with (store.git_dir / "config").open("a") as file:
        file.write(f"[include]\n\tpath = {tmp_path}/more\n")
    with Store.open(store.path, world) as seen:
        assert seen.config.get("user.email") is None


def test_keys_that_start_programs_are_not_read_from_a_clone(store: Store, world: Surroundings) -> None:
    for key in ("credential.helper", "core.sshCommand", "http.proxy", "core.gitProxy", "gpg.program", "core.askPass"):
        git(store.path, "config", key, "evil")
    git(store.path, "config", "url.https://evil.example/.insteadOf", "https://example.org/")
    with Store.open(store.path, world) as seen:
        assert all(seen.config.get(key) is None for key in ("credential.helper", "core.sshCommand", "http.proxy"))
        assert seen.config.rewritten("https://example.org/x") == "https://example.org/x"
        assert seen.config.stacked().backends == []


def test_a_commit_that_is_no_commit_is_corrupt(bare: Store) -> None:
    blob = CommitId(_blob(bare))
    with pytest.raises(CorruptRepository, match="is a blob"):
        bare.commit(blob)
    with pytest.raises(CorruptRepository, match="missing"):
        bare.commit(CommitId("1" * 40))


@pytest.mark.parametrize(
    "body",
    [
        "tree {tree}\n\nx",
        "author A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nx",
        "tree {tree}\nauthor A <a@b> x +0000\ncommitter A <a@b> 1 +0000\n\nx",
        "tree {tree}\nparent zzz\nauthor A <a@b> 1 +0000\ncommitter A <a@b> 1 +0000\n\nx",
        "tree {tree}\nauthor A <a@b> 999999999999 +0000\ncommitter A <a@b> 1 +9999\n\nx",
    ],
)
def test_a_commit_written_otherwise_is_corrupt(bare: Store, body: str) -> None:
    tree = _commit_tree(bare)
    commit = git(bare.path, "hash-object", "-t", "commit", "-w", "--literally", "--stdin", stdin=body.format(tree=tree))
    with pytest.raises(CorruptRepository):
        bare.commit(CommitId(commit.strip()))


def test_an_empty_snapshot_has_nothing() -> None:
    tree = Snapshot.empty()
    assert (tree.read("a"), tree.entries(), list(tree.walk()), tree.commit) == (None, (), [], None)
