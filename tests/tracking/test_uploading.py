"""Bytes go on to the shared place while a run goes on, and never in its way."""

from __future__ import annotations

import os
import threading
import time
from contextlib import contextmanager
from dataclasses import replace
from typing import TYPE_CHECKING

import pytest

import gitreg
from gitreg import terminal as terminal_module
from gitreg.blobs import LayeredBlobs, unwatched
from gitreg.documents import ManifestEntry
from gitreg.errors import Unavailable
from gitreg.terminal import Terminal
from gitreg.tracking import Neighbours
from gitreg.tracking.uploading import Uploads
from tests.tracking.builders import Clone, machine

if TYPE_CHECKING:
    from collections.abc import Callable, Iterable, Iterator
    from pathlib import Path

    from gitreg.blobs import Progress
    from gitreg.documents import Digest

LIMIT_S = 60


@pytest.fixture
def sharing(tmp_path: Path, home: Path) -> Iterator[Clone]:
    """A clone whose bytes have a shared place."""
    clone = Clone.make(tmp_path / "registry", machine(home), shared=str(tmp_path / "shared"))
    yield clone
    clone.store.close()


class Watched(LayeredBlobs):
    """The same stores; tells what is uploaded, waits where it is told to, and fails where it is told to."""

    def __init__(self, blobs: LayeredBlobs) -> None:
        super().__init__(blobs.local, blobs.shared)
        self.order: list[Digest] = []
        self.arrived = threading.Semaphore(0)
        self.may_go = threading.Event()
        self.may_go.set()
        self.is_down = False

    def upload(self, digests: Iterable[Digest], progress: Progress | None = None) -> tuple[Digest, ...]:
        assert self.may_go.wait(LIMIT_S)
        wanted = tuple(digests)
        if self.is_down:
            self.arrived.release()
            raise Unavailable("The bucket is out of reach.")
        sent = super().upload(wanted, progress)
        self.order += wanted
        self.arrived.release()
        return sent


class Shown:
    """A bar, as far as a test looks at it."""

    def __init__(self) -> None:
        self.label, self.total, self.moved = "", 0, 0
        self.begun: Callable[[], object] = lambda: None

    @contextmanager
    def watch(self, label: str, total_bytes: int) -> Iterator[Shown]:
        self.label, self.total = label, total_bytes
        self.begun()
        yield self

    def add(self, count: int) -> None:
        self.moved += count


def wait_for(uploads: Uploads) -> None:
    """Until nothing waits; the test's own time limit is the bound."""
    while uploads.waiting:
        time.sleep(0.01)


def entries(blobs: Watched, *texts: str) -> list[ManifestEntry]:
    found = [(text, blobs.put(text.encode())) for text in texts]
    return [ManifestEntry(path=text, mediaType="text/plain", digest=put.digest, size=put.size) for text, put in found]


def test_bytes_are_with_others_before_the_run_ends(sharing: Clone) -> None:
    shared = sharing.blobs.shared
    assert shared
    with sharing.tracker.start_run() as run:
        run.log_text("hello", "a.txt")
        (entry,) = sharing.runs.artifacts(run.run_id)
        wait_for(run._uploads)
        assert shared.has(entry.digest)


def test_they_go_in_the_order_taken_and_none_twice(sharing: Clone) -> None:
    blobs = Watched(sharing.blobs)
    uploads = Uploads(blobs)
    found = entries(blobs, "one", "two", "three")
    for entry in found:
        uploads.send([entry])
    wait_for(uploads)
    uploads.close()
    assert blobs.order == [entry.digest for entry in found]


def test_taking_never_waits_for_the_network(sharing: Clone) -> None:
    blobs = Watched(sharing.blobs)
    blobs.may_go.clear()
    uploads = Uploads(blobs)
    uploads.send(entries(blobs, "one"))
    uploads.send(entries(blobs, "two"))
    assert uploads.waiting == 2
    blobs.may_go.set()
    uploads.close()


