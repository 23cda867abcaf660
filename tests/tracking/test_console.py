"""What runs print is kept, bounded, without secrets, and can be read while they go on."""

from __future__ import annotations

import io
import sys
import threading
from pathlib import Path

import pytest
from hypothesis import given
from hypothesis import strategies as st

from gitreg.tracking import appended, run_command
from gitreg.tracking.beats import Beat, live_key
from gitreg.tracking.console.carriage import EVERY_S, Carriage
from gitreg.tracking.console.printed import printed_so_far
from gitreg.tracking.console.scroll import HEAD, SEGMENT_BYTES, TAIL, Scroll
from gitreg.tracking.yard import Standing
from tests.tracking.builders import Clone, completed, machine

TEXTS = st.lists(st.sampled_from([b"a", b"bc", b"\n", b"\r", b"\r\n", b"d\r", b"\rlonger"]), max_size=30)


def carried(pieces: list[bytes]) -> bytes:
    carriage = Carriage()
    carriage._shown_at = float("inf")
    return b"".join([*(carriage.take(piece, 0.0) for piece in pieces), carriage.close()])


@given(TEXTS)
def test_how_output_is_cut_into_pieces_does_not_matter(pieces: list[bytes]) -> None:
    whole = b"".join(pieces)
    assert carried(pieces) == carried([whole]) == carried([bytes([each]) for each in whole])


@given(st.binary(max_size=200).map(lambda data: data.replace(b"\r", b"")))
def test_what_has_no_carriage_return_goes_through_as_it_is(data: bytes) -> None:
    assert carried([data]) == data


def test_of_a_progress_bar_its_last_state_is_kept() -> None:
    assert carried([b"\r 10%", b"\r 50%", b"\r100%\n", b"done\n"]) == b"100%\ndone\n"


def test_a_bar_behind_a_word_begins_a_line_of_its_own() -> None:
    assert carried([b"epoch 1", b"\r 10%", b"\r100%\n"]) == b"epoch 1\n100%\n"


def test_lines_that_end_as_on_windows_are_lines() -> None:
    assert carried([b"one\r", b"\ntwo\r\n"]) == b"one\ntwo\n"


def test_a_moving_bar_is_seen_now_and_then() -> None:
    carriage = Carriage()
    seen = [carriage.take(b"\r%d%%" % each, each * EVERY_S / 2) for each in range(5)]
    assert [each for each in seen if each] == [b"0%\n", b"2%\n", b"4%\n"]


def scrolled(folder: Path, data: bytes) -> str:
    journal = folder / "run.journal"
    scroll = Scroll(journal, "stdout", lambda: None)
    scroll.write(data)
    scroll.close()
    scroll.flush()
    scroll.release()
    return printed_so_far(journal, "stdout") or ""


