"""Runs commands of gitreg one after the other, each in a process of its own, and tells what each took.

A program of the tests: `python bounded_program.py` reads a JSON list of commands and writes one JSON object a
line. The parent has imported gitreg, so that each child pays for the command alone; the kernel holds each child to its
bounds, which a measurement afterwards could only regret.
"""

from __future__ import annotations

import contextlib
import io
import json
import os
import resource
import sys

CPU_S = 10
MEMORY_BYTES = 2**30


def main() -> None:
    """Run what stdin asks for."""
    from gitreg.cli import make_root  # noqa: PLC0415 - imported once, before the bounds

    make_root()
    for command in json.load(sys.stdin):
        reader, writer = os.pipe()
        child = os.fork()
        if child == 0:
            os.close(reader)
            try:
                _told(command, writer)
                os._exit(0)
            finally:
                os._exit(70)  # a child that fell over must not go on with its parent's list
        os.close(writer)
        with os.fdopen(reader, "rb") as pipe:
            said = pipe.read()
        _, status, used = os.wait4(child, 0)
        told = json.loads(said or b"{}")
        told |= {"status": os.waitstatus_to_exitcode(status), "cpu_s": used.ru_utime + used.ru_stime}
        print(json.dumps({"command": command, "memory_bytes": used.ru_maxrss * 1024, **told}), flush=True)  # noqa: T201 - a program


def _told(command: list[str], writer: int) -> None:
    from gitreg.cli import main as gitreg  # noqa: PLC0415 - as above

    resource.setrlimit(resource.RLIMIT_CPU, (CPU_S, CPU_S))
    resource.setrlimit(resource.RLIMIT_DATA, (MEMORY_BYTES, MEMORY_BYTES))
    out, err = io.StringIO(), io.StringIO()
    code: object = 0
    with contextlib.redirect_stdout(out), contextlib.redirect_stderr(err):
        try:
            sys.argv = ["gitreg", *command]
            gitreg()
        except SystemExit as end:
            code = end.code
    with os.fdopen(writer, "w") as pipe:
        json.dump({"code": code, "out": out.getvalue(), "err": err.getvalue()}, pipe)


if __name__ == "__main__":
    main()
