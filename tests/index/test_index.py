"""The index answers what git says, whatever happens to its file."""

from __future__ import annotations

import errno
import fcntl
import os
import sqlite3
import subprocess
import sys
from concurrent.futures import ThreadPoolExecutor
from typing import TYPE_CHECKING

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from gitreg.documents import Dataset, Digest, Experiment, RunId, Status, WriterId, paths
from gitreg.index import Index, Landed, PathChange
from gitreg.index.database import Database, is_on_network
from gitreg.store import Store
from tests.index.builders import (
    ACTOR,
    START,
    WRITER,
    Ledger,
    note_edits,
    record,
    record_edits,
    run_id,
    surroundings,
    version,
    version_edits,
)

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path


@pytest.fixture
def ledger(tmp_path: Path) -> Iterator[Ledger]:
    with Ledger(Store.init(tmp_path / "registry", surroundings(tmp_path))) as made:
        yield made


@pytest.fixture
def index(ledger: Ledger) -> Index:
    return ledger.index(ledger.store.git_dir / "gitreg")


def ids(index: Index, **wanted: object) -> list[RunId]:
    return [row.run_id for row in index.runs(**wanted)]  # type: ignore[arg-type]


def test_an_empty_registry_has_nothing(index: Index) -> None:
    assert (index.runs(), index.versions(), index.experiments(), index.models()) == ([], [], [], [])
    assert index.line_length("refs/heads/main") == 0


def test_runs_are_listed_latest_first(ledger: Ledger, index: Index) -> None:
    runs = [run_id(number) for number in range(5)]
    ledger.commit(record_edits(*(record(run) for run in runs)))
    assert ids(index) == runs[::-1]
    assert ids(index, limit=2) == runs[:2:-1]


def test_runs_of_one_experiment(ledger: Ledger, index: Index) -> None:
    ledger.commit(record_edits(record(run_id(1), experiment="churn"), record(run_id(2), experiment="fraud")))
    assert [row.experiment for row in index.runs("fraud")] == ["fraud"]


def test_a_later_commit_is_seen_at_the_next_question(ledger: Ledger, index: Index) -> None:
    run = run_id(1)
    ledger.commit(record_edits(record(run, status="running")))
    assert index.runs()[0].status == "running"
    ledger.commit(record_edits(record(run, status="finished")))
    assert index.runs()[0].status == "finished"


def test_the_records_of_two_writers_are_one_run(ledger: Ledger, index: Index) -> None:
    run, other = run_id(1), WriterId("b" * 32)
    ledger.commit(record_edits(record(run), record(run, writer=other)))
    assert ids(index) == [run]
    assert {each.writer for each in index.records([run])[run]} == {WriterId("a" * 32), other}


@pytest.mark.parametrize("text", ["whole", "start", "end", "brave-otter"])
def test_a_run_is_found_by_id_either_end_of_it_and_name(ledger: Ledger, index: Index, text: str) -> None:
    run = run_id(1)
    ledger.commit(record_edits(record(run), record(run_id(999_999_999), name="calm-lynx")))
    asked = {"whole": str(run), "start": run[:8], "end": run[-8:]}.get(text, text)
    assert [row.run_id for row in index.find_runs(asked)] == [run]
    assert index.find_runs("") == []


def test_a_deleted_run_is_left_out_until_it_is_restored(ledger: Ledger, index: Index) -> None:
    run = run_id(1)
    ledger.commit(record_edits(record(run)))
    ledger.commit(note_edits(paths.run_notes(run), "deleted", "a mistake"))
    assert (ids(index), ids(index, deleted=True), ids(index, deleted=None)) == ([], [run], [run])
    ledger.commit(note_edits(paths.run_notes(run), "deleted", None, rev=2))
    assert ids(index) == [run]


def test_a_note_that_came_before_its_run_counts(ledger: Ledger, index: Index) -> None:
    run = run_id(1)
    ledger.commit(note_edits(paths.run_notes(run), "deleted", "a mistake"))
    assert index.runs() == []
    ledger.commit(record_edits(record(run)))
    assert ids(index, deleted=True) == [run]


