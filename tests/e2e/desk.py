"""A person at her desk: a home folder, a name, a key, and the installed program, run as she would run it."""

from __future__ import annotations

import json
import os
import subprocess
import sys
from dataclasses import dataclass, field
from pathlib import Path
from typing import Any

from cryptography.hazmat.primitives import serialization
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey

# What a test run hands down to the programs it starts: coverage measures them too.
_HANDED_DOWN = ("LANG", "TMPDIR", "COVERAGE_PROCESS_START", "COVERAGE_PROCESS_CONFIG", "SYSTEMROOT")


@dataclass
class Desk:
    """`python` is the interpreter whose environment has gitreg; `folder` is where commands run."""

    name: str
    home: Path
    folder: Path
    python: Path = Path(sys.executable)
    extra: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, folder: Path, python: Path = Path(sys.executable)) -> Desk:
        """A new person with a home of her own under `folder`, a git identity and an ed25519 key."""
        home = folder / f"home-{name}"
        home.mkdir(parents=True)
        (home / ".gitconfig").write_text(f"[user]\n\tname = {name.title()}\n\temail = {name}@example.org\n")
        desk = cls(name, home, folder, python)
        desk._make_key()
        return desk

    @property
    def email(self) -> str:
        """Her principal."""
        return f"{self.name}@example.org"

    @property
    def key(self) -> Path:
        """Her private key; the public one is beside it."""
        return self.home / "key"

    def _make_key(self) -> None:
        private = Ed25519PrivateKey.generate()
        encoding, no_password = serialization.Encoding, serialization.NoEncryption()
        self.key.write_bytes(private.private_bytes(encoding.PEM, serialization.PrivateFormat.OpenSSH, no_password))
        self.key.chmod(0o600)
        public = private.public_key().public_bytes(encoding.OpenSSH, serialization.PublicFormat.OpenSSH)
        self.home.joinpath("key.pub").write_bytes(public + b" " + self.email.encode() + b"\n")

    @property
    def environment(self) -> dict[str, str]:
        """Nothing of the developer's own: her home, the path, no git configuration but hers."""
        kept = {key: os.environ[key] for key in _HANDED_DOWN if key in os.environ}
        base = {"PATH": os.environ["PATH"], "HOME": str(self.home), "COLUMNS": "120", "GIT_CONFIG_NOSYSTEM": "1"}
        return {**kept, **base, **self.extra}

    def run(
        self, *arguments: str, cwd: Path | None = None, stdin: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run gitreg and give what came of it, whatever the exit code."""
        return self.shell(str(self.python.parent / "gitreg"), *arguments, cwd=cwd, stdin=stdin)

    def shell(
        self, *command: str, cwd: Path | None = None, stdin: str | None = None
    ) -> subprocess.CompletedProcess[str]:
        """Run any program as she would."""
        return subprocess.run(
            command,
            cwd=cwd or self.folder,
            env=self.environment,
            input=stdin,
            capture_output=True,
            text=True,
            check=False,
            timeout=300,
        )

    def does(self, *arguments: str, cwd: Path | None = None) -> str:
        """Run gitreg, which has to succeed, and give what it printed."""
        done = self.run(*arguments, cwd=cwd)
        assert done.returncode == 0, f"gitreg {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout

    def reads(self, *arguments: str, cwd: Path | None = None) -> Any:  # noqa: ANN401 - JSON of any shape
        """Run a reading command with `--json` and give what it said."""
        return json.loads(self.does(*arguments, "--json", cwd=cwd))

    def git(self, *arguments: str, cwd: Path | None = None) -> str:
        """Run plain git, which has to succeed."""
        done = self.shell("git", *arguments, cwd=cwd)
        assert done.returncode == 0, f"git {' '.join(arguments)}: exit {done.returncode}\n{done.stdout}{done.stderr}"
        return done.stdout


def trained_run(desk: Desk, registry: Path, *, auc: float = 0.93, content: bytes = b"weights") -> str:
    """Record a finished run with a model folder, as a training script would, and give its id."""
    script = registry.parent / "train.py"
    script.write_text(
        "import pathlib, sys, gitreg\n"
        f"registry = gitreg.open({str(registry)!r})\n"
        "with registry.start_run('churn') as run:\n"
        "    run.log_params({'depth': 4})\n"
        f"    run.log_metric('auc', {auc!r}, step=1)\n"
        "    folder = pathlib.Path(sys.argv[1]); folder.mkdir(exist_ok=True)\n"
        f"    (folder / 'weights.bin').write_bytes({content!r})\n"
        "    run.log_model(folder, 'model')\n"
        "print(run.run_id)\n"
    )
    done = desk.shell(str(desk.python), str(script), str(registry.parent / "model-files"))
    assert done.returncode == 0, done.stderr
    return done.stdout.strip().splitlines()[-1]


def protected_registry(desk: Desk, other: Desk, registry: Path) -> None:
    """A registry whose production is protected, founded with both people as approvers."""
    desk.does("init", str(registry), "--protect", "production")
    for person in (desk, other):
        public = str(person.home / "key.pub")
        desk.does("approvers", "add", person.email, "--key", public, "--group", "leads", "-m", "team", cwd=registry)
