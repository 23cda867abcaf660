"""Small notes that this clone keeps for itself beside git. Losing one costs work and nothing else."""

from __future__ import annotations

from typing import TYPE_CHECKING

from gitreg.errors import StorageError

if TYPE_CHECKING:
    from gitreg.store import Store


def kept(store: Store, name: str) -> str:
    """What a note says; empty where there is none that can be read."""
    try:
        return (store.layout.own / name).read_text(encoding="utf-8")
    except (OSError, UnicodeDecodeError):
        return ""


def keep(store: Store, name: str, text: str) -> None:
    """Write a note. Raises `StorageError`."""
    file = store.layout.own / name
    try:
        file.parent.mkdir(exist_ok=True)  # a plain clone has none until it keeps something
        file.unlink(missing_ok=True)  # a link there is not written through
        file.write_text(text, encoding="utf-8")
    except OSError as error:
        raise StorageError(f"{file} cannot be written: {error.strerror}.", subject=str(file)) from error
