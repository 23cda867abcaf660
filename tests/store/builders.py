"""Small builders for the store's tests: surroundings that stand still, commits that say little, git itself."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from datetime import UTC, datetime
from pathlib import Path

from gitreg.store import CommitId, CommitText, Person, Store
from gitreg.surroundings import Surroundings

NOW = datetime(2026, 11, 21, 8, 46, tzinfo=UTC)
ADA = Person("Ada Lovelace", "ada@example.org")
MAIN = "refs/heads/main"
LEDGER = "refs/heads/ledger"
ROOT = Path(__file__).parent.parent.parent


def surroundings(home: Path, **environ: str) -> Surroundings:
    """One machine, one moment; of this process only where programs are."""
    return Surroundings(
        environ={"PATH": os.environ["PATH"], "GIT_CONFIG_NOSYSTEM": "1", **environ},
        host="node7",
        boot_id="boot-1",
        machine_id="machine-1",
        now=lambda: NOW,
        home=home,
    )


def text(message: str = "something") -> CommitText:
    """A commit by Ada."""
    return CommitText(message, ADA, ADA, NOW)


def put(store: Store, ref: str = MAIN, **files: str) -> CommitId:
    """Land files whose names have dots written as `__`."""
    edits = {name.replace("__", "."): content.encode() for name, content in files.items()}
    commit = store.update(ref, lambda _: edits, text())
    assert commit is not None
    return commit


def revised(rev: int, writer: str, **more: object) -> bytes:
    """A ledger document that is revised."""
    return json.dumps({"rev": rev, "writer": writer, **more}, sort_keys=True).encode()


def git(path: Path, *arguments: str, check: bool = True, stdin: str | None = None) -> str:
    """Run git in a repository, untouched by the configuration of whoever runs the tests."""
    done = subprocess.run(
        ["git", "-C", str(path), *arguments],
        capture_output=True,
        text=True,
        errors="surrogateescape",
        env=git_environ(),
        input=stdin,
        check=False,
    )
    assert done.returncode == 0 or not check, done.stderr
    return done.stdout if check else done.stdout + done.stderr


def git_environ() -> dict[str, str]:
    """An environment in which git knows who commits, and nothing else of this machine."""
    who = {"NAME": ADA.name, "EMAIL": ADA.email}
    return {
        "PATH": os.environ["PATH"],
        "HOME": "/nonexistent",
        "GIT_CONFIG_NOSYSTEM": "1",
        **{f"GIT_{role}_{key}": value for role in ("AUTHOR", "COMMITTER") for key, value in who.items()},
    }


def assert_sound(path: Path) -> None:
    """Git finds nothing wrong."""
    said = git(path, "fsck", "--full", "--strict")
    assert [line for line in said.splitlines() if not line.startswith("dangling")] == []


def status(path: Path) -> list[str]:
    """What `git status` would show."""
    return git(path, "status", "--porcelain").splitlines()


def run_python(script: str, *arguments: str, wait: bool = True) -> subprocess.Popen[str]:
    """A process of its own that runs a script with this project importable."""
    process = subprocess.Popen(
        [sys.executable, "-c", script, *arguments],
        cwd=ROOT,
        env={**os.environ, "PYTHONPATH": str(ROOT)},
        stdout=subprocess.PIPE,
        stderr=subprocess.PIPE,
        text=True,
    )
    if wait:
        process.communicate(timeout=60)
    return process
