"""A program that records without end is killed at a random moment; what it was told had been accepted is looked for."""

from __future__ import annotations

import json
import random
import signal
import subprocess
import time
from pathlib import Path

from tests.tracking.builders import Clone, program

# What returned is noted in a file by one write each, which survives the kill as a journal does.
VICTIM = """
notes = os.open(sys.argv[1] + ".accepted", os.O_CREAT | os.O_WRONLY | os.O_APPEND)
def note(**what):
    os.write(notes, json.dumps(what).encode() + b"\\n")
import json, random
note(started=os.getpid())
while True:
    run = tracker.start_run("kill")
    note(run=run.run_id)
    for step in range(random.randrange(400)):
        run.log_metric("m", step * 0.5, step=step)
        note(point=step)
        if step % 50 == 0:
            run.log_text(f"text {step}", f"{step}.txt")
            note(artifact=f"{step}.txt")
            run.log_param(f"p{step}", step)
            note(param=f"p{step}")
        if step % 97 == 0:
            run.flush()
    run.finish()
    note(finished=run.run_id)
"""


def kill_once(clone: Clone, chance: random.Random) -> None:
    """Let the program run, kill it at a random moment, recover, and check that nothing accepted was lost."""
    accepted = Path(f"{clone.store.path}.accepted")
    accepted.unlink(missing_ok=True)
    process = program(clone, VICTIM)
    _wait_for_start(process, accepted)
    time.sleep(chance.uniform(0, 0.6))
    process.send_signal(signal.SIGKILL)
    process.communicate()
    clone.tracker.recover()
    check(clone, accepted)
    assert clone.journals == []
    assert clone.tracker.recover() == []


def _wait_for_start(process: subprocess.Popen[str], accepted: Path) -> None:
    deadline = time.monotonic() + 60
    while not accepted.exists() or not accepted.read_bytes():
        assert process.poll() is None, process.communicate()[1]
        assert time.monotonic() < deadline
        time.sleep(0.005)


def check(clone: Clone, accepted: Path) -> None:
    """Each run that began is there, with at least what was accepted, in order, and its bytes can be read."""
    for run_id, told in _by_run(accepted).items():
        run = clone.runs.get(run_id)
        assert run.status == ("finished" if "finished" in told else run.status)
        assert run.status in ("killed", "finished")
        if told["point"]:
            values = [(point.step, point.value) for point in clone.runs.series(run_id, "m")]
            assert values == [(step, step * 0.5) for step in range(len(values))]
            assert len(values) >= len(told["point"])
        assert set(told["param"]) <= run.params.keys()
        files = {entry.path: entry.digest for entry in clone.runs.artifacts(run_id)}
        assert set(told["artifact"]) <= files.keys()
        for path, digest in files.items():
            assert clone.blobs.read(digest) == f"text {path.removesuffix('.txt')}".encode()


def _by_run(accepted: Path) -> dict[str, dict[str, list[str]]]:
    found: dict[str, dict[str, list[str]]] = {}
    current: dict[str, list[str]] = {}
    for line in accepted.read_text().splitlines():
        ((what, value),) = json.loads(line).items()
        if what == "run":
            current = found[value] = {"point": [], "artifact": [], "param": []}
        elif what == "finished":
            current["finished"] = []
        elif what != "started":
            current[what].append(value)
    return found
