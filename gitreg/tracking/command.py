"""A command as a run: `gitreg run -- python train.py`. The wrapper owns the run; what runs inside attaches to it."""

from __future__ import annotations

import signal
import subprocess
from contextlib import contextmanager
from typing import TYPE_CHECKING, Final

from gitreg.errors import InvalidValue
from gitreg.folding import COMMAND_ERROR
from gitreg.tracking.console import Passing
from gitreg.tracking.starting import CAPTURE_VARIABLE, RUN_ID_VARIABLE, SYSTEM_METRICS_VARIABLE

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator, Mapping, Sequence
    from pathlib import Path
    from types import FrameType

    from gitreg.tracking.run import Run

REPOSITORY_VARIABLE: Final = "GITREG_REPO"
_FORWARDED: Final = tuple(
    getattr(signal, name) for name in ("SIGTERM", "SIGHUP", "SIGUSR1", "SIGUSR2", "SIGQUIT") if hasattr(signal, name)
)
_NOT_FOUND, _NOT_EXECUTABLE, _BY_SIGNAL = 127, 126, 128


def run_command(
    run: Run,
    command: Sequence[str],
    environ: Mapping[str, str],
    repository: Path | None,
    pick_up: Callable[[], None] = lambda: None,
    *,
    capture: bool = True,
) -> int:
    """Run a command as `run`, end it by how the command ended, and say its exit code.

    The command finds the run by GITREG_RUN_ID, and the registry (where there is one: a spool says it itself) by
    GITREG_REPO: `start_run()` inside attaches. A SIGTERM ends the run as `killed` when the command has ended. Signals
    that ask a process to end or to do something are handed on; the terminal's interrupt reaches the command by
    itself. Exit codes are a shell's: the command's own, 127 where there is no such command, 126 where it cannot be
    run, 128 and the number of the signal that killed it. Not zero is `failed`. The run is ended whatever happens;
    `pick_up` is called before, when the command has ended. With `capture` what it prints is handed on and kept.
    """
    if not command:
        raise InvalidValue("There is no command to run.", hint="gitreg run -e churn -- python train.py")
    inside = {**environ, RUN_ID_VARIABLE: run.run_id}
    if repository is not None:
        inside[REPOSITORY_VARIABLE] = str(repository)
    inside[SYSTEM_METRICS_VARIABLE] = "0"  # what is sampled here is sampled of the command as well
    passing = Passing(run.console.write) if capture else None
    if passing:
        inside[CAPTURE_VARIABLE] = "0"  # once is enough
    try:
        process = _started(command, inside, passing)
    except OSError as error:
        is_terminated = False
        code = _NOT_FOUND if isinstance(error, FileNotFoundError) else _NOT_EXECUTABLE
        run.set_tag(COMMAND_ERROR, _why(command[0], error))
    else:
        code, is_terminated = _wait(process, passing)
        pick_up()
    run.set_tag("gitreg.exit_code", code)
    if code != 0 and is_terminated:
        run.finish_killed()
    run.finish("finished" if code == 0 else "failed")
    return code


def _why(program: str, error: OSError) -> str:
    """What to do is nearly always the same: a script is no program until its interpreter, or a mark, makes it one."""
    said = f"{program}: {error.strerror or error}"
    return f"{said}; python {program} runs it" if program.endswith(".py") else said


def _started(command: Sequence[str], environ: Mapping[str, str], passing: Passing | None) -> subprocess.Popen[bytes]:
    """The running command. Raises `OSError`."""
    words = list(command)
    if passing is None:
        return subprocess.Popen(words, env=environ)  # noqa: S603 - running the user's command is the purpose
    try:
        process = subprocess.Popen(words, env=environ, stdout=passing.stdout, stderr=passing.stderr)  # noqa: S603 - as above
    except OSError:
        passing.discard()
        raise
    passing.start()
    return process


def _wait(process: subprocess.Popen[bytes], passing: Passing | None) -> tuple[int, bool]:
    """The exit code, and whether we were told to end."""
    with _forwarding(process, passing) as received:
        code = process.wait()
        if passing:
            passing.join()
    return code if code >= 0 else _BY_SIGNAL - code, signal.SIGTERM in received


@contextmanager
def _forwarding(process: subprocess.Popen[bytes], passing: Passing | None) -> Iterator[set[int]]:
    """Hand signals on for the block; an interrupt is only waited for, as the terminal sends it to the whole group."""
    received: set[int] = set()

    def forward(number: int, frame: FrameType | None) -> None:
        del frame
        received.add(number)
        process.send_signal(number)

    def resize(number: int, frame: FrameType | None) -> None:
        del number, frame
        if passing:
            passing.resize()

    before = {number: signal.signal(number, forward) for number in _FORWARDED}
    before[signal.SIGINT] = signal.signal(signal.SIGINT, lambda *_: None)
    before[signal.SIGWINCH] = signal.signal(signal.SIGWINCH, resize)
    try:
        yield received
    finally:
        for number, handler in before.items():
            signal.signal(number, handler)
