from __future__ import annotations

import signal
import sys
import time

import pytest

from gitreg.errors import InvalidValue
from gitreg.tracking import run_command
from tests.tracking.builders import PRELUDE, Clone, program


def run_it(clone: Clone, *command: str) -> tuple[int, str]:
    run = clone.tracker.start_run("churn")
    environ = dict(clone.tracker.surroundings.environ)
    return run_command(run, command, environ, clone.store.path), run.run_id


def test_a_command_that_ends_well_has_finished(clone: Clone) -> None:
    code, run_id = run_it(clone, sys.executable, "-c", "pass")
    assert code == 0
    assert clone.runs.get(run_id).status == "finished"


def test_a_command_that_fails_has_failed_and_its_code_is_ours(clone: Clone) -> None:
    code, run_id = run_it(clone, sys.executable, "-c", "raise SystemExit(7)")
    found = clone.runs.get(run_id)
    assert (code, found.status, found.tags["gitreg.exit_code"]) == (7, "failed", "7")


def test_a_command_that_was_killed_has_a_shells_code(clone: Clone) -> None:
    code, run_id = run_it(clone, sys.executable, "-c", "import os; os.kill(os.getpid(), 9)")
    assert (code, clone.runs.get(run_id).status) == (137, "failed")


@pytest.mark.parametrize(("command", "expected"), [("/no/such/program", 127), ("/etc/passwd", 126)])
def test_a_command_that_cannot_run_has_failed(clone: Clone, command: str, expected: int) -> None:
    code, run_id = run_it(clone, command)
    assert (code, clone.runs.get(run_id).status) == (expected, "failed")


def test_a_command_finds_run_and_registry_in_its_environment(clone: Clone) -> None:
    run = clone.tracker.start_run("churn")
    body = f"import os; assert os.environ['GITREG_RUN_ID'] == '{run.run_id}', 1; assert os.environ['GITREG_REPO'], 2"
    environ = dict(clone.tracker.surroundings.environ)
    assert run_command(run, [sys.executable, "-c", body], environ, clone.store.path) == 0


def test_no_command_is_an_error(clone: Clone) -> None:
    with clone.tracker.start_run() as run, pytest.raises(InvalidValue):
        run_command(run, [], {}, clone.store.path)


WRAPPER = """
from gitreg.tracking import run_command
run = tracker.start_run("churn")
print(run.run_id, flush=True)
inside = '''
import signal, sys, time
signal.signal(signal.SIGTERM, lambda *_: sys.exit(5))
print("ready", flush=True)
time.sleep(60)
'''
raise SystemExit(run_command(run, [sys.executable, "-c", inside], dict(os.environ), clone.store.path))
"""


def test_a_signal_is_handed_on_to_the_command(clone: Clone) -> None:
    wrapper = program(clone, WRAPPER)
    assert wrapper.stdout
    run_id = wrapper.stdout.readline().strip()
    assert wrapper.stdout.readline().strip() == "ready"
    time.sleep(0.05)
    wrapper.send_signal(signal.SIGTERM)
    wrapper.communicate(timeout=30)
    assert wrapper.returncode == 5
    assert clone.runs.get(run_id).status == "killed"


def test_several_processes_of_one_command_record_into_one_run(clone: Clone) -> None:
    run = clone.tracker.start_run("churn")
    inside = PRELUDE + "run = tracker.start_run(); run.log_metric('m', 1); run.finish()"
    home = str(clone.tracker.surroundings.home)
    launcher = (
        "import subprocess, sys; "
        f"words = [sys.executable, '-c', {inside!r}, {str(clone.store.path)!r}, {home!r}]; "
        "ranks = [subprocess.Popen(words) for _ in range(3)]; "
        "sys.exit(max(rank.wait() for rank in ranks))"
    )
    environ = {**clone.tracker.surroundings.environ, "PYTHONPATH": ":".join(filter(None, sys.path))}
    assert run_command(run, [sys.executable, "-c", launcher], environ, clone.store.path) == 0
    metric = clone.runs.get(run.run_id).metric("m")
    assert metric
    assert metric.count == 3