def test_an_outage_is_told_by_health_and_ends_by_itself(sharing: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = Watched(sharing.blobs)
    blobs.is_down = True
    with sharing.tracker.start_run() as run:
        monkeypatch.setattr(run, "_uploads", Uploads(blobs, retry_s=0.01))
        run.log_text("hello", "a.txt")
        assert blobs.arrived.acquire(timeout=LIMIT_S)
        assert blobs.arrived.acquire(timeout=LIMIT_S)
        assert (run.health.uploading, run.health.upload_trouble) == (1, "The bucket is out of reach.")
        blobs.is_down = False
        wait_for(run._uploads)
        assert run.health.upload_trouble is None


def test_what_did_not_arrive_is_sent_at_the_end(sharing: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    blobs = Watched(sharing.blobs)
    blobs.is_down = True
    with sharing.tracker.start_run() as run:
        monkeypatch.setattr(run, "_uploads", Uploads(blobs))
        run.log_text("hello", "a.txt")
        assert blobs.arrived.acquire(timeout=LIMIT_S)
    (entry,) = sharing.runs.artifacts(run.run_id)
    assert sharing.blobs.shared
    assert sharing.blobs.shared.has(entry.digest)


def test_what_is_personal_waits_for_the_end(sharing: Clone) -> None:
    run = sharing.tracker.start_run()
    run.log_text("rows", "rows.csv", personal=True)
    assert run.health.uploading == 0
    run.finish()


def test_after_a_flush_the_bytes_are_with_others(sharing: Clone) -> None:
    shared = sharing.blobs.shared
    assert shared
    with sharing.tracker.start_run() as run:
        run.log_text("hello", "a.txt")
        run.log_text("world", "b.txt")
        run.flush()
        assert all(shared.has(entry.digest) for entry in sharing.runs.artifacts(run.run_id))
        assert run.health.uploading == 0


def test_a_flush_says_which_bytes_could_not_go_and_the_next_one_tries_again(
    sharing: Clone, monkeypatch: pytest.MonkeyPatch
) -> None:
    blobs = Watched(sharing.blobs)
    blobs.is_down = True
    with sharing.tracker.start_run() as run:
        monkeypatch.setattr(run, "_uploads", Uploads(blobs))
        run.log_text("hello", "a.txt")
        with pytest.raises(Unavailable, match="1 of the run's blobs are on this machine only: The bucket is out of"):
            run.flush()
        blobs.is_down = False
        run.flush()
        assert run.health.upload_trouble is None


def test_whoever_waits_is_shown_all_that_is_left(sharing: Clone) -> None:
    blobs, shown = Watched(sharing.blobs), Shown()
    blobs.may_go.clear()
    shown.begun = blobs.may_go.set
    uploads = Uploads(blobs, shown.watch)
    uploads.send(entries(blobs, "one", "three"))
    uploads.drain()
    assert (shown.label, shown.total, shown.moved) == ("Uploading", len("one" + "three"), len("one" + "three"))


def test_a_training_script_with_a_person_before_it_ends_with_a_bar(
    tmp_path: Path, home: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("FORCE_COLOR", "1")
    (tmp_path / "bytes").mkdir()
    with gitreg.init(tmp_path / "registry", blobs=str(tmp_path / "bytes"), surroundings=machine(home)) as registry:
        blobs = Watched(registry.blobs)
        blobs.may_go.clear()

        class Watching(Terminal):
            @classmethod
            def of(cls, stream: object, environ: object) -> Terminal:
                del stream, environ
                blobs.may_go.set()
                return Terminal(is_terminal=True, colour=False, width=80)

        monkeypatch.setattr(terminal_module, "Terminal", Watching)
        with registry.start_run("churn") as run:
            monkeypatch.setattr(run._uploads, "_blobs", blobs)
            run.log_text("hello", "a.txt")
    assert "Uploading" in capsys.readouterr().err


def test_of_many_ranks_one_draws(sharing: Clone) -> None:
    shown = Shown()
    ranks = {"RANK": "1", "WORLD_SIZE": "2", "TORCHELASTIC_RUN_ID": "night"}
    second = sharing.as_seen_by(lambda around: replace(around, environ={**around.environ, **ranks}))
    for tracker in (sharing.tracker, second.tracker):
        tracker.neighbours = Neighbours(shown.watch)
    with sharing.tracker.start_run() as run, second.tracker.start_run() as other:
        assert run._uploads._watch == shown.watch
        assert other._uploads._watch == unwatched


def test_without_a_shared_place_nothing_is_sent_and_no_thread_begun(clone: Clone) -> None:
    with clone.tracker.start_run() as run:
        run.log_text("hello", "a.txt")
        assert run._uploads._thread is None


def test_a_forked_child_sends_its_own(sharing: Clone) -> None:
    run = sharing.tracker.start_run()
    run.log_text("parent", "a.txt")
    child = os.fork()
    if not child:
        run.log_text("child", "b.txt")
        run.finish()
        os._exit(0)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    run.finish()
    assert sharing.blobs.shared
    shared = sharing.blobs.shared
    assert [shared.has(entry.digest) for entry in sharing.runs.artifacts(run.run_id)] == [True, True]
