"""A file system that knows no locks: the kernel itself refuses flock and fcntl's, to SQLite, dulwich and us alike."""

from __future__ import annotations

import os
import subprocess
import sys
from collections.abc import Callable
from pathlib import Path

import pytest

pytestmark = pytest.mark.slow

ROOT = Path(__file__).parent.parent.parent
Lockless = Callable[..., "subprocess.Popen[str]"]
NAMES = {f"GIT_{who}_{what}": "ada@example.org" for who in ("AUTHOR", "COMMITTER") for what in ("NAME", "EMAIL")}


@pytest.fixture
def lockless(tmp_path: Path) -> Lockless:
    """Starts gitreg where no lock is to be had."""

    def start(*arguments: str, at: Path = tmp_path, **environ: str) -> subprocess.Popen[str]:
        given = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "PYTHONPATH": str(ROOT), **NAMES, **environ}
        command = [sys.executable, "-m", "tests.support.lockless", sys.executable, "-m", "gitreg", *arguments]
        return subprocess.Popen(command, stdout=subprocess.PIPE, stderr=subprocess.PIPE, text=True, cwd=at, env=given)

    return start


def said(process: subprocess.Popen[str]) -> str:
    """What a command said; it must end well, and soon: SQLite waits a minute for a lock that somebody holds."""
    out, err = process.communicate(timeout=50)
    assert process.returncode == 0, err
    return out + err


def test_the_kernel_refuses_every_lock() -> None:
    program = "import fcntl, sys; file = open(sys.argv[1], 'w'); getattr(fcntl, sys.argv[2])(file, fcntl.LOCK_EX)"
    for kind in ("flock", "lockf"):
        command = [sys.executable, "-m", "tests.support.lockless", sys.executable, "-c", program, os.devnull, kind]
        refused = subprocess.run(command, capture_output=True, text=True, cwd=ROOT, check=False)
        assert "No locks available" in refused.stderr


def test_recording_publishing_and_searching_work_and_lose_nothing(lockless: Lockless, tmp_path: Path) -> None:
    said(lockless("init", "registry"))
    registry = tmp_path / "registry"
    running = [lockless("run", "-e", "sweep", "--name", f"run-{each}", "--", "true", at=registry) for each in range(4)]
    for process in running:
        said(process)
    said(lockless("spool", "init", "../spool", at=registry))
    jobs = {"GITREG_MODE": "journal", "GITREG_SPOOL": str(tmp_path / "spool")}
    said(lockless("run", "-e", "sweep", "--name", "job", "--", "true", **jobs))
    assert "published 1 run in 1 commit" in said(lockless("publish", "../spool", at=registry))

    found = said(lockless("runs", "search", "status = 'FINISHED'", "-e", "sweep", "--csv", at=registry))

    assert {f"run-{each}" for each in range(4)} | {"job"} == {line.split(",")[1] for line in found.splitlines()[1:]}


def test_it_says_so(lockless: Lockless, tmp_path: Path) -> None:
    said(lockless("init", "registry"))
    told = said(lockless("doctor", at=tmp_path / "registry"))
    assert "This file system knows no locks" in told
    assert "The index is kept in memory only: its file system knows no locks." in told
