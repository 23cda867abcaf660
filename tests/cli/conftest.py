"""The real command line, in this process: arguments in, exit code and both streams out."""

from __future__ import annotations

import json
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pytest
from click.testing import CliRunner

from gitreg.cli import make_root


@dataclass(frozen=True)
class Told:
    """What one call said."""

    code: int
    out: str
    err: str

    @property
    def json(self) -> Any:  # noqa: ANN401 - whatever the command printed  # noqa: ANN401 - whatever the command printed
        return json.loads(self.out)

    @property
    def error(self) -> dict[str, str]:
        found: dict[str, str] = json.loads(self.err)["error"]
        return found


Gitreg = Callable[..., Told]


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
