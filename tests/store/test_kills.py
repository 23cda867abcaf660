"""kill -9 at every step of a write: nothing acknowledged is lost, nothing looks clean that is not, and the next
writer, or the doctor, finishes or undoes.
"""

from __future__ import annotations

import fcntl
import json
import os
import random
import signal
import time
from typing import TYPE_CHECKING

import pytest

from gitreg.errors import Locked
from gitreg.store import Store, refs
from tests.store.builders import MAIN, assert_sound, git, put, run_python, status, text

if TYPE_CHECKING:
    from pathlib import Path

    from gitreg.surroundings import Surroundings

STEPS = ["locked", "a file", "before the index", "before the ref", "before unlocking"]
SCRIPT = """
import os, signal, sys
from pathlib import Path
from gitreg.store import Store, refs
from tests.store.builders import surroundings, text, MAIN
path, step = Path(sys.argv[1]), sys.argv[2]
store = Store.open(path, surroundings(path.parent / "home"))
store._mover.checkpoint = lambda at: os.kill(os.getpid(), signal.SIGKILL) if at == step else None
store.update(MAIN, lambda _: {"a": b"2", "b": None, "d/c": b"3"}, text("promotion"))
print("acknowledged")
"""


def _killed_at(store: Store, step: str) -> None:
    put(store, a="1", b="1", z="1")
    process = run_python(SCRIPT, str(store.path), step)
    assert process.returncode == -signal.SIGKILL


@pytest.mark.parametrize("step", STEPS)
def test_the_doctor_finishes_or_undoes_a_killed_move(store: Store, step: str) -> None:
    _killed_at(store, step)
    findings = store.doctor()
    assert [(finding.kind, finding.mended) for finding in findings] == [("half-moved", True)]
    assert status(store.path) == []
    done = step == "before unlocking"
    assert store.snapshot(MAIN).read("a") == (b"2" if done else b"1")
    assert (store.path / "a").read_text() == ("2" if done else "1")
    assert (store.path / "b").exists() != done
    assert_sound(store.path)
    assert store.doctor() == ()


@pytest.mark.parametrize("step", STEPS)
def test_the_next_writer_needs_no_doctor(store: Store, step: str) -> None:
    _killed_at(store, step)
    put(store, z="2", a="9")
    assert (status(store.path), (store.path / "a").read_text(), (store.path / "z").read_text()) == ([], "9", "2")
    assert_sound(store.path)


@pytest.mark.parametrize("step", STEPS)
def test_until_then_git_shows_what_is_half_done_and_never_a_clean_revert(store: Store, step: str) -> None:
    """A person who removes the lock by hand and looks: either nothing has happened, or it shows, or it is complete."""
    _killed_at(store, step)
    assert (store.git_dir / "index.lock").exists()
    (store.git_dir / "index.lock").unlink()
    shown = status(store.path)
    if step in ("locked", "before unlocking"):
        assert shown == []
    else:
        assert shown != []
    git(store.path, "commit", "-q", "-a", "-m", "whatever", check=False)
    if step == "before unlocking":
        assert store.snapshot("HEAD").read("a") == b"2"


def test_what_a_person_edited_after_the_kill_is_left_alone(store: Store) -> None:
    _killed_at(store, "before the ref")
    (store.path / "a").write_text("mine")
    (finding,) = store.doctor()
    assert "left alone: a" in finding.message
    assert (store.path / "a").read_text() == "mine"
    assert (store.path / "b").exists()


