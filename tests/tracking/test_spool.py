"""Runs that are recorded into a spool, and how they reach the registry: nothing lost, nothing twice."""

from __future__ import annotations

import errno
import fcntl
import json
import os
import shutil
import signal
import subprocess
import sys
import threading
from collections.abc import Iterator
from dataclasses import replace
from datetime import UTC, datetime, timedelta
from pathlib import Path

import pytest

from gitreg.documents import RegistryId, RunRecord
from gitreg.errors import AlreadyExists, InvalidValue, StorageError, Unavailable
from gitreg.store import Store
from gitreg.tracking import Spool, spool_of
from gitreg.tracking import spooled as publishing
from tests.tracking.builders import REGISTRY, ROOT, Clone, machine
from tests.tracking.spooling import forget, header, on, recorded, write

HOUR_S = 3600.0


@pytest.fixture
def spool(tmp_path: Path) -> Spool:
    return Spool.init(tmp_path / "spool", REGISTRY)


@pytest.fixture
def elsewhere(tmp_path: Path, home: Path, clone: Clone) -> Iterator[Clone]:
    """Another clone that shares an origin with `clone`."""
    del clone
    Store.init(tmp_path / "origin", machine(home), bare=True).close()
    made = Clone.make(tmp_path / "elsewhere", machine(home))
    yield made
    made.store.close()


def share(tmp_path: Path, *clones: Clone) -> None:
    for each in clones:
        each.store.config.append({"remote.origin.url": str(tmp_path / "origin")})


def after(clone: Clone, days: int) -> Clone:
    """The same clone, so many days on."""
    now = datetime.now(UTC) + timedelta(days=days)
    return clone.as_seen_by(lambda around: replace(around, now=lambda: now))


def left(spool: Spool) -> list[str]:
    return sorted(path.name for path in spool.journals.iterdir())


_WATCHED = """
import sys
seen = []
def hook(event, args):
    if event in ("fcntl.flock", "fcntl.lockf", "socket.connect", "sqlite3.connect"):
        seen.append(event)
    if event == "open" and "/.git/" in str(args[0]).replace("\\\\", "/"):
        seen.append(str(args[0]))
sys.addaudithook(hook)
import gitreg
with gitreg.start_run("sweep") as run:
    run.log_metric("auc", 0.5)
    run.log_text("hello", "greeting.txt")
    run.flush()
print(seen)
"""


def test_recording_into_a_spool_opens_no_git_takes_no_lock_and_no_network(spool: Spool, home: Path) -> None:
    environ = {**os.environ, "GITREG_MODE": "journal", "GITREG_SPOOL": str(spool.folder), "HOME": str(home)}

    done = subprocess.run(
        [sys.executable, "-c", _WATCHED], env=environ, cwd=ROOT, capture_output=True, text=True, check=True
    )

    assert done.stdout == "[]\n"
    assert len(left(spool)) == 1


def test_what_is_in_a_spool_becomes_runs_with_their_bytes(clone: Clone, spool: Spool, home: Path) -> None:
    with on(spool, home).start_run("sweep", name="first") as run:
        run.log_param("depth", 4)
        run.log_metric("auc", 0.5)
        run.log_text("hello", "greeting.txt")

    found = clone.tracker.publish_spool(spool)

    assert found.runs == (run.run_id,)
    published = clone.runs.get(run.run_id)
    assert (published.name, published.status, published.params["depth"]) == ("first", "finished", 4)
    assert [point.value for point in clone.runs.series(run.run_id, "auc")] == [0.5]
    assert clone.blobs.read(clone.runs.artifacts(run.run_id)[0].digest) == b"hello"
    assert left(spool) == []
    assert list(spool.bytes.iterdir()) == []


def test_a_model_in_a_spool_can_be_fetched_from_the_registry(
    clone: Clone, spool: Spool, home: Path, tmp_path: Path
) -> None:
    folder = tmp_path / "model"
    folder.mkdir()
    (folder / "weights.bin").write_bytes(b"weights")
    with on(spool, home).start_run("sweep") as run:
        run.log_model(folder)

    clone.tracker.publish_spool(spool)

    assert [clone.blobs.read(each.digest) for each in clone.runs.artifacts(run.run_id)] == [b"weights"]


