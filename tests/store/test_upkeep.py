"""Few packs, few loose objects, no bitmaps; many writers; nothing lost on the way."""

from __future__ import annotations

from pathlib import Path
from typing import TYPE_CHECKING

import pytest

from gitreg.store import Store, upkeep
from tests.store.builders import MAIN, assert_sound, git, put, run_python, status, text

if TYPE_CHECKING:
    from gitreg.surroundings import Surroundings


def _packs(store: Store) -> list[Path]:
    return sorted((store.git_dir / "objects/pack").glob("*.pack"))


def _grow(store: Store, commits: int, start: int = 0) -> None:
    for n in range(start, start + commits):
        store.update(MAIN, lambda _, n=n: {f"n/{n}/{m}": b"%d %d" % (n, m) for m in range(25)}, text())  # type: ignore[misc]


def test_packs_never_become_many(bare: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "MAX_PACKS", 8)
    for n in range(40):
        _grow(bare, 1, n)
        assert len(_packs(bare)) <= 8
    assert len(list(bare.snapshot(MAIN).walk())) == 1000
    assert_sound(bare.path)


def test_packs_of_one_size_are_merged_and_a_large_one_is_left(bare: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    bare.update(MAIN, lambda _: {f"big/{n}": bytes(range(256)) * 40 + b"%d" % n for n in range(3000)}, text())
    (large,) = _packs(bare)
    monkeypatch.setattr(upkeep, "MAX_PACKS", 5)
    _grow(bare, 12)
    assert large in _packs(bare)
    assert_sound(bare.path)


def test_a_pack_that_git_was_told_to_keep_is_kept(bare: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    _grow(bare, 1)
    (kept,) = _packs(bare)
    kept.with_suffix(".keep").write_text("")
    monkeypatch.setattr(upkeep, "MAX_PACKS", 2)
    _grow(bare, 6, 1)
    assert kept in _packs(bare)
    assert_sound(bare.path)


def test_many_loose_objects_become_a_pack(bare: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(upkeep, "_LOOSE_PER_FOLDER", 0)
    for n in range(120):
        put(bare, **{f"f{n}": str(n)})
    loose = sum(1 for folder in (bare.git_dir / "objects").glob("??") for _ in folder.iterdir())
    assert loose < 300
    assert _packs(bare)
    assert len(list(bare.snapshot(MAIN).walk())) == 120
    assert_sound(bare.path)


def test_a_reader_that_has_the_old_packs_open_reads_on(bare: Store, world: Surroundings) -> None:
    _grow(bare, 6)
    with Store.open(bare.path, world) as reader:
        tree = reader.snapshot(MAIN)
        assert tree.read("n/0/0") == b"0 0"
        upkeep.merge_packs(bare.layout.objects, [pack.stem for pack in _packs(bare)], bare.objects.object_format)
        assert len(_packs(bare)) == 1
        assert [tree.read(f"n/{n}/7") for n in range(6)] == [b"%d 7" % n for n in range(6)]
        assert len(list(reader.snapshot(MAIN).walk())) == 150


def test_a_bitmap_of_gits_is_removed_by_the_next_writer(bare: Store) -> None:
    _grow(bare, 3)
    git(bare.path, "-c", "repack.writeBitmaps=true", "repack", "-a", "-d", "-q", "-b")
    folder = bare.git_dir / "objects/pack"
    assert list(folder.glob("*.bitmap"))
    put(bare, a="1")
    assert not list(folder.glob("*.bitmap"))
    assert_sound(bare.path)


def test_git_gc_beside_us_loses_nothing(bare: Store) -> None:
    for n in range(3):
        _grow(bare, 5, n * 5)
        git(bare.path, "gc", "-q")
    assert len(list(bare.snapshot(MAIN).walk())) == 15 * 25
    assert_sound(bare.path)


def test_a_commit_graph_and_a_multi_pack_index_are_not_believed(bare: Store, world: Surroundings) -> None:
    _grow(bare, 4)
    git(bare.path, "commit-graph", "write", "--reachable")
    git(bare.path, "multi-pack-index", "write")
    for name in ("info/commit-graph", "pack/multi-pack-index"):
        path = bare.git_dir / "objects" / name
        path.chmod(0o644)
        path.write_bytes(path.read_bytes()[:100] + b"\xff" * 100)
    with Store.open(bare.path, world) as seen:
        assert len(list(seen.first_parents(MAIN))) == 4
        assert len(list(seen.snapshot(MAIN).walk())) == 100


WRITER = """
import sys
from pathlib import Path
from gitreg.store import Store
from tests.store.builders import surroundings, text, MAIN
path, name = Path(sys.argv[1]), sys.argv[2]
store = Store.open(path, surroundings(path.parent / "home"))
for n in range(25):
    size = 1 if n % 4 else 25
    new = {f"{name}/{n}/{m}": b"x" for m in range(size)}
    assert store.update(MAIN, lambda tree: {"count": b"%d" % (int(tree.read("count") or 0) + 1), **new}, text())
"""


@pytest.mark.parametrize("kind", ["bare", "with a work tree"])
def test_eight_processes_at_once_lose_nothing(kind: str, bare: Store, store: Store) -> None:
    target = bare if kind == "bare" else store
    processes = [run_python(WRITER, str(target.path), f"w{n}", wait=False) for n in range(8)]
    assert [process.communicate(timeout=110)[1] for process in processes] == [""] * 8
    assert target.snapshot(MAIN).read("count") == b"200"
    assert len(list(target.first_parents(MAIN))) == 200
    assert len(list(target.snapshot(MAIN).walk())) == 8 * (7 * 25 + 18) + 1
    assert len(_packs(target)) <= upkeep.MAX_PACKS
    assert_sound(target.path)
    assert status(target.path) == [] if kind != "bare" else True


def test_threads_share_a_store(bare: Store) -> None:
    from concurrent.futures import ThreadPoolExecutor  # noqa: PLC0415 - used here alone

    def land(n: int) -> None:
        bare.update(MAIN, lambda tree: {f"t/{n}": b"x", "count": b"%d" % (int(tree.read("count") or 0) + 1)}, text())

    with ThreadPoolExecutor(8) as pool:
        list(pool.map(land, range(60)))
    assert bare.snapshot(MAIN).read("count") == b"60"
    assert_sound(bare.path)