def test_notes_are_read_by_folder(ledger: Ledger, index: Index) -> None:
    folder = paths.model_notes("fraud")
    ledger.commit({**note_edits(folder, "description", "finds fraud"), **note_edits(folder, "Tag.Ä", "x")})
    assert {name: note.value for name, note in index.notes(folder).items()} == {
        "description": "finds fraud",
        "Tag.Ä": "x",
    }


def test_versions_are_listed_by_number(ledger: Ledger, index: Index) -> None:
    one, two = version(), version(content=b"other")
    ledger.commit({**version_edits(two, 2), **version_edits(one, 1), **version_edits(one, 0)})
    assert [(row.number, row.digest) for row in index.versions("fraud")] == [
        (0, one.digest),
        (1, one.digest),
        (2, two.digest),
    ]
    assert [row.number for row in index.versions_by_digest(one.digest)] == [0, 1]
    assert index.models() == ["fraud"]


def test_what_is_no_document_is_listed_with_its_reason(ledger: Ledger, index: Index) -> None:
    good = record(run_id(1))
    wrong_place = {paths.run_record(run_id(2), good.writer): good.to_bytes()}
    ledger.commit({"runs/readme.txt": b"hello", "experiments/x.json": b"{", **wrong_place})
    assert set(index.unreadable()) == {"experiments/x.json", "runs/readme.txt", *wrong_place}


def test_a_record_that_only_its_own_reader_refuses_hides_no_other(ledger: Ledger, index: Index) -> None:
    good, spoilt = record(run_id(1)), record(run_id(2))
    edits = record_edits(good, spoilt)
    path = paths.run_record(spoilt.run_id, spoilt.writer)
    ledger.commit({**edits, path: spoilt.to_bytes().replace(b'"boot_id": null', b'"boot_id": 1')})
    assert list(index.records([good.run_id, spoilt.run_id])) == [good.run_id]


@pytest.mark.parametrize(
    "data",
    [
        b"[]",
        b"{",
        b"[" * 100_000,
        b'{"run_id": "x", "writer": 1}',
        b'{"run_id": "\\ud800", "writer": "1"}',
        b"\xff",
        b"{}",
    ],
)
def test_a_record_that_is_no_record_is_listed_with_its_reason(ledger: Ledger, index: Index, data: bytes) -> None:
    path = paths.run_record(run_id(1), WriterId("a" * 32))
    ledger.commit({path: data})
    assert (index.runs(), list(index.unreadable())) == ([], [path])


def test_path_history_has_positions_on_the_first_parent_line(ledger: Ledger, index: Index) -> None:
    main = ledger.store.branches.main
    commits = [ledger.commit({"README.md": b"1", "a/b": b"1"}, main), ledger.commit({"a/c": b"1"}, main)]
    commits.append(ledger.commit({"a/b": None}, main))
    blob = ledger.store.snapshot(commits[0]).object_id("a/b")
    assert index.path_history(main, "a/b") == [PathChange(0, commits[0], blob), PathChange(2, commits[2], None)]
    assert index.folder_history(main, "a") == [Landed(position, commit) for position, commit in enumerate(commits)]
    assert (index.position(main, commits[1]), index.commit_at(main, 1)) == (1, Landed(1, commits[1]))
    assert (index.commit_at(main, 3), index.line_length(main)) == (None, 3)


def test_the_ledger_tells_which_commit_brought_a_version(ledger: Ledger, index: Index) -> None:
    ref, document = ledger.store.branches.ledger, version()
    ledger.commit(record_edits(record(run_id(1))))
    commit = ledger.commit(version_edits(document, 1))
    ledger.commit(record_edits(record(run_id(2))))
    path = paths.version("fraud", 1, document.digest)
    assert [(change.position, change.commit) for change in index.path_history(ref, path)] == [(1, commit)]


def test_a_tip_that_is_not_built_on_the_known_one_is_followed(ledger: Ledger, index: Index) -> None:
    ref = ledger.store.branches.ledger
    kept = [record(run_id(1)), record(run_id(3))]
    first = ledger.commit(record_edits(kept[0]))
    local = ledger.commit({**record_edits(record(run_id(2))), **version_edits(version(), 1)})
    assert len(index.runs()) == 2
    assert index.line_length(ref) == 2
    ledger.store.set_ref(ref, first, local)
    replaced = ledger.commit({**record_edits(kept[1]), **version_edits(version(), 2)})
    assert set(ids(index)) == {record_.run_id for record_ in kept}
    assert index.commit_at(ref, 1) == Landed(1, replaced)
    assert [row.number for row in index.versions()] == [2]


