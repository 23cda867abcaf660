"""The files of one run: two of them are never one file on some system."""

from __future__ import annotations

import unicodedata
from typing import TYPE_CHECKING

from gitreg.errors import UnsafePath

if TYPE_CHECKING:
    from collections.abc import Collection, Iterator


class Together:
    """The paths of a run's files so far. The same path again is a new content of the same file."""

    def __init__(self) -> None:
        """No file yet."""
        self._files: dict[str, str] = {}
        self._folders: dict[str, str] = {}

    def add(self, paths: Collection[str]) -> None:
        """Take all of these or none.

        Raises `UnsafePath` for a path that differs from another's only by case, or that is the folder of another: no
        one could fetch both everywhere.
        """
        for path in paths:
            twin = self._files.get(_folded(path), path)
            if twin != path:
                raise UnsafePath(f"{path} and {twin} are one file where case does not count.", subject=path)
            both = next((folder for folder in (path, *_above(path)) if self._clashes(folder, path)), None)
            if both is not None:
                raise UnsafePath(f"{both} is both a file and a folder.", subject=path)
        self.know(paths)

    def know(self, paths: Collection[str]) -> None:
        """Take paths that were recorded already, whatever they are."""
        for path in paths:
            self._files[_folded(path)] = path
            self._folders.update((_folded(folder), folder) for folder in _above(path))

    def _clashes(self, name: str, path: str) -> bool:
        return _folded(name) in (self._folders if name == path else self._files)


def _above(path: str) -> Iterator[str]:
    folder = path.rpartition("/")[0]
    while folder:
        yield folder
        folder = folder.rpartition("/")[0]


def _folded(path: str) -> str:
    return unicodedata.normalize("NFC", path.casefold())
