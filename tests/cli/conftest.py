"""The real command line, in this process: arguments in, exit code and both streams out."""

from __future__ import annotations

import json
import subprocess
from collections.abc import Callable, Iterator, Sequence
from contextlib import contextmanager
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import jsonschema
import pytest
from click.testing import CliRunner
from cryptography.hazmat.primitives.asymmetric.ed25519 import Ed25519PrivateKey
from cryptography.hazmat.primitives.serialization import Encoding, NoEncryption, PrivateFormat, PublicFormat

from gitreg.cli import make_root
from gitreg.cli.catalogue import ENTRIES, GROUP_DEFAULTS, Entry
from gitreg.resources import schema_text


@dataclass(frozen=True)
class Told:
    """What one call said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever the command printed
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(self.err)["error"]
        return found


Gitreg = Callable[..., Told]
Ask = Callable[..., Any]


@contextmanager
def a_new_user(factory: pytest.TempPathFactory) -> Iterator[Path]:
    """The home of somebody who has just made `registry` in it, and who works there meanwhile; for a whole module."""
    home = factory.mktemp("home")
    (home / ".gitconfig").write_text("[user]\n\tname = Ada\n\temail = ada@example.org\n", encoding="utf-8")
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("HOME", str(home))
        patch.chdir(home)
        assert CliRunner().invoke(make_root(), ["init", "registry"]).exit_code == 0
        yield home


def entry_of(args: Sequence[str]) -> Entry:
    """The command that these words call."""
    words = [arg for arg in args if not arg.startswith("-")]
    named = (" ".join(words[:2]), words[0], f"{words[0]} {GROUP_DEFAULTS.get(words[0])}")
    return next(ENTRIES[name] for name in named if name in ENTRIES)


def checked(told: Told, shape: str) -> Any:  # noqa: ANN401 - whatever the command printed
    """The JSON of a reply, if it is as its schema says."""
    jsonschema.validate(told.json, json.loads(schema_text(f"cli/{shape}")))
    return told.json


@dataclass(frozen=True)
class Key:
    """An OpenSSH key pair in files."""

    private: Path
    public: Path


def make_key(folder: Path, name: str) -> Key:
    """A key as ssh-keygen would write it; it need not be there."""
    key = Ed25519PrivateKey.generate()
    private, public = folder / name, folder / f"{name}.pub"
    private.write_bytes(key.private_bytes(Encoding.PEM, PrivateFormat.OpenSSH, NoEncryption()))
    private.chmod(0o600)
    public.write_bytes(key.public_key().public_bytes(Encoding.OpenSSH, PublicFormat.OpenSSH) + b" comment\n")
    return Key(private, public)


@pytest.fixture
def home(tmp_path: Path) -> Path:
    """A user's home with nothing in it."""
    folder = tmp_path / "home"
    folder.mkdir()
    return folder


@pytest.fixture
def person(home: Path) -> dict[str, str]:
    """The environment of somebody who has told git who she is, and nothing of the person who runs the tests."""
    (home / ".gitconfig").write_text("[user]\n\tname = Ada\n\temail = ada@example.org\n", encoding="utf-8")
    return {
        "HOME": str(home),
        "XDG_CONFIG_HOME": str(home / ".config"),
        "XDG_DATA_HOME": str(home / ".local/share"),
        "GIT_CONFIG_NOSYSTEM": "1",
        "COLUMNS": "120",
    }


@pytest.fixture
def gitreg(person: dict[str, str], tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Gitreg:
    """Call the command line: `gitreg("runs", "list", at=folder, env={…})`."""
    for name in ("GITREG_REPO", "GITREG_DEBUG", "GITREG_STRICT", "SSH_AUTH_SOCK", "NO_COLOR", "CI"):
        monkeypatch.delenv(name, raising=False)

    def call(*args: str | Path, at: Path = tmp_path, env: dict[str, str] | None = None, stdin: str = "") -> Told:
        monkeypatch.chdir(at)
        result = CliRunner().invoke(make_root(), [str(arg) for arg in args], env={**person, **(env or {})}, input=stdin)
        if result.exception is not None and not isinstance(result.exception, SystemExit):
            raise result.exception
        return Told(result.exit_code, result.stdout, result.stderr)

    return call


@pytest.fixture
def ask(gitreg: Gitreg) -> Ask:
    """Call a command for its JSON, which has to be as its schema says: `ask("runs", "list", at=folder)`."""

    def call(*args: str | Path, **around: Any) -> Any:  # noqa: ANN401 - whatever the command printed
        words = [str(arg) for arg in args]
        told = gitreg(*words, "--json", **around)
        assert told.code in (0, 1), told.err
        return checked(told, entry_of(words).shape)

    return call


def note_of_git(folder: Path) -> dict[str, str]:
    """Every ref of a repository, to compare before and after."""
    done = subprocess.run(
        ["git", "-C", folder, "for-each-ref", "--format=%(refname) %(objectname)"], capture_output=True, check=True
    )
    return dict(line.split(" ") for line in done.stdout.decode().splitlines())


@pytest.fixture
def registry(gitreg: Gitreg, tmp_path: Path) -> Path:
    """A registry of one person, in which nothing is protected."""
    assert gitreg("init", "registry").code == 0
    return tmp_path / "registry"


@pytest.fixture
def model_folder(tmp_path: Path) -> Path:
    """What training would have made."""
    folder = tmp_path / "made"
    folder.mkdir()
    (folder / "model.bin").write_bytes(b"weights")
    return folder


@pytest.fixture
def trained(gitreg: Gitreg, registry: Path, model_folder: Path) -> Callable[..., str]:
    """Record a finished run with a model: its id."""

    def train(name: str, auc: float = 0.91, at: Path = registry, **params: object) -> str:
        run = gitreg("runs", "start", "-e", "churn", "--name", name, at=at).out.strip()
        given = [word for key, value in params.items() for word in ("--param", f"{key}={value}")]
        recorded = ("--metric", f"auc={auc}@12", "--model", model_folder)
        assert gitreg("runs", "record", run, *given, *recorded, at=at).code == 0
        assert gitreg("runs", "finish", run, at=at).code == 0
        return run

    return train