def test_without_flock_a_lock_of_ours_is_not_broken(store: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    _killed_at(store, "before the ref")

    def unsupported(*_: object) -> None:
        raise OSError(95, "Operation not supported")

    monkeypatch.setattr(fcntl, "flock", unsupported)
    with pytest.raises(Locked, match="left by a gitreg writer"):
        put(store, a="3")


LOOP = """
import json, sys
from pathlib import Path
from gitreg.store import Store, refs
from tests.store.builders import surroundings, text, MAIN
path, name = Path(sys.argv[1]), sys.argv[2]
store = Store.open(path, surroundings(path.parent / "home"))
for n in range(10_000):
    size = 1 if n % 3 else 25
    store.update(MAIN, lambda _: {f"{name}/{n}/{m}": b"x" for m in range(size)}, text(f"{name} {n}"))
    print(n, flush=True)
"""


def _kill_some_writers(path: Path, rounds: int, seed: int) -> dict[str, int]:
    """Start writers, kill them at random moments; what each had acknowledged."""
    moments = random.Random(seed)  # noqa: S311 - which moment, not a secret
    acknowledged: dict[str, int] = {}
    for number in range(rounds):
        name = f"w{number}"
        process = run_python(LOOP, str(path), name, wait=False)
        assert process.stdout
        process.stdout.readline()
        time.sleep(moments.uniform(0, 0.15))
        os.kill(process.pid, signal.SIGKILL)
        said, _ = process.communicate()
        acknowledged[name] = max([0, *(int(line) for line in said.split() if line.isdigit())])
    return acknowledged


@pytest.mark.parametrize("kind", ["bare", "with a work tree"])
def test_no_acknowledged_commit_is_lost_and_no_lock_blocks(
    kind: str, store: Store, bare: Store, world: Surroundings
) -> None:
    target = bare if kind == "bare" else store
    put(target, start="1")
    acknowledged = _kill_some_writers(target.path, 6, seed=7)
    with Store.open(target.path, world) as after:
        put(after, end="1")
        tree = after.snapshot(MAIN)
        for name, last in acknowledged.items():
            assert all(tree.read(f"{name}/{n}/0") == b"x" for n in range(last + 1))
    assert_sound(target.path)
    if kind != "bare":
        assert status(target.path) == []


def test_a_stale_ref_lock_is_broken_and_a_young_one_waited_for(bare: Store) -> None:
    put(bare, a="1")
    lock = bare.git_dir / "refs/heads/main.lock"
    lock.write_text("")
    old = time.time() - 11
    os.utime(lock, (old, old))
    put(bare, a="2")
    assert not lock.exists()


def test_a_lock_that_is_let_go_is_waited_for(bare: Store) -> None:
    put(bare, a="1")
    lock = bare.git_dir / "refs/heads/main.lock"
    lock.write_text("")
    process = run_python("import os, sys, time; time.sleep(0.5); os.unlink(sys.argv[1])", str(lock), wait=False)
    put(bare, a="2")
    process.communicate()
    assert bare.snapshot(MAIN).read("a") == b"2"


def test_a_lock_that_stays_is_named_with_what_to_do(bare: Store, monkeypatch: pytest.MonkeyPatch) -> None:
    put(bare, a="1")
    lock = bare.git_dir / "refs/heads/main.lock"
    lock.write_text("")
    monkeypatch.setattr(refs, "_PATIENCE_S", 0.1)
    with pytest.raises(Locked, match="break-locks") as refusal:
        put(bare, a="2")
    assert refusal.value.subject == str(lock)


def test_break_locks_removes_what_stands_still(bare: Store) -> None:
    put(bare, a="1")
    locks = [bare.git_dir / "refs/heads/main.lock", bare.git_dir / "packed-refs.lock", bare.git_dir / "config.lock"]
    for lock in locks:
        lock.write_text("")
        os.utime(lock, (time.time() - 5,) * 2)
    assert [finding.mended for finding in bare.doctor()] == [False] * 3
    assert [finding.mended for finding in bare.doctor(break_locks=True)] == [True] * 3
    assert not any(lock.exists() for lock in locks)


def test_a_writer_that_keeps_the_lock_is_named(bare: Store) -> None:
    put(bare, a="1")
    bare._lock._patience_s = 0.2
    holder = run_python(
        "import fcntl, sys, time; file = open(sys.argv[1], 'r+'); fcntl.flock(file, fcntl.LOCK_EX);"
        "print('held', flush=True); time.sleep(60)",
        str(bare.git_dir / "gitreg/lock"),
        wait=False,
    )
    assert holder.stdout
    holder.stdout.readline()
    with pytest.raises(Locked, match="Another gitreg process"):
        put(bare, a="2")
    holder.kill()
    holder.communicate()
    put(bare, a="2")


def test_the_record_of_a_journey_is_json_a_person_can_read(store: Store) -> None:
    _killed_at(store, "before the ref")
    record = json.loads((store.git_dir / "index.lock").read_bytes())
    assert (record["schema"], record["ref"]) == ("gitreg/carry/v1", MAIN)
    assert text("x").message == "x"
