"""Git's hooks: small shell scripts that call the `gitreg` that installed them."""

from __future__ import annotations

import re
import sys
from pathlib import Path
from typing import TYPE_CHECKING

from gitreg.errors import AlreadyExists, InvalidValue, StorageError
from gitreg.resources import template
from gitreg.store import HOOK_MARKER

if TYPE_CHECKING:
    from gitreg.store import Store

_PROGRAM_LINE = re.compile(rb"^gitreg=gitreg$", re.MULTILINE)
_PRE_COMMIT = b"# gitreg pre-commit"
_BEFORE_COMMITS = ("pre-commit", "pre-merge-commit")
"""Git asks the second before it commits a merge without conflicts; one with conflicts is committed by a person."""


def install_pre_receive(store: Store) -> None:
    """A bare repository's hook, with the program that made it: a server's PATH is often another than its user's."""
    _write(store.git_dir / "hooks" / "pre-receive", "bare/pre-receive", HOOK_MARKER)


def install_commit_hooks(store: Store) -> tuple[Path, ...]:
    """A clone's hooks, for all its work trees. Raises `AlreadyExists` where somebody else's stands, `StorageError`."""
    hooks = tuple(store.layout.common_dir / "hooks" / name for name in _BEFORE_COMMITS)
    for hook in hooks:
        if hook.exists() and _PRE_COMMIT not in hook.read_bytes().splitlines():
            hint = "Add this line to it: gitreg -C . hook pre-commit || exit 1"
            raise AlreadyExists(f"There is another hook at {hook}.", subject=str(hook), hint=hint)
    for hook in hooks:
        _write(hook, "clone/pre-commit", _PRE_COMMIT)
    return hooks


def program() -> str:
    """The `gitreg` that belongs to the running interpreter; by name where it has none beside it."""
    beside = Path(sys.executable).with_name("gitreg")
    return str(beside) if beside.exists() else "gitreg"


def _write(hook: Path, name: str, marker: bytes) -> None:
    first, _, rest = template(name).partition(b"\n")
    text = _PROGRAM_LINE.sub(lambda _: b"gitreg=" + _quoted(program()), rest)
    try:
        hook.parent.mkdir(exist_ok=True)
        hook.write_bytes(first + b"\n" + marker + b"\n" + text)
        hook.chmod(0o755)
    except OSError as error:
        raise StorageError(f"{hook} cannot be written: {error.strerror}.", subject=str(hook)) from error


def _quoted(text: str) -> bytes:
    if "\n" in text:
        raise InvalidValue(f"{text!r:.100} cannot stand in a shell script.")
    return b"'" + text.replace("'", "'\\''").encode() + b"'"
