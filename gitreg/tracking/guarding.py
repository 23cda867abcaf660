"""Files that hold secrets are refused before they are recorded: what is on the ledger is with everyone, for good."""

from __future__ import annotations

import os
from pathlib import Path
from typing import TYPE_CHECKING, Final

from gitreg.errors import InvalidValue
from gitreg.secrets import MAX_CHARS, find_secrets

if TYPE_CHECKING:
    from collections.abc import Iterator

_SNIFFED_BYTES: Final = 8_000
"""As git tells a text from other files: by no NUL in its beginning."""
_TAKE_IT: Final = "Take it out; if it is none, allow_secrets=True (--allow-secrets) takes it as it is."


def refuse_secrets_in(data: bytes, shown: str) -> None:
    """Raises `InvalidValue` where a text holds what looks like a secret. `shown` is the text's path, as errors tell it.

    Looked at is the first MiB of what is a text by git's rule; of any other bytes nothing.
    """
    if b"\0" in data[:_SNIFFED_BYTES]:
        return
    found = next(find_secrets(data[:MAX_CHARS].decode(errors="replace")), None)
    if found is not None:
        message = f"{shown}:{found.line} looks like it holds a secret ({found.kind}, column {found.column})."
        raise InvalidValue(message, subject=shown, hint=_TAKE_IT)


def refuse_secrets_below(path: Path) -> None:
    """The same for a file, or for all files below a folder; links and what cannot be read are for others to refuse."""
    for file in _files(path):
        try:
            with file.open("rb") as opened:
                beginning = opened.read(_SNIFFED_BYTES)
                rest = b"" if b"\0" in beginning else opened.read(MAX_CHARS - len(beginning))
        except OSError:
            continue
        refuse_secrets_in(beginning + rest, str(file))


def _files(path: Path) -> Iterator[Path]:
    if not path.is_dir():
        yield path
        return
    for folder, folders, names in os.walk(path):
        folders.sort()
        yield from (file for name in sorted(names) if (file := Path(folder, name)).is_file() and not file.is_symlink())