def test_of_much_output_head_and_tail_are_kept_and_the_rest_is_counted(tmp_path: Path) -> None:
    line = b"x" * 63 + b"\n"
    pieces = HEAD + TAIL + 3
    text = scrolled(tmp_path, b"first\n" + line * (SEGMENT_BYTES * pieces // 64) + b"last\n")
    assert text.startswith("first\n")
    assert text.endswith("last\n")
    left_out = (pieces + 1 - HEAD - TAIL) * SEGMENT_BYTES
    assert f"[… {left_out:,} bytes left out …]" in text
    assert len(list(tmp_path.iterdir())) == HEAD + TAIL


def test_secrets_are_cut_from_what_was_printed(tmp_path: Path) -> None:
    text = scrolled(tmp_path, b"loss=0.5\npassword=hunter2-and-more\nloss=0.4\n")
    assert text == "loss=0.5\npassword=***\nloss=0.4\n"


def test_a_disk_that_refuses_never_reaches_who_prints(tmp_path: Path) -> None:
    scroll = Scroll(tmp_path / "gone" / "run.journal", "stdout", lambda: None)
    scroll.write(b"hello\n")
    scroll.close()


@pytest.mark.parametrize(
    ("shown", "now", "new"), [("a\n", "a\nb\n", "b\n"), ("", "a", "a"), ("abcd", "[left out]cde", "[left out]cde")]
)
def test_what_is_new_is_told_from_what_was_seen(shown: str, now: str, new: str) -> None:
    assert appended(shown, now) == new


def test_prints_of_a_run_are_its_artifacts(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    screen = io.StringIO()
    monkeypatch.setattr(sys, "stdout", screen)
    with clone.tracker.start_run(capture=True) as run:
        print("hello")  # noqa: T201 - what is tested
        thread = threading.Thread(target=print, args=("from a thread",))
        thread.start()
        thread.join()
        print("while it runs", clone.runs.logs(run.run_id).splitlines())  # noqa: T201 - as above
    print("afterwards")  # noqa: T201 - as above
    assert clone.runs.logs(run.run_id) == "hello\nfrom a thread\nwhile it runs ['hello', 'from a thread']\n"
    assert [entry.path for entry in clone.runs.artifacts(run.run_id)] == ["logs/stdout.txt"]
    assert screen.getvalue().endswith("afterwards\n")
    assert "write" not in vars(screen)
    assert not list(clone.tracker.yard.folder.glob("*.std*"))


def test_the_traceback_that_ends_a_run_is_kept(clone: Clone) -> None:
    with pytest.raises(ZeroDivisionError), clone.tracker.start_run(capture=True) as run:
        run.log_metric("auc", 1 / 0)
    assert "ZeroDivisionError: division by zero" in clone.runs.logs(run.run_id, "stderr")


def test_whoever_stands_before_us_by_the_end_stays_there(clone: Clone, monkeypatch: pytest.MonkeyPatch) -> None:
    screen, seen = io.StringIO(), []
    monkeypatch.setattr(sys, "stdout", screen)
    run = clone.tracker.start_run(capture=True)
    before = screen.write

    def watch(text: str) -> int:
        seen.append(text)
        return before(text)

    screen.write = watch  # type: ignore[method-assign]
    print("a")  # noqa: T201 - what is tested
    run.finish()
    print("b")  # noqa: T201 - as above
    assert (seen, screen.getvalue()) == (["a", "\n", "b", "\n"], "a\nb\n")
    assert clone.runs.logs(run.run_id) == "a\n"


def test_without_the_wish_nothing_is_kept(clone: Clone) -> None:
    with clone.tracker.start_run() as run:
        print("unheard")  # noqa: T201 - what is tested
    assert clone.runs.logs(run.run_id) == ""


def test_a_killed_process_leaves_what_it_printed_and_so_does_its_child(clone: Clone) -> None:
    body = """
run = tracker.start_run(capture=True)
print("parent", flush=True)
child = os.fork()
if not child:
    print("child", flush=True)
    os._exit(0)
os.waitpid(child, 0)
print("parent again", flush=True)
os.kill(os.getpid(), 9)
"""
    with pytest.raises(AssertionError):
        completed(clone, body)
    (recovered,) = clone.tracker.recover()
    assert recovered.run_id
    found = clone.runs.artifacts(recovered.run_id)
    texts = sorted(clone.blobs.read(entry.digest).decode() for entry in found)
    assert texts == ["child\n", "parent\nparent again\n"]


def test_what_a_command_prints_is_handed_on_and_kept(clone: Clone, capfd: pytest.CaptureFixture[str]) -> None:
    run = clone.tracker.start_run("churn")
    body = "import os, sys; print('out', flush=True); os.system('echo from a shell'); print('err', file=sys.stderr)"
    environ = dict(clone.tracker.surroundings.environ)
    assert run_command(run, [sys.executable, "-c", body], environ, clone.store.path) == 0
    passed = capfd.readouterr()
    assert (passed.out, passed.err.splitlines()[-1]) == ("out\nfrom a shell\n", "err")
    assert clone.runs.logs(run.run_id) == "out\nfrom a shell\n"
    assert clone.runs.logs(run.run_id, "stderr") == "err\n"


def test_a_command_on_a_terminal_has_a_terminal(clone: Clone) -> None:
    """Behind a pseudo-terminal of ours, which stands for the user's."""
    body = """
import pty
from gitreg.tracking import run_command
run = tracker.start_run("churn")
ours, theirs = os.openpty()
os.dup2(theirs, 1)
inside = "import sys; print(sys.stdout.isatty(), sys.stderr.isatty())"
code = run_command(run, [sys.executable, "-c", inside], dict(os.environ), clone.store.path)
assert os.read(ours, 100) == b"True False\\r\\n"
"""
    completed(clone, body)
    assert clone.runs.logs("@last") == "True False\n"


def test_others_see_the_end_of_what_a_live_run_prints(tmp_path: Path, home: Path) -> None:
    clone = Clone.make(tmp_path / "registry", machine(home))
    run = clone.tracker.start_run()
    run.console.write("stdout", b"epoch 1\ntoken=abcdef1234567890\n")
    standing = Standing(run.recording.journal.path, run.header)
    Beat(clone.blobs, standing, clone.tracker.surroundings.now).tell()
    told = clone.blobs.get_live(f"{live_key(run.run_id, run.header.attempt)}-stdout")
    assert told == b"epoch 1\ntoken=***\n"
    run.finish()
    clone.store.close()


def test_a_file_that_the_run_logged_itself_stands(clone: Clone) -> None:
    with clone.tracker.start_run() as run:
        run.console.write("stdout", b"printed\n")
        run.log_text("mine", "logs/stdout.txt")
    assert clone.runs.logs(run.run_id) == "mine"