def test_what_is_personal_is_sealed_on_the_way_as_well(clone: Clone, spool: Spool, home: Path) -> None:
    with on(spool, home).start_run("sweep") as run:
        run.log_text("Ada, 36", "rows.csv", personal=True)

    clone.tracker.publish_spool(spool)

    entry = clone.runs.artifacts(run.run_id)[0]
    assert b"Ada" not in clone.blobs.read(entry.digest)
    assert clone.blobs.get_key(entry.digest) is not None


def test_five_hundred_jobs_that_end_in_one_minute_are_a_handful_of_commits(clone: Clone, spool: Spool) -> None:
    for number in range(500):
        write(spool, header(number), has_ended=number < 498)

    found = clone.tracker.publish_spool(spool)

    assert (len(found.runs), found.commits, len(found.running)) == (498, 5, 2)
    assert len(clone.ledger_log()) == 5
    assert len(clone.runs.list()) == 498


def test_publishing_again_changes_nothing(clone: Clone, spool: Spool) -> None:
    write(spool, header(1))
    clone.tracker.publish_spool(spool)

    again = clone.tracker.publish_spool(spool)

    assert (again.runs, again.commits) == ((), 0)
    assert len(clone.ledger_log()) == 1


def test_a_publisher_killed_before_it_cleared_away_doubles_nothing(
    clone: Clone, spool: Spool, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    run = recorded(on(spool, home))

    def killed(*_: object) -> None:
        raise KeyboardInterrupt

    with monkeypatch.context() as patch:
        patch.setattr(publishing.SpoolPublisher, "_put_away", killed)
        with pytest.raises(KeyboardInterrupt):
            clone.tracker.publish_spool(spool)
    assert len(left(spool)) == 1

    clone.tracker.publish_spool(spool)

    assert len(clone.ledger_log()) == 1
    assert left(spool) == []
    metric = clone.runs.get(run.run_id).metric("auc")
    assert metric is not None
    assert metric.count == 1


def test_two_publishers_on_two_hosts_at_once_lose_and_double_nothing(
    clone: Clone, elsewhere: Clone, spool: Spool, tmp_path: Path
) -> None:
    share(tmp_path, clone, elsewhere)
    for number in range(40):
        write(spool, header(number))
    found: list[object] = []

    def publish(one: Clone) -> None:
        found.append(one.tracker.publish_spool(spool))

    threads = [threading.Thread(target=publish, args=(each,)) for each in (clone, elsewhere)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert len(found) == 2
    assert left(spool) == []
    with Store.open(tmp_path / "origin", clone.tracker.surroundings) as origin:
        tree = origin.snapshot(origin.ledger_tip())
        records = [RunRecord.from_bytes(tree.read(path) or b"", path) for path, _ in tree.walk("runs")]
    assert len(records) == 40
    assert {len(record.attempts) for record in records} == {1}


def test_an_attempt_that_another_host_published_meanwhile_is_kept(
    clone: Clone, elsewhere: Clone, spool: Spool, home: Path, tmp_path: Path
) -> None:
    share(tmp_path, clone, elsewhere)
    first = recorded(on(spool, home), key="one")
    clone.tracker.publish_spool(spool)
    recorded(on(spool, home), key="one")

    elsewhere.tracker.publish_spool(spool)

    assert len(elsewhere.runs.get(first.run_id).attempts) == 2


def test_what_cannot_reach_the_remote_stays_in_the_spool(clone: Clone, spool: Spool, tmp_path: Path) -> None:
    clone.store.config.append({"remote.origin.url": "http://127.0.0.1:9/registry.git"})
    write(spool, header(1))

    with pytest.raises(Unavailable):
        clone.tracker.publish_spool(spool)

    assert len(left(spool)) == 1
    assert clone.store.ledger_tip() is None
    del tmp_path


# What others put there


def test_what_is_broken_is_told_by_name_and_left_and_the_others_go_on(
    clone: Clone, spool: Spool, tmp_path: Path
) -> None:
    write(spool, header(1))
    empty, torn = write(spool, header(2)), write(spool, header(3))
    empty.write_bytes(b"")
    data = bytearray(torn.read_bytes())
    data[len(data) // 2] ^= 0xFF
    torn.write_bytes(bytes(data))
    link = spool.journals / write(spool, header(4)).name
    link.rename(tmp_path / "secret")
    link.symlink_to(tmp_path / "secret")
    pipe = write(spool, header(5))
    pipe.unlink()
    os.mkfifo(pipe)
    other = write(spool, header(6, registry=RegistryId("f" * 32)))
    misnamed = write(spool, header(7))
    misnamed = misnamed.rename(misnamed.with_name(misnamed.name.replace("7.journal", "8.journal")))

    found = clone.tracker.publish_spool(spool)

    assert len(found.runs) == 1
    names = {empty.name, torn.name, link.name, pipe.name, other.name, misnamed.name}
    assert {each.path.name for each in found.damaged} == names
    assert set(left(spool)) == names


def test_a_journal_whose_bytes_are_missing_waits_for_them(clone: Clone, spool: Spool, home: Path) -> None:
    with on(spool, home).start_run("sweep") as run:
        run.log_text("hello", "greeting.txt")
    hidden = spool.folder / "hidden"
    (spool.bytes / run.header.journal).rename(hidden)

    found = clone.tracker.publish_spool(spool)
    assert [each.path.name.partition(".")[0] for each in found.damaged] == [run.run_id]

    hidden.rename(spool.bytes / run.header.journal)
    assert clone.tracker.publish_spool(spool).runs == (run.run_id,)


def test_bytes_that_were_changed_are_refused(clone: Clone, spool: Spool, home: Path) -> None:
    with on(spool, home).start_run("sweep") as run:
        run.log_text("hello", "greeting.txt")
    blob = next(path for path in spool.bytes.rglob("sha256/*/*") if path.read_bytes() == b"hello")
    blob.chmod(0o644)
    blob.write_bytes(b"hullo")

    found = clone.tracker.publish_spool(spool)

    assert (found.runs, len(found.damaged)) == ((), 1)
    assert run.run_id in left(spool)[0]


def test_the_spool_of_another_registry_is_refused(clone: Clone, tmp_path: Path) -> None:
    foreign = Spool.init(tmp_path / "foreign", RegistryId("f" * 32))

    with pytest.raises(AlreadyExists, match="another registry"):
        clone.tracker.publish_spool(foreign)
    with pytest.raises(AlreadyExists, match="another registry"):
        Spool.init(tmp_path / "foreign", REGISTRY)


def test_what_is_on_the_ledger_is_swept_after_a_month(clone: Clone, spool: Spool) -> None:
    write(spool, header(1))
    clone.tracker.publish_spool(spool)
    after(clone, 29).tracker.publish_spool(spool)
    assert len([*spool.published.glob("*/*.journal")]) == 1
    assert after(clone, 32).tracker.publish_spool(spool).damaged == ()
    assert [*spool.published.iterdir()] == []


def test_what_the_ledger_does_not_have_any_more_is_kept_and_told_of(
    clone: Clone, spool: Spool, tmp_path: Path, home: Path
) -> None:
    """A ledger that was set back is healed from the spool."""
    write(spool, header(1))
    clone.tracker.publish_spool(spool)
    (journal,) = spool.published.glob("*/*.journal")
    restored = Clone.make(tmp_path / "restored", machine(home))
    (told,) = after(restored, 32).tracker.publish_spool(spool).damaged
    assert told.error.message == f"{journal.name} was published, and is not on the ledger any more."
    assert told.error.hint == f"To publish it again: mv {journal} {spool.journals}"
    shutil.move(journal, spool.journals)
    assert len(after(restored, 32).tracker.publish_spool(spool).runs) == 1


def test_claims_of_jobs_that_are_long_over_are_swept(clone: Clone, spool: Spool) -> None:
    write(spool, header(1), has_ended=False)
    run_id, gone = header(1).run_id, header(2).run_id
    for each in (run_id, gone):
        (spool.claims / f"{each}.0.-").touch()
    (spool.claims / "README").touch()
    after(clone, 80).tracker.publish_spool(spool)
    assert len([*spool.claims.iterdir()]) == 3
    after(clone, 100).tracker.publish_spool(spool)
    assert sorted(path.name for path in spool.claims.iterdir()) == sorted([f"{run_id}.0.-", "README"])


def test_sweeping_follows_no_link(clone: Clone, spool: Spool, tmp_path: Path) -> None:
    others = tmp_path / "others"
    others.mkdir()
    path = write(spool, header(1))
    shutil.copy(path, others / path.name)
    clone.tracker.publish_spool(spool)
    (spool.published / "2001-01-01").symlink_to(others)
    after(clone, 1).tracker.publish_spool(spool)
    assert [each.name for each in others.iterdir()] == [path.name]


def test_making_a_spool_again_finds_it(spool: Spool) -> None:
    assert Spool.init(spool.folder, REGISTRY).header == spool.header


def test_a_folder_that_is_no_spool_says_how_to_make_one(tmp_path: Path) -> None:
    with pytest.raises(StorageError, match="is no spool") as error:
        Spool(tmp_path)
    assert "gitreg spool init" in error.value.hint


@pytest.mark.parametrize(
    ("environ", "folder"),
    [
        ({}, None),
        ({"GITREG_SPOOL": "/spool"}, None),
        ({"GITREG_MODE": "journal", "GITREG_SPOOL": "/spool"}, "/spool"),
    ],
)
def test_the_mode_says_whether_runs_go_into_the_spool(environ: dict[str, str], folder: str | None) -> None:
    assert spool_of(environ) == folder


@pytest.mark.parametrize("environ", [{"GITREG_MODE": "jurnal"}, {"GITREG_MODE": "journal"}])
def test_half_a_setting_is_refused(environ: dict[str, str]) -> None:
    with pytest.raises(InvalidValue):
        spool_of(environ)


# File systems without flock


def test_a_spool_is_published_where_locks_are_refused(
    clone: Clone, spool: Spool, home: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    monkeypatch.setattr(fcntl, "flock", refuse)
    run = recorded(on(spool, home))

    assert clone.tracker.publish_spool(spool).runs == (run.run_id,)
    assert not clone.store.has_flock


# Who may say killed


def test_a_run_of_another_host_is_never_called_killed(clone: Clone, spool: Spool) -> None:
    path = write(spool, header(1), has_ended=False)
    forget(path, 2 * HOUR_S)

    found = clone.tracker.publish_spool(spool)

    assert found.runs == ()
    assert [run.host for run in found.running] == ["node1"]
    assert found.running[0].silent_since is not None
    assert left(spool) == [path.name]


@pytest.mark.parametrize("changed", ["boot_id", "pid_space"])
def test_two_hosts_of_one_name_cannot_end_each_others_runs(clone: Clone, spool: Spool, changed: str) -> None:
    around = clone.tracker.surroundings
    mine = {"host": around.host, "boot_id": around.boot_id, "pid_space": around.pid_space}
    write(spool, header(1, **{**mine, changed: "another", "pid": 2**22 - 1}), has_ended=False)

    found = clone.tracker.publish_spool(spool)

    assert (found.runs, len(found.running)) == ((), 1)


def test_a_run_whose_process_is_gone_from_this_very_host_is_killed_and_keeps_its_points(
    clone: Clone, spool: Spool
) -> None:
    around = clone.tracker.surroundings
    mine = {"host": around.host, "boot_id": around.boot_id, "pid_space": around.pid_space, "pid": 2**22 - 1}
    head = header(1, **mine)
    write(spool, head, has_ended=False)

    clone.tracker.publish_spool(spool)

    found = clone.runs.get(head.run_id)
    assert (found.status, found.params["task"]) == ("killed", "task-1")


_WORKING = """
import os, sys, time, gitreg
run = gitreg.start_run("sweep")
run.log_metric("auc", 0.5)
print("ready", flush=True)
time.sleep(60)
"""


def test_sigterm_ends_the_run_as_killed_and_keeps_its_points(clone: Clone, spool: Spool, home: Path) -> None:
    environ = {**os.environ, "GITREG_MODE": "journal", "GITREG_SPOOL": str(spool.folder), "HOME": str(home)}
    with subprocess.Popen([sys.executable, "-c", _WORKING], env=environ, cwd=ROOT, stdout=subprocess.PIPE) as process:
        assert process.stdout is not None
        process.stdout.readline()
        process.send_signal(signal.SIGTERM)
        assert process.wait() == -signal.SIGTERM

    found = clone.tracker.publish_spool(spool)

    run = clone.runs.get(found.runs[0])
    metric = run.metric("auc")
    assert (run.status, metric.count if metric else 0) == ("killed", 1)


_FORKING = """
import os, gitreg
run = gitreg.start_run("sweep")
run.log_metric("auc", 0.5, step=0)
if os.fork() == 0:
    run.log_metric("auc", 0.6, step=1)
    run.log_text("of the child", "child.txt")
    run.finish()
    os._exit(0)
os.wait()
run.finish()
"""


def test_what_a_forked_child_records_counts_into_the_run(clone: Clone, spool: Spool, home: Path) -> None:
    environ = {**os.environ, "GITREG_MODE": "journal", "GITREG_SPOOL": str(spool.folder), "HOME": str(home)}
    subprocess.run([sys.executable, "-c", _FORKING], env=environ, cwd=ROOT, check=True, stderr=subprocess.PIPE)

    found = clone.tracker.publish_spool(spool)

    points = clone.runs.series(found.runs[0], "auc")
    assert sorted(point.value for point in points) == [0.5, 0.6]
    assert [each.path for each in clone.runs.artifacts(found.runs[0])] == ["child.txt"]


def test_a_workers_part_without_an_end_is_taken_when_its_run_has_ended_and_it_is_silent(
    clone: Clone, spool: Spool
) -> None:
    write(spool, header(1))
    part = header(1, segment=True, journal=header(2).journal)
    path = write(spool, part, has_ended=False)

    clone.tracker.publish_spool(spool)
    assert left(spool) == [path.name]

    forget(path, 2 * HOUR_S)
    clone.tracker.publish_spool(spool)
    assert left(spool) == []


def test_the_spools_header_is_plain_json(spool: Spool) -> None:
    header = json.loads((spool.folder / "spool.json").read_text())

    assert (header["spool"], header["registry"]) == ("gitreg-spool/1", REGISTRY)


def test_a_link_beside_a_journal_publishes_nobodys_secrets(clone: Clone, spool: Spool, tmp_path: Path) -> None:
    secret = tmp_path / "id_ed25519"
    secret.write_text("the key of whoever publishes")
    path = write(spool, header(1))
    path.with_name(f"{path.name.removesuffix('.journal')}.stdout.0").symlink_to(secret)
    os.mkfifo(path.with_name(f"{path.name.removesuffix('.journal')}.stderr.0"))

    found = clone.tracker.publish_spool(spool)

    assert {entry.size for entry in clone.runs.artifacts(found.runs[0])} == {0}


def test_what_a_command_prints_is_kept_in_a_spool_as_well(clone: Clone, spool: Spool, home: Path) -> None:
    environ = {**os.environ, "GITREG_MODE": "journal", "GITREG_SPOOL": str(spool.folder), "HOME": str(home)}
    words = [sys.executable, "-m", "gitreg", "run", "-e", "sweep", "--", "echo", "hello"]
    subprocess.run(words, env=environ, cwd=ROOT, check=True, capture_output=True)

    found = clone.tracker.publish_spool(spool)

    (entry,) = clone.runs.artifacts(found.runs[0])
    assert (entry.path, clone.blobs.read(entry.digest)) == ("logs/stdout.txt", b"hello\n")
    assert left(spool) == []