def test_a_known_tip_whose_objects_are_gone_means_building_anew(ledger: Ledger, index: Index) -> None:
    ledger.commit(record_edits(record(run_id(1))))
    index.refresh(ledger.store.branches.ledger)
    index.close()
    with sqlite3.connect(ledger.store.git_dir / "gitreg" / "index.sqlite") as connection:
        connection.execute("UPDATE tips SET commit_id = ? WHERE what = 'facts'", ("0" * 40,))
    connection.close()
    assert len(index.runs()) == 1


def test_a_deepened_clone_has_its_line_built_anew(ledger: Ledger, index: Index) -> None:
    main = ledger.store.branches.main
    commits = [ledger.commit({"README.md": str(number).encode()}, main) for number in range(3)]
    shallow = ledger.store.git_dir / "shallow"
    shallow.write_text(f"{commits[1]}\n")
    assert index.position(main, commits[2]) == 1
    shallow.unlink()
    assert index.position(main, commits[2]) == 2


def test_a_clone_that_recorded_nothing_reads_what_origin_has(ledger: Ledger, index: Index) -> None:
    commit = ledger.commit(record_edits(record(run_id(1))))
    ledger.store.set_ref("refs/remotes/origin/ledger", commit, None)
    ledger.store.delete_ref(ledger.store.branches.ledger, commit)
    assert len(index.runs()) == 1
    assert index.line_length(ledger.store.branches.ledger) == 1


def test_a_branch_that_was_deleted_leaves_nothing(ledger: Ledger, index: Index) -> None:
    commit = ledger.commit(record_edits(record(run_id(1))))
    assert len(index.runs()) == 1
    ledger.store.delete_ref(ledger.store.branches.ledger, commit)
    assert index.runs() == []


@pytest.mark.parametrize("damage", [b"", b"not a database" * 1000, None])
def test_a_damaged_or_missing_file_is_made_anew(ledger: Ledger, index: Index, damage: bytes | None) -> None:
    ledger.commit(record_edits(record(run_id(1))))
    index.refresh(ledger.store.branches.ledger)
    index.close()
    file = ledger.store.git_dir / "gitreg" / "index.sqlite"
    file.unlink() if damage is None else file.write_bytes(damage)
    again = ledger.index(file.parent)
    assert (len(again.runs()), again.trouble) == (1, "")
    again.close()
    assert file.read_bytes().startswith(b"SQLite format 3")


def test_damage_that_shows_in_the_middle_of_a_question_is_mended(ledger: Ledger, index: Index) -> None:
    ledger.commit(record_edits(*(record(run_id(number)) for number in range(300))))
    index.refresh(ledger.store.branches.ledger)
    index.close()
    file = ledger.store.git_dir / "gitreg" / "index.sqlite"
    data = bytearray(file.read_bytes())
    data[8192:] = b"\xff" * (len(data) - 8192)
    file.write_bytes(data)
    again = ledger.index(file.parent)
    assert len(again.runs()) == 300
    assert again.trouble == ""


