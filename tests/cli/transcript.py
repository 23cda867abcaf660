"""A session at a terminal as text: each command with what it said, ids and times by name."""

from __future__ import annotations

import re
import shlex
from pathlib import Path
from typing import TYPE_CHECKING

from tests.golden import check_golden, normal

if TYPE_CHECKING:
    from tests.cli.conftest import Gitreg, Told

GOLDEN = Path(__file__).parent / "golden"
_MACHINE = re.compile(
    r"^(command|code|environment|(?:code|environment): [a-z ]*[a-z]|The same in all:)  ?.*$", re.MULTILINE
)
_SHORT = re.compile(r"\b(?=[0-9a-f]*[a-f0-9])[0-9a-f]{8}\b(?!-)")
_SIXTEEN = re.compile(r"\b[0-9a-f]{16}\b")
_PROPOSAL = re.compile(r"\b((?:fraud-\w+-\w+|govern)-)[0-9a-f]{4}\b")


class Transcript:
    """Calls commands and keeps what was said."""

    def __init__(self, gitreg: Gitreg, root: Path) -> None:
        """Paths below `root` are written without it."""
        self._gitreg = gitreg
        self._root = root
        self._lines: list[str] = []

    def run(self, line: str, at: Path, *, code: int = 0, env: dict[str, str] | None = None) -> Told:
        """Type one line; it has to end with `code`."""
        told = self._gitreg(*shlex.split(line), at=at, env=env)
        ended = f"(exit {told.code})\n" if told.code else ""
        prompt = "." if at == self._root else at.name
        self._lines.append(f"{prompt}$ gitreg {line}\n{told.out}{told.err}{ended}\n")
        assert told.code == code, told.err
        return told

    def check(self, name: str) -> None:
        """Compare with the golden file."""
        check_golden(GOLDEN / f"{name}.txt", self._text())

    def _text(self) -> str:
        text = normal("".join(self._lines).replace(str(self._root), "…"))
        text = _PROPOSAL.sub(r"\g<1><id>", _MACHINE.sub(lambda match: f"{match[1]}  …", text))
        return _SIXTEEN.sub("<digest start>", _SHORT.sub("<short>.", text))
