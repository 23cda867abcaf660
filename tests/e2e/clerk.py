"""A person who uses gitreg inside the test's own process: quick, and as isolated as a process of her own.

`Desk` (desk.py) starts the installed program; a clerk calls the same command line through click. What is refused has to
leave everything as it was: `Picture` is what "everything" means.
"""

from __future__ import annotations

import contextlib
import hashlib
import json
import os
import re
import shutil
import subprocess
from dataclasses import dataclass, field
from functools import cache
from pathlib import Path
from typing import TYPE_CHECKING, Any

import jsonschema
from click.testing import CliRunner

from gitreg.cli import make_root
from gitreg.resources import schema_text
from tests.e2e.desk import Desk

if TYPE_CHECKING:
    from collections.abc import Sequence

_HIDDEN = ("GITREG_REPO", "GITREG_DEBUG", "GITREG_STRICT", "SSH_AUTH_SOCK", "NO_COLOR", "CI", "XDG_CONFIG_HOME")
_CONTROLS = re.compile(r"[\x00-\x09\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069\ud800-\udfff]")


@dataclass(frozen=True)
class Told:
    """What one call said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever the command printed
        return json.loads(self.out)


@dataclass
class Clerk:
    """Somebody with a home, a name and a key, at a folder."""

    desk: Desk
    folder: Path
    extra: dict[str, str] = field(default_factory=dict)

    @classmethod
    def of(cls, name: str, home: Path, folder: Path) -> Clerk:
        return cls(Desk.of(name, home), folder)

    @property
    def name(self) -> str:
        return self.desk.name

    @property
    def email(self) -> str:
        return self.desk.email

    @property
    def key(self) -> Path:
        return self.desk.key

    @property
    def public_key(self) -> Path:
        return self.desk.home / "key.pub"

    def at(self, folder: Path) -> Clerk:
        """The same person somewhere else."""
        return Clerk(self.desk, folder, self.extra)

    def having(self, **environ: str) -> Clerk:
        """The same person with variables set."""
        return Clerk(self.desk, self.folder, {**self.extra, **environ})

    def run(self, *arguments: str | Path, stdin: str = "") -> Told:
        """Call gitreg, whatever comes of it; a traceback is the test's failure, not the person's."""
        environ: dict[str, str | None] = dict.fromkeys((*_HIDDEN, *_git_variables()))
        environ |= {**self.desk.environment, "XDG_DATA_HOME": str(self.desk.home / "data"), **self.extra}
        with contextlib.chdir(self.folder):
            done = CliRunner().invoke(make_root(), [str(each) for each in arguments], env=environ, input=stdin)
        if done.exception is not None and not isinstance(done.exception, SystemExit):
            raise done.exception
        return Told(done.exit_code, done.stdout, done.stderr)

    def does(self, *arguments: str | Path, stdin: str = "") -> str:
        told = self.run(*arguments, stdin=stdin)
        assert told.code == 0, f"gitreg {' '.join(map(str, arguments))}: exit {told.code}\n{told.out}{told.err}"
        return told.out

    def reads(self, *arguments: str | Path) -> Any:  # noqa: ANN401 - JSON of any shape
        return json.loads(self.does(*arguments, "--json"))

    def git(self, *arguments: str, stdin: bytes | str = b"", cwd: Path | None = None) -> str:
        """Plain git, which has to succeed."""
        done = subprocess.run(
            ["git", *arguments],
            cwd=cwd or self.folder,
            env={**self.desk.environment, **self.extra},
            input=stdin.encode() if isinstance(stdin, str) else stdin,
            capture_output=True,
            check=False,
            timeout=60,
        )
        assert done.returncode == 0, f"git {' '.join(arguments)}: exit {done.returncode}\n{done.stderr.decode()}"
        return done.stdout.decode("utf-8", "surrogateescape")

    def trains(self, content: bytes = b"weights", auc: float = 0.93, experiment: str = "churn") -> str:
        """A finished run with a model folder; its id."""
        folder = self.desk.home / "model-files"
        shutil.rmtree(folder, ignore_errors=True)
        folder.mkdir()
        (folder / "weights.bin").write_bytes(content)
        run: str = self.does("runs", "start", "-e", experiment).split()[0]
        self.does("runs", "record", run, "--param", "depth=4", "--metric", f"auc={auc}@1", "--model", f"{folder}=model")
        self.does("runs", "finish", run)
        return run

    def registers(self, content: bytes = b"weights", auc: float = 0.93, model: str = "fraud") -> int:
        """A new version; its number."""
        run = self.trains(content, auc)
        number: int = self.reads("register", f"runs:/{run}/model", "--name", model)["version"]
        return number


@cache
def _git_variables() -> tuple[str, ...]:
    return tuple(name for name in os.environ if name.startswith("GIT_"))


# --- nothing changed --


@dataclass(frozen=True)
class Picture:
    """All refs, HEAD, the index, every file of the work tree, and every finished blob of a repository."""

    refs: tuple[tuple[str, str], ...]
    index: str
    files: tuple[tuple[str, str], ...]
    blobs: tuple[tuple[str, str], ...]


def picture(repository: Path) -> Picture:
    """What a refused command must leave as it is. Reads files only, so looking changes nothing."""
    git = repository / ".git" if (repository / ".git").is_dir() else repository
    refs = {path.relative_to(git).as_posix(): path for path in (git / "refs").rglob("*") if path.is_file()}
    refs |= {name: git / name for name in ("HEAD", "packed-refs") if (git / name).exists()}
    work = () if git == repository else tuple(_files(repository, lambda path: ".git" not in path.parts))
    return Picture(
        refs=tuple(sorted((name, path.read_text()) for name, path in refs.items())),
        index=_digest(git / "index"),
        files=work,
        blobs=tuple(_files(git, lambda path: "sha256" in path.parts)),
    )


def _files(root: Path, wanted: Any) -> list[tuple[str, str]]:  # noqa: ANN401 - a question about a path
    found = [path for path in sorted(root.rglob("*")) if wanted(path.relative_to(root))]
    return [(path.relative_to(root).as_posix(), _digest(path)) for path in found]


def _digest(path: Path) -> str:
    if path.is_symlink():
        return f"-> {path.readlink()}"
    return hashlib.sha256(path.read_bytes()).hexdigest() if path.is_file() else "folder" if path.is_dir() else "none"


# --- a good refusal --


def assert_clean(text: str) -> None:
    """Nothing that a terminal would obey, no traceback."""
    assert _CONTROLS.search(text) is None, repr(text)
    assert "Traceback" not in text


def assert_told(told: Told, code: int, *words: str, hint: bool = True) -> None:
    """A person is told what is wrong, in words, on stderr, with what to do next."""
    shown = f"exit {told.code}\n{told.out}{told.err}"
    assert told.code == code, shown
    assert told.err.startswith("error: "), shown
    assert told.out == "", shown
    for word in words:
        assert word in told.err, f"{word!r} is not in:\n{shown}"
    assert ("\nhint: " in told.err) >= hint, f"no hint:\n{shown}"
    assert_clean(told.err)


def assert_told_as_json(told: Told, code: int, *words: str) -> None:
    """The same for a program."""
    assert told.code == code, told
    assert told.out == "", told
    assert_clean(told.err)
    said = json.loads(told.err)
    jsonschema.validate(said, json.loads(schema_text("cli/error")))
    for word in words:
        assert word in said["error"]["message"] + said["error"]["hint"] + said["error"]["subject"], said


def refused(clerk: Clerk, command: Sequence[str | Path], code: int, *words: str, hint: bool = True) -> Told:
    """Call a command that must be refused: told to people and to programs, and nothing of the registry changes."""
    before = picture(clerk.folder)
    told = clerk.run(*command)
    assert_told(told, code, *words, hint=hint)
    options = command.index("--") if "--" in command else len(command)
    assert_told_as_json(clerk.run(*command[:options], "--json", *command[options:]), code)
    assert picture(clerk.folder) == before, f"{command} changed something"
    return told


# --- what somebody does with plain git --


def commit_by_hand(clerk: Clerk, files: dict[str, bytes | None], ref: str = "refs/heads/main") -> str:
    """Commit files to a branch by git's plumbing, which asks nobody; where it is checked out the files follow."""
    index = clerk.desk.home / "index-of-a-stranger"
    index.unlink(missing_ok=True)
    plumbing = Clerk(clerk.desk, clerk.folder, {**clerk.extra, "GIT_INDEX_FILE": str(index)})
    plumbing.git("read-tree", ref)
    for path, data in files.items():
        if data is None:
            plumbing.git("update-index", "--force-remove", path)
        else:
            blob = plumbing.git("hash-object", "-w", "--stdin", stdin=data).strip()
            plumbing.git("update-index", "--add", "--cacheinfo", f"100644,{blob},{path}")
    commit = plumbing.git(
        "commit-tree", plumbing.git("write-tree").strip(), "-p", clerk.git("rev-parse", ref).strip(), "-m", "by hand"
    )
    clerk.git("update-ref", ref, commit.strip())
    if clerk.git("symbolic-ref", "HEAD").strip() == ref:
        clerk.git("reset", "--quiet", "--hard")
    return commit.strip()


def file_at(clerk: Clerk, path: str, revision: str = "main") -> bytes:
    """A file of a commit."""
    return clerk.git("cat-file", "blob", f"{revision}:{path}").encode("utf-8", "surrogateescape")


def paths_of(clerk: Clerk, folder: str, revision: str = "ledger") -> list[str]:
    """The files of a folder of a commit."""
    return clerk.git("ls-tree", "-r", "--name-only", revision, f"{folder}/").split("\n")[:-1]