def test_a_check_finds_pages_that_do_not_fit(ledger: Ledger, index: Index) -> None:
    ledger.commit(record_edits(*(record(run_id(number)) for number in range(300))))
    index.refresh(ledger.store.branches.ledger)
    assert index.check() == ""
    index.close()
    file = ledger.store.git_dir / "gitreg" / "index.sqlite"
    data = bytearray(file.read_bytes())
    data[len(data) // 3 : len(data) // 2] = bytes(len(data) // 2 - len(data) // 3)
    file.write_bytes(data)
    assert index.check() != ""
    assert (len(index.runs()), index.check()) == (300, "")


def test_an_older_schema_is_replaced(ledger: Ledger, index: Index) -> None:
    ledger.commit(record_edits(record(run_id(1))))
    file = ledger.store.git_dir / "gitreg" / "index.sqlite"
    file.parent.mkdir(exist_ok=True)
    connection = sqlite3.connect(file)
    connection.execute("CREATE TABLE runs (something TEXT)")
    connection.execute("PRAGMA user_version = 99")
    connection.close()
    assert len(index.runs()) == 1


def test_where_no_file_can_be_had_the_index_lives_in_memory(ledger: Ledger, tmp_path: Path) -> None:
    ledger.commit(record_edits(record(run_id(1))))
    (tmp_path / "file").write_bytes(b"")
    index = ledger.index(tmp_path / "file" / "gitreg")
    assert len(index.runs()) == 1
    assert "in memory" in index.trouble


def test_where_locks_are_refused_the_index_lives_in_memory_at_once(
    ledger: Ledger, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """SQLite alone takes the refusal for somebody who holds a lock, and waits."""

    def refuse(*_: object) -> None:
        raise OSError(errno.ENOLCK, os.strerror(errno.ENOLCK))

    ledger.commit(record_edits(record(run_id(1))))
    monkeypatch.setattr(fcntl, "lockf", refuse)
    index = ledger.index(tmp_path)
    assert len(index.runs()) == 1
    assert index.trouble == "The index is kept in memory only: its file system knows no locks."


def test_an_index_without_a_folder_is_in_memory(ledger: Ledger) -> None:
    ledger.commit(record_edits(record(run_id(1))))
    index = ledger.index(None)
    assert (len(index.runs()), index.trouble) == (1, "")


def test_verdicts_are_kept_by_commit_and_key(index: Index) -> None:
    index.put_verdict("1" * 40, "production", "in force")
    index.close()
    assert index.verdict("1" * 40, "production") == "in force"
    assert index.verdict("1" * 40, "staging") is None


def test_many_threads_may_ask_at_once(ledger: Ledger, index: Index) -> None:
    ledger.commit(record_edits(*(record(run_id(number)) for number in range(20))))
    with ThreadPoolExecutor(8) as pool:
        answers = list(pool.map(lambda _: len(index.runs()), range(40)))
    assert answers == [20] * 40


_CHILD = """
import sys
from pathlib import Path
from gitreg.index import Index
from gitreg.index.database import Database, is_on_network
from gitreg.store import Store
from tests.index.builders import Ledger, surroundings
home = Path(sys.argv[1])
ledger = Ledger(Store.open(home / "registry", surroundings(home)))
index = ledger.index(ledger.store.git_dir / "gitreg")
for _ in range(20):
    print(len(index.runs()), index.trouble)
"""


def test_many_processes_build_one_index(ledger: Ledger, tmp_path: Path) -> None:
    ledger.commit(record_edits(*(record(run_id(number)) for number in range(50))))
    command = [sys.executable, "-c", _CHILD, str(tmp_path)]
    children = [subprocess.Popen(command, stdout=subprocess.PIPE, text=True) for _ in range(6)]
    assert {child.communicate(timeout=60)[0] for child in children} == {"50 \n" * 20}


def test_a_child_of_fork_opens_the_file_for_itself(ledger: Ledger, index: Index) -> None:
    ledger.commit(record_edits(record(run_id(1))))
    assert len(index.runs()) == 1
    child = os.fork()
    if child == 0:
        os._exit(len(index.runs()))
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 1
    assert len(index.runs()) == 1


_files = st.dictionaries(st.integers(0, 7), st.sampled_from(["running", "finished", "failed"]), max_size=8)


@settings(suppress_health_check=[HealthCheck.function_scoped_fixture], max_examples=25)
@given(states=st.lists(_files, min_size=1, max_size=5))
def test_an_index_brought_along_equals_one_built_anew(
    tmp_path_factory: pytest.TempPathFactory, states: list[dict[int, Status]]
) -> None:
    home = tmp_path_factory.mktemp("law")
    runs = [RunId(f"{int(START.timestamp() * 1000) + number:012x}7{number:03x}8{number:015x}") for number in range(8)]
    with Ledger(Store.init(home / "registry", surroundings(home))) as ledger:
        kept = ledger.index(ledger.store.git_dir / "gitreg")
        for step, state in enumerate(states):
            wanted = record_edits(*(record(runs[number], status=status) for number, status in state.items()))
            gone = dict.fromkeys(path for path, _ in ledger.store.snapshot(ledger.tip()).walk("runs"))
            ledger.commit({**gone, **wanted, "runs/step": str(step).encode()})
            assert kept.runs() == ledger.index(None).runs()
            assert {row.run_id: row.status for row in kept.runs()} == {runs[each]: state[each] for each in state}


@pytest.mark.parametrize(
    ("lines", "expected"),
    [
        ("1 0 8:1 / / rw - ext4 /dev/vda rw\n2 1 0:9 / {here} rw - nfs4 server:/x rw\n", True),
        ("1 0 8:1 / / rw - nfs4 server:/ rw\n2 1 0:9 / {here} rw - ext4 /dev/vda rw\n", False),
        ("1 0 8:1 / / rw - ext4 /dev/vda rw\nnonsense\n", False),
    ],
)
def test_a_network_file_system_is_told_by_the_nearest_mount(tmp_path: Path, lines: str, *, expected: bool) -> None:
    mounts = tmp_path / "mountinfo"
    mounts.write_text(lines.format(here=tmp_path.resolve()))
    assert is_on_network(tmp_path / "gitreg" / "index.sqlite", mounts) == expected
    assert not is_on_network(tmp_path, tmp_path / "missing")


def test_on_a_network_file_system_no_shared_memory_is_used(ledger: Ledger, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gitreg.index.database.is_on_network", lambda _: True)
    ledger.commit(record_edits(record(run_id(1))))
    folder = ledger.store.git_dir / "gitreg"
    assert len(ledger.index(folder).runs()) == 1
    assert not (folder / "index.sqlite-wal").exists()


def test_an_index_that_another_process_keeps_locked_is_answered_from_memory(ledger: Ledger, index: Index) -> None:
    ledger.commit(record_edits(record(run_id(1))))
    index.refresh(ledger.store.branches.ledger)
    ledger.commit(record_edits(record(run_id(2))))
    file = ledger.store.git_dir / "gitreg" / "index.sqlite"
    other = sqlite3.connect(file, isolation_level=None)
    other.execute("BEGIN IMMEDIATE")
    impatient = Index(
        Database(file, busy_timeout_s=0.1),
        ledger.store,
        main=ledger.store.branches.main,
        ledger=ledger.store.branches.ledger,
    )
    assert len(impatient.runs()) == 2
    assert "locked" in impatient.trouble
    other.execute("ROLLBACK")
    other.close()
    impatient.close()


def test_a_table_that_somebody_dropped_is_no_lasting_harm(ledger: Ledger, index: Index) -> None:
    ledger.commit(record_edits(record(run_id(1))))
    assert len(index.runs()) == 1
    with sqlite3.connect(ledger.store.git_dir / "gitreg" / "index.sqlite") as other:
        other.execute("DROP TABLE runs")
    other.close()
    assert len(index.runs()) == 1
    assert "no such table" in index.trouble


def test_datasets_and_experiments_are_read_whole(ledger: Ledger, index: Index) -> None:
    dataset = Dataset(name="customers", content_digest=Digest.of(b"rows"), kind="file", method="sha256/1")
    experiment = Experiment(rev=1, writer=WRITER, name="churn", created_at=START, actor=ACTOR)
    ledger.commit(
        {
            paths.dataset("customers", dataset.digest): dataset.to_bytes(),
            paths.experiment("churn"): experiment.to_bytes(),
        }
    )
    assert (index.datasets(), index.datasets("customers"), index.datasets("other")) == ([dataset], [dataset], [])
    assert index.experiments() == [experiment]
    assert (index.run(run_id(1)), index.run_count()) == (None, 0)


def test_a_run_whose_id_holds_no_time_spoils_nothing(ledger: Ledger, index: Index) -> None:
    good = record(run_id(1))
    far = good.to_bytes().replace(good.run_id.encode(), b"f" * 12 + b"7" + b"0" * 3 + b"8" + b"0" * 15)
    path = f"runs/2026-11/21/08/00/{'f' * 12}7{'0' * 3}8{'0' * 15}-{WRITER}.json"
    ledger.commit({**record_edits(good), path: far})
    assert (ids(index), list(index.unreadable())) == ([good.run_id], [path])
